# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The destination itself: what it gets, whatever lists imply and filters match.

rsync never filters the top of a source that ends with a slash, but what a list implies.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import typing as t

import pytest

from tests.fidelity.conftest import Bench
from tests.support import engine, servers, snapshot, trees

if t.TYPE_CHECKING:
    import pathlib

FILTERS = [
    "--exclude=.*",
    "--exclude=*.*",
    "--include='/a/***' --include=/file --exclude='*'",
    "--exclude=.? --filter='!' --exclude='.*'",
    "--filter='clear' --filter='- .*'",
    "--exclude-from='{folder}/cleared'",
    "--filter='P .*' --exclude='.*'",
]


def _make(top: str) -> None:
    for name in (b"a/b/c/file", b"a/other/file", b"file", b".hidden"):
        trees.write(os.path.join(os.fsencode(top), name), b"content")
    os.mkdir(os.path.join(top, "empty"))
    os.chmod(top, 0o750)
    trees.stamp(os.fsencode(top))


@pytest.mark.parametrize("words", FILTERS)
@pytest.mark.parametrize("further", ["", "--delete", "--delete-excluded", "-H"])
@pytest.mark.parametrize("there", ["nothing", "the same", "an older file"])
def test_the_top_is_not_filtered(tmp_path: pathlib.Path, words: str, further: str, there: str) -> None:
    (tmp_path / "cleared").write_text("!\n.*\n")
    source, ours, plain = (os.fspath(tmp_path / name) for name in ("src", "ours", "plain"))
    _make(source)
    for dest in (ours, plain) if there != "nothing" else ():
        subprocess.run(["rsync", "-a", source + "/", dest], check=True)
        if there == "an older file":
            os.utime(os.path.join(dest, "file"), (1, 1))
            trees.write(os.path.join(os.fsencode(dest), b"extraneous"), b"")
            subprocess.run(["rsync", "-a", "--dirs", "--exclude=/*", source + "/", dest], check=True)
    options = shlex.split("%s %s" % (words.format(folder=tmp_path), further))
    subprocess.run(["rsync", "-a", *options, source + "/", plain], check=True)
    result = engine.run({"src": source + "/", "dest": ours, "rsync_opts": options, "jobs": 2})
    assert result["rc"] == 0, result
    assert not snapshot.differences(snapshot.snapshot(plain), snapshot.snapshot(ours))


def _build_flat(source: str, _dest: str) -> None:
    """A tree without directories, which is not for all to see."""
    trees.write(os.path.join(os.fsencode(source), b"file"), b"content")
    os.chmod(source, 0o2710)


@pytest.mark.parametrize("words", ["-rlt", "-a --no-p", "-rltE --chmod=D711", "-rlt --existing", "-rlt --max-size=1"])
@pytest.mark.parametrize("end", ["", "before", "after"], ids=["local", "pull", "push"])
def test_a_new_destination_gets_the_permissions_of_the_source(
    bench: Bench, ssh: servers.Ssh, end: str, words: str
) -> None:
    bench.prepare_trees(_build_flat)
    params = {"archive": False, "rsync_opts": words.split()}
    if not end:
        bench.compare(words.split(), params)
        return
    far: dict[str, t.Any] = {end: lambda path: "%s:%s" % (ssh.host, path)}
    bench.compare(words.split(), {**params, **ssh.options()}, connect=["-e", ssh.rsh()], **far)


@pytest.mark.parametrize("names", [".\n", "./\nbelow\n", "below/file\n./\n"])
def test_a_new_destination_that_a_list_names_gets_them_too(bench: Bench, names: str) -> None:
    def build(source: str, dest: str) -> None:
        trees.write(os.path.join(os.fsencode(source), b"below", b"file"), b"content")
        _build_flat(source, dest)

    bench.prepare_trees(build)
    with open(os.path.join(bench.folder, "names"), "w") as stream:
        stream.write(names)
    bench.compare_words("-rlt -r --files-from='%s/names'" % bench.folder)
