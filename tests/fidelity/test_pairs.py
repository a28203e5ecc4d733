# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Options that act on the same thing, two or three at a time."""

from __future__ import annotations

import itertools
import os
import typing as t

import pytest

from tests.fidelity.conftest import Bench
from tests.support import trees

DELETION = ["--delete", "--delete-excluded", "--delete-before", "--delete --max-delete=3", "--delete --force"]
FILTERS = [
    "--exclude=*.o --exclude=file5",
    "--filter='P *.bak'",
    "--filter='R *.bak' --filter='P *'",
    "--filter='S *' --exclude=sub",
    "--filter=': /.rules'",
    "--filter='dir-merge,- .ignore'",
    "-C",
    "-m --exclude=file*",
    "--filter='-s file*'",
    "--filter='-r extra*'",
    "--include=*/ --include=*1 --exclude=*",
    "--exclude=/a/*/",
    "--max-size=5k",
]
BACKUP = ["-b", "-b --suffix=.bak", "-b --backup-dir=../bak"]
LINKS = ["-L", "-k", "-K -O", "--safe-links", "--copy-unsafe-links", "--munge-links", "--no-l"]
ELSEWHERE = ["--link-dest=../ref", "--copy-dest=../ref", "--compare-dest=../ref"]
COMPARISON = ["-H", "-c", "-Hc", "-I", "-H --delete", "--size-only", "-u --delete"]
CHOICE = ["--existing", "--ignore-existing", "-u"]
METADATA = ["--no-t", "-O", "-J", "--no-p", "-E --no-p", "--no-o --no-g", "--chmod=D0711,F4600", "--chown=1:2", "-X"]
FURTHER = [
    "-Hx --delete --numeric-ids",
    "--inplace --append",
    "--inplace --no-W -S",
    "--inplace -b",
    "--append-verify --no-W -b",
    "--partial-dir=.part --delay-updates",
    "--partial-dir=.part --no-W --delete",
    "--delay-updates -b --backup-dir=../bak",
    "-H --delay-updates --delete",
    "-X --fake-super --chown=3:4",
    "--fake-super -H --delete",
    "--chown=1:2 --no-o",
    "--chown=1:2 --no-g --delete",
    "--no-o --chown=1 --fake-super",
    "--usermap=*:5 --no-o --no-g --chown=:3",
    "--usermap=0:5,*:6 --groupmap=*:7 --numeric-ids",
    "--remove-source-files --existing",
    "--remove-source-files --exclude=z --delete",
    "--remove-source-files -c -b",
    "--existing --ignore-existing --delete",
    "--min-size=1 --max-size=600 -H --delete",
    "--copy-links --exclude=a --delete -H",
    "-y -y --delete --link-dest=../ref",
    "--no-r --delete -d",
    "--no-D --delete -H",
    "--ignore-missing-args --delete-missing-args --delete",
]


def _pairs(*groups: t.Sequence[str]) -> list[str]:
    return [" ".join(words) for words in itertools.product(*groups)]


PAIRS = [
    *_pairs(DELETION, FILTERS),
    *_pairs(BACKUP, DELETION[:2], FILTERS[1:8:2]),
    *_pairs(ELSEWHERE, COMPARISON),
    *_pairs(CHOICE, ["--delete", "-H", "--inplace", "-c", "-b", "-m --delete"]),
    *map(" ".join, itertools.combinations(LINKS, 2)),
    *map(" ".join, itertools.combinations(METADATA, 2)),
    *FURTHER,
]


@pytest.mark.parametrize("words", PAIRS)
def test_pair(bench: Bench, words: str) -> None:
    bench.prepare()
    for place in ("expected", "actual"):
        top = os.fsencode(os.path.join(bench.folder, place))
        trees.write(os.path.join(top, b"src", b"a", b".rules"), b"- file1\nP extraneous\n")
        trees.write(os.path.join(top, b"src", b".ignore"), b"*.o\nmodes\n")
        trees.write(os.path.join(top, b"dst", b"z", b".rules"), b"P file?\n")
        trees.write(os.path.join(top, b"src", b".cvsignore"), b"object.*\n")
    if "--delete" not in words:
        bench.compare_words("-a " + words)
        return
    # The module deletes nothing after an error; it deletes when the rules in the tree's own files have arrived.
    late = ["--delete-after"] if "merge" in words or "': " in words else []
    exposed = words.startswith("-b ") and "--backup-dir" not in words
    if "before" in words or "excluded" in words or exposed:  # one rsync does all of the work
        late = []
    bench.compare_words("-a --ignore-errors " + words, connect=late)
