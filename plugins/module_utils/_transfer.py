# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Transfer: every lane carries one partition after the other, while the scan still runs."""

from __future__ import annotations

import asyncio
import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._directories import Directories
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError, RsyncError, StateError, SyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Failure, Listing
from ansible_collections.vgreb.jsync.plugins.module_utils._pool import Pool
from ansible_collections.vgreb.jsync.plugins.module_utils._result import LISTED, TRANSFER
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import Load
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import STDIN
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import PARTIAL, Verdict

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
    from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partition
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Endpoint
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane, Waiting
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

# How long a free lane waits for the scan to find more, before it takes a small partition.
PATIENCE_SECONDS = 2.0

# The most bytes of a list whose names may go on a command line.
_LONGEST_LIST = 64 << 10


class Transfer:
    """Hands partitions to lanes.

    Args:
        lanes: All of them work at once.
        command: Builds the arguments.
        plan: Where the partitions come from.
        outcome: Takes in what arrived and what did not.
        defer: A later pass decides what arrived: a partition that failed in part is no failure yet.
        held: The scan must end before anything is carried.
        entries: The most entries in one list.

    Attributes:
        stopped: Nothing more can be carried; the outcome says why.
    """

    def __init__(
        self, lanes: Lanes, command: Command, plan: Plan, outcome: Outcome, *, defer: bool, held: bool, entries: int
    ) -> None:
        self._lanes = lanes
        self._command = command
        self._plan = plan
        self._outcome = outcome
        self._defer = defer
        self._held = held
        self._directories = Directories(lanes, command, plan, outcome, defer=defer, entries=entries)
        self._partitioner = plan.partitioner
        self._pool = Pool(lanes, plan.partitioner, outcome)
        self._under_way: dict[Lane, tuple[int, float]] = {}
        self._waiting = 0
        self._begun = 0
        self._looking: set[Lane] = set()
        self._short = False
        self._ended = False
        self._released = False
        self._tasks: set[asyncio.Future[None]] = set()
        self.stopped = False
        self._listeners: set[asyncio.Future[None]] = set()

    def wake(self) -> None:
        """The plan has more, or is complete: let free lanes look."""
        for listener in self._listeners:
            if not listener.done():
                listener.set_result(None)

    def release(self) -> None:
        """Let the lanes begin."""
        if not self._released:
            self._released = True
            self._outcome.begin(TRANSFER)
            self._pool.begin()
        self.wake()

    def abandon(self) -> None:
        """Let the lanes end without carrying anything more."""
        self._ended = True
        self.wake()

    async def run(self) -> None:
        """Carry all partitions, until the plan is complete and empty, or nothing more can be carried."""
        if not self._held:
            self._directories.prepare()
        for lane in self._lanes.all:
            self._enter(lane, early=not self._held)
        watching = asyncio.ensure_future(self._pool.watch(self._enter, self._busy))
        try:
            while self._tasks:
                done, _pending = await asyncio.wait(set(self._tasks), return_when=asyncio.FIRST_COMPLETED)
                self._tasks -= done
                for task in done:
                    task.result()
            if not (self._ended or self._partitioner.exhausted):
                self.stop("no lane has carried the rest", RsyncError.code)
            if self._short:
                self._plan.list_implied()
            await self._make_rest()
        finally:
            for task in (watching, *self._tasks):
                task.cancel()
            await asyncio.gather(watching, *self._tasks, self._directories.close(), return_exceptions=True)
            if self._released:
                self._outcome.end(TRANSFER)

    def _busy(self) -> bool:
        """No lane waits for the scan to find more."""
        return self._released and not self._waiting

    def _enter(self, lane: Lane, *, early: bool = True) -> None:
        """Let a lane look for a partition, unless it does."""
        if lane not in self._looking:
            self._looking.add(lane)
            self._tasks.add(asyncio.ensure_future(self._work(lane, early)))

    def give_up_rest(self) -> None:
        """Name all that no lane will carry any more."""
        for partition in self._partitioner.rest():
            self._give_up(partition, "not attempted: " + self._outcome.message)

    async def _work(self, lane: Lane, early: bool) -> None:
        """Wait for the lane's turn and for a partition, and carry that.

        Args:
            lane: Carries it.
            early: Log in and start an rsync at once, not when there is something for it.
        """
        needed = asyncio.Event()
        if early:
            needed.set()
        preparing = asyncio.ensure_future(self._prepare(lane, needed))
        partition = None
        try:
            async with lane.turn:
                partition = await self._next(lane, needed, preparing)
                self._looking.discard(lane)
                if partition is not None:
                    await self._send(lane, partition, preparing.result())
        finally:
            if partition is None:
                await lane.dismiss(preparing)
        if self._lanes.overlaps and not self._defer:
            await self._make_rest()

    async def _make_rest(self) -> None:
        """Once no partition is left, make the directories that none waited for; other lanes may still carry theirs."""
        if self._partitioner.exhausted and not self._ended:
            try:
                await self._directories.make_rest()
            except SyncError as error:
                self.stop(error.message, error.code)

    async def _send(self, lane: Lane, partition: Partition, waiting: Waiting | None) -> None:
        """Carry a partition, until the lane is free for the next one."""
        self._under_way[lane] = partition.cost, time.monotonic()
        self._begun += partition.cost
        if not self._partitioner.exhausted:
            self._enter(lane, early=self._partitioner.partitions_left > self._idle)
        sent = asyncio.Event()
        self._tasks.add(asyncio.ensure_future(self._carry(lane, partition, waiting, sent)))
        await sent.wait()
        del self._under_way[lane]

    @property
    def _idle(self) -> int:
        """How many lanes carry nothing."""
        return sum(lane not in self._under_way for lane in self._pool.working)

    @property
    def _left(self) -> list[float]:
        """The cost that is left of what each lane carries."""
        now = time.monotonic()
        return [self._partitioner.pace.left(cost, now - since) for cost, since in self._under_way.values()]

    async def _prepare(self, lane: Lane, needed: asyncio.Event) -> Waiting | None:
        """Log in, and start an rsync where that can wait for its list."""
        await needed.wait()
        if not self._lanes.prepares or len(self._plan.roots) > 1:
            await lane.open()
            return None
        root = self._plan.roots[0].root
        return await lane.prepare(lambda shell, rate: self._command.transfer(root, STDIN, shell, rate))

    async def _next(
        self, lane: Lane, needed: asyncio.Event, preparing: asyncio.Future[Waiting | None]
    ) -> Partition | None:
        """Wait until there is a partition for a lane; None where no more will come, or the lane cannot log in."""
        since = time.monotonic()
        while not (self._ended or self._pool.dismiss(lane)):
            patient = time.monotonic() - since < PATIENCE_SECONDS
            if not self._released or not self._partitioner.ready(patient=patient):
                if self._partitioner.exhausted:
                    break
                await self._wait_for_news()
                continue
            needed.set()
            try:
                await preparing
            except RsyncError as error:
                self._lose(lane, error)
                break
            try:
                partition = self._partitioner.take(self._left, patient=patient)
            except StateError as error:
                self.stop(error.message, error.code)
                break
            if partition is not None:
                return partition
        return None

    async def _wait_for_news(self) -> None:
        """Wait a moment for news, from now on: whoever listens a turn later misses what comes in between.

        Before Python 3.12 wait_for() may lose a cancellation that comes with them.
        """
        listener: asyncio.Future[None] = asyncio.get_event_loop().create_future()
        self._listeners.add(listener)
        self._waiting += 1
        try:
            await asyncio.wait((listener,), timeout=PATIENCE_SECONDS / 4)
        finally:
            self._waiting -= 1
            self._listeners.discard(listener)

    async def _carry(self, lane: Lane, partition: Partition, waiting: Waiting | None, sent: asyncio.Event) -> None:
        """Carry one partition, or let others do so where the lane is lost.

        Args:
            lane: Carries it.
            partition: A list of files.
            waiting: What carries it, if there is such.
            sent: Is set when all files have been sent, if another rsync may go on then, else at the end.
        """
        started = time.monotonic()
        try:
            try:
                await self._directories.make(lane, partition.root, partition.directories)
            finally:
                self._begun -= partition.cost
            await self._run_over(lane, partition, waiting, sent)
        except LaneError as error:
            self._hand_over(lane, partition, error)
        except SyncError as error:
            self._end_with(partition, error)
        finally:
            lane.seconds += time.monotonic() - started
            sent.set()

    async def _run_over(self, lane: Lane, partition: Partition, waiting: Waiting | None, sent: asyncio.Event) -> None:
        """Run an rsync over a partition, and take in what came of it."""
        root = self._plan.roots[partition.root].root
        started = last = time.monotonic()
        left = partition.files

        def arrived(change: Change) -> None:
            if self._arrived(lane, change):
                count_down(1)

        def files_arrived(files: Files) -> None:
            self._files_arrived(lane, files)
            count_down(len(files.names))

        def count_down(number: int) -> None:
            nonlocal left, last
            left, last = left - number, time.monotonic()
            if left <= 0 and self._lanes.overlaps:
                sent.set()

        lane.partitions += 1
        self._outcome.partitions += 1
        paths = self._paths(partition)
        report = await lane.carry(
            lambda shell, rate: self._command.transfer(root, partition.path, shell, rate, paths),
            arrived,
            on_files=None if self._outcome.keeps_lines else files_arrived,
            waiting=waiting,
            list_path=partition.path,
            load=self._load(partition),
        )
        if report.repeated:
            self._plan.note_broken(partition.names(), partition.root)
        ended = time.monotonic() if left > 0 else last
        await self._settle(lane, root, partition, report, ended - started, left)

    def _end_with(self, partition: Partition, error: SyncError) -> None:
        """Let the run end, because nobody can carry a partition."""
        self.stop(error.message, error.code)
        self._give_up(partition, error.message)

    def _lose(self, lane: Lane, error: RsyncError) -> bool:
        """Go on with other lanes, those that had ended, too; say whether there are any. If not, the run ends."""
        if not self._pool.lose(lane, error):
            self.stop(error.message, error.code)
            return False
        for other in self._pool.working:
            self._enter(other, early=False)
        return True

    def _hand_over(self, lane: Lane, partition: Partition, error: LaneError) -> None:
        """Let other lanes carry what was on one that is lost."""
        if not self._lose(lane, error) or self._ended:
            self._give_up(partition, error.message)
            return
        try:
            self._plan.note_broken(partition.names(), partition.root)
            self._partitioner.give_back(partition)
        except StateError as full:
            self._end_with(partition, full)
        self.wake()

    def _paths(self, partition: Partition) -> list[str]:
        """What a local rsync is told on its command line instead of in a list; nothing where that is too long."""
        if self._lanes.request.far or partition.size > _LONGEST_LIST:
            return []
        return self._plan.roots[partition.root].paths(
            [self._plan.name(entry, partition.root) for entry in partition.entries()]
        )

    def _load(self, partition: Partition) -> Load:
        """What an rsync that starts now is to carry, and what those that start with it are."""
        idle, remaining = self._idle, self._partitioner.remaining
        last = self._partitioner.partitions_left <= idle
        rivals = self._begun + (remaining if last else min(idle * partition.cost, remaining))
        return Load(partition.cost, rivals)

    async def _settle(
        self, lane: Lane, root: Endpoint, partition: Partition, report: Report, seconds: float, left: int
    ) -> None:
        """Take in what came of a partition: of so many files that are left rsync has not said that they arrived."""
        if report.verdict in (Verdict.FATAL, Verdict.RETRY):
            self.stop(self._lanes.explain(report), report.code)
            self._give_up(partition, self._outcome.message)
        elif report.verdict is Verdict.PARTIAL and self._defer:
            self._outcome.deferred = True
        else:
            if report.verdict is not Verdict.DONE:
                self._short = True
                await self._name_failures(lane, root, partition, report, left)
            else:
                self._outcome.settle(report)
                self._learn(report, partition, seconds)
            os.unlink(partition.path)

    def _learn(self, report: Report, partition: Partition, seconds: float) -> None:
        if report.first_word is not None:
            self._partitioner.pace.learn(report.first_word, partition.cost, seconds)

    def _arrived(self, lane: Lane, change: Change) -> bool:
        """Count a change; say whether it is of a name that the list asked for."""
        if change.directory and not change.deletion:
            self._plan.note_opened(change)
            return False
        if change.unchanged:
            return False
        self._outcome.count(change)
        lane.path = change.name
        if change.transfer:
            lane.files += 1
            lane.bytes += change.size
        return not change.deletion

    def _files_arrived(self, lane: Lane, files: Files) -> None:
        """Count many files."""
        self._outcome.count_files(files)
        lane.path = files.directory + files.names[-1]
        lane.files += len(files.names)
        lane.bytes += sum(files.sizes)

    async def _name_failures(self, lane: Lane, root: Endpoint, partition: Partition, report: Report, left: int) -> None:
        """List what did not arrive. What was gone when its turn came is a warning, be it back or not."""
        failures = Listing(LISTED)
        dry_run, differing, back = await lane.compare(
            lambda shell, rate: self._command.verify(root, partition.path, shell, rate),
            report,
            failures,
            left=left if report.verdict is Verdict.VANISHED and not report.problems.more else None,
        )
        if report.verdict is Verdict.VANISHED and dry_run.verdict is Verdict.DONE and not differing:
            return  # all names are there and the same: it was the temporary file of another lane that vanished
        self._outcome.settle(report, named=True)
        self._outcome.failures.extend(failures)
        if dry_run.verdict in (Verdict.FATAL, Verdict.RETRY):
            self._outcome.note(PARTIAL)
            self._give_up(partition, "not confirmed: " + self._lanes.explain(dry_run))
        elif differing > back:
            self._outcome.note(PARTIAL)

    def stop(self, message: str, code: int) -> None:
        """Let the lanes end after what they carry: the run has failed."""
        self.stopped = True
        self._outcome.fail(message, code)
        self.abandon()

    def _give_up(self, partition: Partition, reason: str) -> None:
        failures = self._outcome.failures
        for number, entry in enumerate(partition.names()):
            if failures.full:
                failures.total += partition.files - number
                break
            failures.add(Failure(self._plan.name(entry, partition.root), reason))


__all__ = ("Transfer",)
