# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Trees of extreme shapes, cut as in real runs: one flat directory, many levels, directories without files."""

from __future__ import annotations

import os
import subprocess
import tempfile
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes

from tests.support import engine, servers

MOMENT = 1_600_000_000


def flat(top: str) -> None:
    for number in range(20_000):
        touch(os.path.join(top, "file%05d" % number))


def flat_below(top: str) -> None:
    os.mkdir(os.path.join(top, "below"))
    flat(os.path.join(top, "below"))


def deep(top: str) -> None:
    for level in range(200):
        top = os.path.join(top, "level%03d" % level)
        os.mkdir(top)
        touch(os.path.join(top, "file"))


def empty(top: str) -> None:
    for number in range(20_000):
        os.mkdir(os.path.join(top, "directory%05d" % number))


def one_large(top: str) -> None:
    flat_below(top)
    with open(os.path.join(top, "large"), "wb") as stream:
        stream.truncate(200 << 20)


def touch(path: str) -> None:
    with open(path, "wb"):
        pass
    os.utime(path, (MOMENT, MOMENT))


@pytest.mark.parametrize("pull", [False, True], ids=["local", "pull"])
@pytest.mark.parametrize("build", [flat, flat_below, deep, empty, one_large])
def test_shape(ssh: servers.Ssh, build: t.Callable[[str], None], pull: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="jsync-shapes-") as folder:
        source, dest = (os.path.join(folder, name) for name in ("src", "dst"))
        os.mkdir(source)
        build(source)
        params: dict[str, t.Any] = {"src": source + "/", "dest": dest}
        if pull:
            params.update(ssh.options(), src="%s:%s/" % (ssh.host, source))
        result = engine.run(params, sizes=Sizes())
        assert (result["rc"], result["one_process"]) == (0, []), result
        left = subprocess.run(["rsync", "-an", "--delete", "-i", source + "/", dest], stdout=subprocess.PIPE)
        assert (left.returncode, left.stdout) == (0, b"")
