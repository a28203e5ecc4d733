# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The lists of a run never fill the file system that they lie on, and a run that ends for that says so."""

from __future__ import annotations

import os
import subprocess
import tempfile

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes

from tests.faults.conftest import Tree
from tests.support import engine, programs, snapshot, stand_in, trees

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")


def resize(path: str, size: str) -> None:
    subprocess.run(["mount", "-o", "remount,size=" + size, path], check=True)


def test_the_lists_leave_a_reserve(folder: str, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resize(tiny, "8m")
    ask = os.fstatvfs
    free: list[int] = []

    def asked(descriptor: int) -> os.statvfs_result:
        status = ask(descriptor)
        free.append(status.f_bavail * status.f_frsize)
        return status

    monkeypatch.setattr(os, "fstatvfs", asked)
    monkeypatch.setattr(tempfile, "tempdir", tiny)
    for name, value in stand_in.environment(stand_in.CHANGED, 1000, 100).items():
        monkeypatch.setenv(name, value)
    tree = Tree(folder, files=0)
    rsync = programs.python(os.path.join(folder, "rsync"), stand_in.__file__)
    result = engine.run(tree.params(rsync_path=rsync), sizes=Sizes())
    assert (result["failed"], result["rc"]) == (True, 11), result
    assert result["msg"].startswith("no room for the lists of this run in %s: " % tiny)
    assert min(free) > 0
    assert 0 < result["stats"]["failures"] + result["stats"]["files"] <= 100_000
    assert result["failures"][0]["reason"] == "not attempted: " + result["msg"]
    assert os.listdir(tiny) == []


def test_no_room_for_the_lists(folder: str, tiny: str) -> None:
    resize(tiny, "64k")
    tree = Tree(folder, files=0)
    for number in range(600):
        trees.write(os.path.join(os.fsencode(tree.source), b"%0250d" % number), b"")
    result = engine.Started(tree.params(), tiny).result()
    assert result["failed"] and result["rc"] == 11, result
    assert " the lists of this run in %s/tmp: " % tiny in result["msg"]
    assert os.listdir(os.path.join(tiny, "tmp")) == []
    arrived = len(os.listdir(tree.dest)) if os.path.exists(tree.dest) else 0
    assert result["stats"]["files"] <= arrived < 600
    resize(tiny, "4m")
    again = engine.Started(tree.params(), tiny).result()
    assert (again["failed"], again["stats"]["files"]) == (False, 600 - arrived), again
    assert tree.arrived()


def test_a_destination_on_the_same_file_system_is_full(folder: str, tiny: str) -> None:
    """The lists that are still to be written find no room either; all that is missing is named all the same."""
    tree = Tree(folder)
    tree.dest = os.path.join(tiny, "dst")
    result = engine.Started(tree.params(), tiny).result()
    assert result["failed"] and result["rc"] == 11, result
    assert "make room" in result["msg"]
    assert os.listdir(os.path.join(tiny, "tmp")) == []
    wanted = {name.decode() for name, entry in snapshot.snapshot(tree.source).items() if entry.kind == "file"}
    missing = wanted - {name.decode() for name in snapshot.snapshot(tree.dest)}
    assert missing
    if "destination is full" in result["msg"]:
        assert missing <= {failure["path"] for failure in result["failures"]}
    resize(tiny, "40m")
    assert engine.Started(tree.params(), tiny).result()["failed"] is False
    assert tree.arrived()


def test_what_no_lane_was_to_carry_is_not_named_and_that_is_said(folder: str, tiny: str) -> None:
    """As a user who is not root, and without perms, one rsync writes into a closed directory at the end."""
    tree = Tree(folder)
    closed = os.path.join(tree.source, "closed")
    trees.write(os.fsencode(os.path.join(closed, "file")), b"never")
    os.chmod(closed, 0o555)
    os.chmod(tiny, 0o777)
    tree.dest = os.path.join(tiny, "dst")
    place = os.path.join(folder, "tmp")
    os.mkdir(place)
    os.chmod(place, 0o777)
    os.chmod(folder, 0o755)
    params = tree.params(archive=False, rsync_opts=["-rlt"])
    result = engine.as_user("nobody", lambda: engine.run(params), place)
    assert result["failed"] and result["rc"] == 11, result
    assert any("those names are not among the failures" in warning for warning in result["warnings"])
    assert not any("closed" in failure["path"] for failure in result["failures"])
