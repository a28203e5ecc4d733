# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Many processes at once in one event loop, none of which outlives it."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.process import Feed, Process, environment

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.guardian import Guardian

GRACE_SECONDS = 5.0

# What is sent to all that a process has started, after itself; 0 only waits. One that runs gets SIGTERM alone at first.
_STEPS = (0, signal.SIGTERM, signal.SIGKILL)

_POLL_SECONDS = 0.02

# A lane holds the pipes of its ssh, of an rsync that takes its leave, of one that sends and of one that waits, and the
# lists of the last two; the rest is for the scan.
_FILES_EACH = 12
_FILES_BESIDE = 128


def allow_files(lanes: int) -> None:
    """Let this process have as many files open as so many lanes need, as far as it may: some hosts begin with 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _FILES_BESIDE + _FILES_EACH * lanes
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        with contextlib.suppress(OSError, ValueError):  # the system allows fewer
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


class Processes:
    """All processes of a run. As a context manager it leaves none behind.

    Args:
        guardian: Ends them when this process is killed.

    Attributes:
        before: Words that go before every program.
    """

    def __init__(self, guardian: Guardian) -> None:
        self._guardian = guardian
        self.before: tuple[str, ...] = ()
        self._running: set[Process] = set()
        self._failed: set[Process] = set()

    async def __aenter__(self) -> Processes:
        asyncio.get_event_loop().add_signal_handler(signal.SIGCHLD, self._reap)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop(*self._running, *self._failed)
        asyncio.get_event_loop().remove_signal_handler(signal.SIGCHLD)
        self._running.clear()  # a call of _reap may still be due, and the guardian is gone by then

    def _reap(self) -> None:
        for process in list(self._running):
            if process.reap():
                self._running.discard(process)
                if process.ended.result():
                    self._failed.add(process)
                else:
                    self._guardian.ended(process.pid)
        # Of what nobody waits for, as an ssh that has lost its connection: its number may be another's soon.
        self._forget(*[process for process in self._failed if not process.lives])

    @property
    def pids(self) -> list[int]:
        """The ids of those that run."""
        return [process.pid for process in self._running]

    def start(
        self,
        argv: t.Sequence[str | bytes],
        out: Feed,
        err: Feed,
        *,
        env: t.Mapping[str, str] | None = None,
        waits: bool = False,
    ) -> Process:
        """Start a process, see :class:`Process`.

        Raises:
            RsyncError: The program cannot be started.
        """
        process = Process([*self.before, *argv], environment() if env is None else env, out, err, waits=waits)
        self._guardian.started(process.pid)
        self._running.add(process)
        return process

    async def run(self, argv: t.Sequence[str | bytes], out: Feed, err: Feed) -> int:
        """Run a process to its end, see :meth:`finish`."""
        return await self.finish(self.start(argv, out, err))

    async def finish(self, process: Process) -> int:
        """Wait for the end of a process and return its exit code; stop it when this is cancelled.

        What a failed process had started is ended, too: another attempt must not meet it at work.

        Raises:
            Exception: What a feed raised.
        """
        try:
            code = await asyncio.shield(process.ended)
            if process.error is not None:
                raise process.error
            return t.cast("int", code)
        finally:
            if process.running or process.ended.result():
                await self.stop(process)

    async def dismiss(self, process: Process) -> None:
        """End a process that has done nothing yet, at once: rsync heeds SIGTERM after 0.4 seconds (sig_int, main.c)."""
        process.signal(signal.SIGKILL)
        await asyncio.wait((process.ended,), timeout=GRACE_SECONDS)
        self._forget(process)

    async def stop(self, *processes: Process) -> None:
        """End processes and all they started.

        Nobody gets SIGTERM twice, and what a process has started gets it late, when that has ended: rsync tells its
        children itself, and one that is interrupted while it cleans up leaves its temporary file.
        """
        for process in processes:
            if process.running:
                self._guardian.stopping(process.pid)
                process.terminate()
        for number in _STEPS:
            there = [process for process in processes if self._end(process, number) and process.lives]
            deadline = time.monotonic() + GRACE_SECONDS
            while there and time.monotonic() < deadline:
                await asyncio.sleep(_POLL_SECONDS)
                there = [process for process in there if process.lives]
            if not there:
                break
        self._forget(*processes)

    def _end(self, process: Process, number: int) -> bool:
        """Send a signal to a process and all it started; one that has not heeded SIGTERM gets SIGKILL instead."""
        if number == signal.SIGTERM:
            number = signal.SIGKILL if process.running else number
            self._guardian.stopping(process.pid)
        return process.signal(number)

    def _forget(self, *processes: Process) -> None:
        self._failed.difference_update(processes)
        for process in processes:
            if not process.lives:
                self._guardian.ended(process.pid)


__all__ = ("Processes", "allow_files")
