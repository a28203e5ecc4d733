# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Deletion where rules take from backups the protection that rsync gives them, or stand in the tree's own files."""

from __future__ import annotations

import os
import shlex
import typing as t

import pytest

from tests.fidelity.conftest import Bench
from tests.support import engine, programs, trees


def _build(source: str, dest: str) -> None:
    for name in (b"etc/a", b"etc/d/b", b"c"):
        trees.write(os.path.join(os.fsencode(source), name), b"what is new")
        trees.write(os.path.join(os.fsencode(dest), name), b"old")
    for name in (b"etc/gone", b"gone"):
        trees.write(os.path.join(os.fsencode(dest), name), b"extraneous")
    trees.write(os.path.join(os.fsencode(source), b".rules"), b"+ *\n")
    for top in (source, dest):
        trees.stamp(os.fsencode(top))


@pytest.mark.parametrize(
    "words",
    [
        "--include=/etc/*** --exclude=*",
        "--include=*",
        "--filter='R *~'",
        "--exclude-from=src/.rules",
        "--filter=': .rules'",
        "-m --include=*",
        "--include=*/ --include=a --exclude=*",
        "--exclude=*~ -S",
        "-m --filter='R,! *.txt'",
        "-m --include=*k --suffix=.bak",
    ],
)
def test_backups_stay(bench: Bench, words: str) -> None:
    bench.prepare_trees(_build)
    bench.compare_words("-ab --delete " + words)


def _build_blocked(source: str, dest: str) -> None:
    _build(source, dest)
    trees.write(os.path.join(os.fsencode(source), b"way"), b"file")
    trees.write(os.path.join(os.fsencode(dest), b"way/in it"), b"in the way")


@pytest.mark.parametrize("words", ["-F", "-C", "-m", "--filter=': .rules' --ignore-errors", "-F --remove-source-files"])
def test_a_directory_makes_way(bench: Bench, words: str) -> None:
    """Lanes may not clear it away; the rsync over the tree may, and knows the rules in the tree's own files."""
    bench.prepare_trees(_build_blocked)
    bench.compare_words("-a --delete " + words)


@pytest.mark.parametrize("words", ["-F", "-F --remove-source-files"])
def test_what_is_protected_stays_in_the_way(bench: Bench, words: str) -> None:
    bench.prepare_trees(_build_blocked)
    actual = os.path.join(bench.folder, "actual")
    trees.write(os.path.join(os.fsencode(actual), b"dst/way/.rsync-filter"), b"P in it\n")
    params = {"archive": False, "rsync_opts": ["-a", "--delete", *words.split()]}
    result = engine.run({**params, "src": actual + "/src/", "dest": actual + "/dst"})
    assert [entry["path"] for entry in result["failures"]] == ["way"], result
    assert os.path.isfile(os.path.join(actual, "src/way")) and os.path.isfile(os.path.join(actual, "dst/way/in it"))


def _build_protected(source: str, dest: str) -> None:
    """A file stands where the destination has a directory with something in it that rules protect."""
    trees.write(os.path.join(os.fsencode(source), b"way"), b"file")
    for name in (b"way/keep.me", b"way/other", b"gone"):
        trees.write(os.path.join(os.fsencode(dest), name), name)
    trees.write(os.path.join(os.fsencode(dest), b"way/.rsync-filter"), b"P keep.me\n")
    with open(os.path.join(source, os.pardir, "rules"), "w") as stream:
        stream.write("keep.me\n")


@pytest.mark.parametrize("way", ["local", "push"])
@pytest.mark.parametrize(
    "words",
    [
        "--delete -F",
        "--delete -F --force",
        "--delete -F --force --max-delete=9",
        "--delete -F --force --remove-source-files",
        "--delete --filter='P keep.me'",
        "--delete --filter='P keep.me' --remove-source-files",
        "--delete --exclude=keep.me",
        "--delete --exclude-from=rules --force",
        "--delete --exclude=keep.me -b",
        "--delete -b --ignore-errors",
        "--delete -b --no-p",
        "--force -b",
        "--force -b --no-p",
        "--force --exclude=keep.me",
        "--delete --exclude=unknown",
    ],
)
def test_what_rules_protect_stays(bench: Bench, words: str, way: str) -> None:
    """A receiver at the other end is told of rules only where it deletes."""
    bench.prepare_trees(_build_protected)
    split = ["-a", *shlex.split(words)]
    rsh = programs.shell(os.path.join(bench.folder, "rsh"), 'shift\nexec "$@"')
    far: dict[str, t.Any] = {"connect": ["-e", rsh], "after": lambda path: "far:" + path} if way == "push" else {}
    bench.compare(split, {"archive": False, "rsync_opts": split, **({"rsh": rsh} if far else {})}, **far)
