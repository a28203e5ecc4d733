# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Turn the last words of rsync or ssh into one sentence that says what to do. Pure."""

from __future__ import annotations

import re

from ansible_collections.vgreb.jsync.plugins.module_utils._model import legible
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import NOT_ALLOWED, NOT_FOUND, describe

_SENTENCES = [
    (
        rb"REMOTE HOST IDENTIFICATION HAS CHANGED",
        "the host key of {host} is not the one in known_hosts: find out why before you replace it there",
    ),
    (
        rb"Host key verification failed",
        "the host key of {host} is not known to this host: add it to known_hosts or say otherwise in ssh_args",
    ),
    (rb"Permissions (\d+) for '(.*)' are too open", "private_key {1} is open to others (mode {0}): chmod 600 it"),
    (rb'Load key "(.*)": (.*)', "private_key {0} cannot be used: {1}"),
    (rb"Failed to exec (.*): (.*)", "cannot start {0}: {1}; rsh names the program that connects"),
    (
        rb"Permission denied \(([a-z].*)\)",
        "{host} refused the login (it takes {0}): set private_key or the user to what it knows; no password is asked",
    ),
    (rb"Too many authentication failures", "{host} refused the login: too many keys were offered, set private_key"),
    (rb"Could not resolve hostname ([^:]+)", "the host name {0} cannot be resolved"),
    (rb"(Connection refused|Connection timed out|No route to host|Network is unreachable)", "cannot reach {host}: {0}"),
    (
        NOT_FOUND,
        "there is no rsync on {host}, or not where its shell looks: install it there or set remote_rsync_path",
    ),
    (
        NOT_ALLOWED,
        "{host} does not run rsync as another user without a password: allow it there (NOPASSWD, nopass in doas.conf)",
    ),
    (
        rb"is your shell clean",
        "the login shell on {host} prints something before rsync starts: silence it for logins without a terminal",
    ),
    (
        rb"@ERROR: (auth failed.*)",
        "the rsync daemon on {host} refused the login: {0}; set the user and password or password_file",
    ),
    (rb"@ERROR: (.*)", "the rsync daemon on {host} said: {0}"),
    (rb"ERROR: (module is (?:read|write) only)", "the rsync daemon on {host} said: {0}"),
    (
        rb"(No space left on device|Disk quota exceeded)",
        "the destination is full: {0}; make room and run again, what arrived stays",
    ),
    (
        rb'mkdir "(.*)"(?: \(in [^)]*\))? failed: No such file',
        "dest: the directory above {0} does not exist; create it or set mkpath=true",
    ),
    (rb'mkdir "(.*)"(?: \(in [^)]*\))? failed: (.*)', "dest: cannot create {0}: {1}"),
    (
        rb"destination must be a directory|destination path is not a directory|cannot overwrite non-directory",
        "dest is a file and src is not a single file: name a directory in dest",
    ),
    (
        rb"(--?[A-Za-z0-9@][^\s:]*): unknown option",
        "the rsync on {host} does not know {0}: install a newer one there or leave the option out",
    ),
]

_SAYS_LITTLE = (b"rsync error: ", b"rsync: connection unexpectedly closed")

_PATTERNS = [(re.compile(pattern, re.MULTILINE), sentence) for pattern, sentence in _SENTENCES]


def explain(code: int, words: bytes, host: str) -> str:
    """Say in one sentence why an rsync or ssh ended, and what to do about it.

    Args:
        code: Its exit code.
        words: Its last lines on stderr.
        host: The far end as the user named it; empty for this host.
    """
    for pattern, sentence in _PATTERNS:
        match = pattern.search(words)
        if match:
            groups = [legible(group or b"").strip() for group in match.groups()]
            return sentence.format(*groups, host=host or "this host")
    lines = [line for line in words.splitlines() if line.strip() and not line.startswith(_SAYS_LITTLE)] or [b""]
    own = legible(lines[-1]).strip() or describe(code)
    speaker = "ssh" if code == 255 else "rsync"
    return own if own.startswith("rsync") else f"{speaker}: {own}"


__all__ = ("explain",)
