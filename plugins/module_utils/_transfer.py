# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Transfer: every lane carries one partition after the other, while the scan still runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Failure, Listing
from ansible_collections.vgreb.jsync.plugins.module_utils._result import LISTED, TRANSFER
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import PARTIAL, Verdict
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import records

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change
    from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partition
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Endpoint
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane, Lanes
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

# How long a free lane waits for the scan to find more, before it takes a small partition.
PATIENCE_SECONDS = 2.0


class Transfer:
    """Hands partitions to lanes.

    Args:
        lanes: All of them work at once.
        command: Builds the arguments.
        plan: Where the partitions come from.
        outcome: Takes in what arrived and what did not.
        defer: A later pass decides what arrived: a partition that failed in part is no failure yet.

    Attributes:
        stopped: Nothing more can be carried; the outcome says why.
    """

    def __init__(self, lanes: Lanes, command: Command, plan: Plan, outcome: Outcome, *, defer: bool) -> None:
        self._lanes = lanes
        self._command = command
        self._plan = plan
        self._outcome = outcome
        self._defer = defer
        self._partitioner = plan.partitioner
        self._lanes_left = len(lanes.all)
        self._carrying = 0
        self._ended = False
        self._released = False
        self.stopped = False
        self._news = asyncio.Event()
        self._fixed = float("inf")
        self._making = asyncio.Lock()
        self._made = [0] * len(plan.roots)
        self._offsets = [0] * len(plan.roots)
        self._root_made = False

    def wake(self) -> None:
        """The plan has more, or is complete: let free lanes look."""
        self._news.set()
        self._news.clear()

    def release(self) -> None:
        """Let the lanes begin."""
        if not self._released:
            self._released = True
            self._outcome.begin(TRANSFER)
        self.wake()

    def abandon(self) -> None:
        """Let the lanes end without carrying anything more."""
        self._ended = True
        self.wake()

    async def run(self) -> None:
        """Carry all partitions, until the plan is complete and empty, or nothing more can be carried."""
        lanes = [asyncio.ensure_future(self._work(lane)) for lane in self._lanes.all]
        try:
            await asyncio.gather(*lanes)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            if self._released:
                self._outcome.end(TRANSFER)

    def give_up_rest(self) -> None:
        """Name all that no lane will carry any more."""
        for partition in self._partitioner.rest():
            self._give_up(partition, "not attempted: " + self._outcome.message)

    async def _work(self, lane: Lane) -> None:
        """Let one lane carry partitions to the end. It logs in when there is something for it."""
        since = time.monotonic()
        while not self._ended:
            patient = time.monotonic() - since < PATIENCE_SECONDS
            if not self._released or not self._partitioner.ready(patient=patient):
                if self._partitioner.exhausted:
                    return
                await self._wait_for_news()
                continue
            try:
                await lane.open()
            except RsyncError as error:
                self._lose(lane, error)
                return
            partition = self._partitioner.take(self._lanes_left - self._carrying, patient=patient)
            if partition is not None:
                self._carrying += 1
                await self._carry(lane, partition)
                self._carrying -= 1
                since = time.monotonic()

    def _lose(self, lane: Lane, error: RsyncError) -> None:
        """Go on without a lane that cannot log in, unless it is the last one."""
        self._lanes_left -= 1
        if not self._lanes_left:
            raise error
        self._outcome.warn(f"lane {lane.number}: {error.message}")

    async def _wait_for_news(self) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._news.wait(), PATIENCE_SECONDS / 4)

    async def _carry(self, lane: Lane, partition: Partition) -> None:
        """Carry one partition, and take in what came of it."""
        root = self._plan.roots[partition.root].root
        started = time.monotonic()
        try:
            await self.make_directories(lane, partition.root, partition.directories)
            lane.partitions += 1
            self._outcome.partitions += 1
            report = await lane.carry(
                lambda shell, rate: self._command.transfer(root, partition.path, shell, rate),
                lambda change: self._arrived(lane, change),
            )
        except RsyncError as error:
            self._stop(error.message, error.code)
            self._give_up(partition, error.message)
            return
        finally:
            lane.seconds += time.monotonic() - started
        if report.verdict in (Verdict.FATAL, Verdict.RETRY):
            self._stop(self._lanes.explain(report), report.code)
            self._give_up(partition, self._outcome.message)
        elif report.verdict is Verdict.PARTIAL and self._defer:
            self._outcome.deferred = True
        else:
            if report.verdict is not Verdict.DONE:
                await self._name_failures(lane, root, partition, report)
            else:
                self._outcome.settle(report)
                self._learn(report, partition, time.monotonic() - started)
            os.unlink(partition.path)

    def _learn(self, report: Report, partition: Partition, seconds: float) -> None:
        if report.first_word is not None:
            self._fixed = min(self._fixed, report.first_word)
            self._partitioner.learn(self._fixed, partition.cost, seconds)

    def _arrived(self, lane: Lane, change: Change) -> None:
        if change.unchanged or (change.directory and not change.deletion):
            return
        self._outcome.count(change)
        if change.transfer:
            lane.files += 1
            lane.bytes += change.size

    async def make_directories(self, lane: Lane, root: int, upto: int) -> None:
        """Make the destination and the new directories that are known, with one rsync at a time.

        Where the destination holds a file in the place of a directory, two rsyncs that replace it would stand in
        each other's way.

        Args:
            lane: Carries it.
            root: Index of the source.
            upto: How many of its new directories must exist.

        Raises:
            RsyncError: The destination cannot be made, or the connection is lost.
        """
        async with self._making:
            if self._made[root] >= upto and not (self._plan.root_new and not self._root_made):
                return
            spool = self._plan.new_directories[root]
            offset, count, length = self._offsets[root], spool.count, spool.size
            path = f"{spool.path}.{count}"
            with open(path, "wb") as target:
                spool.copy(offset, length - offset, target)
            end = self._plan.roots[root].root
            report = await lane.carry(
                lambda shell, rate: self._command.make_directories(end, path, shell, rate), self._made_directory
            )
            os.unlink(path)
            self._lanes.require(report)
            if report.verdict is Verdict.PARTIAL and self._defer:
                self._outcome.deferred = True
            else:
                self._outcome.settle(report)
                if report.verdict is Verdict.PARTIAL:
                    self._outcome.blame(report)
            self._made[root], self._offsets[root], self._root_made = count, length, True

    def _made_directory(self, change: Change) -> None:
        if change.directory and change.item[:1] == b"c" and change.name != b".":
            self._outcome.count(change)

    async def _name_failures(self, lane: Lane, root: Endpoint, partition: Partition, report: Report) -> None:
        """List what did not arrive. A name that is said to have vanished and is there after all is a failure, too."""
        failures = Listing(LISTED)
        comparison, differing = await lane.compare(
            lambda shell, rate: self._command.verify(root, partition.path, shell, rate), report, failures
        )
        if report.verdict is Verdict.VANISHED and comparison.verdict is Verdict.DONE and not differing:
            return  # all names are there and the same: it was the temporary file of another lane that vanished
        self._outcome.settle(report, named=True)
        self._outcome.failures.extend(failures)
        if comparison.verdict in (Verdict.FATAL, Verdict.RETRY):
            self._outcome.note(PARTIAL)
            self._give_up(partition, "not confirmed: " + self._lanes.explain(comparison))
        elif differing:
            self._outcome.note(PARTIAL)

    def _stop(self, message: str, code: int) -> None:
        self.stopped = True
        self._outcome.fail(message, code)
        self.abandon()

    def _give_up(self, partition: Partition, reason: str) -> None:
        for entry in records(partition.path):
            self._outcome.failures.add(Failure(self._plan.name(entry, partition.root), reason))


__all__ = ("Transfer",)
