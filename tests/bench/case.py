# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Cases: works with their data made and their transport open."""

from __future__ import annotations

import os
import shlex

from tests.bench.measure import BenchError, finish
from tests.bench.works import Transport, Work


class Case:
    """One work, before, during and after a run.

    Args:
        work: The row.
        transport: Its transport.
        folder: Where destinations on this end go.
        data: Path of the tree to copy.
        before: Paths of the trees that the destination holds before each run, one over the other.

    Attributes:
        source, dest: The ends as rsync takes them; the source is a directory's content.
        source_path, dest_path: Their paths alone.
        folder: For what a runner must keep somewhere.
    """

    def __init__(self, work: Work, transport: Transport, folder: str, data: str, before: list[str]) -> None:
        self.work = work
        self.transport = transport
        self.folder = folder
        self._data = data
        self._before = before
        self._equal = False
        self._uploaded = work.pull and not transport.here
        self.source_path = os.path.join(transport.folder, "source") if self._uploaded else data
        self.dest_path = os.path.join(folder if work.pull else transport.folder, "dest")
        source_prefix, dest_prefix = (transport.prefix, "") if work.pull else ("", transport.prefix)
        self.source = source_prefix + self.source_path + "/"
        self.dest = dest_prefix + self.dest_path + "/"
        # The same for what is not measured.
        self._near_source = self.source_path + "/" if transport.here else self.source
        self._near_dest = self.dest_path + "/" if transport.here else self.dest
        if self._uploaded:
            self._rsync("-a", self._data + "/", self.source)

    def reset(self) -> None:
        """Bring the destination into the state in which a run finds it."""
        if not self._before:
            self._remove_dest()
            return
        whole, *overlays = self._before
        if not self._equal:
            self._rsync("-a", "--delete", whole + "/", self._near_dest)
        self._equal = False
        for overlay in overlays:
            self._rsync("-a", overlay + "/", self._near_dest)

    def verify(self, *, content: bool) -> None:
        """Check that plain rsync would find nothing to do.

        Args:
            content: Read all files; else sizes and times have to do.

        Raises:
            BenchError: It finds a difference.
        """
        words = ("--checksum",) if content else ()
        differences = self._rsync("-aHni", "--delete", *words, self._near_source, self._near_dest)
        if differences:
            lines = differences.splitlines()
            raise BenchError("wrong tree: %d differences: %s" % (len(lines), "; ".join(lines[:10])))
        self._equal = True

    def close(self) -> None:
        """Remove the destination and what was sent to the far end."""
        self._remove_dest()
        if self._uploaded:
            finish([*self.transport.shell, shlex.join(["rm", "-rf", "--", self.source_path])])

    def _remove_dest(self) -> None:
        argv = ["rm", "-rf", "--", self.dest_path]
        if not self.transport.here and not self.work.pull:
            argv = [*self.transport.shell, shlex.join(argv)]
        finish(argv)

    def _rsync(self, *words: str) -> str:
        return finish(["rsync", *self.transport.words, *words])
