# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Runs that nobody wants any more: they end by themselves, and no sooner."""

from __future__ import annotations

import contextlib
import os
import typing as t

import pytest

from tests.faults.conftest import WAYS, Tree
from tests.support import engine
from tests.support.processes import ended, mentioning, on_their_way, temporary_files, wait_for


class Follower:
    """The controller's part, without a controller."""

    def __init__(self, folder: str) -> None:
        self.directory = os.path.join(folder, "follow")

    def params(self, seconds: int) -> dict[str, t.Any]:
        return {"follow": self.directory, "lease": seconds}

    def touch(self, name: str) -> None:
        with open(os.path.join(self.directory, name), "w"):
            pass
        os.utime(os.path.join(self.directory, name))


@pytest.fixture
def follower(folder: str) -> Follower:
    return Follower(folder)


def assert_ended(started: engine.Started, tree: Tree, params: dict[str, t.Any]) -> None:
    """Nothing of it is left, and the next run works at once."""
    assert os.listdir(started.state) == []
    assert not mentioning(started.state), "an rsync or an ssh of ours goes on"
    wait_for(lambda: not mentioning(tree.dest, name="rsync"), "what was started at the other end to end")
    wait_for(lambda: not temporary_files(tree.dest), "a daemon's own process to end, which names no directory")
    assert not os.path.exists(params.get("follow", "none"))
    rest = {name: value for name, value in params.items() if name not in ("follow", "bwlimit")}
    assert engine.run(rest)["failed"] is False
    assert tree.arrived()


@pytest.mark.parametrize("params", WAYS, indirect=True)
def test_the_lease_has_ended(folder: str, tree: Tree, params: dict[str, t.Any], follower: Follower) -> None:
    params = {**params, **follower.params(2)}
    started = engine.Started(params, folder)

    def under_way() -> bool:
        with contextlib.suppress(FileNotFoundError):  # it has not made the directory yet
            follower.touch("lease")
        return on_their_way(tree.dest)

    wait_for(under_way, "files on their way")
    result = started.result()
    assert result["failed"] and result["rc"] == 20
    assert result["msg"] == "stopped in the transfer stage: nobody has followed this run for 2 s; raise lease"
    assert_ended(started, tree, params)


@pytest.mark.parametrize("params", WAYS, indirect=True)
def test_canceled(folder: str, tree: Tree, params: dict[str, t.Any], follower: Follower) -> None:
    params = {**params, **follower.params(60)}
    started = engine.Started(params, folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    follower.touch("cancel")
    result = started.result()
    assert (result["failed"], result["msg"]) == (True, "canceled in the transfer stage")
    assert_ended(started, tree, params)


@pytest.mark.parametrize("params", WAYS, indirect=True)
def test_the_session_was_cut(folder: str, tree: Tree, params: dict[str, t.Any]) -> None:
    started = engine.Started(params, folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    assert started.process.stdout is not None
    started.process.stdout.close()
    started.process.wait(60)
    assert_ended(started, tree, params)


def test_a_run_that_is_followed_outlives_its_lease(folder: str, tree: Tree, follower: Follower) -> None:
    started = engine.Started(tree.params(bwlimit="3m", **follower.params(3)), folder)
    wait_for(lambda: os.path.isdir(follower.directory), "the run to start")

    def follow() -> bool:
        with contextlib.suppress(FileNotFoundError):  # it ends, and has removed the directory
            follower.touch("lease")
        return ended(started.process.pid)

    wait_for(follow, "the run to end")
    result = started.result()
    assert result["failed"] is False, result["msg"]
    assert result["stats"]["seconds"]["total"] > 3
    assert tree.arrived()


def test_output_into_a_file_is_no_session(folder: str, tree: Tree) -> None:
    with open(os.path.join(folder, "output"), "w+") as output:
        started = engine.Started(tree.params(bwlimit="6m"), folder, stdout=output)
        assert started.process.wait(60) == 0
    assert tree.arrived()
