# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Directories that must be there, or have other metadata, before files go in."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import STDIN
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import Verdict

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Build, Lane, Waiting
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report


class Directories:
    """Makes the destination and the directories that are known, with one rsync at a time.

    Where the destination holds a file in the place of a directory, two rsyncs that replace it would stand in each
    other's way.

    Args:
        lanes: The first of them carries the first list, the first that is not lost what is left at the end.
        command: Builds the arguments.
        plan: Holds the directories.
        outcome: Takes in what could not be made.
        defer: A later pass decides what could not be made.
        entries: The most entries in one list.
    """

    def __init__(
        self, lanes: Lanes, command: Command, plan: Plan, outcome: Outcome, *, defer: bool, entries: int
    ) -> None:
        self._lanes = lanes
        self._command = command
        self._plan = plan
        self._outcome = outcome
        self._defer = defer
        self._entries = entries
        self._turn = asyncio.Lock()
        self._made = [0] * len(plan.roots)
        self._offsets = [0] * len(plan.roots)
        self._root_made = False
        self._preparer = lanes.first
        self._preparing: asyncio.Future[Waiting] | None = None

    def prepare(self) -> None:
        """Start an rsync that waits for the first list, where it can."""
        if self._lanes.prepares:
            self._preparing = asyncio.ensure_future(self._preparer.prepare(self._listed(0, STDIN)))

    async def close(self) -> None:
        """Let go of an rsync that was started in vain."""
        if self._preparing:
            await self._preparer.dismiss(self._preparing)

    async def make_rest(self) -> None:
        """Make all that is known and left, over any lane that is not lost. Raises as :meth:`make`."""
        for root, spool in enumerate(self._plan.directories):
            await self._lanes.over_first(functools.partial(self.make, root=root, upto=spool.count))

    async def make(self, lane: Lane, root: int, upto: int) -> None:
        """Make the destination, and the directories of a source as far as they must be there.

        Args:
            lane: Carries it.
            root: Index of the source.
            upto: How many of its directories must be done.

        Raises:
            RsyncError: The destination cannot be made, or the connection is lost.
        """
        async with self._turn:
            while self._made[root] < upto or (self._plan.root_new and not self._root_made):
                await self._make_some(lane, root)

    async def _make_some(self, lane: Lane, root: int) -> None:
        """Make the next ones that one list takes, unless the lane is lost that was to carry that and is another one."""
        spool = self._plan.directories[root]
        new = self._plan.root_new and not self._root_made and self._plan.has_root
        unnamed = self._made[root] == spool.count or not self._plan.roots[root].contents  # by the next list
        if new and unnamed and not self._lanes.request.settings.on("perms"):
            await self._make_root(lane)
            return
        if self._made[root] == spool.count and not self._lanes.request.dest.remote:
            self._make_destination()
            return
        path = f"{spool.path}.some"
        count, length = spool.cut(self._offsets[root], self._entries, path)
        carrier, waiting = lane, None
        if self._preparing and root == 0:
            preparing, self._preparing = self._preparing, None
            with contextlib.suppress(LaneError):
                waiting, carrier = await preparing, self._preparer
        build = self._listed(root, path)
        touched, self._outcome.touched = self._outcome.touched, True
        try:
            report = await carrier.carry(build, self._plan.note_opened, waiting=waiting, list_path=path)
        except LaneError:
            self._plan.note_broken(spool.records(self._offsets[root], length), root)
            if carrier is lane:
                raise
            return
        self._outcome.touched = touched or report.first_word is not None  # else it could not even make the first one
        if report.repeated:
            self._plan.note_broken(spool.records(self._offsets[root], length), root)
        os.unlink(path)
        self._lanes.require(report)
        self._made[root] += count
        self._offsets[root] += length
        self._root_made = True
        self._settle(report)

    async def _make_root(self, lane: Lane) -> None:
        """Make the destination as part of the transfer: without perms rsync gives it permissions only then."""
        source = self._plan.roots[0].directory
        report = await lane.carry(lambda shell, rate: self._command.finish_root(source, shell, rate))
        self._lanes.require(report)
        self._outcome.touched = self._root_made = True
        self._settle(report)

    def _settle(self, report: Report) -> None:
        """Take in what could not be made, unless a later pass decides that."""
        if report.verdict is Verdict.PARTIAL and self._defer:
            self._outcome.deferred = True
        else:
            self._outcome.settle(report)

    def _make_destination(self) -> None:
        """Make the destination on this host, as rsync does; on a pull not for an empty list (client_run in main.c).

        Lanes that do so at the same moment fail. One that finds none says why there is none.
        """
        path = self._lanes.request.dest.exact
        with contextlib.suppress(OSError):
            (os.makedirs if self._lanes.request.settings.on("mkpath") else os.mkdir)(path)
            self._outcome.touched = True
        self._root_made = True

    def _listed(self, root: int, path: str) -> Build:
        end = self._plan.roots[root].root
        return lambda shell, rate: self._command.make_directories(end, path, shell, rate)


__all__ = ("Directories",)
