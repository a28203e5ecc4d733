# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""One run of the same task at a time on this host, for each user.

A run holds a lock on a file in a private directory in TMPDIR, named after its destination and after all that it is
asked to do. The lock goes with its process and its guardian, so a stale one is no obstacle: what the file says of a run
that was killed is cleared away. Who removes the directory holds the lock, and who has got the lock of a removed file
tries again.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import stat
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._attach import Host, attach, is_there
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._identity import directory_of
from ansible_collections.vgreb.jsync.plugins.module_utils._lease import TICK_SECONDS, Lease
from ansible_collections.vgreb.jsync.plugins.module_utils._left import clear, marked
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.guardian import Guardian
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.process import stat_of

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome

_ATTACH, _FAIL = "attach", "fail"

# What Linux calls a process that a signal has stopped, or a debugger (proc_pid_stat(5)).
_STOPPED = (b"T", b"t")


class Claim(t.NamedTuple):
    """What a run holds while it works.

    Attributes:
        directory: Of the lock; None where there is none.
        keeps: File descriptors that hold the lock.
        record: What the file of the lock says of this run.
    """

    directory: str | None = None
    keeps: tuple[int, ...] = ()
    record: t.Mapping[str, t.Any] = {}

    def made(self, *directories: str) -> None:
        """Write down what is to be removed should this run and its guardian be killed."""
        for lock in self.keeps:
            with contextlib.suppress(OSError):  # a full disk is no reason to end the run
                _write(lock, {**self.record, "made": [*self.record["made"], *directories]})


@contextlib.asynccontextmanager
async def claimed(request: Request, outcome: Outcome, lease: Lease) -> t.AsyncIterator[Claim | None]:
    """Hold the claim of a run to the end of the block, then give the outcome to those that have attached to it.

    It is None where the same task ran already: the outcome is that run's then.

    Raises:
        RequestError: The same task runs already, and the user wants to know, or that run is stopped.
    """
    if request.check:
        yield Claim()
        return
    directory = directory_of(request)
    record = _record(request.follow)
    try:
        lock = await _take(directory, request, outcome)
        if lock is not None:
            await _succeed(directory, lock, record)
    except OSError as error:
        outcome.warn(f"cannot tell whether the same task runs already: {error}")
        yield Claim()
        return
    if lock is None:
        yield None
        return
    for other in _others(directory):
        outcome.warn(f"a task with other options is writing to the same dest, as {other}")
    host = Host(lease)
    try:
        await host.open(directory)
        with marked(record["mark"]):
            yield Claim(directory, (lock,), record)
    finally:
        try:
            await host.close(outcome.as_result() if outcome.ended else None)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            os.close(lock)


async def _take(directory: str, request: Request, outcome: Outcome) -> int | None:
    """Get the lock, after all that the user wants if another run holds it; None when this run has that one's result."""
    lock = take(directory)
    if lock is not None:
        return lock
    if request.on_running == _FAIL:
        raise RequestError(
            f"on_running is fail, and the same task runs already, as {_describe(directory)}: wait for its end"
        )
    moving = _Moving(directory, request.lease)
    with Guardian() as guardian:
        if request.follow:
            guardian.made(request.follow)
        while lock is None:
            if request.on_running == _ATTACH:
                outcome.adopted = await attach(directory, _read(directory).get("follow"), request.follow, moving.check)
                if outcome.adopted is not None:
                    return None
            await asyncio.sleep(TICK_SECONDS)
            moving.check()
            lock = take(directory)
    return lock


class _Moving:
    """Looks whether the run that holds a lock is at work: one that is stopped would be waited for in vain.

    Args:
        directory: Of the lock.
        lease: Seconds for which it may be stopped.
    """

    def __init__(self, directory: str, lease: float) -> None:
        self._directory = directory
        self._lease = lease
        self._moved = time.monotonic()

    def check(self) -> None:
        """Take in whether it is stopped just now.

        Raises:
            RequestError: It has been so for too long.
        """
        pid = _read(self._directory).get("pid", 0)
        if not _is_stopped(pid):
            self._moved = time.monotonic()
        elif time.monotonic() - self._moved >= self._lease:
            raise RequestError(
                f"the same task runs already, as {_describe(self._directory)}, and was stopped by a signal: let it go "
                f"on (kill -CONT {pid}) or end it (kill -KILL {pid}), and run again"
            )


def _is_stopped(pid: int) -> bool:
    try:
        return stat_of(pid)[0] in _STOPPED
    except (OSError, IndexError):  # it has ended, or this is no Linux
        return False


def take(directory: str) -> int | None:
    """Lock a directory; None where somebody else has.

    Raises:
        OSError: There is no such lock to be had.
    """
    path = os.path.join(directory, "lock")
    while True:
        _make_private(directory)
        with contextlib.ExitStack() as opened:
            try:
                lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
                opened.callback(os.close, lock)
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not os.path.samestat(os.fstat(lock), os.stat(path)):
                    continue
            except FileNotFoundError:  # the last one has just removed it
                continue
            except BlockingIOError:
                return None
            opened.pop_all()
            return lock


def _record(follow: str | None) -> dict[str, t.Any]:
    """What others are to know of this run, and of what it leaves if it is killed, see _left.py."""
    made = [follow] if follow else []
    mark = secrets.token_hex(16)
    return {"pid": os.getpid(), "since": time.time(), "follow": follow, "mark": mark, "made": made}


async def _succeed(directory: str, lock: int, record: t.Mapping[str, t.Any]) -> None:
    """Clear away what the last holder of a lock has left if it was killed, then write down who holds it now.

    Raises:
        RequestError: What it has left does not end.
        OSError: The file cannot be written.
    """
    with contextlib.ExitStack() as opened:
        opened.callback(os.close, lock)
        await clear(_read(directory))
        _write(lock, record)
        opened.pop_all()


def _write(lock: int, record: t.Mapping[str, t.Any]) -> None:
    text = json.dumps(record).encode()
    os.pwrite(lock, text, 0)
    os.ftruncate(lock, len(text))


def _make_private(directory: str) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkdir(directory, 0o700)
        return
    with contextlib.suppress(FileNotFoundError):
        found = os.lstat(directory)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionError(f"{directory} is somebody else's")


def _read(directory: str) -> dict[str, t.Any]:
    try:
        with open(os.path.join(directory, "lock"), "rb") as stream:
            return t.cast("dict[str, t.Any]", json.loads(stream.read()))
    except (OSError, ValueError):  # it begins or ends just now
        return {}


def _describe(directory: str) -> str:
    found = _read(directory)
    since = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(found.get("since", time.time())))
    return f"pid {found.get('pid', 'unknown')} since {since}"


def _others(directory: str) -> list[str]:
    """Runs of other tasks into the same destination."""
    parent, name = os.path.split(directory)
    same_dest = name.rpartition("-")[0] + "-"
    try:
        names = os.listdir(parent)
    except OSError:  # it may be one that only takes files
        return []
    found = [os.path.join(parent, one) for one in names if one.startswith(same_dest) and one != name]
    return [_describe(one) for one in found if is_there(one)]


__all__ = ("Claim", "claimed", "take")
