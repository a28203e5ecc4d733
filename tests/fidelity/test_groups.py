# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What chooses names in a way of its own (rules in the tree, a list, relative names) beside every group of options."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import typing as t

import pytest

from tests.fidelity.conftest import Bench
from tests.support import trees

GROUPS = [
    "--delete",
    "--delete-before",
    "--delete-during",
    "--delete-delay",
    "--delete-after",
    "--delete-excluded",
    "--delete --max-delete=3",
    "-b --delete",
    "--backup-dir=../bak -b --delete",
    "--backup-dir=bak -b --delete",
    "-L --delete",
    "-k --delete",
    "-K",
    "-K --delete",
    "--safe-links --delete",
    "--munge-links --delete",
    "--link-dest=../ref --delete",
    "--copy-dest=../ref -H --delete",
    "--compare-dest=../ref --delete",
    "-H --delete",
    "-c --delete",
    "-I",
    "--size-only --delete",
    "--inplace",
    "--append --delete",
    "--partial-dir=.part --delete",
    "--delay-updates --delete",
    "--existing --delete",
    "--ignore-existing --delete",
    "-u --delete",
    "--max-size=5k --delete",
    "-m --delete",
    "--chmod=D0711,F4600",
    "--no-p --delete",
    "-E --no-p",
    "--fake-super --delete",
    "--numeric-ids --chown=1:2",
    "--usermap=0:5,*:6 --groupmap=*:7 --delete",
    "--remove-source-files --delete",
    "-x --delete",
    "--force",
]

RULES = ["--filter=': /.rules' -C", "-FF --filter='dir-merge,- .ignore'"]
LISTS = [
    "-r",
    "",
    "--no-relative --ignore-missing-args",
    "-r --no-implied-dirs",
    "-r --relative",
    "--exclude=b",
    "-r --exclude=/a/b/c",
]
SOURCES = [
    ["src/./a"],
    ["src/./a/b", "src/./z"],
    ["src/./a/", "src/./file1", "src/./hostile"],
    ["src/./", "ref/./z"],
    ["src/a/./b", "src/./a/file2"],
]

# Directories, files, names below others and below what is excluded, comments, a link above a name, and none such.
NAMES = [
    "a/",
    "z/file5",
    "a/b/c/file1",
    "# no name",
    "#taken for a comment",
    "./#named",
    ";taken for one, too",
    "./modes/odd",
    "hostile directories",
    "directories/readonly",
    "directories/shared/",
    "link to directory",
    "file1/now inside",
    "deep/d0/d1",
    "a/b/linked",
    "0 linked later",
    "empty",
    "z/../a/renamed",
]


def _beside(choices: t.Sequence[t.Any]) -> list[tuple[str, t.Any]]:
    """Give each group of options one of the choices, in turn."""
    return list(zip(GROUPS, itertools.cycle(choices)))


def _after(words: str) -> str:
    """Say for rsync what the module does: it deletes when the rules in the tree's own files have arrived.

    Where one rsync does all of the work it deletes when that does; so it is with -b, whose backups these rules expose.
    """
    alone = ("-K", "--backup-dir=bak", "--delay-updates", "--delete-before", *["-b"] * ("--backup-dir" not in words))
    if "--delete" not in words or any(word in words.split() for word in alone):
        return words
    return re.sub("--delete-(during|delay)", "", words) + " --delete-after"


@pytest.mark.parametrize("words", [*GROUPS, "-R --delete"])
@pytest.mark.parametrize("rules", RULES, ids=["rules", "filters"])
def test_rules_that_change_in_the_same_run(bench: Bench, rules: str, words: str) -> None:
    bench.prepare()
    for place in ("expected", "actual"):
        source, dest = (os.path.join(os.fsencode(bench.folder), place.encode(), end) for end in (b"src", b"dst"))
        for name in (b".rules", b".rsync-filter"):
            trees.write(os.path.join(source, name), b"- /deep/d0/d1\nH renamed\nR keep.bak\n")
            trees.write(os.path.join(source, b"a", name), b"- file1\nP new*\n")
            trees.write(os.path.join(dest, b"a", name), b"- file2\nP object*\nP longer than the new one\n")
            trees.write(os.path.join(dest, b"z", name), b"P file?\n")
        trees.write(os.path.join(source, b".ignore"), b"*.o\nmodes\n")
        trees.write(os.path.join(dest, b"extra directory", b".ignore"), b"*.bak\n")
        trees.write(os.path.join(source, b".cvsignore"), b"object.*\n")
        trees.write(os.path.join(source, b"z", b".cvsignore"), b"file3 linked\n")
        if "--ignore-existing" in words:  # rsync 3.2.7 deletes through it, unless it does that after all else
            os.unlink(os.path.join(dest, b"empty"))
    given = "-a --ignore-errors %s %s" % (rules, words)
    params = {"archive": False, "rsync_opts": shlex.split(given)}
    bench.compare(shlex.split(_after(given)), params, sources=["src/./" if "-R" in words else "src/"])


@pytest.mark.parametrize(("words", "how"), _beside(LISTS))
def test_list(bench: Bench, words: str, how: str) -> None:
    bench.prepare()
    for place in ("expected", "actual"):
        for name in (b"#named", b"#taken for a comment"):
            trees.write(os.path.join(os.fsencode(bench.folder), place.encode(), b"src", name), name)
    names = NAMES + ["not there", "a/nor/this"] * ("--exclude" not in how)
    path = os.path.join(bench.folder, "names")
    with open(path, "w") as stream:
        stream.writelines(name + "\n" for name in names)
    bench.compare_words("-a --ignore-errors --files-from='%s' %s %s" % (path, how, words))


@pytest.mark.parametrize(("words", "sources"), _beside(SOURCES))
def test_relative(bench: Bench, words: str, sources: list[str]) -> None:
    bench.prepare()
    bench.compare_words("-aR --ignore-errors " + words, sources=sources)


@pytest.mark.parametrize("words", ["--delete", "--delete-before", "--delete-excluded", "--force"])
@pytest.mark.parametrize("kinds", ["", " full"], ids=["", "full"])
def test_patterns_in_files(bench: Bench, words: str, kinds: str) -> None:
    bench.prepare(source="new" + kinds, dest="dest" + kinds)
    for name, patterns in (("include", "file1\n*.bak\n"), ("exclude", "# none\nfile?\r\n*.o\n\ndeep")):
        with open(os.path.join(bench.folder, name), "w", newline="") as stream:
            stream.write(patterns)
    files = "--include-from='%s/include' --exclude-from='%s/exclude'" % (bench.folder, bench.folder)
    bench.compare_words("-a --ignore-errors %s %s" % (files, words))
