# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A run meets another one of the same task."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import typing as t

import pytest

from tests.faults.conftest import SLOW, Tree
from tests.support import engine, trees
from tests.support.processes import descendants, ended, mentioning, on_their_way, temporary_files, wait_for

SLOWER = {**SLOW, "bwlimit": "1m"}


def stage(follow: str) -> str | None:
    """The stage that a follow directory shows."""
    with contextlib.suppress(OSError), open(os.path.join(follow, "status.json")) as stream:
        return json.load(stream)["stage"]
    return None


class Pair:
    """A run, and a second one that is started while it is at work; each has a follow directory."""

    def __init__(self, folder: str, tree: Tree, **params: t.Any) -> None:
        self.folder, self.tree = folder, tree
        self.first = self.start("first", **{**SLOWER, **params})
        wait_for(lambda: on_their_way(tree.dest), "files on their way")

    def start(self, name: str, **params: t.Any) -> engine.Started:
        return engine.Started(self.tree.params(follow=self.follow(name), **params), self.folder)

    def follow(self, name: str) -> str:
        return os.path.join(self.folder, "follow-" + name)

    def attach(self, name: str = "second", **params: t.Any) -> engine.Started:
        """Start another run, and wait until it shows what the first one does."""
        other = self.start(name, **params)
        wait_for(lambda: stage(self.follow(name)) == "transfer", "the second run to attach")
        return other

    def rsyncs(self) -> int:
        return len(mentioning(self.tree.dest, name="rsync"))


@pytest.fixture
def pair(request: pytest.FixtureRequest, folder: str, tree: Tree) -> t.Iterator[Pair]:
    """The parameter is for the first run."""
    made = Pair(folder, tree, **getattr(request, "param", {}))
    yield made
    made.first.process.kill()
    made.first.process.wait()
    wait_for(lambda: not os.listdir(made.first.state), "the directories to go")


def test_attached(pair: Pair) -> None:
    """However many there are, one does the work, and all return its result."""
    others = [pair.attach("second"), pair.attach("third", jobs=2, bwlimit="9m")]
    assert not any(descendants(other.process.pid, name="rsync")[1:] for other in others)
    results = [started.result() for started in (pair.first, *others)]
    assert [result.pop("attached") for result in results] == [False, True, True]
    for result in results:
        del result["stats"]["seconds"], result["stats"]["bytes_per_second"], result["msg"]
    assert results[0] == results[1] == results[2]
    assert results[0]["stats"]["files"] == 12
    assert pair.tree.arrived()
    assert os.listdir(pair.first.state) == []
    assert sorted(os.listdir(pair.folder)) == ["dst", "src", "tmp"]


def test_attached_to_one_that_is_stopped(pair: Pair) -> None:
    second = pair.attach()
    pair.first.process.send_signal(signal.SIGTERM)
    result = second.result()
    assert (result["failed"], result["attached"]) == (True, True)
    assert result["msg"] == pair.first.result()["msg"] == "stopped by SIGTERM in the transfer stage"


@pytest.mark.parametrize("on_running", ["attach", "wait"])
def test_nobody_waits_for_ever_for_one_that_is_stopped(pair: Pair, on_running: str) -> None:
    pid = pair.first.process.pid
    pair.first.process.send_signal(signal.SIGSTOP)
    result = engine.Started(pair.tree.params(lease=1, on_running=on_running), pair.folder).result()
    assert result["failed"] and "as pid %d since" % pid in result["msg"] and "kill -CONT %d" % pid in result["msg"]
    pair.first.process.send_signal(signal.SIGCONT)
    assert pair.first.result()["failed"] is False


def test_the_attached_one_is_killed(pair: Pair) -> None:
    """The run that works goes on."""
    second = pair.attach()
    second.process.kill()
    second.process.communicate()
    wait_for(lambda: not os.path.exists(pair.follow("second")), "the follow directory to go")
    assert pair.first.result()["failed"] is False
    assert pair.tree.arrived()


@pytest.mark.parametrize("pair", [{"bwlimit": "100k"}], indirect=True)
def test_the_attached_one_is_ended(pair: Pair) -> None:
    """The run that works has lost its own controller, so that nobody wants it any more."""
    second = pair.attach()
    trees.write(os.fsencode(pair.follow("second")) + b"/cancel", b"")
    result = second.result()
    assert (result["msg"], result["attached"]) == ("canceled in the request stage", False)
    assert not pair.rsyncs(), "the other run must end first"
    assert pair.first.result()["msg"] == "canceled in the transfer stage"


def test_the_attached_one_is_ended_but_not_the_controller_of_the_other(pair: Pair) -> None:
    second = pair.attach()
    second.process.send_signal(signal.SIGTERM)

    def followed() -> bool:
        pathlib.Path(pair.follow("first"), "lease").write_bytes(b"")  # its time is what counts
        return ended(second.process.pid)

    wait_for(followed, "the attached run to end")
    assert second.result()["msg"] == "stopped by SIGTERM in the request stage"
    result = pair.first.result()
    assert result["failed"] is False, result["msg"]
    assert pair.tree.arrived()


def test_one_of_two_attached_ones_is_ended(pair: Pair) -> None:
    second, third = pair.attach("second"), pair.attach("third")
    second.process.send_signal(signal.SIGTERM)
    assert second.result()["failed"]
    assert pair.first.process.poll() is None
    assert [run.result()["failed"] for run in (pair.first, third)] == [False, False]


def test_the_one_that_works_is_killed(pair: Pair) -> None:
    """The attached one takes over, but not before all that the other one had started has ended."""
    second = pair.attach()
    before = set(mentioning(pair.tree.dest, name="rsync"))
    os.killpg(pair.first.process.pid, signal.SIGKILL)
    pair.first.process.communicate()
    wait_for(lambda: descendants(second.process.pid, name="rsync")[1:], "the second run to work")
    assert not before & set(mentioning(pair.tree.dest, name="rsync"))
    result = second.result()
    assert (result["failed"], result["attached"]) == (False, False)
    assert pair.tree.arrived()
    assert temporary_files(pair.tree.dest) == []


def test_attached_runs_keep_a_lease_fresh(folder: str, tree: Tree) -> None:
    """The first run loses its controller, the second one has it, and both end well after the lease."""
    follow = os.path.join(folder, "follow")
    first = engine.Started(tree.params(follow=follow, lease=3, **SLOWER), folder)

    def followed(until: t.Callable[[], bool]) -> bool:
        with contextlib.suppress(FileNotFoundError):  # it has not made the directory yet
            pathlib.Path(follow, "lease").write_bytes(b"")
        return until()

    wait_for(lambda: followed(lambda: on_their_way(tree.dest)), "files on their way")
    second = engine.Started(tree.params(follow=follow + "2"), folder)
    wait_for(lambda: followed(lambda: stage(follow + "2") == "transfer"), "the second run to attach")
    results = [first.result(), second.result()]
    assert [(result["failed"], result["attached"]) for result in results] == [(False, False), (False, True)]
    assert tree.arrived()


def test_wait(pair: Pair) -> None:
    second = pair.start("second", on_running="wait")
    results = [pair.first.result(), second.result()]
    assert [(result["failed"], result["attached"]) for result in results] == [(False, False)] * 2
    assert [result["stats"]["files"] for result in results] == [12, 0]
    assert results[1]["stats"]["seconds"]["total"] > results[1]["stats"]["seconds"]["scan"]


def test_fail(pair: Pair) -> None:
    result = pair.start("second", on_running="fail").result()
    assert result["failed"] and result["stage"] == "request"
    named = "on_running is fail, and the same task runs already, as pid %d since 2"
    assert result["msg"].startswith(named % pair.first.process.pid)
    assert pair.first.result()["failed"] is False


def test_another_task_into_the_same_directory(pair: Pair) -> None:
    result = pair.start("second", checksum=True, on_running="fail").result()
    assert result["failed"] is False
    (warning,) = result["warnings"]
    named = "a task with other options is writing to the same dest, as pid %d "
    assert warning.startswith(named % pair.first.process.pid)
    assert pair.first.result()["warnings"] == []


def test_check_mode_meets_nobody(pair: Pair) -> None:
    assert engine.run(pair.tree.params(on_running="fail"), check=True)["failed"] is False
    assert pair.rsyncs()
