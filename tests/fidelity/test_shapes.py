# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Trees of extreme shapes, cut as in real runs: one flat directory, many levels, directories without files."""

from __future__ import annotations

import math
import os
import re
import subprocess
import tempfile
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _carrier
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import lanes

from tests.support import engine, programs, servers, snapshot

if t.TYPE_CHECKING:
    import pathlib

MOMENT = 1_600_000_000
_LONGEST_PATH = 4000


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


def longest(top: str) -> None:
    """A file with a path nearly as long as rsync takes one: of a directory it has 4,095 bytes at most (opendir in
    flist.c), and in a list that goes to the far end a few bytes less (implied_include_partial_string in exclude.c).
    """
    left = _LONGEST_PATH - len(top) - len("/file")
    inner = os.open(top, os.O_RDONLY)
    while left:
        size = min(left - 1, 200)
        size -= left - 1 - size == 1
        os.mkdir("x" * size, dir_fd=inner)
        above, inner = inner, os.open("x" * size, os.O_RDONLY, dir_fd=inner)
        os.close(above)
        left -= size + 1
    handle = os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=inner)
    os.utime(handle, (MOMENT, MOMENT))
    os.close(handle)
    os.close(inner)


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
@pytest.mark.parametrize("build", [flat, flat_below, deep, longest, empty, one_large])
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
        left = subprocess.run(
            ["rsync", "-an", "--delete", "-i", source + "/", dest], stdout=subprocess.PIPE, check=False
        )
        assert (left.returncode, left.stdout) == (0, b"")


def test_directories_of_directories_take_no_pass_of_their_own(tmp_path: pathlib.Path) -> None:
    """What a list names makes all that is above it, and the module the destination."""
    for number in range(3):
        (tmp_path / f"src/{number}/above/below").mkdir(parents=True)
        (tmp_path / f"src/{number}/above/below/file").touch()
    log = tmp_path / "log"
    program = programs.shell(os.fspath(tmp_path / "rsync"), 'echo "$*" >> \'%s\'; exec rsync "$@"' % log)
    result = engine.run({"src": f"{tmp_path}/src/", "dest": f"{tmp_path}/dst/", "rsync_path": program, "jobs": 2})
    assert result["rc"] == 0, result
    assert not snapshot.differences(snapshot.snapshot(f"{tmp_path}/src"), snapshot.snapshot(f"{tmp_path}/dst"))
    assert not re.findall("--files-from=[^ ]*directories", log.read_text())


def _long_names(folder: pathlib.Path, number: int) -> dict[str, t.Any]:
    """Many files of one directory whose names are long, and what copies them."""
    folder.joinpath("src").mkdir()
    for name in range(number):
        folder.joinpath("src", "%0180d" % name).touch()
    return {"src": f"{folder}/src/", "dest": f"{folder}/dst/", "jobs": 1}


def test_long_names_need_no_lists(tmp_path: pathlib.Path) -> None:
    params = _long_names(tmp_path, 5000)
    script = 'case "$*" in *--files-from=*) exit 11 ;; esac; exec rsync "$@"'
    result = engine.run({**params, "rsync_path": programs.shell(f"{tmp_path}/rsync", script)}, sizes=Sizes())
    assert result["rc"] == 0, result
    assert not snapshot.differences(snapshot.snapshot(f"{tmp_path}/src"), snapshot.snapshot(f"{tmp_path}/dst"))


@pytest.mark.parametrize("listed", [True, False])
def test_a_push_of_long_names(
    ssh: servers.Ssh, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, listed: bool
) -> None:
    """They need no lists where these take longer than a login."""
    monkeypatch.setattr(lanes, "_DISTANT_SECONDS", math.inf)
    monkeypatch.setattr(_carrier, "_LIST_RATE", math.inf if listed else 0)
    params = _long_names(tmp_path, 5000)
    log = tmp_path / "log"
    script = 'echo $# "$*" | cut -c -4000 >> \'%s\'; exec rsync "$@"' % log
    program = programs.shell(os.fspath(tmp_path / "rsync"), script)
    far = {"dest": f"{ssh.host}:{tmp_path}/dst/", "rsync_path": program, **ssh.options()}
    result = engine.run({**params, **far}, sizes=Sizes())
    assert result["rc"] == 0, result
    assert not snapshot.differences(snapshot.snapshot(f"{tmp_path}/src"), snapshot.snapshot(f"{tmp_path}/dst"))
    words = [int(line.split()[0]) for line in log.read_text().splitlines()]
    assert (sum(number for number in words if number > 100) >= 5000) != listed


def test_an_environment_that_leaves_little_room_for_names(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """execve(2): arguments and environment together have a quarter of the stack, and never more than 6 MiB."""
    params = _long_names(tmp_path, 1500)
    room = min(os.sysconf("SC_ARG_MAX"), 6 << 20) - (200 << 10) - sum(map(len, os.environb.values()))
    for number in range(room // (100 << 10)):
        monkeypatch.setenv("LARGE_%d" % number, "x" * (100 << 10))
    result = engine.Started(params, os.fspath(tmp_path), sizes=Sizes()).result()
    assert result["rc"] == 0, result
    assert not snapshot.differences(snapshot.snapshot(f"{tmp_path}/src"), snapshot.snapshot(f"{tmp_path}/dst"))


def test_a_pull_makes_its_destination_before_the_lanes_begin(ssh: servers.Ssh, tmp_path: pathlib.Path) -> None:
    """Two rsyncs that make it at once fail."""
    (tmp_path / "src/above/below").mkdir(parents=True)
    for name in ("one", "two", "above/below/three"):
        (tmp_path / "src" / name).touch()
    script = 'case "$*" in *--dry-run*) ;; *--files-from=*) [ -d \'%s/dst\' ] || exit 11 ;; esac; exec rsync "$@"'
    program = programs.shell(os.fspath(tmp_path / "rsync"), script % tmp_path)
    params = {"src": f"{ssh.host}:{tmp_path}/src/", "dest": f"{tmp_path}/dst/", "bwlimit": "10m", **ssh.options()}
    result = engine.run({**params, "rsync_path": program})
    assert result["rc"] == 0, result
    assert not snapshot.differences(snapshot.snapshot(f"{tmp_path}/src"), snapshot.snapshot(f"{tmp_path}/dst"))
