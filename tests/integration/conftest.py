# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The environments in which everything runs, and the servers."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import typing as t

import pytest

from tests.integration import hosts as inventory
from tests.integration.environments import NAMES, environment
from tests.integration.runner import COLLECTIONS, Ansible
from tests.support import servers


@pytest.fixture(scope="session")
def folder() -> t.Iterator[str]:
    """A folder that other users can look into."""
    link = os.path.join(COLLECTIONS, "ansible_collections", "vgreb", "jsync")
    os.makedirs(os.path.dirname(link), exist_ok=True)
    with contextlib.suppress(FileExistsError):  # of setup.sh, or of another worker
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


@pytest.fixture(scope="session", params=NAMES)
def ansible(request: pytest.FixtureRequest, folder: str) -> Ansible:
    """The newest and the oldest ansible-core, or those that JSYNC_ANSIBLE names; a test may ask for others."""
    return environment(request.param, folder)


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
