# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Run one program and say what it took, on both ends where both are on this machine."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import shlex
import signal
import subprocess
import time
import typing as t

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h
_STOP_SECONDS = 20


class BenchError(Exception):
    """There is no number: a program failed, or made a wrong tree."""


class Measured(t.NamedTuple):
    """One run of a program.

    Attributes:
        seconds: Wall time from its start to its end.
        processor_seconds: User and system time of all processes that it started, here and below the server.
        output: What it wrote to stdout.
    """

    seconds: float
    processor_seconds: float
    output: str


def adopt_orphans() -> None:
    """Let processes whose parent ends become children of this one, so that their processor time counts."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def measure(
    argv: t.Sequence[str], env: t.Mapping[str, str], *, server: int | None = None, limit: float | None = None
) -> Measured:
    """Run a program to its end.

    Args:
        argv: The program and its words.
        env: Variables beside those of this process.
        server: The process on this machine that starts the far side of the work, if there is one.
        limit: Seconds after which it is ended.

    Raises:
        BenchError: Its exit code is not 0, or it took too long.
    """
    _wait_until_idle(server)
    os.sync()
    staying = _children(os.getpid())
    before = _processor_seconds(server)
    started = time.monotonic()
    code, output, errors = _run(argv, env, limit)
    seconds = time.monotonic() - started
    _wait_until_idle(server)
    _reap_all_but(staying)
    if code:
        raise BenchError("%s ended with %d: %s" % (argv[0], code, (errors + output).strip()[-2000:]))
    return Measured(seconds, _processor_seconds(server) - before, output)


def _run(argv: t.Sequence[str], env: t.Mapping[str, str], limit: float | None) -> tuple[int, str, str]:
    process = subprocess.Popen(
        argv,
        env=dict(os.environ, **env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise BenchError("too slow: more than %.0f s" % (limit or 0)) from None
    finally:
        if process.poll() is None:
            _end_session(process.pid)
            process.wait(_STOP_SECONDS)
    return process.returncode, output, errors


def _end_session(leader: int) -> None:
    """End a program with all that it started, because many a wrapper leaves its rsyncs running."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if os.getsid(int(name)) == leader:
                os.kill(int(name), signal.SIGTERM)


def finish(argv: t.Sequence[str]) -> str:
    """Run a program that is not measured, and return its output.

    Raises:
        BenchError: Its exit code is not 0.
    """
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise BenchError("%s ended with %d: %s" % (shlex.join(argv), done.returncode, done.stderr.strip()))
    return done.stdout


def _children(pid: int) -> set[int]:
    with contextlib.suppress(FileNotFoundError), open("/proc/%d/task/%d/children" % (pid, pid)) as stream:
        return set(map(int, stream.read().split()))
    return set()


def _reap_all_but(staying: set[int]) -> None:
    """Wait for the adopted orphans: what a program leaves in the background must not count as the next one's."""
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not _children(os.getpid()) - staying:
            return
        time.sleep(0.01)


def _processor_seconds(server: int | None) -> float:
    """User and system time of all children that have ended, and of a server with its own."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = usage.ru_utime + usage.ru_stime
    if server is not None:
        with contextlib.suppress(FileNotFoundError), open("/proc/%d/stat" % server) as stream:
            fields = stream.read().rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


def _wait_until_idle(server: int | None) -> None:
    """Wait until a server has reaped all its children: only then their time counts, and none disturbs the next run."""
    deadline = time.monotonic() + _STOP_SECONDS
    while server is not None and time.monotonic() < deadline:
        if not _children(server):
            return
        time.sleep(0.01)
