# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Look at processes and wait for conditions, with a limit."""

from __future__ import annotations

import fcntl
import os
import signal
import termios
import time
import typing as t

LIMIT_SECONDS = 120


def wait_for(condition: t.Callable[[], t.Any], what: str) -> t.Any:
    """Wait until a condition holds and return its value.

    Raises:
        AssertionError: It did not hold within the limit.
    """
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.01)


def mentioning(text: str, *, name: str = "") -> dict[int, str]:
    """Processes whose command line holds a text, as pid and command line; this process and its parents are left out."""
    found = {}
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as stream:
                words = stream.read().split(b"\0")
        except OSError:
            continue
        line = b" ".join(words).decode("utf-8", "replace")
        if text in line and pid != os.getpid() and (not name or os.path.basename(words[0]) == name.encode()):
            found[pid] = line
    return found


def ended(pid: int) -> bool:
    """A process is gone, or a zombie that nobody reaps."""
    try:
        with open("/proc/%d/stat" % pid) as stream:
            return stream.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def descendants(pid: int, *, name: str) -> list[int]:
    """A process and those below it of one name."""
    parents: dict[int, list[int]] = {}
    for child in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % child) as stream:
                before, _bracket, after = stream.read().rpartition(")")
        except OSError:
            continue
        if before.endswith("(" + name):
            parents.setdefault(int(after.split()[1]), []).append(int(child))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def children(pid: int, *, name: str) -> list[int]:
    """The processes of one name that a process has started."""
    return [child for child in descendants(pid, name=name)[1:] if _parent(child) == pid]


def _parent(pid: int) -> int:
    with open("/proc/%d/stat" % pid) as stream:
        return int(stream.read().rpartition(")")[2].split()[1])


def on_their_way(top: str) -> bool:
    """Files are being written, and none has just begun: rsync that is stopped right then leaves it behind."""
    found = temporary_files(top)
    return bool(found) and all(map(_size, found))


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def temporary_files(top: str) -> list[str]:
    """Names of rsync's temporary files below a directory."""
    found = []
    for path, _directories, files in os.walk(top):
        found += [os.path.join(path, name) for name in files if name.startswith(".") and name[-7:-6] == "."]
    return found


def take_terminal() -> None:
    """Let Ctrl-C reach the program, and the end of the terminal, even if the tests ignore them (nohup, background)."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
