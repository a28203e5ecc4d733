# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A run that is stopped or whose processes are killed: nothing stays behind, and a rerun ends right."""

from __future__ import annotations

import contextlib
import os
import signal

import pytest

from tests.faults.conftest import Tree
from tests.support import engine, servers
from tests.support.processes import descendants, mentioning, on_their_way, temporary_files, wait_for

SLOW = {"bwlimit": "2m", "retries": 2}


def assert_clean(started: engine.Started, tree: Tree, folder: str) -> None:
    """No process, no temporary file, no state directory."""
    wait_for(
        lambda: not mentioning(folder, name="rsync") and not mentioning(folder, name="ssh"), "all processes to end"
    )
    assert os.listdir(started.state) == []
    assert temporary_files(tree.dest) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("remote", [False, True], ids=["local", "ssh"])
def test_stopped_by_a_signal(folder: str, ssh: servers.Ssh, tree: Tree, number: signal.Signals, remote: bool) -> None:
    params = tree.params(**SLOW)
    if remote:
        params.update(ssh.options(), dest="%s:%s" % (ssh.host, tree.dest))
    started = engine.Started(params, folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    started.process.send_signal(number)
    result = started.result()
    assert result["failed"] and result["changed"] and result["rc"] == 20
    assert result["msg"] == "stopped by %s in the transfer stage" % number.name
    assert result["stage"] == "transfer"
    assert_clean(started, tree, folder)
    assert engine.run(tree.params())["failed"] is False
    assert tree.arrived()


def test_stopped_while_it_logs_in(folder: str, tree: Tree) -> None:
    """An ssh that never gets through is ended, too."""
    with servers.silent() as (host, port):
        started = engine.Started(tree.params(dest="%s:%s" % (host, tree.dest), port=port), folder)
        wait_for(lambda: mentioning("-p %d" % port, name="ssh"), "ssh to start")
        started.process.send_signal(signal.SIGTERM)
        assert started.result()["rc"] == 20
        wait_for(lambda: not mentioning("-p %d" % port, name="ssh"), "ssh to end")
    assert os.listdir(started.state) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_a_killed_rsync_is_tried_again(folder: str, tree: Tree, number: signal.Signals) -> None:
    started = engine.Started(tree.params(**SLOW), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    victim = min(pid for pid, line in mentioning(folder, name="rsync").items() if "--relative" in line)
    os.kill(victim, number)
    result = started.result()
    assert result["failed"] is False and result["stats"]["retries"] >= 1, result
    assert tree.arrived()
    assert_clean(started, tree, folder)


def test_a_killed_connection_is_made_again(folder: str, ssh: servers.Ssh, tree: Tree) -> None:
    params = tree.params(**SLOW, **ssh.options())
    started = engine.Started(dict(params, dest="%s:%s" % (ssh.host, tree.dest), jobs=2), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    masters = [pid for pid, line in mentioning("ControlMaster=yes", name="ssh").items() if folder in line]
    assert len(masters) == 2
    os.kill(masters[0], signal.SIGKILL)
    result = started.result()
    assert result["failed"] is False and result["stats"]["retries"] >= 1, result
    assert ssh.logins() == 3
    assert tree.arrived()
    assert_clean(started, tree, folder)


def test_a_server_that_goes_away(folder: str, tree: Tree) -> None:
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    with servers.sshd(place) as ssh:
        params = tree.params(**ssh.options(), bwlimit="2m", retries=1)
        started = engine.Started(dict(params, dest="%s:%s" % (ssh.host, tree.dest)), folder)
        wait_for(lambda: on_their_way(tree.dest), "files on their way")
        for pid in descendants(ssh.pid, name="sshd"):
            with contextlib.suppress(ProcessLookupError):  # it has ended with the one above it
                os.kill(pid, signal.SIGKILL)
        result = started.result()
    assert result["failed"] and result["rc"] not in (0, 23, 24), result
    missing = {entry["path"] for entry in result["failures"]}
    everything = {os.path.join("d%d" % (number % 3), "file%d" % number) for number in range(12)}
    there = {name for name in everything if os.path.exists(os.path.join(tree.dest, name))}
    assert everything - there <= missing, "a name that did not arrive is not listed"
    assert_clean(started, tree, folder)
    assert engine.run(tree.params())["failed"] is False
    assert tree.arrived()
