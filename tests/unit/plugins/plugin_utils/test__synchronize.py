# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

from __future__ import annotations

import shlex
import typing as t

import pytest
import yaml
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.modules import synchronize
from ansible_collections.vgreb.jsync.plugins.plugin_utils._endpoint import Far
from ansible_collections.vgreb.jsync.plugins.plugin_utils._synchronize import (
    adjust,
    as_synchronize,
    command_line,
    module_args,
    synchronize_spec,
)

SPEC = synchronize_spec()
OPTIONS = yaml.safe_load(synchronize.DOCUMENTATION)["options"]
GIVEN = {**{name: entry.get("default") for name, entry in SPEC.items()}, "src": "/a b/", "dest": "al@web:/c d"}
ARCHIVE = "--recursive --links --perms --times --owner --group --devices --specials"

# The options of ansible.posix.synchronize and their defaults; here None stands for what follows from another option.
ORIGINAL: dict[str, t.Any] = {
    **dict.fromkeys(("src", "dest", "dest_port", "recursive", "links", "perms", "times", "owner", "group")),
    **dict.fromkeys(("rsync_path", "private_key", "link_dest")),
    **dict.fromkeys(("checksum", "existing_only", "delete", "dirs", "copy_links", "partial"), False),
    **dict.fromkeys(("archive", "compress", "set_remote_user"), True),
    "ssh_connection_multiplexing": False,
    "mode": "push",
    "rsync_opts": [],
    "rsync_timeout": 0,
    "verify_host": False,
    "use_ssh_args": False,
    "delay_updates": True,
}
OTHERWISE = {"verify_host": True, "use_ssh_args": True, "delay_updates": None}


def test_options_and_defaults_of_the_original() -> None:
    assert {name: SPEC[name].get("default") for name in ORIGINAL} == {**ORIGINAL, **OTHERWISE}


def test_other_defaults_are_documented() -> None:
    for name in OTHERWISE:
        value = str(ORIGINAL[name]).lower()
        assert f"M(ansible.posix.synchronize) has V({value})." in OPTIONS[name]["description"]


@pytest.mark.parametrize("name", SPEC)
def test_option_is_as_documented(name: str) -> None:
    keys = ("type", "required", "default", "choices", "elements")
    assert sorted(OPTIONS) == sorted(SPEC)
    assert {key: OPTIONS[name][key] for key in keys if key in OPTIONS[name]} == SPEC[name]


# Options, and the one rsync that does the same.
COMMANDS: list[tuple[dict[str, t.Any], str]] = [
    ({}, f"{ARCHIVE} --compress '--filter=: /.rsync-filter' --rsh=ssh"),
    ({"delay_updates": False}, f"{ARCHIVE} --compress --rsh=ssh"),
    ({"filter_files": False}, f"{ARCHIVE} --compress --rsh=ssh"),
    (
        {"delay_updates": True},
        f"{ARCHIVE} --delay-updates --compress '--filter=: /.rsync-filter' --rsh=ssh",
    ),
    (
        {"archive": False, "recursive": True, "compress": False, "filter_files": False},
        "--recursive --rsh=ssh",
    ),
    (
        {"times": False, "perms": False, "checksum": True, "filter_files": False},
        "--recursive --links --owner --group --devices --specials --checksum --compress --rsh=ssh",
    ),
    (
        {"archive": False, "dirs": True, "links": True, "filter_files": False, "compress": False},
        "--links --dirs --rsh=ssh",
    ),
    (
        {"delete": True, "existing_only": True, "partial": True, "rsync_timeout": 30, "filter_files": False},
        f"{ARCHIVE} --existing --delete --partial --compress --timeout=30 --rsh=ssh",
    ),
    (
        {"copy_links": True, "link_dest": ["/l 1", "/l 2"], "filter_files": False},
        f"{ARCHIVE} --hard-links --copy-links '--link-dest=/l 1' '--link-dest=/l 2' --compress --rsh=ssh",
    ),
    (
        {"rsync_path": "mkdir -p /c && rsync", "filter_files": False},
        f"{ARCHIVE} --compress '--rsync-path=mkdir -p /c && rsync' --rsh=ssh",
    ),
    (
        {"private_key": "/k/a key", "dest_port": 2222, "filter_files": False},
        f"{ARCHIVE} --compress " + shlex.quote("--rsh=ssh -p 2222 -i '/k/a key'"),
    ),
    (
        {"rsync_opts": ["--rsh='ssh -x'"], "private_key": "/k", "dest_port": 2222, "filter_files": False},
        f"{ARCHIVE} --compress '--rsh=ssh -x'",
    ),
    (
        {"rsync_opts": ["--exclude='two words'", "--exclude one", "-O"], "filter_files": False},
        f"{ARCHIVE} --omit-dir-times --compress '--exclude=two words' --exclude=one --rsh=ssh",
    ),
]


@pytest.mark.parametrize(("options", "words"), COMMANDS)
def test_command(options: dict[str, t.Any], words: str) -> None:
    assert command_line(module_args({**GIVEN, **options}, None)) == f"rsync {words} '/a b/' 'al@web:/c d'"


def test_the_rsync_of_this_host() -> None:
    assert command_line(module_args(GIVEN, "/opt/my rsync")).startswith("'/opt/my rsync' --recursive")


# Words of rsync_opts, and those that are left.
OUTPUT = [
    ("--verbose --itemize-changes -hh --no-verbose", []),
    ("-vv -i --progress --info=progress2 --out-format=%n", []),
    ("--info progress2 --exclude -v --stats", ["--exclude", "-v", "--stats"]),
    ("-avzP", ["--partial", "-az"]),
    ("-P", ["--partial"]),
    ("-vessh -q", ["-essh"]),
    ("-ve 'ssh -v' -f -v", ["-e", "ssh -v", "-f", "-v"]),
]


@pytest.mark.parametrize(("words", "left"), OUTPUT)
def test_output_is_left_out(words: str, left: list[str]) -> None:
    args = module_args({**GIVEN, "filter_files": False, "rsync_opts": [words]}, None)
    assert args["rsync_opts"] == left


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("--exclude='a", "rsync_opts is .*: no closing quotation"),
        ("--exclude", "rsync_opts: --exclude needs a value"),
        ("name", "rsync_opts: 'name' is no option"),
    ],
)
def test_a_broken_entry_is_refused(entry: str, says: str) -> None:
    with pytest.raises(RequestError, match=says):
        module_args({**GIVEN, "rsync_opts": [entry]}, None)


FAR = Far("w", "web", "al", 22, "/k", ("-J", "gate"), ("sudo", "-n", "-u", "root"))

# Options, and how the other end is reached.
ADJUSTED: list[tuple[dict[str, t.Any], Far]] = [
    ({}, FAR),
    ({"set_remote_user": False}, FAR._replace(user="")),
    ({"use_ssh_args": False}, FAR._replace(ssh_args=())),
    (
        {"verify_host": False},
        FAR._replace(ssh_args=("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-J", "gate")),
    ),
    ({"rsync_path": "sudo rsync"}, FAR._replace(become=())),
]


@pytest.mark.parametrize(("options", "far"), ADJUSTED)
def test_adjust(options: dict[str, t.Any], far: Far) -> None:
    assert adjust(FAR, {**GIVEN, **options}) == far


DONE = {"failed": False, "changed": True, "rc": 0, "msg": "transferred 2 files", "diff": {"prepared": "<f a\n<f b\n"}}


def test_result() -> None:
    shown = as_synchronize(DONE, {"src": "/a", "dest": "/b"}, diff=True, list_changes=True)
    cmd = f"rsync {ARCHIVE} /a /b"
    lines = "<f a\n<f b\n"
    assert shown == {**DONE, "msg": lines, "stdout_lines": lines.splitlines(), "cmd": cmd}
    shown = as_synchronize(DONE, {"src": "/a", "dest": "/b"}, diff=False, list_changes=False)
    assert shown == {
        "failed": False,
        "changed": True,
        "rc": 0,
        "msg": "transferred 2 files",
        "stdout_lines": [],
        "cmd": cmd,
    }


def test_result_of_a_failure_says_why() -> None:
    failed = {**DONE, "failed": True, "rc": 23, "msg": "1 path did not arrive"}
    shown = as_synchronize(failed, {"src": "", "dest": "/b"}, diff=False, list_changes=True)
    assert (shown["msg"], shown["cmd"]) == ("1 path did not arrive", "")
    assert shown["stdout_lines"] == ["<f a", "<f b"]
