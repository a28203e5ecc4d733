# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The only door to subprocess: many processes at once in one event loop, none of which outlives it.

Each process is the leader of its own session, so that it has no terminal to ask a question on and can be ended with all
that it started. Arguments are vectors: no shell of this host sees a path.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError

GRACE_SECONDS = 5.0

# What is sent to a process that runs, and to what an ended one has left behind; 0 only waits.
_ENDING = (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL)
_LEFT_BEHIND = (0, signal.SIGTERM, signal.SIGKILL)

_POLL_SECONDS = 0.02
_READ_BYTES = 1 << 18

# They change what rsync does behind the module's back; its own words are read in the C locale.
_DROPPED = ("RSYNC_RSH", "RSYNC_ICONV", "RSYNC_OLD_ARGS", "RSYNC_PROTECT_ARGS", "RSYNC_PARTIAL_DIR", "RSYNC_PASSWORD")

Feed = t.Callable[[bytes], None]


def environment(extra: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for rsync and ssh."""
    env = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    env["LC_ALL"] = "C"
    env.update(extra or {})
    return env


class Process:
    """A running process; its output goes to the two feeds as it comes, then an empty string ends each.

    Attributes:
        started: When, on the monotonic clock, in seconds.
        ended: A future of its exit code.
        error: What a feed raised; the process was stopped then.
    """

    def __init__(self, argv: t.Sequence[str | bytes], env: t.Mapping[str, str], out: Feed, err: Feed) -> None:
        self._loop = asyncio.get_event_loop()
        self.started = time.monotonic()
        self.ended = self._loop.create_future()
        self.error: Exception | None = None
        try:
            self._popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(env),
                start_new_session=True,
            )
        except OSError as error:
            raise RsyncError(f"cannot start {os.fsdecode(argv[0])}: {error.strerror}") from error
        self._feeds: dict[int, Feed] = {}
        for pipe, feed in ((self._popen.stdout, out), (self._popen.stderr, err)):
            assert pipe is not None
            os.set_blocking(pipe.fileno(), False)
            self._feeds[pipe.fileno()] = feed
            self._loop.add_reader(pipe.fileno(), self._read, pipe.fileno())

    def _read(self, fd: int) -> bool:
        """Pass on what there is; say whether there may be more at once."""
        try:
            data = os.read(fd, _READ_BYTES)
        except BlockingIOError:
            return False
        feed = self._feeds[fd]
        if not data:
            self._loop.remove_reader(fd)
            del self._feeds[fd]
        self._pass_on(feed, data)
        return bool(data)

    def _pass_on(self, feed: Feed, data: bytes) -> None:
        """Give output to a feed. The event loop would only log what that raises, and the rest would be lost."""
        if self.error is None:
            try:
                feed(data)
            except Exception as error:
                self.error = error
                self.signal(signal.SIGTERM)

    def reap(self) -> bool:
        """Take the exit code if it has ended.

        A pipe may still be open then: what the process left behind holds it (a connection in the background), and
        waiting for it would hang. What was written is read.
        """
        code = self._popen.poll()
        if code is None:
            return False
        for fd in list(self._feeds):
            while fd in self._feeds and self._read(fd):
                pass
            feed = self._feeds.pop(fd, None)
            if feed is not None:
                self._loop.remove_reader(fd)
                self._pass_on(feed, b"")
        for pipe in (self._popen.stdout, self._popen.stderr):
            assert pipe is not None
            pipe.close()
        self.ended.set_result(code)
        return True

    @property
    def running(self) -> bool:
        return not self.ended.done()

    def signal(self, number: int) -> bool:
        """Send a signal to the process and all it started; say whether any of them is there."""
        try:
            os.killpg(self._popen.pid, number)
        except ProcessLookupError:
            return False
        return True

    @property
    def lives(self) -> bool:
        """Any of them is there and no zombie: where nobody reaps orphans, those stay."""
        return self.signal(0) and _has_living(self._popen.pid)


def _has_living(group: int) -> bool:
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit()]
    except FileNotFoundError:
        return True  # no Linux
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as stream:
            state, _parent, its_group = stream.read().rpartition(b")")[2].split()[:3]
            if int(its_group) == group and state != b"Z":
                return True
    return False


class Processes:
    """All processes of a run. As a context manager it leaves none behind."""

    def __init__(self) -> None:
        self._running: set[Process] = set()
        self._failed: set[Process] = set()

    async def __aenter__(self) -> Processes:
        asyncio.get_event_loop().add_signal_handler(signal.SIGCHLD, self._reap)
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop(*self._running, *self._failed)
        asyncio.get_event_loop().remove_signal_handler(signal.SIGCHLD)

    def _reap(self) -> None:
        for process in list(self._running):
            if process.reap():
                self._running.discard(process)
                if process.ended.result():
                    self._failed.add(process)

    def start(
        self, argv: t.Sequence[str | bytes], out: Feed, err: Feed, *, env: t.Mapping[str, str] | None = None
    ) -> Process:
        """Start a process.

        Raises:
            RsyncError: The program cannot be started.
        """
        process = Process(argv, environment() if env is None else env, out, err)
        self._running.add(process)
        return process

    async def run(
        self, argv: t.Sequence[str | bytes], out: Feed, err: Feed, *, env: t.Mapping[str, str] | None = None
    ) -> int:
        """Run a process to its end and return its exit code; stop it when this is cancelled. Raises what a feed raised.

        What a failed process had started is ended, too: another attempt must not meet it at work.
        """
        process = self.start(argv, out, err, env=env)
        try:
            code = await asyncio.shield(process.ended)
            if process.error is not None:
                raise process.error
            return t.cast("int", code)
        finally:
            if process.running or process.ended.result():
                await self.stop(process)

    async def stop(self, *processes: Process) -> None:
        """End processes and all they started.

        Nobody gets SIGTERM twice, and what a process left behind when it ended gets it late: rsync that is
        interrupted while it cleans up leaves its temporary file.
        """
        steps = {process: _ENDING if process.running else _LEFT_BEHIND for process in processes}
        for step in range(len(_LEFT_BEHIND)):
            there = [process for process in processes if process.signal(steps[process][step]) and process.lives]
            deadline = time.monotonic() + GRACE_SECONDS
            while there and time.monotonic() < deadline:
                await asyncio.sleep(_POLL_SECONDS)
                there = [process for process in there if process.lives]
            if not there:
                break
        self._failed.difference_update(processes)


__all__ = ("Feed", "Process", "Processes", "environment")
