# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Transfer: every lane carries one partition after the other, while the scan still runs."""

from __future__ import annotations

import asyncio
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._carrier import Carrier
from ansible_collections.vgreb.jsync.plugins.module_utils._directories import Directories
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError, RsyncError, StateError, SyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._pool import Pool
from ansible_collections.vgreb.jsync.plugins.module_utils._result import TRANSFER
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import Load
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import STDIN

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partition
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane, Waiting
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes

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
        self._carrier = Carrier(lanes, command, plan, outcome, defer=defer)
        self._partitioner = plan.partitioner
        self._pool = Pool(lanes, plan.partitioner, outcome)
        self._under_way: dict[Lane, tuple[int, float]] = {}
        self._waiting = 0
        self._begun = 0
        self._looking: set[Lane] = set()
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
            if self._carrier.short:
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
            self._carrier.give_up(partition, "not attempted: " + self._outcome.message)

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
        self._pool.carry()
        self._under_way[lane] = partition.cost, time.monotonic()
        self._begun += partition.cost
        if not self._partitioner.exhausted:
            self._enter(lane, early=self._partitioner.partitions_left > self._idle)
        sent = asyncio.Event()

        def free() -> None:
            if not sent.is_set():
                del self._under_way[lane]
                sent.set()

        self._tasks.add(asyncio.ensure_future(self._carry(lane, partition, waiting, free)))
        await sent.wait()

    @property
    def broke(self) -> bool:
        """Some rsync broke off, and another one has carried its partition."""
        return self._carrier.repeated

    @property
    def again(self) -> bool:
        """Something may have been sent again."""
        return self.broke or self._carrier.broken

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
        if not self._lanes.prepares or len(self._plan.roots) > 1 or self._carrier.by_line:
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
            if not self._released or not self._partitioner.ready(len(self._under_way), patient=patient):
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

    async def _carry(
        self, lane: Lane, partition: Partition, waiting: Waiting | None, free: t.Callable[[], None]
    ) -> None:
        """Carry one partition, or let others do so where the lane is lost.

        Args:
            lane: Carries it.
            partition: A list of files.
            waiting: What carries it, if there is such.
            free: Called when all files have been sent, if another rsync may go on then, and at the end.
        """
        started = time.monotonic()
        try:
            try:
                await self._directories.make(lane, partition.root, partition.directories)
            finally:
                self._begun -= partition.cost
            all_sent = free if self._lanes.overlaps else lambda: None
            await self._carrier.carry(lane, partition, waiting, lambda: self._load(partition), all_sent)
        except LaneError as error:
            self._hand_over(lane, partition, error)
        except SyncError as error:
            self._end_with(partition, error)
        finally:
            lane.seconds += time.monotonic() - started
            free()

    def _end_with(self, partition: Partition, error: SyncError) -> None:
        """Let the run end, because nobody can carry a partition."""
        self.stop(error.message, error.code)
        self._carrier.give_up(partition, error.message)

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
            self._carrier.give_up(partition, error.message)
            return
        try:
            self._plan.note_broken(partition.names(), partition.root)
            self._partitioner.give_back(partition)
        except StateError as full:
            self._end_with(partition, full)
        self.wake()

    def _load(self, partition: Partition) -> Load:
        """What an rsync that starts now is to carry, and what those that start with it are."""
        idle, remaining = self._idle, self._partitioner.remaining
        last = self._partitioner.partitions_left <= idle
        rivals = self._begun + (remaining if last else min(idle * partition.cost, remaining))
        return Load(partition.cost, rivals, self._begun + remaining)

    def stop(self, message: str, code: int) -> None:
        """Let the lanes end after what they carry: the run has failed."""
        self.stopped = True
        self._outcome.fail(message, code)
        self.abandon()


__all__ = ("Transfer",)
