# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What is built, installed and named in meta/, as users of the package have it."""

from __future__ import annotations

import glob
import os
import shutil
import tarfile
import typing as t

import pytest

from tests.docs.network import is_possible
from tests.integration.environments import in_one
from tests.integration.hosts import Hosts
from tests.integration.runner import REPOSITORY, Ansible, Ended
from tests.integration.test_commands import copy
from tests.integration.test_role import play
from tests.integration.test_targets import Place
from tests.support import snapshot, trees

# Runs a command on a machine that has none of this.
_WITHOUT_REPOSITORY = """
for part in plugins roles playbooks meta docs; do mount -t tmpfs none "$0/$part" || exit; done
exec "$@"
"""


class Installed(Ansible):
    """An ansible-core whose one collection was built, and installed from the archive."""

    @property
    def temporary(self) -> str:
        """No file of sshd's configuration can be named what the others' is."""
        return os.path.join(self.folder, "temporary")

    @property
    def collections(self) -> str:
        return os.path.join(self.folder, "collections")

    def run(self, program: str, *words: str, collections: str = "") -> Ended:
        """Run one of Ansible's commands where this repository is not."""
        argv = ("--mount", "sh", "-c", _WITHOUT_REPOSITORY, REPOSITORY, os.path.join(self.programs, program), *words)
        return super().run(shutil.which("unshare") or "", *argv, collections=collections or self.collections)


@pytest.fixture(scope="module")
def archive(ansible: Ansible) -> str:
    """What ``ansible-galaxy`` builds of this repository."""
    folder = os.path.join(ansible.folder, "built")
    ended = ansible.run("ansible-galaxy", "collection", "build", REPOSITORY, "--output-path", folder)
    assert ended.code == 0, ended.output
    (found,) = glob.glob(os.path.join(folder, "vgreb-jsync-*.tar.gz"))
    return found


@pytest.fixture(scope="module")
def installed(ansible: Ansible, archive: str) -> Installed:
    if not is_possible():
        pytest.skip("nothing can be hidden from a command here")
    folder = os.path.join(ansible.folder, "elsewhere")
    os.mkdir(folder)
    there = Installed(*ansible._replace(folder=folder))
    ended = there.run("ansible-galaxy", "collection", "install", "--offline", archive, "-p", there.collections)
    assert ended.code == 0, ended.output
    return there


def done(installed: Installed, playbook: str, variables: dict[str, t.Any], *words: str) -> str:
    """The output of a playbook of the collection that has ended well."""
    ended = play(installed, playbook, variables, *words)
    assert ended.code == 0, ended.output
    installed.check_clean()
    return ended.output


def test_archive(archive: str) -> None:
    """It holds what users need, and no test."""
    with tarfile.open(archive) as members:
        names = members.getnames()
    assert {"MANIFEST.json", "README.md", "plugins/modules/parallel_rsync.py"} <= set(names)
    assert [name for name in names if name.startswith((".", "test")) or "/test" in name or "/." in name] == []


@in_one
def test_installed_module(installed: Installed) -> None:
    _said, result = copy(installed, "ad-hoc", "vgreb.jsync.parallel_rsync", "")
    assert len(result["lanes"]) == 8


def test_installed_demo(installed: Installed) -> None:
    assert "localhost" in done(installed, "demo", {})


@in_one
def test_installed_playbooks(installed: Installed, hosts: Hosts) -> None:
    """And with them the role, the filter and the action plugin."""
    source, dest, moved = (os.path.join(installed.folder, name) for name in ("src", "dest", "moved"))
    trees.build(source)
    before = snapshot.snapshot(source)
    given = {"jsync_src": source + "/", "jsync_dest": dest + "/", "jsync_hard_links": True}
    here = ("-i", "localhost,", "--connection", "local")
    assert "would copy" in done(installed, "check", given, *here) and not os.path.exists(dest)
    done(installed, "sync", given, *here)
    migrated = {"migrate_old": "db", "migrate_new": "web", "migrate_path": source + "/", "migrate_dest": moved + "/"}
    done(installed, "migrate_path", {**migrated, "jsync_hard_links": True}, "-i", hosts.inventory)
    for made in (dest, moved):
        assert not snapshot.differences(before, snapshot.snapshot(made))


def test_action_group(ansible: Ansible) -> None:
    """module_defaults of the group reach both modules; what a task says comes first."""
    place = Place(ansible, "action_group")
    results, _output = ansible.target("action_group", {"here": place.here, "src": place.source})
    assert {name: len(result["lanes"]) for name, result in results.items()} == {
        "parallel_rsync": 3,
        "task": 2,
        "synchronize": 3,
    }
    wanted = set(os.listdir(place.source)) - {"modes"}
    for name in ("by parallel_rsync", "by a task", "by synchronize"):
        assert set(os.listdir(place.path(name))) == wanted
    ansible.check_clean()
