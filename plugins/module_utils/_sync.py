# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""READ FIRST. The conductor: one run from request to result.

::

    check the request against this host      bad input ends here, nothing touched
    claim the task                           or attach to the run that has it, and return its result
    find rsync, and what gives it priority   meanwhile hear whether the daemon, if it is one, speaks
    log lane 1 in                            the others meanwhile
    ask the far rsync                        only about options that not every rsync has
    scan ---- changes ----> plan             one dry run over the whole tree, or several over its parts
        partition <-------- plan
    transfer                                 N lanes, while the scan still runs
        directories first, then files
    finalize                                 when every file has arrived
        hard-link groups
        deletions                            never after an error
        the files at the source              if they are to be removed, and only once nothing is deleted
        directories that were opened to the lanes
    result

What is not guaranteed: the files of a run do not arrive at one moment, and with deletions in any mode but
``--delete-before`` extraneous files go after all transfers. Some options mean nothing side by side: _strategy.py knows
which.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import typing as t
from tempfile import gettempdir

from ansible_collections.vgreb.jsync.plugins.module_utils._check import check_ends, check_nesting, set_apart
from ansible_collections.vgreb.jsync.plugins.module_utils._claim import Claim, claimed
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError, RsyncError, StateError, SyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._finalize import Finalize
from ansible_collections.vgreb.jsync.plugins.module_utils._lease import Lease, lease_of
from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request, build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
from ansible_collections.vgreb.jsync.plugins.module_utils._publish import published
from ansible_collections.vgreb.jsync.plugins.module_utils._result import FINALIZE, RESULT, TRANSFER, Outcome
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import per_file
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import find_rsync
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.daemon import check_daemon
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import split_list
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import FILE_IO, STREAM
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.far import check_far
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.guardian import Guardian
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.priority import find_priority
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes, allow_files
from ansible_collections.vgreb.jsync.plugins.module_utils._scan import Scan
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import socket_directory, state_directory
from ansible_collections.vgreb.jsync.plugins.module_utils._strategy import (
    alone_again,
    alone_because,
    lanes_may_fail,
    shut_to_lanes,
    unseen_because,
    whole_because,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._supervise import supervise
from ansible_collections.vgreb.jsync.plugins.module_utils._transfer import Transfer

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files

# On a pull, rsync checks each name that arrives against every name it asked for, which takes seconds from here on.
_PULL_ENTRIES = 2000

# Even in such lists a name costs about 60 microseconds, in which one stream of 10 MB/s moves half a kilobyte.
_PULL_TINY = 512

# Where no login is needed an rsync starts in some hundredths of a second: lanes begin while the scan has found little.
# Shares of a limit go by what those carry that start together: there they begin with more.
_NEAR_PARTITION = 32 << 20

# rsync reads a list with two system calls for each byte (read_line in io.c), half of what a small file takes else.
# Paths on a command line spare that. So many take twenty times as long as the start of an rsync; a list is better
# where a line holds a quarter of them.
_NEAR_ENTRIES = 4000

_UNNAMED = (
    "the run was stopped before one rsync could carry what lanes cannot, and those names are not among the failures: "
    "run again"
)

_LINGERS = (
    "a connection broke, and with partial rsync at the other end may still put half a file in the place of the whole "
    "one: run again when no rsync is left there, or use partial_dir"
)


def run(params: t.Mapping[str, t.Any], *, check: bool, diff: bool, sizes: Sizes | None = None) -> dict[str, t.Any]:
    """Do what the module's parameters ask for, and return its result.

    Args:
        params: The module's parameters.
        check: Scan only.
        diff: Keep itemized lines.
        sizes: How finely to cut, for tests.
    """
    with contextlib.suppress(AttributeError):  # PyPy
        gc.freeze()  # what is loaded stays: no collection looks at it again, nor does the exit, which takes 12 ms less
    outcome = Outcome(diff=diff, check=check)
    try:
        synchronize(build_request(params, check=check), outcome, sizes=sizes)
    except RequestError as error:
        outcome.fail(error.message, error.code)
    return outcome.as_result()


def synchronize(request: Request, outcome: Outcome, *, sizes: Sizes | None = None) -> None:
    """Run a request to its end; what came of it is in the outcome, also when it failed or was stopped."""
    if request.umask is not None:
        os.umask(request.umask)
    allow_files(request.jobs_max)
    with _recorded(outcome):
        asyncio.run(_supervise(request, outcome, sizes or Sizes()))


@contextlib.contextmanager
def _recorded(outcome: Outcome) -> t.Iterator[None]:
    """Turn what ends a run early into its outcome."""
    try:
        yield
    except SyncError as error:
        outcome.fail(error.message, error.code)
    except OSError as error:
        outcome.fail(f"cannot keep the lists of this run in {gettempdir()}: {error}; set TMPDIR", FILE_IO)


async def _supervise(request: Request, outcome: Outcome, sizes: Sizes) -> None:
    lease = lease_of(request.follow, request.lease)
    await supervise(_conduct(request, outcome, sizes, lease), outcome, request.follow, lease)


async def _conduct(request: Request, outcome: Outcome, sizes: Sizes, lease: Lease) -> None:
    check_ends(request)
    async with published(request, outcome), claimed(request, outcome, lease) as claim:
        if claim is not None:
            with _recorded(outcome):
                await _work(request, outcome, sizes, claim)


async def _work(request: Request, outcome: Outcome, sizes: Sizes, claim: Claim) -> None:
    with Guardian(claim.keeps) as guardian, state_directory() as state, socket_directory(state) as sockets:
        own = [directory for directory in (state, sockets, request.follow, claim.directory) if directory]
        for directory in own:
            guardian.made(directory)
        claim.made(state, sockets)
        request = set_apart(request, own)
        async with Processes(guardian) as processes:
            rsync, _answered = await asyncio.gather(find_rsync(processes, request.rsync_path), check_daemon(request))
            outcome.rsync = rsync
            processes.before = await find_priority(processes, request.nice, request.ionice)
            lanes = Lanes(processes, request, sockets, outcome.heard)
            outcome.lanes = lanes.all
            command = Command(request, rsync)
            await check_nesting(request, command, processes, state)
            await lanes.first.open()
            lanes.begin()
            await check_far(request, lanes.first.shell, processes)
            await _Run(request, outcome, lanes, command, state, sizes).run()
    if not outcome.failed:
        outcome.stage = RESULT


class _Run:
    """The stages of one run, and what they share."""

    def __init__(
        self, request: Request, outcome: Outcome, lanes: Lanes, command: Command, state: str, sizes: Sizes
    ) -> None:
        self._request = request
        self._outcome = outcome
        self._lanes = lanes
        self._command = command
        self._alone = alone_because(request)
        self._held = self._alone is not None or request.settings.on("delete-before")
        self._moves = request.settings.on("remove-source-files")
        self._changes = 0
        roots = request.roots or (split_list(request.sources[0]),)
        if request.pull:
            sizes = sizes._replace(entries=min(sizes.entries, _PULL_ENTRIES), tiny=_PULL_TINY)
        entries = sizes.entries
        if request.bwlimit:
            sizes = sizes._replace(per_file=min(sizes.per_file, per_file(request.bwlimit)))
        elif not request.far:
            sizes = sizes._replace(partition=min(sizes.partition, _NEAR_PARTITION))
        if not request.pull and not lanes.distant:
            names, length = min(root.line(_NEAR_ENTRIES) for root in roots)
            if names > _NEAR_ENTRIES // 4:
                sizes = sizes._replace(entries=min(entries, names), length=length)
        self._plan = Plan(
            state,
            roots,
            request.jobs,
            hard_links=request.settings.on("hard-links"),
            by_directory=request.lists_directories,
            sizes=sizes,
            shut=shut_to_lanes(request),
        )
        self._scan = Scan(
            lanes,
            command,
            outcome,
            self._found,
            self._plan.note,
            None if request.check else self._found_files,
            scanners=sizes.scanners,
            directory=state,
        )
        self._transfer = Transfer(
            lanes,
            command,
            self._plan,
            outcome,
            defer=lanes_may_fail(request),
            held=self._held,
            entries=entries,
        )
        self._finalize = Finalize(lanes, command, self._plan, request, outcome, state, entries=entries)

    async def run(self) -> None:
        try:
            if self._request.check:
                await self._scan.run()
                self._outcome.changes += self._plan.root_new
                return
            await self._scan_and_transfer()
            if self._transfer.broke and self._request.halves_linger:
                self._outcome.fail(_LINGERS, STREAM)
            if self._transfer.stopped:
                self._transfer.give_up_rest()
                if self._plan.left_out:
                    self._outcome.warn(_UNNAMED)
            elif self._alone:
                await self._carry_alone(self._alone)
            elif self._outcome.deferred or not self._plan.empty or unseen_because(self._request):
                await self._finish()
        finally:
            if self._transfer.again:
                self._outcome.count_once()
            self._plan.close()

    def _found(self, change: Change) -> None:
        """Take in one change of the scan."""
        if change.transfer:
            self._outcome.find(change)
        if self._request.check:
            if not change.unchanged:
                self._outcome.count(change)
            elif self._moves and not change.directory:
                self._outcome.changes += 1
            return
        self._plan.add(change)
        if change.unchanged:
            return
        if change.directory and not change.deletion and change is not self._plan.root_change:
            self._outcome.expect(change)
        self._count_found(1)

    def _found_files(self, files: Files) -> None:
        """Take in many files of the scan."""
        self._plan.add_files(files)
        self._outcome.find_files(files)
        self._count_found(len(files.names))

    def _count_found(self, changes: int) -> None:
        self._changes += changes
        if self._changes > 1 and not self._held and not self._request.bwlimit:
            self._transfer.release()

    async def _scan_and_transfer(self) -> None:
        """Scan, and let the lanes carry what is found meanwhile."""
        stages = [asyncio.ensure_future(self._scan_to_end()), asyncio.ensure_future(self._transfer.run())]
        try:  # gather() would cancel one of them again while it cleans up
            ended, _pending = await asyncio.wait(stages, return_when=asyncio.FIRST_EXCEPTION)
            for stage in ended:
                stage.result()
        finally:
            for stage in stages:
                stage.cancel()
            await asyncio.gather(*stages, return_exceptions=True)

    async def _scan_to_end(self) -> None:
        try:
            await self._scan.run()
            self._plan.finish()
            if self._scan.entries == 1 and self._alone is None:
                self._alone = "src: it is a single file or directory"
            if self._outcome.deferred and self._request.settings.on("delete-before"):
                self._alone = self._alone or "delete-before: a dry run failed where rsync alone may not"
            if self._alone:
                self._transfer.abandon()
                return
            if self._request.settings.on("delete-before"):
                await self._finalize.delete()
            self._transfer.release()
        except (RsyncError, StateError) as error:
            self._transfer.stop(error.message, error.code)

    async def _carry_alone(self, reason: str) -> None:
        """Let one rsync do the work that lanes cannot share."""
        self._outcome.one_process.append({"stage": TRANSFER, "reason": reason})
        self._outcome.begin(TRANSFER)
        lane = self._lanes.first
        lane.partitions = self._outcome.partitions = 1

        def arrived(change: Change) -> None:
            if not change.unchanged:
                self._outcome.count(change)
                lane.files += change.transfer
                lane.bytes += change.size if change.transfer else 0
                lane.path = change.name

        carried: bool | None = None

        def build(shell: str | None, rate: int) -> list[bytes]:
            nonlocal carried
            gone = self._finalize.gone(again=carried is not None)
            words = self._command.whole(shell, rate, carried=carried, gone=gone)
            carried = False
            return words

        report = await self._lanes.carry(build, arrived, listed=False, may_retry=lambda: alone_again(self._request))
        self._outcome.end(TRANSFER)
        await self._finalize.settle_whole(report)
        self._lanes.require(report)
        self._outcome.changes += self._plan.root_new

    async def _finish(self) -> None:
        reason = whole_because(self._request, self._plan)
        if self._outcome.deferred and reason is None:
            reason = "a dry run or a lane failed where rsync alone may not"
        if reason:
            self._outcome.one_process.append({"stage": FINALIZE, "reason": reason})
        await self._finalize.run(whole=reason is not None)
        if self._plan.root_change is not None:
            self._outcome.count(self._plan.root_change)
        else:
            self._outcome.changes += self._plan.root_new


__all__ = ("run", "synchronize")
