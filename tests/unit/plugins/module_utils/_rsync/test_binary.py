# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Which rsync is there: asked of small programs that say what real ones say."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError, RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import Binary, find_rsync

from tests.unit.real import PROGRAMS, find, impersonate, recorded, script, within
from tests.unit.recordings import VERSIONS

OPENRSYNC = "openrsync: protocol version 29\nrsync version 2.6.9 compatible\n"
SAMBA = "rsync  version {}  protocol version {}\nCopyright (C) 1996-2026 by Andrew Tridgell\n"


def ask(path: str) -> Binary:
    return within(lambda processes: find_rsync(processes, path))


def refusal(path: str) -> str:
    with pytest.raises(RequestError) as caught:
        ask(path)
    return caught.value.message


@pytest.mark.parametrize(("version", "number"), [("3.2.3", (3, 2, 3)), ("3.2.7", (3, 2, 7)), ("3.5.0", (3, 5, 0))])
def test_recorded(version: str, number: tuple[int, int, int]) -> None:
    binary = recorded(version)
    assert (binary.version, binary.number) == (version, number)
    assert {
        "archive",
        "delete",
        "mkpath",
        "perms",
        "implied-dirs",
        "compress-choice",
    } <= binary.options
    assert ("insecure-links" in binary.options) == (number >= (3, 5, 0))


@pytest.mark.parametrize("path", PROGRAMS)
def test_installed(path: str) -> None:
    binary = find(path)
    assert binary.path == path
    assert binary.number >= (3, 1, 0) and binary.version.startswith("{}.{}".format(*binary.number))
    assert {"archive", "delete", "from0", "files-from", "out-format"} <= binary.options


@pytest.mark.parametrize(
    ("said", "number"),
    [
        (SAMBA.format("3.1.0", 31), (3, 1, 0)),
        (SAMBA.format("3.4.0pre1", 32), (3, 4, 0)),
        (SAMBA.format("v3.2.7", 31), (3, 2, 7)),
        (SAMBA.format("4.0", 33), (4, 0, 0)),
        (SAMBA.format("3.10.2", 33), (3, 10, 2)),
    ],
)
def test_version(tmp_path: object, said: str, number: tuple[int, int, int]) -> None:
    assert ask(impersonate(tmp_path, said)).number == number


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (SAMBA.format("3.0.9", 30), "rsync_path is {!r}, version 3.0.9: install rsync 3.1 or newer"),
        (SAMBA.format("2.6.9", 29), "rsync_path is {!r}, version 2.6.9: install rsync 3.1 or newer"),
        (OPENRSYNC, "rsync_path is {!r}, which is not rsync (it says 'openrsync: protocol version 29'): install rsync"),
        ("GNU cat 9.1\n", "rsync_path is {!r}, which is not rsync (it says 'GNU cat 9.1'): install rsync 3.1 or newer"),
        ("", "rsync_path is {!r}, which is not rsync (it says 'nothing'): install rsync 3.1 or newer"),
    ],
    ids=["3.0.9", "2.6.9", "openrsync", "another program", "silent"],
)
def test_what_cannot_be_used(tmp_path: object, said: str, message: str) -> None:
    path = impersonate(tmp_path, said)
    assert refusal(path).startswith(message.format(path))


def test_missing(tmp_path: t.Any) -> None:
    path = str(tmp_path / "nothing here")
    assert refusal(path) == (
        f"rsync_path is {path!r}, and there is no such program on this host: install rsync 3.1 or newer"
    )


def test_not_executable(tmp_path: object) -> None:
    path = script(tmp_path, "")
    os.chmod(path, 0o644)
    assert "there is no such program on this host" in refusal(path)


def test_found_by_name(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = impersonate(tmp_path, SAMBA.format("3.2.7", 31))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert ask("rsync").path == path


def test_a_program_that_does_not_start(tmp_path: object) -> None:
    path = script(tmp_path, "")
    with open(path, "w") as stream:
        stream.write("#!/no/such/shell\n")
    with pytest.raises(RsyncError, match=r"^cannot start .*/script: No such file or directory$"):
        ask(path)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name", ["append-verify", "inc-recursive", "qsort", "old-compress", "whole-file", "super", "mkpath"]
)
def test_options_that_every_rsync_has(version: str, name: str) -> None:
    assert name in recorded(version).options
