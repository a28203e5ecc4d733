# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Where the bench works: data sets and transports, made when the first work needs them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import typing as t

from tests.bench.case import Case
from tests.bench.data import DATA, Size
from tests.bench.works import TRANSPORTS, Transport, Work, target

if t.TYPE_CHECKING:
    import contextlib

_MEMORY_FOLDER = "/dev/shm"
_SPARE_BYTES = 1 << 30


class Setting:
    """A folder for destinations, in memory if that has room, and whatever works need.

    Args:
        stack: Removes all at its end.
        works: All works that are to come.
        scale: Of the data sets.
        where: A host of the user's own, ``user@host:/path``, that takes the place of all others.

    Attributes:
        sizes: Of the data sets made so far.
    """

    def __init__(self, stack: contextlib.ExitStack, works: t.Sequence[Work], scale: float, where: str | None) -> None:
        self._stack = stack
        self._scale = scale
        self._where = where
        self._transports: dict[str, Transport] = {}
        self._paths: dict[str, str] = {}
        self.sizes: dict[str, Size] = {}
        self._folder = self._temporary(in_memory(max(DATA[work.data].room(scale) for work in works)))
        self._disk: str | None = None

    def case(self, work: Work) -> Case:
        """Make what a work needs."""
        name = work.transport if self._where is None or work.transport == "local" else "target"
        if name not in self._transports:
            open_transport = TRANSPORTS[name] if name in TRANSPORTS else target(self._where or "")
            self._transports[name] = self._stack.enter_context(open_transport(self._folder))
        before = [self._data(one) for one in work.before]
        return Case(work, self._transports[name], self._folder, self._data(work.data), before)

    def keep(self, works: t.Sequence[Work]) -> None:
        """Remove the data sets that none of these works needs."""
        needed = {name for work in works for name in (work.data, *work.before)}
        for name in self._paths.keys() - needed:
            shutil.rmtree(self._paths.pop(name))

    def _data(self, name: str) -> str:
        if name not in self._paths:
            say("making the data set " + name)
            self._paths[name] = os.path.join(self._source_folder(DATA[name].room(self._scale)), "data-" + name)
            self.sizes[name] = DATA[name].make(self._paths[name], self._scale)
        return self._paths[name]

    def _source_folder(self, room: int) -> str:
        """Memory if it can hold this tree and a copy, else a disk."""
        if _free_memory() > 2 * room + _SPARE_BYTES:
            return self._folder
        self._disk = self._disk or self._temporary(None)
        return self._disk

    def _temporary(self, place: str | None) -> str:
        return self._stack.enter_context(tempfile.TemporaryDirectory(prefix="jsync-bench-", dir=place))


def in_memory(room: int) -> str | None:
    """The folder in memory, if that has so much room; else None, which stands for a disk, and the user is told."""
    if _free_memory() > room + _SPARE_BYTES:
        return _MEMORY_FOLDER
    say("too little memory: destinations are on a disk, and its speed is measured, too")
    return None


def _free_memory() -> int:
    """How many bytes a tree in memory may take; 0 where there is no such place."""
    try:
        status = os.statvfs(_MEMORY_FOLDER)
        with open("/proc/meminfo") as stream:
            available = next(int(line.split()[1]) << 10 for line in stream if line.startswith("MemAvailable:"))
    except OSError:
        return 0
    return min(status.f_bavail * status.f_frsize, available)


def say(text: str) -> None:
    """Tell the user how far the bench is."""
    print(text, file=sys.stderr, flush=True)
