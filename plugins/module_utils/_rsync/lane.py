# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""A lane: a connection to the far end, and the rsyncs that it carries.

Over ssh it is one ControlMaster connection, so one TCP stream and one login, however many rsyncs run over it.
Elsewhere (on this host, to a daemon, through a remote shell of the user's own) each rsync connects by itself.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import DIFFERS, Failure, Listing, Reasons
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import TellLoad, no_load
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import Verdict, classify
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.process import Process, environment
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.shell import join_words

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Endpoint
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes

LOGIN_SECONDS = 120.0
CONNECT_SECONDS = 30

_SOCKET_POLL_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 30.0

Build = t.Callable[["str | None", int], "list[bytes]"]


class Waiting(t.NamedTuple):
    """An rsync that has connected and waits for its list.

    Attributes:
        process: Its list is to be given to it.
        report: What it has said so far.
    """

    process: Process
    report: Report


class Comparison(t.NamedTuple):
    """What a dry run over a list says of an rsync that failed in part.

    Attributes:
        report: Of the dry run.
        differing: How many names it found to differ.
        back: How many of them were gone when their turn came, which is no failure.
    """

    report: Report
    differing: int
    back: int


class Lane:
    """One connection, and the rsyncs over it.

    Attributes:
        number: From 1.
        optional: The run can do without it: before it has stood, a login that fails is not tried again.
        lost: It could not log in the last time, however often it tried.
        login_seconds: How long its last login took.
        turn: Held by the one that sends files over it.
        partitions, files, bytes, seconds, retries: What it has carried.
        codes: How often an rsync ended with each exit code.
        path: The name that it last reported in a transfer.
        running: The rsyncs that it is carrying.
    """

    def __init__(self, number: int, lanes: Lanes, *, optional: bool = False) -> None:
        self.number = number
        self.optional = optional
        self.lost = False
        self.login_seconds = 0.0
        self.turn = asyncio.Lock()
        self.partitions = 0
        self.files = 0
        self.bytes = 0
        self.seconds = 0.0
        self.retries = 0
        self.codes: collections.Counter[int] = collections.Counter()
        self.path: bytes | None = None
        self.running: list[Process] = []
        self._lanes = lanes
        self._socket = os.path.join(lanes.directory, str(number))
        self._master: Process | None = None
        self._opening = asyncio.Lock()
        self._served = False

    @property
    def shell(self) -> str | None:
        """What rsync is given as --rsh; None where it needs none of ours."""
        if not self._lanes.request.uses_ssh:
            return None
        return join_words(self._ssh("-o", "ControlMaster=no"))

    def _ssh(self, *first: str) -> list[str]:
        """Words of an ssh over this lane's connection: ours, then the user's, then defaults (the first one counts)."""
        ours = ["ssh", "-S", self._socket.replace("%", "%%"), "-o", "BatchMode=yes", *first]
        defaults = [f"ConnectTimeout={self._lanes.request.settings['contimeout'] or CONNECT_SECONDS}"]
        defaults += ["ServerAliveInterval=15", "ServerAliveCountMax=8"]
        return [*ours, *self._lanes.request.ssh, *(word for option in defaults for word in ("-o", option))]

    async def open(self) -> None:
        """Log in, unless the connection is there.

        Raises:
            LaneError: The far end refuses, or cannot be reached after all retries.
        """
        if not self._lanes.request.uses_ssh:
            self.lost = False
            return
        async with self._opening:
            attempt = 0
            while self._master is None or not self._master.running:
                async with self._lanes.logins:
                    report = await self._login()
                if report is None:
                    break
                retry = classify(report.code, b"\n".join(report.words)) is Verdict.RETRY
                if not retry or self.optional or attempt >= self._lanes.request.retries:
                    self.lost = True
                    raise LaneError(self._lanes.explain(report), report.code)
                attempt += 1
                self.retries += 1
                await pause(attempt)
            self.lost = False

    async def _login(self) -> Report | None:
        """Start the connection; None once it stands, else the report of the ssh that ended."""
        far = t.cast("Endpoint", self._lanes.request.far)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._socket)
        report = Report()
        argv = [
            *self._ssh(
                "-o", "ControlMaster=yes", "-o", "ControlPersist=no", "-o", "ClearAllForwardings=yes", "-N", "-T"
            )
        ]
        argv += ["-l", far.user] if far.user else []
        argv += ["--", far.host]
        words = [word.encode("utf-8", "surrogateescape") for word in argv]
        master = self._lanes.processes.start(words, report.read_output, report.read_errors)
        deadline = master.started + LOGIN_SECONDS
        try:
            while master.running and not os.path.exists(self._socket) and time.monotonic() < deadline:
                await asyncio.wait((master.ended,), timeout=_SOCKET_POLL_SECONDS)
        except asyncio.CancelledError:
            await self._lanes.processes.stop(master)
            raise
        if master.running and os.path.exists(self._socket):
            self._master = master
            self.optional = False
            self.login_seconds = time.monotonic() - master.started
            return None
        if master.running:
            await self._lanes.processes.stop(master)
            report.words.append(b"Connection timed out")
        report.code = 255
        return report

    async def prepare(self, build: Build) -> Waiting:
        """Start an rsync that waits for its list: connecting takes several round trips.

        Args:
            build: Gives the argument vector of one that reads its list from its standard input.

        Raises:
            LaneError: The far end refuses, or cannot be reached after all retries.
        """
        await self.open()
        report = Report(together=True)
        return Waiting(self._start(build, 0, report, waits=True), report)

    async def dismiss(self, preparing: asyncio.Future[t.Any]) -> None:
        """Let go of an rsync that waits for a list in vain, or that is still being prepared."""
        preparing.cancel()
        for waiting in await asyncio.gather(preparing, return_exceptions=True):
            if isinstance(waiting, Waiting):
                await self._lanes.processes.dismiss(waiting.process)

    async def carry(
        self,
        build: Build,
        on_change: t.Callable[[Change], None] | None = None,
        on_note: t.Callable[[bytes], None] | None = None,
        on_files: t.Callable[[Files], None] | None = None,
        *,
        listed: bool = True,
        may_retry: t.Callable[[], bool] = lambda: True,
        waiting: Waiting | None = None,
        list_path: str = "",
        make_report: t.Callable[[], Report] | None = None,
        load: TellLoad = no_load,
    ) -> Report:
        """Run one rsync over this lane, again while that may help, and return the report of the last attempt.

        Args:
            build: Gives the argument vector for a remote shell and a rate in bytes a second.
            on_change: Called with each change, of every attempt.
            on_note: Called with each other line of stdout.
            on_files: Called, instead of on_change, with many files at once.
            listed: The names come from a list of ours.
            may_retry: Asked before another attempt.
            waiting: What makes the first attempt, if it is still there.
            list_path: The list that it waits for.
            make_report: Gives the report of an attempt, where it is of a kind of its own.
            load: Tells what its share of a rate depends on; it keeps that for all its attempts.

        Raises:
            LaneError: The lane has lost its connection and cannot get it back.
        """
        make_report = make_report or (lambda: Report(on_change, on_note, on_files, listed=listed, together=listed))
        attempt, repeated = 0, False
        async with self._lanes.bandwidth.share(load) as rate:
            while True:
                if waiting and waiting.process.running:
                    waiting.report.listen(on_change, on_note, on_files)
                    waiting.process.give(list_path)
                    report = await self._finish(*waiting)
                    waiting = None
                    if report.verdict is Verdict.RETRY and report.first_word is None:
                        repeated = True
                        continue  # it had lost its connection while it waited
                else:
                    await self.open()
                    report = make_report()
                    await self._finish(self._start(build, rate, report), report)
                report.repeated = repeated
                if not self._may_help(report) or not (report.turned_away or may_retry()):
                    return report
                if report.turned_away and self._served:
                    self._served = False  # the daemon counts a connection until its own process has ended
                elif attempt < self._lanes.request.retries:
                    attempt += 1
                else:
                    return report
                repeated = repeated or not report.turned_away
                self.retries += 1
                await pause(max(attempt, 1))

    def _may_help(self, report: Report) -> bool:
        """Say whether another attempt may do better than one that has ended.

        Where the connection was lost just before, ssh has logged in by itself; if that was refused, the lane is to say
        so, not the rsync.
        """
        lost = self._master is not None and not self._master.running
        return report.verdict is Verdict.RETRY or (report.verdict is Verdict.FATAL and lost)

    async def compare(
        self, build: Build, report: Report, failures: Listing, *, left: int | None = None
    ) -> Comparison:
        """Ask rsync, in dry run, which names still differ, and list each with what a report says about it.

        One that breaks off before it has named any is run again, by itself or, where the lane is lost, over another.

        Args:
            build: Gives the argument vector of a dry run.
            report: Of the rsync that failed in part.
            failures: Takes in the names, and those that only the report knows.
            left: Of how many names rsync has not said that they arrived, where all its messages were about names that
                had vanished. If these account for all that are left, the other names have changed since they arrived.
        """
        reasons = Reasons(report.problems.entries)
        before, changed, back = failures.total, Listing(failures.limit), 0

        def differs(change: Change) -> None:
            nonlocal back
            if change.unchanged or change.directory or change.deletion:
                return
            reason = reasons.of(change.name) or (left is not None and reasons.of_above(change.name))
            back += bool(reason) and left is not None
            (failures if reason or left is None else changed).add(Failure(change.name, reason or DIFFERS))

        dry_run = await self.carry(build, differs, may_retry=lambda: failures.total == before and not changed.total)
        if left is not None and left > back + dry_run.vanished:
            failures.extend(changed)
        differing = failures.total - before
        for problem in reasons.unused():
            failures.add(Failure(problem.path or b"", problem.reason))
        # The messages that were not kept are about names that differ without a reason, as far as there are such.
        failures.total += max(report.problems.more - reasons.missing, 0)
        return Comparison(dry_run, differing, back)

    def _start(self, build: Build, rate: int, report: Report, *, waits: bool = False) -> Process:
        password = self._lanes.request.password
        env = environment({"RSYNC_PASSWORD": password} if password else None)
        argv = build(self.shell, rate)
        return self._lanes.processes.start(argv, report.read_output, report.read_errors, env=env, waits=waits)

    async def _finish(self, process: Process, report: Report) -> Report:
        self.running.append(process)
        try:
            report.code = await self._lanes.processes.finish(process)
        finally:
            self.running.remove(process)
        self.codes[report.code] += 1
        self._served = self._served or not report.turned_away
        if not report.late:
            self._lanes.heard(report)
        return report


async def pause(attempt: int) -> None:
    """Wait before another attempt: 1 s, 2 s, 4 s and so on."""
    await asyncio.sleep(min(2.0 ** (attempt - 1), _LONGEST_PAUSE_SECONDS))


__all__ = ("Build", "Comparison", "Lane", "Waiting")
