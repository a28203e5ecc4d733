# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Divide the scan: several scanners at once over disjoint sub-trees, heard one after the other.

A first pass looks at the top of the tree alone: what changes there, and which directories there are, the unchanged ones
included. Where these are few, further passes look one level deeper. The directories are cut into shares, the first ones
the largest; a free scanner takes the next one. What a pass or a scanner says is held until those before it have been
heard, so that the changes come in one order: a directory before what it holds, and what a deleted one holds together.
But on a pull, none waits for the end of a pass: rsync says before that it has named all.
"""

from __future__ import annotations

import asyncio
import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError, RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Part
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.held import (
    HeldReport,
    LevelReport,
    UndividedError,
    combine,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._scanners import names_fit
from ansible_collections.vgreb.jsync.plugins.module_utils._shares import count_again, cut_shares
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import create_list, open_store

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Source
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Build, Lane
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

# How many directories each scanner should have to take from, and how many levels may be looked at to find them.
_EACH = 4
_LEVELS = 3

# The most directories that are kept in memory: where there are more, one scanner does it all.
_MOST = 20_000

# On a pull lists name them, and rsync checks each name that arrives against its whole list: the most in all and in one.
_MOST_LISTED = 2_000
_SHARE_LISTED = 128

# Who is told of a change, of another line, and of many files at once.
_Ears = t.Tuple[t.Callable[["Change"], None], t.Callable[[bytes], None], t.Optional[t.Callable[["Files"], None]]]


class _Share:
    """What one scanner looks at, and what it says.

    Args:
        part: What it looks at.
        make: Gives the report of an attempt; is told whether it must wait for its turn.

    Attributes:
        part: What it looks at.
        done: Its last report, once that is complete.
    """

    def __init__(self, part: Part, make: t.Callable[[Part, bool], HeldReport]) -> None:
        self.part = part
        self.done: asyncio.Future[Report] = asyncio.get_event_loop().create_future()
        self._make = make
        self._turn = False
        self._report: HeldReport | None = None

    def attempt(self) -> HeldReport:
        """Begin anew: give the report of the next attempt."""
        self._report = self._make(self.part, not self._turn)
        return self._report

    def may_retry(self) -> bool:
        """Nothing of the latest attempt was passed on; from here on nothing will be, because the next says it again."""
        if self._report is not None and self._report.silent:
            self._report.close()
            self._report = None
        return self._report is None

    async def hear(self) -> Report:
        """It is its turn: pass on what its scanner has said and says."""
        self._turn = True
        if self._report is not None:
            await self._report.release()
        return await self.done


class Division:
    """The dry run over the whole tree, divided.

    Args:
        lanes: Carry the scanners.
        command: Builds the arguments.
        scanners: How many run at once.
        directory: Where is kept what they say.
        found: Called with each change.
        listen: Called with each other line of rsync.
        found_files: Called, instead of found, with many files at once.
    """

    def __init__(
        self,
        lanes: Lanes,
        command: Command,
        scanners: int,
        directory: str,
        found: t.Callable[[Change], None],
        listen: t.Callable[[bytes], None],
        found_files: t.Callable[[Files], None] | None,
    ) -> None:
        self._lanes = lanes
        self._command = command
        self._scanners = scanners
        self._directory = directory
        self._found = found
        self._listen = listen
        self._found_files = found_files
        self._source = t.cast("t.Sequence[Source]", lanes.request.roots)[0]
        self._reports: list[Report] = []
        self._looks: list[tuple[Part, asyncio.Future[Report]]] = []
        self._lists = 0
        self._again = 0

    async def run(self) -> Report | None:
        """Scan to the end, and give one report; None where one scanner should do it: nothing was passed on then.

        Raises:
            RsyncError: rsync cannot scan at all.
        """
        try:
            units = await self._look(Part((), deep=False))
            if units is None:
                return None
            for _level in range(_LEVELS - 1):
                old = tuple(change.name for change in units if not change.created)
                if not 0 < len(old) <= len(units) < _EACH * self._scanners:
                    break
                below = await self._look(Part(old, deep=False))
                if below is None:
                    break
                units = [change for change in units if change.created] + below
            await self._scan([change.name for change in units])
        finally:
            await _end([ended for _part, ended in self._looks])
        whole = combine(self._reports)
        if "Number of files" in whole.statistics:
            whole.statistics["Number of files"] -= self._again
        return whole

    async def _look(self, part: Part) -> list[Change] | None:
        """Look at directories alone, and give the directories in them as soon as all are listed.

        None where one scanner should do what lies below; no directories where rsync breaks off before.
        """
        directories: list[Change] = []
        listed: asyncio.Future[None] = asyncio.get_event_loop().create_future()
        most = _MOST_LISTED if self._lanes.request.pull else _MOST

        def note(change: Change) -> None:
            if change.name != b"." and change.name not in part.names:
                directories.append(change)
            new = change.name == b"." and change.created
            if new or len(directories) > most or self._source.misread_below(change.name):
                raise UndividedError

        def end_list() -> None:
            if not listed.done():
                listed.set_result(None)

        def make() -> LevelReport:
            directories.clear()
            store, named = open_store(self._directory), bool(part.names)
            return LevelReport(note, end_list, store, True, *self._ears(part), listed=named)

        # Who has the list by then scans what it names: another attempt could name others.
        looking = self._lanes.first.carry(self._build(part), make_report=make, may_retry=lambda: not listed.done())
        ended = asyncio.ensure_future(looking)
        self._looks.append((part, ended))
        await asyncio.wait((listed, ended), return_when=asyncio.FIRST_COMPLETED)
        if ended.done():
            try:
                verdict = ended.result().verdict
            except UndividedError:
                self._looks.pop()
                return None
            if verdict.broken:
                return []
        return directories

    async def _scan(self, names: t.Sequence[bytes]) -> None:
        """Hear the looks, and scan all that lies below directories.

        What a lane that cannot log in would scan, others do.
        """

        def make(part: Part, held: bool) -> HeldReport:
            return HeldReport(open_store(self._directory), held, *self._ears(part))

        request = self._lanes.request
        most = _SHARE_LISTED if request.pull else None
        at_once = request.far is None and names_fit(request.sources[0].exact)
        shares = [
            _Share(Part(some, deep=True, at_once=at_once), make)
            for some in cut_shares(names, self._scanners, len(request.sources[0].text), most)
        ]
        waiting = iter(shares)
        able = self._lanes.all[: self._scanners] if shares else []
        self._lanes.bandwidth.holders = self._scanners
        hearing = asyncio.ensure_future(self._hear(shares))
        tasks = {hearing, *(asyncio.ensure_future(self._work(lane, waiting, able)) for lane in tuple(able))}
        try:
            pending = tasks
            while not hearing.done():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            await _end(tasks)
            self._lanes.bandwidth.holders = 1

    async def _work(self, lane: Lane, waiting: t.Iterator[_Share], able: list[Lane]) -> None:
        """Scan one share after the other, while the lane can log in: else it is one less that is able to."""
        try:
            await lane.open()
        except RsyncError:
            if lane in able:
                able.remove(lane)
            if not able:
                raise
            return
        for share in waiting:
            report = await self._carry(share, lane, able)
            self._lanes.require(report)
            share.done.set_result(report)
            if lane not in able:
                return

    async def _carry(self, share: _Share, lane: Lane, able: list[Lane]) -> Report:
        """Scan a share over a lane or, where that is lost, over another: what it had said was not passed on then."""
        build = self._build(share.part)
        while True:
            try:
                return await lane.carry(build, make_report=share.attempt, may_retry=share.may_retry)
            except LaneError:
                if lane in able:
                    able.remove(lane)
                if not able:
                    raise
                lane = able[0]

    async def _hear(self, shares: t.Iterable[_Share]) -> None:
        """Pass on what the looks have said, and then what the scanners say, share by share."""
        for part, ended in self._looks:
            report = t.cast("LevelReport", await ended)
            await report.release()
            self._take(part, report)
            if report.verdict.broken:
                return
        for share in shares:
            self._take(share.part, await share.hear())

    def _build(self, part: Part) -> Build:
        path = self._list(part) if part.names and self._lanes.request.pull else ""
        return lambda shell, rate: self._command.scan(shell, rate, part, path)

    def _list(self, part: Part) -> str:
        """List a part's names, where a shell at the other end would read them as arguments."""
        self._lists += 1
        path = os.path.join(self._directory, f"part.{self._lists}")
        with create_list(path) as target:
            for name in part.asked:
                target.write(self._source.lead + name + b"\0")
        return path

    def _ears(self, part: Part) -> _Ears:
        """What is told of what a scanner says. Of the directories that it starts from the level above has said all."""
        names = frozenset(part.names)

        def found(change: Change) -> None:
            if not (change.directory and change.name in names and not change.deletion):
                self._found(change)

        return found, self._listen, self._found_files

    def _take(self, part: Part, report: Report) -> None:
        self._reports.append(report)
        self._again += count_again(part.names) + bool(part.names and self._lanes.request.pull)  # a list implies the top
        if report.late:
            self._lanes.heard(report)


async def _end(tasks: t.Collection[asyncio.Future[t.Any]]) -> None:
    """Cancel what has not ended yet, and wait until it has."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


__all__ = ("Division",)
