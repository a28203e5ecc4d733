# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Follow a job on the target host to its end, with commands of a shell there.

Every poll touches the lease, by which the module knows that somebody follows it, and prints the module's latest beat,
the status document and the job's result, once it is there. A poll that fails is made again, for as long as the lease
lasts: the job goes on meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import threading
import time
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import LEASE_SECONDS
from ansible_collections.vgreb.jsync.plugins.module_utils._status import NAME, parse_status
from ansible_collections.vgreb.jsync.plugins.plugin_utils._alive import Alive

# How often to try to clean up.
_CLEANINGS = 3

# How long a job may take to end after it was told to.
_ENDING_SECONDS = 30.0

_ENDING_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

# A pause is a tenth of the time so far, so that no run's end is noticed much too late.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_SLICE_SECONDS = 0.25

# How what async_wrapper writes first begins (`jwrite` in its _run_module); the result takes its place at the end.
_STARTED = '{"started":'

# A terminal, which ssh makes for commands that may ask for a password, ends lines with CR LF.
_SAID = re.compile(r"^jsync-(\w+) (.*?)\r?$", re.MULTILINE)


class Place(t.NamedTuple):
    """Where jobs of a user are on the target host.

    Attributes:
        directory: The directory for jobs.
        umask: What the user's login has, in octal digits.
    """

    directory: str
    umask: str


class Execute(t.Protocol):
    """Runs a command in a shell of the target host and returns at least ``rc`` and ``stdout``."""

    def __call__(self, command: str) -> t.Mapping[str, t.Any]: ...


def find_place(execute: Execute, directory: str) -> Place | None:
    """Find the directory for jobs, and make it; None where it cannot be written to.

    Args:
        execute: Runs a command.
        directory: As configured, perhaps with ``~`` at its start.
    """
    home, slash, below = directory.partition("/")
    path = home + slash + shlex.quote(below) if home.startswith("~") else shlex.quote(directory)
    said = _said(
        execute(
            f'mkdir -p {path} && test -w {path} && cd {path} && printf "jsync-umask %s\\njsync-directory %s\\n" '
            '"$(umask)" "$(pwd)"'
        )
    )
    return Place(said["directory"], said["umask"]) if {"umask", "directory"} <= set(said) else None


def _said(answer: t.Mapping[str, t.Any]) -> dict[str, str]:
    return dict(_SAID.findall(answer["stdout"]))


@contextlib.contextmanager
def ending_with_parent() -> t.Iterator[None]:
    """End this process when the one that started it has gone: it would wait for a module that nobody wants."""
    parent, over = os.getppid(), threading.Event()

    def watch() -> None:
        while not over.wait(_SLICE_SECONDS):
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


class Follower:
    """Follows one job.

    Args:
        execute: Runs a command.
        directory: Where its status document is.
        lease: Seconds for which the job goes on when nobody follows it, and for which its silence is borne.
        clock, sleep: As in time.

    Attributes:
        file: Where its result will be.
        over: Its result is there.
        result: That, as async_wrapper has written it.
    """

    def __init__(
        self,
        execute: Execute,
        directory: str,
        *,
        lease: float = LEASE_SECONDS,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self._execute = execute
        self._directory = shlex.quote(directory)
        self._lease = lease
        self._clock = clock
        self._sleep = sleep
        self._parent = os.getppid()
        self._signals: list[int] = []
        self._alive = Alive(lease, clock())
        self.file = ""
        self.over = False
        self.result = ""

    @contextlib.contextmanager
    def heeding_signals(self) -> t.Iterator[None]:
        """Take signals that would end this process as a wish to end the job first."""
        numbers = [number for number in _ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, lambda came, _frame: self._signals.append(came)) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def unwanted(self) -> bool:
        """A signal has come, or the process that started this one is gone: nobody waits for the job."""
        return bool(self._signals) or os.getppid() != self._parent

    def follow(self, show: t.Callable[[dict[str, t.Any]], None]) -> None:
        """Wait for the end of the job, and pass on each snapshot; end it where it is unwanted.

        Raises:
            AnsibleConnectionFailure: The host could not be reached for so long that the job has ended itself.
            AnsibleActionFail: The job was killed.
        """
        started = self._clock()
        while not self.over:
            self._pause(min(max((self._clock() - started) / 10, _SHORTEST_PAUSE), _LONGEST_PAUSE, self._lease / 3))
            if self.unwanted:
                self.cancel()
                return
            snapshot = self.insist(self._poll)
            if snapshot is not None:
                show(snapshot)

    def _pause(self, seconds: float) -> None:
        until = self._clock() + seconds
        while not self.unwanted and self._clock() < until:
            self._sleep(min(_SLICE_SECONDS, max(until - self._clock(), 0)))

    def _poll(self) -> dict[str, t.Any] | None:
        file = shlex.quote(self.file)
        answer = self._execute(
            "printf 'jsync-boot '; cat /proc/sys/kernel/random/boot_id 2>/dev/null || echo; "
            f"cd {self._directory} 2>/dev/null && echo jsync-directory beat-* && printf 'jsync-status ' && "
            f"touch lease && cat {NAME} 2>/dev/null; printf '\\njsync-job '; "
            f"cat {file} 2>/dev/null; echo"
        )
        said = _said(answer)
        if "job" not in said:
            raise AnsibleError(
                "the target host did not answer: %s" % (answer.get("stderr") or answer["stdout"]).strip()
            )
        # Nothing, as where cat was killed or the disk is away for a moment, is no end of the job.
        job = "" if said["job"].startswith(_STARTED) else said["job"]
        doubt = None if job else self._alive.doubt(said, self._clock())
        self.over = bool(job or doubt)
        if doubt:
            raise AnsibleActionFail(doubt)
        self.result = job
        return parse_status(said.get("status", ""))

    def insist(self, work: t.Callable[[], t.Any]) -> t.Any:
        """Do something on the target host, again and again while that fails, for as long as the lease lasts.

        Raises:
            AnsibleConnectionFailure: It has failed for so long.
        """
        since = self._clock()
        while True:
            try:
                return work()
            except AnsibleActionFail:
                raise
            except AnsibleError as error:
                if self.unwanted or self._clock() - since >= self._lease:
                    raise AnsibleConnectionFailure(
                        f"the connection to the target host was lost for {self._clock() - since:.0f} seconds, "
                        f"and the run there ends by itself: {error}"
                    ) from error
                self._pause(_LONGEST_PAUSE)

    def cancel(self) -> None:
        """Tell the job to end, and wait until it has."""
        until = self._clock() + _ENDING_SECONDS
        told = False
        while not self.over and self._clock() < until:
            try:
                if not told:
                    told = self._execute(f"cd {self._directory} && touch cancel")["rc"] == 0
                self._poll()
            except AnsibleError:
                told = False
            if not self.over:
                self._sleep(_SLICE_SECONDS)

    def clean(self) -> None:
        """Remove what the job has left, if it is over, and the target host can be reached."""
        for _attempt in range(_CLEANINGS if self.over else 0):
            try:
                self._execute(f"rm -rf {self._directory} {shlex.quote(self.file)}")
                return
            except AnsibleError:
                self._sleep(_LONGEST_PAUSE)


__all__ = ("Execute", "Follower", "Place", "ending_with_parent", "find_place")
