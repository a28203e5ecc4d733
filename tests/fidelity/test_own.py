# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What a run keeps in TMPDIR is no part of the trees, though TMPDIR lies in one of them."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t

import pytest

from tests.fidelity.conftest import Bench
from tests.support import engine, servers, trees

WORDS = [
    "-a --delete",
    "-a --delete-before",
    "-a --delete-excluded --exclude=none",
    "-am --delete",
    "-aH --delete --filter=! --exclude=none",
    "-a --delete --exclude-from='{folder}/patterns'",
    "-a --delete --filter='merge {folder}/patterns'",
    "-a --delete --delay-updates",
    "-aR --delete",
    "-ar --delete --files-from='{folder}/names'",
]


def _build(source: str, dest: str) -> None:
    for top, names in ((source, "a/1 b/2 tmp/both"), (dest, "a/1 a/extraneous tmp/both tmp/extraneous")):
        for name in names.split():
            trees.write(os.path.join(os.fsencode(top), os.fsencode(name)), b"content")


def _prepare(bench: Bench) -> None:
    bench.prepare_trees(_build)
    for name, lines in (("names", "a\nb\ntmp\n"), ("patterns", "!\n- none\n")):
        with open(os.path.join(bench.folder, name), "w") as stream:
            stream.write(lines)


@contextlib.contextmanager
def _temporary(bench: Bench, place: str) -> t.Iterator[None]:
    """Let TMPDIR be there below what the module works in."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", os.path.join(bench.folder, "actual", place))
        yield


def _compare(bench: Bench, place: str, words: str, *sources: str) -> None:
    """Compare with TMPDIR in such a place, whose own time each run changes."""
    with _temporary(bench, place):
        result = bench.compare_words(words.format(folder=bench.folder), sources=sources, ignore={"mtime"})
    assert "jsync-" not in str(result["deleted"])


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("place", ["src", "src/tmp", "dst", "dst/tmp"])
def test_temporary_directory_in_a_tree(bench: Bench, place: str, words: str) -> None:
    _prepare(bench)
    _compare(bench, place, words, "src/./" if words.startswith("-aR") else "src/")


def test_temporary_directory_in_a_source_without_a_slash(bench: Bench) -> None:
    _prepare(bench)
    _compare(bench, "src/tmp", "-a", "src", "src/a")


@pytest.mark.parametrize("words", ["-aL --delete", "-ak --delete", "-aK --delete"])
def test_temporary_directory_behind_a_link(bench: Bench, words: str) -> None:
    def build(source: str, dest: str) -> None:
        _build(source, dest)
        elsewhere = os.path.join(os.path.dirname(source), "elsewhere")
        trees.write(os.path.join(os.fsencode(elsewhere), b"both"), b"content")
        if "K" in words:
            trees.write(os.path.join(os.fsencode(source), b"link", b"both"), b"content")
        os.symlink("../elsewhere", os.path.join(dest if "K" in words else source, "link"))

    bench.prepare_trees(build)
    _compare(bench, "elsewhere", words, "src/")


@pytest.mark.parametrize(("place", "far"), [("src/tmp", "after"), ("dst/tmp", "before")], ids=["push", "pull"])
def test_over_ssh(bench: Bench, ssh: servers.Ssh, place: str, far: str) -> None:
    _prepare(bench)
    ends: dict[str, t.Any] = {far: lambda path: "%s:%s" % (ssh.host, path)}
    params = dict(ssh.options(), delete=True)
    with _temporary(bench, place):
        result = bench.compare(["-a", "--delete"], params, connect=["-e", ssh.rsh()], ignore={"mtime"}, **ends)
    assert "jsync-" not in str(result["deleted"])


@pytest.mark.parametrize("place", ["src/tmp", "dst/tmp"])
def test_check_mode(bench: Bench, place: str) -> None:
    _prepare(bench)
    source, dest = (os.path.join(bench.folder, "actual", end) for end in ("src/", "dst"))
    with _temporary(bench, place):
        result = engine.run({"src": source, "dest": dest, "delete": True}, check=True, diff=True)
    assert "jsync-" not in result["diff"]["prepared"], result
    assert (result["rc"], result["stats"]["files"], result["stats"]["deletions"]) == (0, 1, 2)
