# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""A process: the only door to subprocess, but for the guardian's own.

Each is the leader of a process group, so that it can be ended with all that it started, and has no terminal to ask a
question on. Arguments are vectors: no shell of this host sees a path.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import functools
import os
import signal
import subprocess
import sys
import termios
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import to_locale

_READ_BYTES = 1 << 16
_GATHER_SECONDS = 0.01

# Linux lets a pipe hold more than 64 KiB, and an rsync go on longer; fcntl has the name from Python 3.10 on.
_F_SETPIPE_SZ = 1031
_PIPE_BYTES = 1 << 18

# They change what rsync does behind the module's back; its own words are read in the C locale.
_DROPPED = ("RSYNC_RSH", "RSYNC_ICONV", "RSYNC_OLD_ARGS", "RSYNC_PROTECT_ARGS", "RSYNC_PARTIAL_DIR", "RSYNC_PASSWORD")

Feed = t.Callable[[bytes], None]


def environment(extra: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for rsync and ssh; what is given arrives in UTF-8, whatever the locale."""
    env = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    env["LC_ALL"] = "C"
    env.update((name, to_locale(value)) for name, value in (extra or {}).items())
    return env


class Process:
    """A running process; its output goes to the two feeds as it comes, then an empty string ends each.

    Args:
        argv, env: What is started.
        out, err: The feeds.
        waits: It is given its standard input later, see :meth:`give`; else it has none.

    Attributes:
        started: When, on the monotonic clock, in seconds.
        ended: A future of its exit code.
        error: What a feed raised; the process was stopped then.
    """

    def __init__(
        self, argv: t.Sequence[str | bytes], env: t.Mapping[str, str], out: Feed, err: Feed, *, waits: bool = False
    ) -> None:
        self._loop = asyncio.get_event_loop()
        self.started = time.monotonic()
        self.ended = self._loop.create_future()
        self.error: Exception | None = None
        try:
            # run_command of a module waits for the end, and this one is watched while it runs.
            self._popen = subprocess.Popen(  # pylint: disable=ansible-bad-function
                argv,
                stdin=subprocess.PIPE if waits else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(env),
                **_apart(),
            )
        except OSError as error:
            reason = os.strerror(error.errno or 0)  # its own strerror names the program again on Python 3.7
            raise RsyncError(f"cannot start {os.fsdecode(argv[0])}: {reason}") from error
        self._popen.args = argv[:1]  # names among them take half a megabyte
        self._input = t.cast("t.BinaryIO", self._popen.stdin)  # there is none unless it waits
        self._outputs = t.cast("list[t.BinaryIO]", [self._popen.stdout, self._popen.stderr])
        self._unwritten = b""
        self._source: t.BinaryIO | None = None
        self._feeds: dict[int, Feed] = {}
        with contextlib.suppress(OSError):
            fcntl.fcntl(self._outputs[0].fileno(), _F_SETPIPE_SZ, _PIPE_BYTES)
        for pipe, feed in zip(self._outputs, (out, err)):
            os.set_blocking(pipe.fileno(), False)
            self._feeds[pipe.fileno()] = feed
            self._listen(pipe.fileno())

    def give(self, path: str) -> None:
        """Let a process that waits have the content of a file as its standard input."""
        fd = self._input.fileno()
        self._source = open(path, "rb")
        os.set_blocking(fd, False)
        self._loop.add_writer(fd, self._write, self._source)

    def _write(self, source: t.BinaryIO) -> None:
        self._unwritten = self._unwritten or source.read(_READ_BYTES)
        try:
            written = os.write(self._input.fileno(), self._unwritten) if self._unwritten else 0
        except BlockingIOError:
            return
        except BrokenPipeError:  # it has ended, and its exit code says why
            self._unwritten = b""
        if self._unwritten:
            self._unwritten = self._unwritten[written:]
        else:
            self._close_input()

    def _close_input(self) -> None:
        if self._source is not None:
            self._loop.remove_writer(self._input.fileno())
            self._source.close()
            self._source = None
        if self._popen.stdin is not None:
            self._popen.stdin.close()

    def _listen(self, fd: int) -> None:
        if fd in self._feeds:
            self._loop.add_reader(fd, self._read_some, fd)

    def _read_some(self, fd: int) -> None:
        """Read what there is. If it is little, let more gather: rsync writes line by line, and each waking up costs."""
        if 0 < self._read(fd) < _READ_BYTES // 4:
            self._loop.remove_reader(fd)
            self._loop.call_later(_GATHER_SECONDS, self._listen, fd)

    def _read(self, fd: int) -> int:
        """Pass on what there is, and give its length."""
        try:
            data = os.read(fd, _READ_BYTES)
        except BlockingIOError:
            return 0
        feed = self._feeds[fd]
        if not data:
            self._loop.remove_reader(fd)
            del self._feeds[fd]
        self._pass_on(feed, data)
        return len(data)

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
        for pipe in self._outputs:
            pipe.close()
        self._close_input()
        self.ended.set_result(code)
        return True

    @property
    def pid(self) -> int:
        """Its number, and that of the process group that it leads."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        return not self.ended.done()

    def signal(self, number: int) -> bool:
        """Send a signal to the process and all it started; say whether any of them is there."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            return False
        return True

    def terminate(self) -> None:
        """Tell the process alone to end."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    @property
    def lives(self) -> bool:
        """Any of them is there and no zombie: where nobody reaps orphans, those stay."""
        return self.signal(0) and _has_living(self.pid)


@functools.lru_cache(maxsize=None)
def _apart() -> dict[str, t.Any]:
    """What sets a process apart from us and our terminal: a group in our session where that can be, else a session.

    Linux shares the processors out among sessions (autogroup, sched(7)). With an rsync in one and its ssh in another, a
    transfer that keeps two processors busy takes a tenth longer.
    """
    if sys.version_info >= (3, 11) and _leave_terminal():
        return {"process_group": 0}
    return {"start_new_session": True}


def _leave_terminal() -> bool:
    """Have no terminal from now on; False where we cannot: its loss would end the session that we lead.

    Ctrl-C and a hang-up reach us all the same, as they go to our process group.
    """
    try:
        fd = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError as error:
        return error.errno == errno.ENXIO
    try:
        if os.getsid(0) == os.getpid():
            return False
        fcntl.ioctl(fd, termios.TIOCNOTTY)
    finally:
        os.close(fd)
    return True


def _has_living(group: int) -> bool:
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit()]
    except FileNotFoundError:
        return True  # no Linux
    for pid in pids:
        with contextlib.suppress(OSError):
            state, _parent, its_group = stat_of(pid)[:3]
            if int(its_group) == group and state != b"Z":
                return True
    return False


def stat_of(pid: int | str) -> list[bytes]:
    """What Linux tells of a process behind its name: its state, its parent, its group and so on (proc_pid_stat(5)).

    Raises:
        OSError: It is not there, or this is no Linux.
    """
    with open(f"/proc/{pid}/stat", "rb") as stream:
        return stream.read().rpartition(b")")[2].split()


__all__ = ("Feed", "Process", "environment", "stat_of")
