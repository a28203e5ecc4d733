# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Each kind of entry at the source meets each kind at the destination."""

from __future__ import annotations

import functools
import os

import pytest

from tests.fidelity.conftest import OTHER_USER, Bench, needs_root
from tests.support import kinds

# The module deletes nothing after an error, rsync does: with --ignore-errors both do.
WORDS = [
    "-a",
    "-aH",
    "-a --delete --ignore-errors",
    "-aH --delete --ignore-errors",
    "-a --force",
    "-aH -b --delete --ignore-errors",
    "-a --backup-dir=../bak --delete --ignore-errors",
    "-a -b --backup-dir=bak --delete --ignore-errors",
    "-a --existing",
    "-a --ignore-existing --delete --ignore-errors",
    "-a --ignore-existing --partial",
    "-a --ignore-existing --inplace",
    "-aH --ignore-existing",
    "-a -u --delete --ignore-errors",
    "-a -K",
    "-a -K --delete --ignore-errors",
    "-a -k",
    "-a -L",
    "-aL --delete --ignore-errors",
    "-a --inplace",
    "-a --append",
    "-a -c",
    "-aH -I",
    "-a --no-D --delete --ignore-errors",
    "-a --no-l --delete --ignore-errors",
    "-a --no-p --delete --ignore-errors",
    "-rt --delete --ignore-errors",
    "-d",
    "-a --max-delete=7 --delete --ignore-errors",
    "-a --filter='P inside' --delete --ignore-errors",
    "-a --exclude=deeper --delete --ignore-errors",
    "-a --exclude=deeper --delete-excluded --ignore-errors",
    "-a --link-dest=../ref --delete --ignore-errors",
    "-a --partial-dir=.part --delete --ignore-errors",
    "-am --delete --ignore-errors",
]


# Where one rsync may not enter a directory to delete in it before all, the module does it when the mode is right.
@pytest.mark.parametrize("words", [*WORDS, "-a --delete-before --ignore-errors"])
def test_pairs(bench: Bench, words: str) -> None:
    bench.prepare_trees(functools.partial(kinds.build, devices=os.geteuid() == 0))
    bench.compare_words(words)


@needs_root
@pytest.mark.parametrize("words", WORDS)
def test_pairs_as_another_user(bench: Bench, words: str) -> None:
    bench.prepare_trees(functools.partial(kinds.build, devices=False))
    bench.compare_words(words, user=OTHER_USER)
