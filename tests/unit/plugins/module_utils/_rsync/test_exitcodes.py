# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Every exit code of rsync(1), EXIT VALUES, and of a remote shell: what it means, and what follows."""

from __future__ import annotations

import re

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import (
    MEANING,
    Verdict,
    classify,
    describe,
    worst,
)

from tests.unit.recordings import load

DONE, VANISHED, PARTIAL, LIMIT, RETRY, FATAL = (
    Verdict.DONE,
    Verdict.VANISHED,
    Verdict.PARTIAL,
    Verdict.LIMIT,
    Verdict.RETRY,
    Verdict.FATAL,
)

# The codes of the man page with words of theirs. Worth another try is what is about a connection, a time-out or a
# process that was killed.
CODES = {
    0: ("", DONE),
    1: ("syntax or usage", FATAL),
    2: ("protocol incompatibility", FATAL),
    3: ("selecting input/output files", FATAL),
    4: ("not supported", FATAL),
    5: ("starting client-server protocol", RETRY),
    6: ("append to log file", FATAL),
    10: ("socket I/O", RETRY),
    11: ("file I/O", FATAL),
    12: ("protocol data stream", RETRY),
    13: ("program diagnostics", FATAL),
    14: ("IPC code", FATAL),
    15: ("sibling process crashed", RETRY),
    16: ("sibling process terminated", RETRY),
    19: ("SIGUSR1", RETRY),
    20: ("SIGINT, SIGTERM or SIGHUP", RETRY),
    21: ("waitpid()", FATAL),
    22: ("memory buffers", FATAL),
    23: ("partial transfer due to error", PARTIAL),
    24: ("vanished source files", VANISHED),
    25: ("--max-delete", LIMIT),
    30: ("timeout in data send/receive", RETRY),
    35: ("timeout waiting for daemon", RETRY),
    124: ("remote command failed", FATAL),
    125: ("remote command killed", RETRY),
    126: ("remote command could not be run", FATAL),
    127: ("remote command not found", FATAL),
    255: ("remote shell", RETRY),
    77: ("77", FATAL),
    -9: ("killed by signal 9", RETRY),
    -11: ("killed by signal 11", RETRY),
}


@pytest.mark.parametrize("code", CODES)
def test_code(code: int) -> None:
    words, verdict = CODES[code]
    assert classify(code) is verdict
    if code:
        assert words in describe(code)


def test_no_code_is_left_out() -> None:
    assert set(MEANING) <= set(CODES)


@pytest.mark.parametrize(
    "words",
    [
        'rsync: [receiver] write failed on "/d/f": No space left on device (28)',
        'rsync: [receiver] write failed on "/d/f": Disk quota exceeded (122)',
        'rsync: [receiver] mkstemp "/d/.f.AbC123" failed: Read-only file system (30)',
        "al@h: Permission denied (publickey,password).",
        "Host key verification failed.",
        "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @",
        "ssh: Could not resolve hostname h: Name or service not known",
        "bash: line 1: rsync: command not found",
        "sh: 1: rsync: not found",
        "bash: line 1: /opt/rsync: No such file or directory",
        "protocol version mismatch -- is your shell clean?",
        "sudo: a password is required",
        "al is not in the sudoers file.  This incident will be reported.",
        "doas: Authentication required",
        "@ERROR: auth failed on module m",
        "@ERROR: access denied to m from h (192.0.2.1)",
        "@ERROR: Unknown module 'm'",
        "@ERROR: chdir failed",
    ],
)
@pytest.mark.parametrize("code", [5, 10, 12, 30, 255])
def test_words_that_make_a_code_final(code: int, words: str) -> None:
    """rsync often ends with the code of the connection, where another attempt would meet the same."""
    said = b"a banner\n" + words.encode() + b"\nrsync error: error in rsync protocol data stream (code 12)"
    assert classify(code, said) is FATAL


@pytest.mark.parametrize(
    "words",
    [
        "ssh: connect to host h port 22: Connection refused",
        "kex_exchange_identification: Connection closed by remote host",
        "/home/al/.bashrc: line 1: nvm: command not found",
        "rsync: connection unexpectedly closed (0 bytes received so far) [sender]",
        "@ERROR: max connections (1) reached -- try again later",
        'rsync: [sender] send_files failed to open "/s/f": Permission denied (13)',
    ],
)
@pytest.mark.parametrize("code", [5, 10, 12, 255, -15])
def test_words_that_leave_hope(code: int, words: str) -> None:
    assert classify(code, words.encode()) is RETRY


def test_only_vanished_names() -> None:
    assert classify(23, only_vanished=True) is VANISHED
    assert classify(12, only_vanished=True) is RETRY


@pytest.mark.parametrize("version", ["3.2.7", "3.5.0"])
@pytest.mark.parametrize(
    "case",
    [
        "max_delete",
        "missing_parent",
        "dest_is_a_file",
        "remote_without_rsync",
        "remote_says_hello",
        "daemon_is_read_only",
    ],
)
def test_rsync_calls_it_the_same(version: str, case: str) -> None:
    recording = load(version, case)
    said = re.search(rb"^rsync error: (.*) \(code (\d+)\) at", recording.err, re.MULTILINE)
    assert int(said[2]) == recording.code
    plain = [
        text.lower().replace("/", "").replace("directories", "dirs")
        for text in (said[1].decode(), describe(recording.code))
    ]
    assert plain[0] == plain[1]


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ([], 0),
        ([0, 0], 0),
        ([0, 24, 0], 24),
        ([24, 23], 23),
        ([23, 25], 25),
        ([25, 12, 23], 12),
        ([23, 11, 24], 11),
        ([0, -9], -9),
    ],
)
def test_worst(codes: list[int], code: int) -> None:
    """A failure before a warning before 0; of two failures the one that says more."""
    assert worst(codes) == worst(reversed(codes)) == code
