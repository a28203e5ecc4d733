# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Lanes: connections to the far end, and the rsyncs that they carry.

Over ssh a lane is one ControlMaster connection, so one TCP stream and one login, however many rsyncs run over it.
Elsewhere (on this host, to a daemon, through a remote shell of the user's own) each rsync connects by itself.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Failure, Reasons
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import Bandwidth
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.diagnosis import explain
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import Verdict, classify
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.process import Process, Processes, environment
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.shell import join_words

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Listing
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request

# sshd drops connections at random when more than MaxStartups (10 by default) are not logged in yet: stay well below.
LOGINS_AT_ONCE = 5
LOGIN_SECONDS = 120.0

_SOCKET_POLL_SECONDS = 0.02
_LONGEST_PAUSE_SECONDS = 30.0

Build = t.Callable[["str | None", int], "list[bytes]"]


class Lane:
    """One connection, and the rsyncs over it.

    Attributes:
        number: From 1.
        partitions, files, bytes, seconds, retries: What it has carried.
        codes: How often an rsync ended with each exit code.
    """

    def __init__(self, number: int, lanes: Lanes) -> None:
        self.number = number
        self.partitions = 0
        self.files = 0
        self.bytes = 0
        self.seconds = 0.0
        self.retries = 0
        self.codes: collections.Counter[int] = collections.Counter()
        self._lanes = lanes
        self._socket = os.path.join(lanes.directory, str(number))
        self._master: Process | None = None
        self._opening = asyncio.Lock()

    @property
    def shell(self) -> str | None:
        """What rsync is given as --rsh; None where it needs none of ours."""
        if not self._lanes.request.uses_ssh:
            return None
        return join_words(self._ssh("-o", "ControlMaster=no"))

    def _ssh(self, *first: str) -> list[str]:
        """Words of an ssh over this lane's connection: ours, then the user's, then defaults (the first one counts)."""
        ours = ["ssh", "-S", self._socket.replace("%", "%%"), "-o", "BatchMode=yes", *first]
        defaults = [f"ConnectTimeout={self._lanes.request.settings['contimeout'] or 30}"]
        defaults += ["ServerAliveInterval=15", "ServerAliveCountMax=8"]
        return [*ours, *self._lanes.request.ssh, *(word for option in defaults for word in ("-o", option))]

    async def open(self) -> None:
        """Log in, unless the connection is there.

        Raises:
            RsyncError: The far end refuses, or cannot be reached after all retries.
        """
        if not self._lanes.request.uses_ssh:
            return
        async with self._opening:
            attempt = 0
            while self._master is None or not self._master.running:
                async with self._lanes.logins:
                    report = await self._login()
                if report is None:
                    return
                retry = classify(report.code, b"\n".join(report.words)) is Verdict.RETRY
                if not retry or attempt >= self._lanes.request.retries:
                    raise RsyncError(self._lanes.explain(report), report.code)
                attempt += 1
                self.retries += 1
                await pause(attempt)

    async def _login(self) -> Report | None:
        """Start the connection; None once it stands, else the report of the ssh that ended."""
        far = self._lanes.request.far
        assert far is not None
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
            return None
        if master.running:
            await self._lanes.processes.stop(master)
            report.words.append(b"Connection timed out")
        report.code = 255
        return report

    async def carry(
        self,
        build: Build,
        on_change: t.Callable[[Change], None] | None = None,
        on_note: t.Callable[[bytes], None] | None = None,
        *,
        listed: bool = True,
        may_retry: t.Callable[[], bool] = lambda: True,
    ) -> Report:
        """Run one rsync over this lane, again while that may help, and return the report of the last attempt.

        Args:
            build: Gives the argument vector for a remote shell and a rate in bytes a second.
            on_change: Called with each change, of every attempt.
            on_note: Called with each other line of stdout.
            listed: The names come from a list of ours.
            may_retry: Asked before another attempt.

        Raises:
            RsyncError: The lane has lost its connection and cannot get it back.
        """
        attempt = 0
        while True:
            await self.open()
            report = await self._attempt(build, Report(on_change, on_note, listed=listed))
            if report.verdict is not Verdict.RETRY or attempt >= self._lanes.request.retries or not may_retry():
                return report
            attempt += 1
            self.retries += 1
            await pause(attempt)

    async def compare(self, build: Build, report: Report, failures: Listing) -> tuple[Report, int]:
        """Ask rsync, in dry run, which names still differ, and list each with what a report says about it.

        Args:
            build: Gives the argument vector of a dry run.
            report: Of the rsync that failed in part.
            failures: Takes in the names, and those that only the report knows.

        Returns:
            The report of the dry run, and how many names it found to differ.
        """
        reasons = Reasons(report.problems.entries)
        before = failures.total

        def differs(change: Change) -> None:
            if not (change.unchanged or change.directory or change.deletion):
                failures.add(Failure(change.name, reasons.of(change.name)))

        comparison = await self.carry(build, differs, may_retry=lambda: False)
        differing = failures.total - before
        for problem in reasons.unused():
            failures.add(Failure(problem.path or b"", problem.reason))
        failures.total += report.problems.more
        return comparison, differing

    async def _attempt(self, build: Build, report: Report) -> Report:
        env = environment({"RSYNC_PASSWORD": self._lanes.request.password} if self._lanes.request.password else None)
        with self._lanes.bandwidth.share() as rate:
            argv = build(self.shell, rate)
            report.code = await self._lanes.processes.run(argv, report.read_output, report.read_errors, env=env)
        self.codes[report.code] += 1
        self._lanes.heard(report)
        return report


class Lanes:
    """All lanes of a run.

    Args:
        processes: Where rsync and ssh are started.
        request: What the user asks for.
        directory: A private place for the sockets, with a short path.
        heard: Called with the report of every attempt, the failed ones included.
    """

    def __init__(
        self, processes: Processes, request: Request, directory: str, heard: t.Callable[[Report], None]
    ) -> None:
        self.processes = processes
        self.request = request
        self.directory = directory
        self.heard = heard
        self.logins = asyncio.Semaphore(LOGINS_AT_ONCE)
        self.bandwidth = Bandwidth(request.bwlimit, request.jobs + 1)
        self.all = [Lane(number, self) for number in range(1, request.jobs + 1)]

    @property
    def first(self) -> Lane:
        """The lane that carries what must be one rsync."""
        return self.all[0]

    def require(self, report: Report) -> None:
        """Go on only if an rsync has done its work, if perhaps not for every name.

        Raises:
            RsyncError: It could not run.
        """
        if report.verdict in (Verdict.FATAL, Verdict.RETRY):
            raise RsyncError(self.explain(report), report.code)

    def explain(self, report: Report) -> str:
        """Say in one sentence why an rsync or a login failed."""
        far = self.request.far
        return explain(report.code, b"\n".join(report.words), far.host if far else "")


async def pause(attempt: int) -> None:
    """Wait before another attempt: 1 s, 2 s, 4 s and so on."""
    await asyncio.sleep(min(2.0 ** (attempt - 1), _LONGEST_PAUSE_SECONDS))


__all__ = ("Lane", "Lanes")
