# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A module that is killed outright: its guardian ends what it had started and removes what it had made."""

from __future__ import annotations

import os
import signal
import typing as t

import pytest

from tests.faults.conftest import SLOW, WAYS, Tree
from tests.support import engine, servers
from tests.support.processes import descendants, ended, mentioning, on_their_way, temporary_files, wait_for


@pytest.mark.parametrize("whom", ["module", "group"])
@pytest.mark.parametrize("params", WAYS, indirect=True)
def test_killed(folder: str, tree: Tree, params: dict[str, t.Any], whom: str) -> None:
    started = engine.Started(params, folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    (_module, guardian) = descendants(started.process.pid, name="sh")
    if whom == "module":
        started.process.kill()
    else:
        os.killpg(started.process.pid, signal.SIGKILL)
    started.process.communicate()
    wait_for(lambda: ended(guardian), "the guardian to end")
    assert os.listdir(started.state) == []
    assert not mentioning(started.state), "an rsync or an ssh of ours goes on"
    wait_for(lambda: not mentioning(tree.dest, name="rsync"), "what was started at the other end to end")
    wait_for(lambda: not temporary_files(tree.dest), "a daemon's own process to end, which names no directory")
    assert engine.run({**params, "bwlimit": None})["failed"] is False
    assert tree.arrived()


def test_killed_while_it_logs_in(folder: str, tree: Tree) -> None:
    with servers.silent() as (host, port):
        started = engine.Started(tree.params(dest="%s:%s" % (host, tree.dest), port=port), folder)
        wait_for(lambda: mentioning("-p %d" % port, name="ssh"), "ssh to start")
        started.process.kill()
        started.process.communicate()
        wait_for(lambda: not mentioning("-p %d" % port, name="ssh"), "ssh to end")
        wait_for(lambda: not os.listdir(started.state), "the directories to go")


def test_a_run_does_without_its_guardian(folder: str, tree: Tree) -> None:
    started = engine.Started(tree.params(**SLOW), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    (_module, guardian) = descendants(started.process.pid, name="sh")
    os.kill(guardian, signal.SIGKILL)
    assert started.result()["failed"] is False
    assert tree.arrived()


@pytest.mark.parametrize("params", WAYS, indirect=True)
def test_killed_with_its_guardian(folder: str, tree: Tree, params: dict[str, t.Any]) -> None:
    """The next run of the same task ends what is left, and removes it, before it begins."""
    started = engine.Started({**params, "follow": os.path.join(folder, "follow"), "bwlimit": "100k"}, folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    (_module, guardian) = descendants(started.process.pid, name="sh")
    os.kill(started.process.pid, signal.SIGSTOP)  # its guardian's end must not be noticed
    for pid in (guardian, started.process.pid):
        os.kill(pid, signal.SIGKILL)
    started.process.communicate()
    left = {pid for pid, line in mentioning(folder, name="rsync").items() if "--daemon" not in line}
    assert left and os.listdir(started.state)
    again = engine.Started({**params, "bwlimit": None, "on_running": "fail"}, folder)
    assert again.result()["failed"] is False
    assert not left & set(mentioning(folder, name="rsync"))
    assert os.listdir(started.state) == []
    assert not os.path.exists(os.path.join(folder, "follow"))
    assert tree.arrived()
    assert temporary_files(tree.dest) == []
