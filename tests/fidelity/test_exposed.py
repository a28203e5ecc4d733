# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Deletion where rules take from backups the protection that rsync gives them, or stand in the tree's own files."""

from __future__ import annotations

import os

import pytest

from tests.fidelity.conftest import Bench
from tests.support import engine, trees


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
