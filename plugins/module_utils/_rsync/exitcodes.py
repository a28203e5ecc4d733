# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""What an exit code of rsync or ssh asks for next."""

from __future__ import annotations

import enum
import re
import typing as t

OK = 0
FILE_IO = 11
STREAM = 12
SIGNALED = 20
PARTIAL = 23
VANISHED = 24
DELETE_LIMIT = 25

# EXIT VALUES in rsync(1), errcode.h; 255 is ssh's own.
MEANING = {
    1: "syntax or usage error",
    2: "protocol incompatibility",
    3: "errors selecting input/output files, directories",
    4: "requested action not supported",
    5: "error starting client-server protocol",
    6: "daemon unable to append to log file",
    10: "error in socket I/O",
    11: "error in file I/O",
    12: "error in rsync protocol data stream",
    13: "errors with program diagnostics",
    14: "error in IPC code",
    15: "sibling process crashed",
    16: "sibling process terminated abnormally",
    19: "received SIGUSR1",
    20: "received SIGINT, SIGTERM or SIGHUP",
    21: "some error returned by waitpid()",
    22: "error allocating core memory buffers",
    23: "partial transfer due to error",
    24: "partial transfer due to vanished source files",
    25: "the --max-delete limit stopped deletions",
    30: "timeout in data send/receive",
    35: "timeout waiting for daemon connection",
    124: "remote command failed",
    125: "remote command killed",
    126: "remote command could not be run",
    127: "remote command not found",
    255: "the remote shell failed",
}

_TRANSIENT = frozenset((5, 10, 12, 15, 16, 19, 20, 30, 35, 125, 255))

# What a far shell, or what runs the program for it, says where there is no such program. rsync ends with 127 for it,
# or with 12 where it sees the closed connection first.
NOT_FOUND = (
    rb"^-?(?:(?:ba|da|a|z|k|mk|c|tc|fi|)sh|sudo|doas|env|nice): ?.*"
    rb"(?:[Nn]o such file or directory|not found|Unknown command)"
    rb"|: Command not found\.\r?$|remote command not found"
)

# What runs the program as another user, but for a password, or not at all. Words of sudo, OpenDoas and doas.
NOT_ALLOWED = (
    rb"^(?:sudo|doas): (?:a (?:password|terminal) is required|Auth(?:entic|oriz)ation required|Operation not permitted)"
    rb"|^(?:Sorry, user )?\S+ is (?:not in the sudoers file|not allowed to )"
)

# Words on stderr that make a code final which would be worth another try without them.
_FINAL = re.compile(
    rb"No space left on device|Disk quota exceeded|Read-only file system"
    rb"|Permission denied \([a-z]|Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED"
    rb"|Could not resolve hostname|getaddrinfo: |is your shell clean"
    rb"|@ERROR: (auth failed|access denied|Unknown module|chdir failed|chroot failed)"
    rb"|" + NOT_FOUND + rb"|" + NOT_ALLOWED,
    re.MULTILINE,
)

# A daemon that serves as many as it may (clientserver.c).
FULL = b"@ERROR: max connections"


class Verdict(enum.Enum):
    """What follows from the end of one rsync."""

    DONE = "done"
    VANISHED = "vanished"  # names were gone at the source: a warning
    PARTIAL = "partial"  # some names failed: read the messages, go on with the others
    LIMIT = "limit"  # max_delete stopped the deletions
    RETRY = "retry"  # connection, time-out or killed: worth another try
    FATAL = "fatal"  # no other attempt and no other partition would do better

    @property
    def broken(self) -> bool:
        """It has broken off: what it has not said, nobody knows."""
        return self in (Verdict.RETRY, Verdict.FATAL)


def classify(code: int, words: bytes = b"", *, only_vanished: bool = False) -> Verdict:
    """Say what the end of one rsync asks for.

    Args:
        code: Exit code; negative for a signal, as in subprocess.
        words: The last lines of stderr.
        only_vanished: Every message of the run was about a name that is gone. A name in a list that has
            vanished ends rsync with 23, not 24.
    """
    if code == OK:
        return Verdict.DONE
    if code == VANISHED:
        return Verdict.VANISHED
    if code == PARTIAL:
        return Verdict.VANISHED if only_vanished else Verdict.PARTIAL
    if code == DELETE_LIMIT:
        return Verdict.LIMIT
    if (code < 0 or code in _TRANSIENT) and not _FINAL.search(words):
        return Verdict.RETRY
    return Verdict.FATAL


def describe(code: int) -> str:
    """Name an exit code in rsync's own words."""
    if code < 0:
        return f"killed by signal {-code}"
    return MEANING.get(code, f"exit code {code}")


def worst(codes: t.Iterable[int]) -> int:
    """Return the one code that stands for several rsyncs: a failure before a warning before 0.

    Of two failures the one that says more wins: anything but 23 before 23.
    """
    rank = {OK: 0, VANISHED: 1, PARTIAL: 2, DELETE_LIMIT: 3}
    return max(codes, key=lambda code: rank.get(code, 4), default=OK)


__all__ = (
    "DELETE_LIMIT",
    "FILE_IO",
    "FULL",
    "MEANING",
    "NOT_ALLOWED",
    "NOT_FOUND",
    "OK",
    "PARTIAL",
    "SIGNALED",
    "STREAM",
    "VANISHED",
    "Verdict",
    "classify",
    "describe",
    "worst",
)
