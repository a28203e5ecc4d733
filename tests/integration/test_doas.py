# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Another user at the far end by doas: the one of this host if it lets root be nobody, else one that does the same."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import tempfile
import typing as t

import pytest

from tests.faults.conftest import Tree
from tests.integration.hosts import Hosts
from tests.integration.runner import REPOSITORY, Ansible, Ended
from tests.support import programs

HERE = os.path.join(REPOSITORY, "tests", "integration", "doas")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")


def doas(folder: str) -> str:
    """The one of this host, or the stand-in."""
    found = shutil.which("doas")
    argv = [found or "doas", "-n", "-u", "nobody", "true"]
    if found and subprocess.run(argv, stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return found
    return stand_in(folder)


def stand_in(folder: str) -> str:
    return programs.python(os.path.join(folder, "doas"), os.path.join(HERE, "stand_in.py"))


@pytest.fixture
def tree(ansible: Ansible) -> t.Iterator[Tree]:
    """A tree to copy to where everybody may write."""
    with tempfile.TemporaryDirectory(prefix="doas-", dir=ansible.folder) as folder:
        os.chmod(folder, 0o777)
        yield Tree(folder, files=6, size=1000)


def push(ansible: Ansible, hosts: Hosts, tree: Tree, program: str, user: str) -> Ended:
    variables = {"ansible_become_exe": program, "ansible_become_user": user, "ansible_become_method": "doas"}
    words = ["-i", hosts.inventory, "web", "--become", "-e", json.dumps(variables)]
    options = json.dumps(tree.params(mode="push", owner=False, group=False, jobs=2))
    plugins = "ANSIBLE_BECOME_PLUGINS=" + os.path.join(HERE, "become_plugins")
    program = os.path.join(ansible.programs, "ansible")
    return ansible.run("/usr/bin/env", plugins, program, *words, "-m", "vgreb.jsync.parallel_rsync", "-a", options)


def test_push(ansible: Ansible, hosts: Hosts, tree: Tree) -> None:
    ended = push(ansible, hosts, tree, doas(ansible.folder), "nobody")
    assert ended.code == 0, ended.output
    nobody = pwd.getpwnam("nobody").pw_uid
    made = [os.path.join(top, name) for top, _names, files in os.walk(tree.dest) for name in files]
    assert len(made) == 6 and {os.stat(path).st_uid for path in made} == {nobody}
    ansible.check_clean()


def test_not_permitted(ansible: Ansible, hosts: Hosts, tree: Tree) -> None:
    ended = push(ansible, hosts, tree, stand_in(ansible.folder), "daemon")
    assert ended.code == 2
    assert "does not run rsync as another user without a password: allow it there (NOPASSWD, nopass in" in ended.output
    assert not os.path.exists(tree.dest)
    ansible.check_clean()
