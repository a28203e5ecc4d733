# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What the action plugin does with strange answers; tests/integration/test_progress.py starts it in real plays."""

from __future__ import annotations

import os
import types
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.action.parallel_rsync import ActionModule, _lease
from ansible_collections.vgreb.jsync.plugins.plugin_utils._follow import LEASE_SECONDS, Follower

STARTED = {"results_file": "/jobs/j1.2", "ansible_job_id": "j1.2"}


class Sinks:
    """Takes in only what has a rate."""

    def __init__(self) -> None:
        self.taken: list[t.Any] = []

    def take(self, snapshot: dict[str, t.Any], *, last: bool = False) -> None:
        self.taken.append((snapshot["rate"] + 0, last))


class Job:
    """A job on a connection that always answers: it shows snapshots, then ends."""

    def __init__(self, result: dict[str, t.Any], *snapshots: t.Any) -> None:
        self.follower = Follower(self.execute, "/jobs/followed")
        self.follower.file = STARTED["results_file"]
        self.result, self.snapshots = result, snapshots
        self.commands: list[str] = []
        self.follower.follow = self.follow  # type: ignore[method-assign]

    def execute(self, command: str) -> dict[str, t.Any]:
        self.commands.append(command)
        return {"rc": 0, "stdout": ""}

    def follow(self, show: t.Callable[[t.Any], None]) -> None:
        for snapshot in self.snapshots:
            show(snapshot)
        self.follower.over = True

    def attend(self) -> tuple[dict[str, t.Any], list[t.Any]]:
        action, sinks = object.__new__(ActionModule), Sinks()
        action._fetch = lambda _text, _started, _task_vars: self.result  # type: ignore[method-assign]
        result = action._attend(self.follower, STARTED, t.cast("t.Any", sinks), {})
        assert self.commands == ["rm -rf /jobs/followed /jobs/j1.2"]
        return result, sinks.taken


def test_a_strange_snapshot_does_not_end_a_run() -> None:
    job = Job({"changed": True}, {"rate": 1}, {"rate": None}, {}, ["rate"], {"rate": 2})
    assert job.attend() == ({"changed": True}, [(1, False), (2, False)])


@pytest.mark.parametrize("strange", [{"stats": "all"}, {"stats": {"files": 1}}, {"lanes": None}], ids=str)
def test_a_strange_result_is_returned_as_it_is(strange: dict[str, t.Any]) -> None:
    stats = {
        "files": 1,
        "transferred_bytes": 1,
        "seconds": {"total": 1.0},
        "bytes_per_second": 1,
        "deletions": 0,
        "failures": 0,
    }
    result = {"stage": "result", "stats": stats, "lanes": [], **strange}
    assert Job(result).attend() == (result, [])


def test_a_last_snapshot_after_a_strange_one() -> None:
    """Only the rate of the latest one was looked at."""
    stats = {"files": 1, "transferred_bytes": 1, "seconds": {"total": 1.0}, "bytes_per_second": 1}
    result = {"stage": "result", "stats": {**stats, "deletions": 0, "failures": 0}, "lanes": []}
    assert Job(result, {"rate": 1, "files": 3}).attend() == (result, [(1, False)])


@pytest.mark.parametrize("given", ["abc", [60], {}, None, "", float("nan"), float("inf"), 0, -5], ids=str)
def test_a_lease_that_is_none_is_left_to_the_module(given: t.Any) -> None:
    assert _lease(given) == LEASE_SECONDS


@pytest.mark.parametrize("given", [60, "60"], ids=repr)
def test_a_lease(given: t.Any) -> None:
    assert _lease(given) == 60.0


@pytest.mark.parametrize(
    ("given", "login", "passed"),
    [({}, "0027", "0027"), ({"umask": None}, "0027", "0027"), ({"umask": "0077"}, "0027", "0077"), ({}, "0022", None)],
    ids=str,
)
def test_the_umask_is_that_of_the_login(given: dict[str, t.Any], login: str, passed: str | None) -> None:
    action, started = t.cast("t.Any", object.__new__(ActionModule)), []
    action.get_shell_option = lambda _name, default: default
    action._execute = lambda _command: {"rc": 0, "stdout": f"jsync-umask {login}\njsync-directory /jobs\n"}
    action._connection = types.SimpleNamespace(_shell=types.SimpleNamespace(join_path=os.path.join))
    action._sinks = lambda _task_vars, _asked: types.SimpleNamespace(close=lambda: None)
    action._start = lambda arguments, _task_vars: started.append(arguments)
    assert action._follow(given, {}, {}) is None
    assert [arguments.get("umask") for arguments in started] == [passed]
