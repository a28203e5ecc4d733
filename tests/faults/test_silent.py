# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Servers that take connections and say nothing: the run ends and says so."""

from __future__ import annotations

import os
import signal
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import lane

from tests.faults.conftest import Tree
from tests.support import engine, servers
from tests.support.processes import mentioning


@pytest.mark.parametrize("check", [False, True], ids=["run", "check"])
def test_a_silent_daemon(tree: Tree, check: bool) -> None:
    with servers.silent() as (host, port):
        url = "rsync://%s:%d/m/" % (host, port)
        result = engine.run({"src": url, "dest": tree.dest, "contimeout": 1}, check=check)
        assert result["failed"] and result["rc"] == 35
        assert result["msg"] == (
            "nothing at %s port %d has spoken as an rsync daemon for 1 s: "
            "find out what listens there, or raise contimeout" % (host, port)
        )
        assert not mentioning(url, name="rsync")


def test_a_silent_ssh_server(tree: Tree) -> None:
    with servers.silent() as (host, port):
        params = tree.params(dest="%s:%s" % (host, tree.dest), port=port, contimeout=1, retries=0)
        result = engine.run({**params, "ssh_args": "-F none"})
    assert result["failed"] and result["rc"] == 255
    assert result["msg"] == "cannot reach %s: Connection timed out" % host
    assert not mentioning("-p %d" % port, name="ssh")


def test_an_ssh_server_that_never_decides(folder: str, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """It exchanges keys, then its look-up of the user's keys hangs."""
    monkeypatch.setattr(lane, "LOGIN_SECONDS", 2.0)
    looks_up = "/bin/sleep 1000.%d" % os.getpid()
    hangs = "AuthorizedKeysCommand %s\nAuthorizedKeysCommandUser %s" % (looks_up, servers.user_name())
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    with servers.sshd(place, extra=hangs) as ssh:
        stranger = os.path.join(place, "host_key")
        params = tree.params(dest="%s:%s" % (ssh.host, tree.dest), retries=0, **ssh.options())
        result = engine.run({**params, "private_key": stranger})
        assert result["failed"] and result["rc"] == 255
        assert result["msg"] == "cannot reach %s: Connection timed out" % ssh.host
        assert not mentioning(stranger, name="ssh")
    for pid in mentioning(looks_up):  # the server leaves it behind
        os.kill(pid, signal.SIGKILL)


def test_what_is_no_daemon_is_left_to_rsync(folder: str, tree: Tree) -> None:
    port = servers.free_port("127.0.0.5")
    params: dict[str, t.Any] = {"src": "rsync://127.0.0.5:%d/m/" % port, "dest": tree.dest, "retries": 0}
    assert engine.run(params)["msg"] == "cannot reach 127.0.0.5: Connection refused"
