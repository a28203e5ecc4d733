# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Trees and servers for the fault tests."""

from __future__ import annotations

import os
import subprocess
import tempfile
import typing as t

import pytest

from tests.support import programs, servers, snapshot, trees

# A copy that can be caught on its way, and the ways that it can take.
SLOW = {"bwlimit": "2m", "retries": 2, "jobs": 3}
WAYS = ["local", "ssh push", "ssh pull", "daemon push", "daemon pull"]


@pytest.fixture
def folder() -> t.Iterator[str]:
    """A folder that other users can look into."""
    with tempfile.TemporaryDirectory(prefix="jsync-faults-") as path:
        os.chmod(path, 0o755)
        yield path
        for top, directories, _files in os.walk(path):
            for name in directories:
                os.chmod(os.path.join(top, name), 0o755, follow_symlinks=os.path.islink(os.path.join(top, name)))


@pytest.fixture
def ssh(folder: str) -> t.Iterator[servers.Ssh]:
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    with servers.sshd(place) as running:
        yield running


@pytest.fixture
def tiny(folder: str) -> t.Iterator[str]:
    """A file system of 4 MiB."""
    path = os.path.join(folder, "tiny")
    os.mkdir(path)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path], check=True)
    yield path
    subprocess.run(["umount", path], check=True)


class Tree:
    """A source with files large enough to be caught on their way, and a place to copy it to."""

    def __init__(self, folder: str, *, files: int = 12, size: int = 1 << 20) -> None:
        self.source = os.path.join(folder, "src")
        self.dest = os.path.join(folder, "dst")
        os.mkdir(self.source)
        for number in range(files):
            name = os.path.join(os.fsencode(self.source), b"d%d" % (number % 3), b"file%d" % number)
            trees.write(name, os.urandom(size))
        trees.stamp(os.fsencode(self.source))

    def params(self, **others: t.Any) -> dict[str, t.Any]:
        return dict({"src": self.source + "/", "dest": self.dest}, **others)

    def arrived(self) -> bool:
        """The two trees are the same."""
        return not snapshot.differences(snapshot.snapshot(self.source), snapshot.snapshot(self.dest))


@pytest.fixture
def tree(folder: str) -> Tree:
    return Tree(folder)


@pytest.fixture
def params(request: pytest.FixtureRequest, folder: str, tree: Tree) -> t.Iterator[dict[str, t.Any]]:
    """Options of a slow copy from the tree's source to its destination, in one of the WAYS."""
    way, place = request.param, os.path.join(folder, "server")
    os.mkdir(place)
    if way == "local":
        yield tree.params(**SLOW)
    elif way.startswith("ssh"):
        with servers.sshd(place) as ssh:
            end = "dest" if way == "ssh push" else "src"
            options = tree.params(**SLOW, **ssh.options())
            yield {**options, end: "%s:%s" % (ssh.host, options[end])}
    else:
        with servers.rsyncd(place) as daemon:
            end, path = ("dest", tree.dest) if way == "daemon push" else ("src", tree.source)
            os.rmdir(daemon.top)
            os.symlink(path, daemon.top)
            os.makedirs(path, exist_ok=True)
            yield {**tree.params(**SLOW), end: daemon.url + "tree/"}


def wrapper(folder: str, script: str) -> str:
    """Write a program that does something before it becomes rsync; ``$*`` holds rsync's arguments."""
    return programs.shell(os.path.join(folder, "rsync-wrapper"), '%s\nexec rsync "$@"' % script)
