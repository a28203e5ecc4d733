# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Carry one partition: run an rsync over its list, count what arrives, and name what does not."""

from __future__ import annotations

import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError, RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import UNCONFIRMED, Failure, Listing
from ansible_collections.vgreb.jsync.plugins.module_utils._result import LISTED
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import LONGEST_LINE
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import PARTIAL, Verdict

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
    from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partition
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import TellLoad
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Endpoint
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane, Waiting
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report


# rsync reads a list with two system calls for each byte (read_line in io.c): about so many bytes in a second.
_LIST_RATE = 1 << 20


class Carrier:
    """Carries partitions over lanes, and says what came of each.

    Args:
        lanes: Explain why an rsync failed.
        command: Builds the arguments.
        plan: Knows the names in a partition.
        outcome: Takes in what arrived and what did not.
        defer: A later pass decides what arrived: a partition that failed in part is no failure yet.

    Attributes:
        short: Of some partition not everything arrived.
        by_line: The names of the last partition went on the command line, so that no rsync needs to wait for a list.
        repeated: Some partition was begun once more.
        broken: What an rsync had delivered of some partition may be in others now, as where it broke off.
    """

    def __init__(self, lanes: Lanes, command: Command, plan: Plan, outcome: Outcome, *, defer: bool) -> None:
        self._lanes = lanes
        self._command = command
        self._plan = plan
        self._outcome = outcome
        self._defer = defer
        self.short = False
        self.by_line = False
        self.broken = self.repeated = False

    async def carry(
        self, lane: Lane, partition: Partition, waiting: Waiting | None, load: TellLoad, sent: t.Callable[[], None]
    ) -> None:
        """Run an rsync over a partition, and take in what came of it.

        Args:
            lane: Carries it.
            partition: A list of files.
            waiting: What carries it, if there is such.
            load: Tells what its share of a rate depends on.
            sent: Called once all files have been sent, as far as rsync says that.

        Raises:
            LaneError: The lane is lost; others may carry the partition.
            RsyncError: Nothing more can be carried.
            StateError: What must be remembered of a rsync that broke off cannot be written.
        """
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
            if left <= 0:
                sent()

        lane.partitions += 1
        self._outcome.partitions += 1
        on_files = None if self._outcome.keeps_lines else files_arrived
        report = await self._send(lane, partition, waiting, load, arrived, on_files)
        if report.repeated:
            self.repeated = True
            self._plan.note_broken(partition.names(), partition.root)
        ended = time.monotonic() if left > 0 else last
        await self._settle(lane, root, partition, report, ended - started, left)

    async def _send(
        self,
        lane: Lane,
        partition: Partition,
        waiting: Waiting | None,
        load: TellLoad,
        on_change: t.Callable[[Change], None],
        on_files: t.Callable[[Files], None] | None,
    ) -> Report:
        """Run an rsync over a partition, again where that may help."""
        by_line = self.by_line = self._suits_line(partition, waiting)
        if waiting and (by_line or (self.broken and self._command.spares_again)):
            await self._lanes.processes.dismiss(waiting.process)
            waiting = None
        again = self.broken or waiting is not None

        def build(shell: str | None, rate: int) -> list[bytes]:
            nonlocal again
            root = self._plan.roots[partition.root].root
            names = self._paths(partition) if by_line else ()
            words = self._command.transfer(root, partition.path, shell, rate, names, again=again)
            again = True
            return words

        try:
            return await lane.carry(
                build,
                on_change,
                on_files=on_files,
                may_retry=lambda: self._lanes.request.repeats_lists,
                waiting=waiting,
                list_path=partition.path,
                load=load,
            )
        except LaneError:
            self.broken = self.repeated = True
            raise

    def _suits_line(self, partition: Partition, waiting: Waiting | None) -> bool:
        """Say whether rsync should be told names on its command line: reading their list takes longer than a start.

        An rsync that waits for a list saves about what a login takes.
        """
        if self._lanes.request.pull or partition.size > LONGEST_LINE:
            return False
        return not waiting or partition.size > _LIST_RATE * self._lanes.first.login_seconds

    def _paths(self, partition: Partition) -> list[bytes]:
        """The names as paths; none where rsync would read these otherwise than a list."""
        return self._plan.roots[partition.root].paths(
            [self._plan.name(entry, partition.root) for entry in partition.entries()]
        )

    async def _settle(
        self, lane: Lane, root: Endpoint, partition: Partition, report: Report, seconds: float, left: int
    ) -> None:
        """Take in what came of a partition: of so many files that are left rsync has not said that they arrived."""
        if report.verdict.broken:
            self.broken = self.broken or report.repeated
            self._lanes.require(report)
        if report.verdict is Verdict.PARTIAL and self._defer:
            self._outcome.deferred = True
        else:
            if report.verdict is not Verdict.DONE:
                self.short = True
                await self._name_failures(lane, root, partition, report, left)
            else:
                self._outcome.settle(report)
                self._find_equal(report, partition, left)
                self._learn(report, partition, seconds)
            os.unlink(partition.path)

    def _find_equal(self, report: Report, partition: Partition, left: int) -> None:
        """Count what rsync has only compared: of that it says nothing."""
        size = self._plan.partitioner.bytes_in(partition) - report.statistics.get("Total transferred file size", 0)
        self._outcome.find_equal(max(left, 0), max(size, 0))

    def _learn(self, report: Report, partition: Partition, seconds: float) -> None:
        if report.first_word is not None:
            self._plan.partitioner.pace.learn(report.first_word, partition.cost, seconds)

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
        elif change.item[1:2] == b"f":
            self._outcome.find_equal(1)
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
        try:
            dry_run, differing, back = await lane.compare(
                lambda shell, rate: self._command.verify(root, partition.path, shell, rate),
                report,
                failures,
                left=left if report.verdict is Verdict.VANISHED and not report.problems.more else None,
            )
        except LaneError as error:
            if self._lanes.request.settings.backs_up_halves:  # it would back up what has failed
                raise RsyncError(error.message, error.code) from error
            self.broken = True  # another lane carries again what has arrived
            raise
        if report.verdict is Verdict.VANISHED and dry_run.verdict is Verdict.DONE and not differing:
            return  # all names are there and the same: it was the temporary file of another lane that vanished
        self._outcome.settle(report, named=True)
        self._outcome.failures.extend(failures)
        if dry_run.verdict.broken:
            self._outcome.note(PARTIAL)
            self.give_up(partition, UNCONFIRMED + self._lanes.explain(dry_run))
        elif differing > back:
            self._outcome.note(PARTIAL)

    def give_up(self, partition: Partition, reason: str) -> None:
        """List all names of a partition as not having arrived."""
        failures = self._outcome.failures
        for number, entry in enumerate(partition.names()):
            if failures.full:
                failures.total += partition.files - number
                break
            failures.add(Failure(self._plan.name(entry, partition.root), reason))


__all__ = ("Carrier",)
