# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The lanes at work: the number that the user asks for or, with ``jobs: auto``, as many as pay."""

from __future__ import annotations

import asyncio
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._jobs import Jobs
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.meter import Meter

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError
    from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partitioner
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes

WATCH_SECONDS = 0.25


class Pool:
    """Knows which lanes are at work, and lets them come and go.

    Args:
        lanes: The lanes of the run. Those that are there at first begin.
        partitioner: Is told how many there are.
        outcome: Takes in their number over time, and logins that were refused.
    """

    def __init__(self, lanes: Lanes, partitioner: Partitioner, outcome: Outcome) -> None:
        self._lanes = lanes
        self._partitioner = partitioner
        self._outcome = outcome
        self._working = list(lanes.all)
        self._resting: list[Lane] = []
        self._jobs = Jobs(len(lanes.all), lanes.request.jobs_max)
        self._meter = Meter()
        self._carries = False
        self._tell()

    @property
    def working(self) -> t.Sequence[Lane]:
        """The lanes at work."""
        return tuple(self._working)

    @property
    def size(self) -> int:
        """How many lanes are at work."""
        return len(self._working)

    def begin(self) -> None:
        """The lanes may carry from now on."""
        self._note()

    def carry(self) -> None:
        """A lane carries a partition; from the first one on the result says how many lanes are at work."""
        if not self._carries:
            self._carries = True
            self._outcome.note_lanes(self.size)

    def lose(self, lane: Lane, error: RsyncError) -> bool:
        """Go on without a lane that cannot log in, if need be with one that rests; say whether there is another."""
        lane.lost = True
        if lane not in self._working:
            return True
        others = [one for one in (*self._working, *reversed(self._resting)) if one is not lane and not one.lost]
        if not others:
            return False
        self._working.remove(lane)
        if not self._working:
            self._resting.remove(others[0])
            self._working.append(others[0])
        self._outcome.warn(f"lane {lane.number}: {error.message}")
        self._resting.insert(0, lane)
        self._jobs.refuse(time.monotonic(), self.size)
        self._note()
        return True

    def dismiss(self, lane: Lane) -> bool:
        """Say whether a lane that has nothing to carry just now is lost, or one too many: it is not at work then."""
        if lane not in self._working:
            return True
        if self.size <= self._jobs.lanes:
            return False
        self._working.remove(lane)
        self._resting.append(lane)
        self._note()
        return True

    async def watch(self, enter: t.Callable[[Lane], None], busy: t.Callable[[], bool]) -> None:
        """Find out how many lanes pay, until cancelled; where their number is given, do nothing.

        Args:
            enter: Called with a lane that is to begin.
            busy: Says whether no lane waits for the scan to find more.
        """
        scanning = not self._partitioner.complete
        while self._lanes.request.auto and not self._lanes.request.bwlimit:
            await asyncio.sleep(WATCH_SECONDS)
            work = self._work()
            if not (busy() and self._steady) or scanning == self._partitioner.complete:
                scanning = not self._partitioner.complete
                self._jobs.interrupt()
                continue
            self._jobs.observe(time.monotonic(), work, room=self.size + self._partitioner.room)
            while self.size < self._jobs.lanes:
                lane = self._resting.pop() if self._resting else self._lanes.add()
                self._working.append(lane)
                self._note()
                enter(lane)

    @property
    def _steady(self) -> bool:
        """As many lanes as should be are at work, and each has more to do than what it has begun."""
        busy = all(lane.partitions and not lane.lost for lane in self._working)
        here = self.size == self._jobs.lanes and busy
        return here and self._partitioner.partitions_left > self.size

    def _work(self) -> int:
        """What was done so far: bytes that processes have moved or, where nobody counts those, that have arrived."""
        moved = self._meter.read(self._lanes.processes.pids)
        return sum(lane.bytes for lane in self._lanes.all) if moved is None else moved

    def _note(self) -> None:
        self._tell()
        self._lanes.bandwidth.holders = self.size
        if self._carries:
            self._outcome.note_lanes(self.size)

    def _tell(self) -> None:
        """Let partitions be cut for those that are there, and for those of the next trial."""
        self._partitioner.lanes, self._partitioner.most = self.size, self._jobs.next


__all__ = ("Pool",)
