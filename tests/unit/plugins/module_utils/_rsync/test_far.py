# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What a far rsync is asked, when, and what follows from its answer. Real connections are in tests/faults."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request, build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.far import newer_options, question, require

from tests.unit.recordings import VERSIONS, load

PUSH = {"src": "/src/", "dest": "al@far:/dst"}
PULL = {"src": "al@far:/src/", "dest": "/dst"}

FSYNC, MKPATH, OPEN_NOATIME = (table.BY_NAME[name] for name in ("fsync", "mkpath", "open-noatime"))


def request(ends: dict[str, str], *opts: str, **params: t.Any) -> Request:
    return build_request({"archive": True, "rsync_opts": list(opts), **ends, **params})


@pytest.mark.parametrize(
    ("opts", "push", "pull"),
    [
        (["-aHAXxc", "--delete", "-zz", "--partial", "--usermap=a:b", "--remote-option=--x"], [], []),
        (["--fsync", "--mkpath", "--write-devices"], ["write-devices", "fsync", "mkpath"], []),
        (["--copy-devices"], [], ["copy-devices"]),
        (["--open-noatime", "-U"], ["atimes", "open-noatime"], ["atimes", "open-noatime"]),
        (["--no-open-noatime", "-U", "--no-U", "--no-mkpath"], [], []),
        (["--trust-sender", "--copy-as=al", "--early-input=/x"], [], []),
        (["--zc=zstd", "--cc=xxh64"], ["checksum-choice", "compress-choice"], ["checksum-choice", "compress-choice"]),
        (["--zc=ZLIBX", "--cc=auto", "--max-alloc=1G"], [], []),
        (["--max-alloc=2G"], ["max-alloc"], ["max-alloc"]),
    ],
)
def test_only_what_the_far_rsync_is_told_of_counts(opts: list[str], push: list[str], pull: list[str]) -> None:
    assert [row.name for row in newer_options(request(PUSH, *opts))] == push
    assert [row.name for row in newer_options(request(PULL, *opts))] == pull


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, ["ssh", "-S", "/x y", "-l", "al", "far", "rsync", "--help"]),
        ({"dest": "[::1]:/dst"}, ["ssh", "-S", "/x y", "::1", "rsync", "--help"]),
        ({"remote_rsync_path": "/a b/rsync"}, ["ssh", "-S", "/x y", "-l", "al", "far", "'/a b/rsync'", "--help"]),
        ({"remote_rsync_path": ["sudo", "rsync"]}, ["ssh", "-S", "/x y", "-l", "al", "far", "sudo rsync", "--help"]),
        ({"rsh": "'my shell' -p 2"}, ["my shell", "-p", "2", "-l", "al", "far", "rsync", "--help"]),
        ({"rsh": "ssh 'open"}, []),
        ({"dest": "far::module"}, []),
        ({"dest": "rsync://far/module"}, []),
        ({"dest": "/dst"}, []),
    ],
)
def test_the_question(params: dict[str, t.Any], words: list[str]) -> None:
    asked = request({**PUSH, **params})
    shell = 'ssh -S "/x y"' if asked.uses_ssh else None
    assert question(asked, shell) == [word.encode() for word in words]


def help_of(version: str) -> str:
    return load(version, "help").out.decode()


def number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_real_one_lacks(version: str) -> None:
    """What is newer than it, by the table, and nothing else. Debian has added an option to its 3.2.3."""
    refused = []
    for row in (row for row in table.OPTIONS if row.told):
        try:
            require([row], help_of(version), "far")
        except RequestError:
            refused.append(row.name)
    added = {"copy-devices"} if version == "3.2.3" else set()
    newer = {row.name for row in table.OPTIONS if row.told and number(row.since) > number(version)}
    assert set(refused) == newer - added


def test_what_is_said() -> None:
    with pytest.raises(RequestError) as caught:
        require([MKPATH, FSYNC], "Welcome!\n" + help_of("3.2.3"), "far.example.com")
    assert caught.value.message == (
        "fsync: the rsync on far.example.com is version 3.2.3 and has no option --fsync: "
        "install 3.2.4 or newer there or leave the option out"
    )
    with pytest.raises(RequestError, match=r"^rsync_opts: the rsync on far .* --open-noatime: "):
        require([OPEN_NOATIME], help_of("3.2.3").replace("--open-noatime", ""), "far")


@pytest.mark.parametrize(
    "said",
    [
        "",
        "openrsync: protocol version 29\nrsync version 2.6.9 compatible\nusage: rsync [-aDgloprtvx]\n",
        "Usage: backup-gate [--archive]\n",
        "rsync  version 3.1.3  protocol version 31\nCopyright (C) 1996-2018 by Andrew Tridgell\n",
    ],
    ids=["nothing", "openrsync", "another program", "no list"],
)
def test_what_is_no_answer_refuses_nothing(said: str) -> None:
    require([FSYNC], said, "far")
