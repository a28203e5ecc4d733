# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""One sentence for what rsync and ssh said last: what is wrong, on which host, and what to do."""

from __future__ import annotations

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.diagnosis import explain

from tests.unit.recordings import VERSIONS, load

NO_RSYNC = "there is no rsync on far, or not where its shell looks: install it there or set remote_rsync_path"
NOT_ALLOWED = (
    "far does not run rsync as another user without a password: allow it there (NOPASSWD, nopass in doas.conf)"
)
NO_DIRECTORY = "dest is a file and src is not a single file: name a directory in dest"

RECORDED = {
    "remote_without_rsync": NO_RSYNC,
    "remote_says_hello": "the login shell on far prints something before rsync starts: "
    "silence it for logins without a terminal",
    "daemon_refuses_password": "the rsync daemon on far refused the login: auth failed on module secret; "
    "set the user and password or password_file",
    "daemon_without_module": "the rsync daemon on far said: Unknown module 'nothing'",
    "daemon_is_read_only": "the rsync daemon on far said: module is read only",
    "daemon_is_not_there": "cannot reach far: Connection refused",
    "full": "the destination is full: No space left on device; make room and run again, what arrived stays",
    "missing_parent": "dest: the directory above /above/dst does not exist; create it or set mkpath=true",
    "dest_is_a_file": NO_DIRECTORY,
    "missing_source": 'rsync: [sender] change_dir "/src/nothing here" failed: No such file or directory (2)',
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", RECORDED)
def test_recorded(version: str, case: str) -> None:
    recording = load(version, case)
    assert explain(recording.code, recording.err, "far") == RECORDED[case]


@pytest.mark.parametrize("version", VERSIONS)
def test_an_option_that_the_other_end_has_not(version: str) -> None:
    sentence = explain(12, load(version, "remote_without_option").err, "far")
    assert sentence == "the rsync on far does not know --drop-Q2: install a newer one there or leave the option out"


# What OpenSSH and others say as they end.
SAID = {
    "Host key verification failed.": (
        "the host key of far is not known to this host: add it to known_hosts or say otherwise in ssh_args"
    ),
    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.": (
        "the host key of far is not the one in known_hosts: find out why before you replace it there"
    ),
    "al@far: Permission denied (publickey,password).": (
        "far refused the login (it takes publickey,password): set private_key or the user to what it knows; "
        "no password is asked"
    ),
    "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures": (
        "far refused the login: too many keys were offered, set private_key"
    ),
    "ssh: Could not resolve hostname far.invalid: Name or service not known": (
        "the host name far.invalid cannot be resolved"
    ),
    "ssh: connect to host far port 22: Connection refused": "cannot reach far: Connection refused",
    "ssh: connect to host far port 22: Connection timed out": "cannot reach far: Connection timed out",
    "ssh: connect to host far port 22: No route to host": "cannot reach far: No route to host",
    "ssh: connect to host far port 22: Network is unreachable": "cannot reach far: Network is unreachable",
    "bash: line 1: rsync: command not found\nrsync: connection unexpectedly closed (0 bytes received so far)": NO_RSYNC,
    "rsync error: remote command not found (code 127) at io.c(232) [sender=3.2.7]": NO_RSYNC,
    "bash: line 1: /opt/x y/rsync: No such file or directory\nrsync error: error in data stream (code 12)": NO_RSYNC,
    "sh: 1: /opt/rsync: not found": NO_RSYNC,
    "zsh:1: no such file or directory: /opt/rsync": NO_RSYNC,
    "rsync: Command not found.": NO_RSYNC,
    "fish: Unknown command: rsync": NO_RSYNC,
    "sudo: rsync: command not found": NO_RSYNC,
    "sudo: a password is required": NOT_ALLOWED,
    "sudo: a terminal is required to read the password; either use the -S option": NOT_ALLOWED,
    "al is not in the sudoers file.": NOT_ALLOWED,
    "Sorry, user al is not allowed to execute '/usr/bin/rsync' as root on far.": NOT_ALLOWED,
    "doas: Authorization required": NOT_ALLOWED,
    "doas: Operation not permitted": NOT_ALLOWED,
    "env: \u2018rsync\u2019: No such file or directory": NO_RSYNC,
    "@ERROR: max connections (1) reached -- try again later": (
        "the rsync daemon on far said: max connections (1) reached -- try again later"
    ),
    "ERROR: module is write only": "the rsync daemon on far said: module is write only",
    'rsync: [receiver] write failed on "/d/f": Disk quota exceeded (122)': (
        "the destination is full: Disk quota exceeded; make room and run again, what arrived stays"
    ),
    'rsync: [Receiver] mkdir "/d" failed: Permission denied (13)': "dest: cannot create /d: Permission denied (13)",
    "ERROR: destination path is not a directory": NO_DIRECTORY,
    "ERROR: cannot overwrite non-directory with a directory": NO_DIRECTORY,
    "rsync: on remote machine: --mkpath: unknown option\nrsync error: requested action not supported (code 4)": (
        "the rsync on far does not know --mkpath: install a newer one there or leave the option out"
    ),
}


@pytest.mark.parametrize("words", SAID)
def test_said(words: str) -> None:
    assert explain(255, b"a banner of the host\n" + words.encode() + b"\n", "far") == SAID[words]


@pytest.mark.parametrize("word", ["-logDtprUe.iLsfxCIvu", "-@-1", "--max-alloc=2G"])
def test_an_option_that_is_a_letter_or_has_a_value(word: str) -> None:
    sentence = explain(12, b"rsync: %s: unknown option\n" % word.encode(), "far")
    assert sentence == f"the rsync on far does not know {word}: install a newer one there or leave the option out"


def test_this_host() -> None:
    assert explain(1, b"rsync: --nonsense: unknown option", "").startswith(
        "the rsync on this host does not know --nonsense"
    )


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        (12, b"", "rsync: error in rsync protocol data stream"),
        (-9, b"", "rsync: killed by signal 9"),
        (
            12,
            b"\n \nrsync error: error in rsync protocol data stream (code 12)\n",
            "rsync: error in rsync protocol data stream",
        ),
        (
            30,
            b"rsync: [sender] io timeout after 1 seconds -- exiting\n",
            "rsync: [sender] io timeout after 1 seconds -- exiting",
        ),
        (2, b"first\nlast\nrsync error: x (code 2)\n", "rsync: last"),
        (12, b"/home/al/.bashrc: line 1: nvm: command not found\nrsync: gone\n", "rsync: gone"),
        (1, b"not utf-8 \xff", "rsync: not utf-8 \\#377"),
        (5, b"@ERROR: {0} {host} %s", "the rsync daemon on far said: {0} {host} %s"),
    ],
)
def test_else_its_own_last_words(code: int, words: bytes, sentence: str) -> None:
    assert explain(code, words, "far") == sentence
