# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Finalize: what waits until every file has arrived: hard-link groups, deletions, closed directories, in this order.

Each is one rsync over a list, where that means the same as one rsync over the tree. Where it does not, the user's own
rsync runs once over the tree that the lanes have filled, and does all three.
"""

from __future__ import annotations

import contextlib
import functools
import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import UNCONFIRMED, Failure
from ansible_collections.vgreb.jsync.plugins.module_utils._names import Names
from ansible_collections.vgreb.jsync.plugins.module_utils._result import FINALIZE
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import PARTIAL, Verdict
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import final_name
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import Spool

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Endpoint
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Build, Comparison, Lane
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

CHANGED = "more is extraneous here than the scan has found, so nothing was deleted: run again if that is right"
NOT_DELETED = "nothing was deleted, because not everything arrived"


class Finalize:
    """The passes after the transfers, one after the other.

    Args:
        lanes: The first that is not lost carries a pass.
        command: Builds the arguments.
        plan: Holds the remainder.
        request: What the user asks for.
        outcome: Takes in what was done.
        directory: Where lists go.
        entries: The most entries in one list, of a hard-link group the most followers.
    """

    def __init__(
        self,
        lanes: Lanes,
        command: Command,
        plan: Plan,
        request: Request,
        outcome: Outcome,
        directory: str,
        *,
        entries: int,
    ) -> None:
        self._lanes = lanes
        self._command = command
        self._plan = plan
        self._request = request
        self._outcome = outcome
        self._directory = directory
        self._entries = entries
        self._source = plan.roots[0]
        self._root = self._source.root
        self._deleted = False
        self._left_behind = 0

    async def run(self, *, whole: bool) -> None:
        """Do what is left.

        Args:
            whole: With the user's own rsync over the tree, instead of lists.

        Raises:
            RsyncError: A pass could not run at all.
        """
        self._outcome.begin(FINALIZE)
        self._lanes.bandwidth.holders = 1
        try:
            if whole:
                await self._run_whole()
                await self._move()
            else:
                await self._link()
                await self.delete()
                await self._close_directories()
            self._outcome.count_expected()
        finally:
            self._outcome.end(FINALIZE)

    @property
    def _may_delete(self) -> bool:
        """Nothing is deleted after an error, unless the user says so."""
        return self._request.deletes and (not self._outcome.broken or self._request.settings.on("ignore-errors"))

    async def _link(self) -> None:
        if await self._pass_over(self._plan.linked, 2 * self._entries, self._command.links, self._count_opening):
            self._plan.note_broken(self._plan.linked, 0)

    async def delete(self) -> None:
        """Delete what is extraneous, in the directories that hold such; once."""
        if self._deleted or not self._request.deletes or not self._plan.deletions.count:
            return
        if not self._may_delete:
            self._outcome.warn(NOT_DELETED)
            return
        self._deleted = True
        with contextlib.closing(self._list_deletions("delete")) as listed:
            changed = await self._changed(listed)
            if not changed:
                await self._delete_in(listed)
                return
        with contextlib.closing(self._list_deletions("delete.unchanged", changed)) as listed:
            await self._delete_in(listed)

    async def _delete_in(self, listed: Spool) -> None:
        """Delete what is extraneous in the listed directories, no more names than the scan has found."""
        most, before = self._plan.deletions.count + self._left_behind, self._outcome.deleted.total
        early = self._request.settings.on("delete-before") or self._outcome.broken
        if early:
            self._plan.close_later(listed)

        attempts = 0

        def build(root: Endpoint, path: str, shell: str | None, rate: int) -> list[bytes]:
            nonlocal attempts
            attempts += 1
            gone = self._outcome.deleted.total - before
            unheard = max(most - gone, 0) if attempts > 1 else 0
            return self._command.deletions(root, path, most, shell, rate, gone=gone, unheard=unheard, early=early)

        # Which names go while max_delete lets them, rsync's own order over all directories says.
        limited = self._request.settings["max-delete"] is not None
        entries = max(listed.count, 1) if limited else self._entries
        if await self._pass_over(listed, entries, build, self._count_opening if early else None) and early:
            self._outcome.deferred = True  # nobody knows all that it has opened

    def _list_deletions(self, name: str, changed: Names | None = None) -> Spool:
        """List the directories that hold something to delete. Those that have changed are failures instead."""
        listed = Spool(os.path.join(self._directory, name))
        for directory in self._plan.deletion_directories():
            if changed is not None and directory in changed:
                self._outcome.failures.add(Failure(directory or b".", CHANGED))
                self._outcome.note(PARTIAL)
                continue
            if directory and not self._is_directory(directory):
                continue
            listed.append(self._plan.entry(directory, 0) + b"/" if directory else self._source.lead)
        return listed

    async def _changed(self, listed: Spool) -> Names:
        """Give the directories in or below which more is extraneous now than the scan has found.

        The source may have lost its files since then: a file system was unmounted, a directory moved away. Temporary
        files that an rsync has left behind which broke off do not count.
        """
        known = Names(name.rstrip(b"/") for name in self._plan.deletions)
        changed = Names()
        last = None
        broken = any(lane.retries or lane.lost for lane in self._lanes.all)

        def look(change: Change) -> None:
            nonlocal last
            if not change.deletion or change.name in known:
                return
            if broken and not change.directory and final_name(change.name) != change.name:
                self._left_behind += 1
                return
            above = change.name.rpartition(b"/")[0]
            if above != last:
                last = above
                parts = above.split(b"/")
                changed.update(b"/".join(parts[:depth]) for depth in range(len(parts) + 1))

        for path in self._lists(listed, self._entries):
            build = functools.partial(self._command.deletions, self._root, path, None)
            self._lanes.require(await self._lanes.carry(build, look))
        return changed

    def _is_directory(self, name: bytes) -> bool:
        """Say whether a name is a directory on the end that is here.

        Where a file takes the place of a directory, rsync names what that held among the deletions; it is gone by now.
        """
        settings = self._request.settings
        if self._request.pull:
            base, follow = self._request.dest, False
        else:
            base = self._source.directory
            follow = settings.on("copy-links", "copy-dirlinks", "copy-unsafe-links")
        path = os.path.join(base.exact, name)
        return os.path.isdir(path) and (follow or not os.path.islink(path))

    async def _close_directories(self) -> None:
        """Close what was opened, and give the destination itself its metadata where no list has named it.

        Rules in a file may take it out of a list after those before them were cleared.
        """
        await self._pass_over(self._plan.opened, self._entries, self._command.close_directories)
        listed = self._source.contents and self._plan.lists
        hidden = listed and self._request.reads_filters
        filled = self._plan.has_root and self._plan.lists
        unnamed = (self._plan.root_changed or filled) and not listed
        if unnamed or hidden or self._plan.root_opened:
            await self._pass(lambda shell, rate: self._command.finish_root(self._source.directory, shell, rate))

    async def _run_whole(self) -> None:
        """Run the user's own rsync; where a lane had failed in part and it may delete, first without deletions."""
        settings = self._request.settings
        carried = not (self._outcome.deferred or self._plan.left_out)
        if not carried and self._request.deletes and not settings.on("ignore-errors"):
            report = await self._carry_whole(delete=False, carried=False)
            blocked = report.verdict is Verdict.PARTIAL and report.only_blocked
            if not blocked:  # else only deletions make way
                await self.settle_whole(report)
                carried = report.verdict is not Verdict.PARTIAL
            if not carried and not blocked:
                self._outcome.warn(NOT_DELETED)
                return
        self._outcome.deferred = False
        if self._request.deletes and not self._may_delete:
            self._outcome.warn(NOT_DELETED)
        await self.settle_whole(await self._carry_whole(delete=self._may_delete, carried=carried))

    async def _move(self) -> None:
        """Remove files from the source, once nothing is deleted any more: rsync would take their copies, too."""
        if self._request.deletes and self._request.settings.on("remove-source-files"):
            carried, failures = not self._outcome.broken, self._outcome.failures
            counted = failures.more
            await self.settle_whole(await self._carry_whole(delete=False, move=True, carried=carried))
            failures.total -= min(counted, failures.more - counted)  # rsync says of them again that they do not arrive

    async def _carry_whole(self, *, delete: bool, carried: bool, move: bool = False) -> Report:
        attempts = 0

        def build(shell: str | None, rate: int) -> list[bytes]:
            nonlocal attempts
            attempts += 1
            gone = self.gone(again=attempts > 1)
            return self._command.whole(
                shell, rate, delete=delete, move=move or not self._request.deletes, carried=carried, gone=gone
            )

        before = self._outcome.sent
        report = await self._lanes.carry(
            build, self._count, listed=False, may_retry=lambda: self._request.repeats_whole
        )
        if not carried and self._request.settings.sends_all_again:
            self._outcome.count_anew(before)
        self._lanes.require(report)
        return report

    def gone(self, *, again: bool) -> int:
        """How many names may have gone: an rsync that broke off may not have told of any that the scan found."""
        return max(self._outcome.deletions, self._plan.deletions.count if again else 0)

    async def settle_whole(self, report: Report) -> None:
        """Take in the end of the user's own rsync. Where a message of it names no path, a dry run finds which differ.

        Raises:
            LaneError: All lanes are lost.
        """
        compares = report.verdict is Verdict.PARTIAL and report.unnamed > 0
        self._outcome.settle(report, named=compares)
        if not compares:
            return

        def over(lane: Lane) -> t.Awaitable[Comparison]:
            return lane.compare(self._command.verify_whole, report, self._outcome.failures)

        try:
            dry_run = (await self._lanes.over_first(over)).report
        except LaneError as error:
            self._outcome.blame(report)
            self._outcome.failures.add(Failure(b"", UNCONFIRMED + error.message))
            raise
        if dry_run.verdict.broken or dry_run.unnamed:
            self._outcome.failures.add(Failure(b"", UNCONFIRMED + self._lanes.explain(dry_run)))

    def _count(self, change: Change) -> None:
        """Count what a pass did; directories count as the scan saw them."""
        if not change.unchanged and (not change.directory or change.deletion):
            self._outcome.count(change)

    def _count_opening(self, change: Change) -> None:
        """Count what a pass did that opens directories as the lanes do."""
        if change.directory and not change.deletion:
            self._plan.note_opened(change)
        self._count(change)

    async def _pass_over(
        self,
        spool: Spool,
        entries: int,
        build: t.Callable[[Endpoint, str, str | None, int], list[bytes]],
        arrived: t.Callable[[Change], None] | None = None,
    ) -> bool:
        """Run a pass over what a spool holds, with so many entries in one list at most; say what :meth:`_pass` says."""
        repeated = False
        for path in self._lists(spool, entries):
            repeated |= await self._pass(functools.partial(build, self._root, path), arrived)
        return repeated

    @staticmethod
    def _lists(spool: Spool, entries: int) -> t.Iterator[str]:
        """Give what a spool holds as lists of so many entries at most, one after the other in the same file."""
        path, offset = f"{spool.path}.some", 0
        while offset < spool.size:
            _count, length = spool.cut(offset, entries, path)
            yield path
            offset += length

    async def _pass(self, build: Build, arrived: t.Callable[[Change], None] | None = None) -> bool:
        """Run one pass; say whether it broke off before it came to its end."""
        report = await self._lanes.carry(build, arrived or self._count)
        self._lanes.require(report)
        self._outcome.settle(report)
        return report.repeated


__all__ = ("Finalize",)
