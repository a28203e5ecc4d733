# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Deletion where rules take from backups the protection that rsync gives them."""

from __future__ import annotations

import os

import pytest

from tests.fidelity.conftest import Bench
from tests.support import trees


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
