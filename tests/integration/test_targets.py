# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Run targets/, each a readable list of tasks, and compare the trees that they leave."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import typing as t

import pytest

from tests.integration.contract import check_foretold, check_keys
from tests.integration.environments import ENDS
from tests.integration.runner import ODD, Ansible
from tests.support import servers, snapshot, trees

# One line of rsync's --itemize-changes; it prints a name on one line, whatever bytes the name holds.
ITEMIZED = re.compile(r"(?:\*deleting  |[<>ch.][fdLDS].{9}) .+")


class Place:
    """A place to work in, with names that shells and parsers stumble over.

    Attributes:
        here: The directory.
        source: A tree to copy.
    """

    def __init__(self, ansible: Ansible, target: str) -> None:
        self.here = os.path.join(ansible.folder, target, ODD)
        self.source = self.path("src")
        trees.build(self.source, devices=os.geteuid() == 0)

    def path(self, *names: str) -> str:
        return os.path.join(self.here, *names)

    def text(self, name: str, content: str, mode: int = 0o644) -> str:
        trees.write(os.fsencode(self.path(name)), content.encode(), mode=mode)
        return self.path(name)

    def same(self, source: str, dest: str) -> None:
        """Require that two trees in here are the same; of a part of a tree not all links are in it."""
        wanted, found = (snapshot.snapshot(self.path(name)) for name in (source, dest))
        assert not snapshot.differences(wanted, found, ignore=() if source == "src" else ("linked",))

    def open_to_all(self) -> str:
        """A directory that every user may write to."""
        path = self.path("open to all")
        os.mkdir(path)
        os.chmod(path, 0o777)
        return path

    def owners(self, name: str) -> set[str]:
        """The users who own the directories of a tree."""
        return {pwd.getpwuid(os.stat(top).st_uid).pw_name for top, _names, _files in os.walk(self.path(name))}

    def ssh(self, server: servers.Ssh) -> dict[str, t.Any]:
        """What the tasks know of an ssh server."""
        key = self.path("the \"key\" of 'me'")
        shutil.copy(server.key, key)
        return {
            "host": server.host,
            "port": server.port,
            "args": server.args,
            "user": servers.user_name(),
            "private_key": key,
            "plain_key": server.key,
        }


def check(ansible: Ansible, results: dict[str, t.Any], *with_diff: str) -> None:
    """Require what holds for every target; the results of some tasks have a diff."""
    for name, result in results.items():
        check_keys(result, diff=name in with_diff)
    ansible.check_clean()


@pytest.mark.parametrize("ansible", ENDS, indirect=True)
def test_local(ansible: Ansible) -> None:
    place = Place(ansible, "module_parallel_rsync_local")
    before = snapshot.snapshot(place.source)
    results, _output = ansible.target("module_parallel_rsync_local", {"here": place.here, "src": place.source})
    check(ansible, results, "checked", "copied", "again", "would mirror", "mirrored")
    check_foretold(results["checked"], results["copied"])
    check_foretold(results["would mirror"], results["mirrored"])
    place.same("src", "copy")
    place.same("src/a", "named/a")
    place.same("src/a", "named/inside/a")
    place.same("src/modes", "several")
    assert not snapshot.differences(before, snapshot.snapshot(place.source))
    for name in ("copied", "mirrored"):
        lines = results[name]["diff"]["prepared"].split("\n")[:-1]
        assert [line for line in lines if not (ITEMIZED.fullmatch(line) and line.isprintable())] == []


@pytest.mark.parametrize("ansible", ENDS, indirect=True)
def test_ssh(ansible: Ansible, ssh: servers.Ssh) -> None:
    place = Place(ansible, "module_parallel_rsync_ssh")
    words = place.path("words")
    place.text("remote rsync", '#!/bin/sh\necho "$GREETING" >> %s\nexec rsync "$@"\n' % shlex.quote(words), 0o755)
    variables = {"here": place.here, "src": place.source, "ssh": place.ssh(ssh)}
    results, _output = ansible.target("module_parallel_rsync_ssh", variables)
    check(ansible, results, "checked", "pushed")
    check_foretold(results["checked"], results["pushed"])
    for name in ("pushed", "pulled"):
        place.same("src", name)
    for name in ("several/b", "by rsh/a/b"):
        place.same("src/a/b", name)
    with open(words) as stream:
        assert set(stream.read().split("\n")) == {"", "good morning"}


def test_daemon(ansible: Ansible, daemon: servers.Rsyncd) -> None:
    """The password is in no output and in no process's arguments, however much is said."""
    place = Place(ansible, "module_parallel_rsync_daemon")
    words = place.text("words", "")
    recorder = place.text(
        "rsync that records", '#!/bin/sh\necho "$@" >> %s\nexec rsync "$@"\n' % shlex.quote(words), 0o755
    )
    below = os.path.basename(ansible.folder)
    known = {"url": daemon.url, "host": daemon.host, "port": daemon.port, "password": daemon.password, "below": below}
    variables = {"here": place.here, "src": place.source, "daemon": known, "recorder": recorder}
    results, output = ansible.target("module_parallel_rsync_daemon", variables, "-vvv")
    check(ansible, results, "by password")
    assert results["refused"]["msg"] == (
        "the rsync daemon on %s refused the login: auth failed on module secret; "
        "set the user and password or password_file" % daemon.host
    )
    for name in ("by password", "by file/" + below):
        place.same("src", name)
    with open(words) as stream:
        recorded = stream.read()
    assert "--dry-run" in recorded and "--files-from" in recorded
    assert daemon.password not in recorded
    assert daemon.password not in output and daemon.password not in str(results)


def test_options(ansible: Ansible, ssh: servers.Ssh) -> None:
    place = Place(ansible, "module_parallel_rsync_options")
    for number in range(1100):
        place.text("many/file%d" % number, "")
    place.text("names, one a line", "/modes\n# a comment\n*.o\n")
    place.text("list, one a line", "a/file0\nz/file1\n")
    place.text("there/extraneous", "x")
    place.text("there/file0", "of another day")
    for name in ("on its 'way'", "far"):
        os.mkdir(place.path(name))
    place.text('an rsync\'s "name"', '#!/bin/sh\nexec rsync "$@"\n', 0o755)
    trees.write(os.fsencode(os.path.join(ansible.folder, "from home", "file")), b"x")
    variables = {"here": place.here, "src": place.source, "many": place.path("many"), "ssh": place.ssh(ssh)}
    results, _output = ansible.target("module_parallel_rsync_options", variables)
    check(ansible, results, "bounded")
    place.same("src/z", "far/new/there/z")
