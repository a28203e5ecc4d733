# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The environments in which everything runs, the servers, and a place for each run."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import typing as t

import pytest

from tests.integration import hosts as inventory
from tests.integration.runner import COLLECTIONS, REPOSITORY, Ansible
from tests.support import servers

NEWEST = os.path.dirname(sys.executable)
OLDEST = os.path.join(REPOSITORY, ".venv-oldest", "bin")

BOTH = ("newest", "oldest")

# The oldest Python of a target host needs ansible-core 2.17 or older.
OLD_PYTHON = "oldest-python3.7"


def _python37() -> str | None:
    """A Python 3.7 that works; a shim in PATH may stand for one that is switched off."""
    found = [shutil.which("python3.7"), *glob.glob(os.path.expanduser("~/.pyenv/versions/3.7*/bin/python3.7"))]
    for path in filter(None, found):
        if subprocess.run([path, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            return path
    return None


# The two ends of what is supported. Without Python 3.7 its tests are seen to be skipped.
ENDS = ("newest", OLD_PYTHON) if _python37() else (*BOTH, OLD_PYTHON)


def _environment(name: str, folder: str) -> Ansible:
    programs = NEWEST if name == "newest" else OLDEST
    if not os.path.exists(os.path.join(programs, "ansible-playbook")):
        pytest.skip("no ansible-playbook in %s" % programs)
    python = os.path.realpath(os.path.join(programs, "python"))
    if name == OLD_PYTHON:
        python = _python37() or pytest.skip("no Python 3.7, in PATH or in ~/.pyenv")
    place = os.path.join(folder, name)
    os.makedirs(place, exist_ok=True)
    return Ansible(name, programs, python, place)


@pytest.fixture(scope="session")
def folder() -> t.Iterator[str]:
    """A folder that other users can look into."""
    link = os.path.join(COLLECTIONS, "ansible_collections", "vgreb", "jsync")
    if not os.path.lexists(link):
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(os.path.join("..", "..", "..", ".."), link)
    path = tempfile.mkdtemp(prefix="jsync-integration-")
    os.chmod(path, 0o755)
    yield path
    for top, directories, _files in os.walk(path):
        for name in directories:
            inner = os.path.join(top, name)
            if not os.path.islink(inner):
                os.chmod(inner, 0o755)
    shutil.rmtree(path)


@pytest.fixture(scope="session", params=BOTH)
def ansible(request: pytest.FixtureRequest, folder: str) -> Ansible:
    """The newest and the oldest ansible-core; a test may ask for other environments."""
    return _environment(request.param, folder)


@pytest.fixture(scope="session")
def ssh(folder: str) -> t.Iterator[servers.Ssh]:
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    with servers.sshd(place) as running:
        yield running


@pytest.fixture(scope="session")
def daemon(folder: str) -> t.Iterator[servers.Rsyncd]:
    place = os.path.join(folder, "rsyncd")
    os.mkdir(place)
    with servers.rsyncd(place) as running:
        yield running


@pytest.fixture(scope="session")
def hosts(folder: str) -> t.Iterator[inventory.Hosts]:
    with inventory.running(folder) as running:
        yield running
