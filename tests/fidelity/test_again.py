# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Where no times tell rsync that a file has arrived: what a second look, or a second pass, makes of it."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.fidelity.conftest import OTHER_USER, Bench, needs_root
from tests.support import engine, programs, snapshot, trees

NAMES = [b"d/f", b"d/g", b"e/h", b"i"]


def _build(source: str, dest: str) -> None:
    """Half of them are as large as they were."""
    for number, name in enumerate(NAMES):
        trees.write(os.path.join(os.fsencode(source), name), b"new" * (number % 2 + 1))
        trees.write(os.path.join(os.fsencode(dest), name), b"old", mtime=OLD)


def _build_blocked(source: str, dest: str) -> None:
    """With a directory that is in a file's way."""
    _build(source, dest)
    trees.write(os.path.join(os.fsencode(source), b"way"), b"file")
    trees.write(os.path.join(os.fsencode(dest), b"way/file"), b"in the way")


OLD = 1_500_000_000_000_000_000
WHOLE = "--delete --prune-empty-dirs"


@pytest.mark.parametrize(
    "words",
    [
        "-rlpgoD -b " + WHOLE,
        "-rl -b --backup-dir=../bak " + WHOLE,
        "-rlc -b --backup-dir=../bak " + WHOLE,
        "-rltI -b --backup-dir=../bak " + WHOLE,
        "-rl --size-only -b " + WHOLE,
        "-rl -b --remove-source-files " + WHOLE,
    ],
)
def test_backups_hold_what_was_there_before(bench: Bench, words: str) -> None:
    bench.prepare_trees(_build)
    result = bench.compare_words(words)
    assert result["stats"]["files"] == len(NAMES) // (1 + ("size-only" in words))


@pytest.mark.parametrize("words", ["-rl -b", "-rltI -b", "-rlc -b --backup-dir=../bak", "-rlt -b"])
def test_backups_where_something_is_in_the_way(bench: Bench, words: str) -> None:
    bench.prepare_trees(_build_blocked)
    result = bench.compare_words(words)
    assert result["stats"]["files"] == len(NAMES)
    assert [entry["path"] for entry in result["failures"]] == ["way"]


@pytest.mark.parametrize("words", ["-rl", "-rlI", "-aI", "-a", "-rl --append", "-rl --size-only", "-rlc"])
def test_what_one_rsync_sends_again_counts_once(bench: Bench, words: str) -> None:
    """Something is in the way, so that it has the last word."""
    bench.prepare_trees(_build_blocked)
    result = bench.compare_words(words)
    equal = 2 * ("size-only" in words or "append" in words)
    assert (result["rc"], result["stats"]["files"]) == (23, len(NAMES) - equal), result


@pytest.mark.parametrize(
    "further", ["", "--delete", "--force", "--force --backup-dir=../bak", "--delete -m", "--force -m"]
)
@pytest.mark.parametrize("words", ["-rlt -b", "-a -b", "-rltc -b", "-aH -b --suffix=.old", "-aHc -b"])
def test_backups_that_are_in_the_way(bench: Bench, words: str, further: str) -> None:
    bench.prepare_trees(_build_blocked)
    bench.compare_words(f"{words} {further}")


@pytest.mark.parametrize("further", ["--delete", "--force", "--delete --ignore-errors", "--force --backup-dir=../bak"])
def test_backups_that_are_in_the_way_where_a_group_must_be_linked_again(bench: Bench, further: str) -> None:
    def build(source: str, dest: str) -> None:
        _build_blocked(source, dest)
        for top in (source, dest):
            os.link(os.path.join(top, "i"), os.path.join(top, "j"))

    bench.prepare_trees(build)
    result = bench.compare_words(f"-aH -b {further}")
    assert result["one_process"][0]["reason"].startswith("hard_links")


@pytest.mark.parametrize("words", ["-rl -b", "-rltI -b", "-rlI -b --backup-dir=../bak", "-rl -b --delay-updates"])
def test_backups_where_an_rsync_breaks_off(bench: Bench, words: str) -> None:
    """It is tried again after it has done its work."""
    bench.prepare_trees(_build)
    expected, actual = (os.path.join(bench.folder, place) for place in ("expected", "actual"))
    subprocess.run(["rsync", *words.split(), "src/", "dst"], cwd=expected, check=True)
    script = (
        'rsync "$@" || exit; case "$*" in *--dry-run*|*--help*|*--version*) ;; *) ! mkdir \'%s\' || exit 12 ;; esac'
    )
    program = programs.shell(os.path.join(bench.folder, "rsync"), script % os.path.join(bench.folder, "broken"))
    params = {"archive": False, "rsync_opts": words.split(), "rsync_path": program, "jobs": 1}
    result = engine.run({**params, "src": actual + "/src/", "dest": actual + "/dst"})
    assert not result["failed"] and result["stats"]["retries"] == 1, result
    for part in ("dst", "bak"):
        found = [
            snapshot.snapshot(os.path.join(place, part)) for place in (expected, actual) if part in os.listdir(place)
        ]
        assert not found or not snapshot.differences(*found)


def _build_groups(source: str, dest: str) -> None:
    _build(source, dest)
    for name in NAMES:
        os.link(os.path.join(os.fsencode(source), name), os.path.join(os.fsencode(source), name + b".link"))


@pytest.mark.parametrize("words", ["-rlH -b", "-rlcH -b", "-rltH -b"])
def test_backups_of_groups(bench: Bench, words: str) -> None:
    bench.prepare_trees(_build_groups)
    result = bench.compare_words(words)
    assert result["stats"]["files"] == result["stats"]["hard_links"] == len(NAMES)


@pytest.mark.parametrize("words", ["-rlH", "-rlpH --inplace", "-rlH --delete", "-rlH -u", "-rlcH -u", "-rltIH -u"])
@pytest.mark.parametrize("there", ["the same", "older", "another size"])
def test_groups_that_are_there_stay_linked(bench: Bench, words: str, there: str) -> None:
    def build(source: str, dest: str) -> None:
        _build_groups(source, dest)
        subprocess.run(["rsync", "-aH", "--delete", source + "/", dest], check=True)
        for name in NAMES if there == "older" else ():
            os.utime(os.path.join(os.fsencode(dest), name), ns=(OLD, OLD))
        for name in NAMES if there == "another size" else ():
            trees.write(os.path.join(os.fsencode(dest), name), b"another size", mtime=OLD)

    bench.prepare_trees(build)
    bench.compare_words(words)


@pytest.mark.parametrize("words", ["-rlp", "-rlpD", "-rlpI", "-rlpc"])
def test_a_second_pass_carries_nothing(bench: Bench, words: str) -> None:
    bench.prepare_trees(_build)
    result = bench.compare_words(words + " " + WHOLE)
    assert result["stats"]["files"] == len(NAMES)
    assert [entry["stage"] for entry in result["one_process"]] == ["finalize"]


@needs_root
@pytest.mark.parametrize("words", ["-rlp", "-rlpI", "-rlptI"])
def test_what_has_arrived_is_no_failure(bench: Bench, words: str) -> None:
    """The new directory is one entry of a list."""

    def build(source: str, _dest: str) -> None:
        for name in NAMES:
            trees.write(os.path.join(os.fsencode(source), name), b"new")
        os.chmod(os.path.join(source, "d/g"), 0)

    bench.prepare_trees(build)
    result = bench.compare_words(words, user=OTHER_USER)
    assert [entry["path"] for entry in result["failures"]] == ["d/g"]


def _build_lookalikes(source: str, dest: str) -> None:
    """Beside the destination are other files that look the same."""
    for number, name in enumerate(NAMES):
        trees.write(os.path.join(os.fsencode(source), name), b"new")
        trees.write(os.path.join(os.fsencode(dest), b"../ref", name), (b"old", b"new")[number % 2])
    os.link(os.path.join(source, "i"), os.path.join(source, "j"))


@pytest.mark.parametrize("words", ["-aHc", "-aHI", "-ac --remove-source-files", "-aI --remove-source-files"])
@pytest.mark.parametrize("option", ["link-dest", "copy-dest", "compare-dest"])
def test_what_only_looks_the_same_elsewhere_is_not_taken(bench: Bench, option: str, words: str) -> None:
    bench.prepare_trees(_build_lookalikes)
    result = bench.compare_words("%s --%s=../ref" % (words, option))
    assert result["stats"]["files"] <= len(NAMES) + 1  # none twice


def _build_blocked_group(source: str, dest: str) -> None:
    """Full directories stand where the names of a group go."""
    trees.write(os.path.join(os.fsencode(source), b"f"), b"new")
    os.link(os.path.join(source, "f"), os.path.join(source, "g"))
    for name in (b"f/x", b"g/x"):
        trees.write(os.path.join(os.fsencode(dest), name), b"old", mtime=OLD)


def test_backups_in_the_way_of_a_group_stay(bench: Bench) -> None:
    bench.prepare_trees(_build_blocked_group)
    bench.compare_words("-aH -b --delete --ignore-errors", ignore=("mtime",))
