# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What a second rsync would damage, after one that has broken off or before one that is to come."""

from __future__ import annotations

import os
import typing as t

import pytest

from tests.faults.conftest import Tree, wrapper
from tests.support import engine, programs, snapshot, trees

# It breaks off once, after it has done its work.
_BREAKS = """case "$*" in
*--dry-run* | --help | --version | *--server*) ;;
*"%s"*)
    rsync "$@"
    code=$?
    mkdir "$0.once" 2>/dev/null && exit 12
    exit $code ;;
esac"""


def _extraneous(tree: Tree, number: int = 1) -> None:
    for one in range(number):
        trees.write(os.path.join(os.fsencode(tree.dest), b"extraneous%d" % one), b"goes")


def _content(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


@pytest.mark.parametrize(
    "params",
    [{}, {"ignore_errors": True}, {"rsync_opts": ["--delay-updates"]}, {"times": False}],
    ids=["lists", "ignore_errors", "alone", "without times"],
)
def test_what_has_been_moved_is_not_deleted(folder: str, params: dict[str, t.Any]) -> None:
    """As soon as files are gone from the source, an rsync that deletes takes their copies for extraneous."""
    tree = Tree(folder, size=100)
    _extraneous(tree)
    program = wrapper(folder, _BREAKS % "--remove-source-files")
    there = {name: entry.content for name, entry in snapshot.snapshot(tree.source).items()}
    result = engine.run(tree.params(rsync_path=program, delete=True, remove_source_files=True, retries=1, **params))
    assert {name: entry.content for name, entry in snapshot.snapshot(tree.dest).items()} == there
    assert not any(names for _top, _directories, names in os.walk(tree.source))
    alone = bool(params) and "ignore_errors" not in params
    assert (result["failed"], result["stats"]["retries"], result["stats"]["deletions"]) == (alone, 1 - alone, 1), result


def test_what_no_list_can_hold_is_moved_and_not_deleted(folder: str) -> None:
    tree = Tree(folder, size=100)
    _extraneous(tree)
    trees.write(os.path.join(os.fsencode(tree.source), b"a\\*b"), b"no list")
    there = {name: entry.content for name, entry in snapshot.snapshot(tree.source).items()}
    rsh = programs.shell(os.path.join(folder, "rsh"), 'shift\nexec sh -c "$*"')
    params = {"src": f"far:{tree.source}/", "rsh": rsh, "delete": True, "remove_source_files": True}
    result = engine.run(tree.params(**params))
    assert (result["failed"], result["stats"]["deletions"]) == (False, 1), result
    assert {name: entry.content for name, entry in snapshot.snapshot(tree.dest).items()} == there
    assert not any(names for _top, _directories, names in os.walk(tree.source))


@pytest.mark.parametrize(
    "words",
    ["--backup-dir=bak", "--backup --delete-excluded", "--backup --include=*"],
    ids=["inside", "excluded", "rule"],
)
def test_backups_are_not_deleted(folder: str, words: str) -> None:
    """Nothing protects them from the next rsync that deletes."""
    tree = Tree(folder, size=100)
    trees.write(os.path.join(os.fsencode(tree.dest), b"d0/file0"), b"what was there")
    program = wrapper(folder, _BREAKS % "--backup")
    result = engine.run(tree.params(rsync_path=program, delete=True, rsync_opts=words.split()))
    assert (result["failed"], result["stats"]["retries"]) == (True, 0), result
    assert _content(os.path.join(tree.dest, "bak/d0/file0" if "bak" in words else "d0/file0~")) == b"what was there"


@pytest.mark.parametrize("option", ["force", "delete"])
def test_backups_in_the_way_of_a_file_are_not_cleared_away(folder: str, option: str) -> None:
    """The first attempt backs up what the directory holds, which the second one takes for what was there before."""
    tree = Tree(folder, size=100)
    trees.write(os.path.join(os.fsencode(tree.dest), b"d0/file0/inside"), b"what was there")
    program = wrapper(folder, _BREAKS % "--force")
    result = engine.run(tree.params(rsync_path=program, backup=True, jobs=1, **{option: True}))
    assert (result["rc"], result["stats"]["retries"]) == (23, 1), result
    assert _content(os.path.join(tree.dest, "d0/file0/inside~")) == b"what was there"


def test_all_attempts_together_delete_no_more_than_max_delete(folder: str, tree: Tree) -> None:
    _extraneous(tree, 5)
    program = wrapper(folder, _BREAKS % "--max-delete=2")
    result = engine.run(tree.params(rsync_path=program, delete=True, max_delete=2, rsync_opts=["--delay-updates"]))
    assert (result["rc"], result["stats"]["retries"], result["stats"]["deletions"]) == (25, 1, 2), result
    assert len([name for name in os.listdir(tree.dest) if name.startswith("extraneous")]) == 3


@pytest.mark.parametrize("words", ["", "--delay-updates", "--prune-empty-dirs"], ids=["lists", "alone", "whole"])
@pytest.mark.parametrize(("limit", "left"), [(2, 3), (10, 0)])
def test_what_nobody_heard_of_counts_for_max_delete(folder: str, tree: Tree, words: str, limit: int, left: int) -> None:
    """An rsync that breaks off has deleted more than it has told."""
    _extraneous(tree, 5)
    unheard = _BREAKS.replace('rsync "$@"', 'rsync "$@" >/dev/null') % "--max-delete="
    params = tree.params(rsync_path=wrapper(folder, unheard), delete=True, max_delete=limit, rsync_opts=words.split())
    result = engine.run(params)
    assert result["stats"]["retries"] == 1 and result["failed"] == (left > 0), result
    assert len([name for name in os.listdir(tree.dest) if name.startswith("extraneous")]) == left


@pytest.mark.parametrize(
    "words", ["-b --backup-dir=../bak --inplace", "--update --inplace --no-perms"], ids=["lists", "alone"]
)
def test_a_daemon_that_is_full_is_tried_again(folder: str, words: str) -> None:
    """It has done nothing that a second attempt could harm."""
    tree = Tree(folder, size=100)
    full = """case "$*" in
    *--dry-run* | --help | --version | *--server*) ;;
    *) mkdir "$0.once" 2>/dev/null && echo "@ERROR: max connections (1) reached -- try again later" >&2 && exit 5 ;;
    esac"""
    result = engine.run(tree.params(rsync_path=wrapper(folder, full), jobs=1, rsync_opts=words.split()))
    assert (result["failed"], result["stats"]["retries"]) == (False, 1), result
    assert tree.arrived()


# The connection of the first transfer is cut amid a file.
_ARMS = """case "$*" in
*--dry-run* | --help | --version | *--server*) ;;
*) mkdir "$0.once" 2>/dev/null && export CUT=1 ;;
esac"""
_CUTS = """shift
[ -z "$CUT" ] || exec sh -c "dd bs=65536 count=40 2>/dev/null | $*"
exec sh -c "$*"
"""


def _cut(folder: str, words: str, *, single: bool, there: bytes | None) -> tuple[dict[str, t.Any], str]:
    """Push a large file, with a small one unless it is single, over a connection that is cut; give its name, too."""
    source, dest = os.path.join(folder, "src"), os.path.join(folder, "dst")
    trees.write(os.path.join(os.fsencode(source), b"big"), os.urandom(8 << 20))
    trees.write(os.path.join(os.fsencode(source), b"small"), b"new")
    os.makedirs(dest, exist_ok=True)
    if there is not None:
        trees.write(os.path.join(os.fsencode(dest), b"big"), there, mtime=1_500_000_000_000_000_000)
    params = {
        "src": os.path.join(source, "big" if single else ""),
        "dest": f"far:{dest}/",
        "rsh": programs.shell(os.path.join(folder, "rsh"), _CUTS),
        "rsync_path": wrapper(folder, _ARMS),
        "rsync_opts": words.split(),
        "jobs": 1,
    }
    result = engine.run(params)
    assert os.path.exists(os.path.join(folder, "rsync-wrapper.once"))
    return result, os.path.join(dest, "big")


@pytest.mark.parametrize("single", [False, True], ids=["lists", "alone"])
@pytest.mark.parametrize("words", ["--inplace", "--partial", "--append"])
def test_a_backup_is_not_replaced_by_a_half_written_file(folder: str, words: str, single: bool) -> None:
    result, path = _cut(folder, "--backup " + words, single=single, there=b"what was there")
    assert result["failed"] and result["stats"]["retries"] == 0, result
    assert _content(path + "~") == b"what was there"


# The first transfer is slow, and its source loses its end meanwhile.
_SHRINKS = """case "$*" in
*--dry-run* | --help | --version | *--server*) ;;
*) mkdir "$0.once" 2>/dev/null && {
    rsync --bwlimit=2m "$@" & rsync=$!
    until [ -n "$(find "%(dest)s" -newer "$0.once" -type f)" ]; do sleep 0.1; done
    truncate -s 1000 "%(big)s"; wait $rsync; exit $?; } ;;
esac"""


@pytest.mark.parametrize(
    "words", ["-rlt --inplace", "-rlt --partial", "-aH --inplace", "-aH --partial", "-a --inplace", "-a --partial"]
)
def test_a_backup_is_not_replaced_by_a_file_that_has_failed(folder: str, words: str) -> None:
    """Without perms one rsync has the last word, and one links the groups: they would carry that file again."""
    source, dest = os.path.join(folder, "src"), os.path.join(folder, "dst")
    big = os.path.join(source, "big")
    trees.write(os.fsencode(big), os.urandom(4 << 20))
    os.link(big, os.path.join(source, "link"))
    trees.write(os.path.join(os.fsencode(dest), b"big"), b"what was there", mtime=1_500_000_000_000_000_000)
    params = {"src": source + "/", "dest": dest, "archive": False, "rsync_opts": ["--backup", *words.split()]}
    program = wrapper(folder, _SHRINKS % {"dest": dest, "big": big})
    result = engine.run({**params, "rsync_path": program, "jobs": 1})
    assert os.path.getsize(big) == 1000
    assert result["failed"], result
    assert _content(os.path.join(dest, "big~")) == b"what was there"


# It breaks off while it copies a file from its temporary directory, on another file system, to its name.
_COPIES = """case "$*" in
*--dry-run* | --help | --version | *--server*) ;;
*) mkdir "$0.once" 2>/dev/null && { rsync "$@"; truncate -s 1000 "%(path)s"; touch "%(path)s"; exit 12; } ;;
esac"""


@pytest.mark.parametrize("single", [False, True], ids=["lists", "alone"])
@pytest.mark.parametrize(
    ("words", "retries"),
    [("--update", (1, 0)), ("--ignore-existing", (1, 0)), ("--backup", (0, 0)), ("--backup --partial-dir=.p", (1, 1))],
)
def test_a_half_that_was_copied_from_a_temporary_directory(
    folder: str, words: str, retries: tuple[int, int], single: bool
) -> None:
    source, dest, temporary = (os.path.join(folder, name) for name in ("src", "dst", "tmp"))
    os.mkdir(temporary)
    trees.write(os.path.join(os.fsencode(source), b"big"), os.urandom(1 << 20))
    trees.write(os.path.join(os.fsencode(source), b"small"), b"new")
    path = os.path.join(dest, "big")
    os.mkdir(dest)
    if "existing" not in words:
        trees.write(os.fsencode(path), b"what was there", mtime=1_500_000_000_000_000_000)
    params = {"src": os.path.join(source, "big" * single), "dest": dest + "/", "temp_dir": temporary, "jobs": 1}
    program = wrapper(folder, _COPIES % {"path": path})
    result = engine.run({**params, "rsync_opts": words.split(), "rsync_path": program})
    assert (result["failed"], result["stats"]["retries"]) == (not retries[single], retries[single]), result
    assert result["failed"] or _content(path) == _content(os.path.join(source, "big"))
    if words == "--backup":
        assert _content(path + "~") == b"what was there"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")
def test_a_backup_is_not_replaced_by_what_a_full_disk_leaves(folder: str, tiny: str) -> None:
    """Of a file that is copied from a temporary directory elsewhere."""
    source, temporary = (os.path.join(folder, name) for name in ("src", "tmp"))
    dest = os.path.join(tiny, "dst")
    os.mkdir(temporary)
    trees.write(os.path.join(os.fsencode(source), b"big"), os.urandom(8 << 20))
    trees.write(os.path.join(os.fsencode(source), b"small"), b"new")
    trees.write(os.path.join(os.fsencode(dest), b"big"), b"what was there", mtime=1_500_000_000_000_000_000)
    params = {"src": source + "/", "dest": dest, "temp_dir": temporary, "backup": True, "perms": False}
    result = engine.run(params)
    assert result["failed"], result
    assert _content(os.path.join(dest, "big~")) == b"what was there"


@pytest.mark.parametrize("words", [[], ["--no-whole-file"]])
@pytest.mark.parametrize("place", ["/parts", "../parts"])
def test_files_that_share_a_place_for_their_parts(folder: str, place: str, words: list[str]) -> None:
    """What an rsync has left there that broke off, the next one writes on in, for each file of that name."""
    source, dest = os.path.join(folder, "src"), os.path.join(folder, "dst")
    for number in range(8):
        trees.write(os.path.join(os.fsencode(source), b"d%d" % number, b"file"), bytes([number]) * (4 << 20))
        os.makedirs(os.path.join(dest, "d%d" % number))
    parts = os.path.join(dest, "parts") if ".." in place else folder + place
    trees.write(os.path.join(os.fsencode(parts), b"file"), b"half" * 1000)
    place = place if ".." in place else parts
    params = {"src": source + "/", "dest": dest, "partial_dir": place, "jobs": 4, "bwlimit": "32m"}
    engine.run({**params, "rsync_opts": words})  # one rsync, too, fails where the part has just gone to another file
    for number in range(8):
        path = os.path.join(dest, "d%d" % number, "file")
        assert not os.path.exists(path) or set(_content(path)) == {number}


@pytest.mark.parametrize(
    ("words", "there"),
    [("--update --inplace", b"old"), ("--ignore-existing --partial", None), ("--ignore-existing --inplace", None)],
)
def test_a_half_written_file_is_not_passed_over(folder: str, words: str, there: bytes | None) -> None:
    result, _path = _cut(folder, words, single=True, there=there)
    assert result["failed"] and result["stats"]["retries"] == 0, result


@pytest.mark.parametrize("single", [False, True], ids=["lists", "alone"])
@pytest.mark.parametrize("words", ["--backup", "-b --partial --partial-dir=.part", "--update", "--inplace --partial"])
def test_what_does_no_harm_is_tried_again(folder: str, words: str, single: bool) -> None:
    result, path = _cut(folder, words, single=single, there=b"what was there")
    assert not result["failed"] and result["stats"]["retries"] == 1, result
    assert _content(path) == _content(os.path.join(folder, "src", "big"))
    assert not os.path.exists(path + "~") or _content(path + "~") == b"what was there"


@pytest.mark.parametrize("words", ["--update --inplace", "--ignore-existing --inplace"])
def test_lists_complete_a_half_written_file(folder: str, words: str) -> None:
    result, path = _cut(folder, words, single=False, there=None)
    assert not result["failed"] and result["stats"]["retries"] == 1, result
    assert _content(path) == _content(os.path.join(folder, "src", "big"))


# It does its work, and ends as the test says; one file has grown at the source meanwhile.
_GROWS = """case "$*" in
*--dry-run* | --help | --version | *--server*) ;;
*) mkdir "$0.once" 2>/dev/null && { rsync "$@"; echo today >> "%s"; exit %d; } ;;
esac"""


@pytest.mark.parametrize(
    ("words", "code"), [("--inplace", 12), ("--append", 12), ("--inplace --no-perms", 23), ("--append -H", 0)]
)
def test_a_snapshot_stays_as_it_was(folder: str, words: str, code: int) -> None:
    """What the first rsync has linked from it, the next one would write to."""
    source, before = os.path.join(folder, "src"), os.path.join(folder, "before")
    for top in (source, before):
        trees.write(os.path.join(os.fsencode(top), b"log"), b"yesterday\n")
    trees.write(os.path.join(os.fsencode(source), b"new"), b"new")
    os.link(os.path.join(source, "new"), os.path.join(source, "link"))
    os.mkdir(os.path.join(folder, "dst"))
    params = {"src": source + "/", "dest": os.path.join(folder, "dst"), "link_dest": "../before", "jobs": 1}
    program = wrapper(folder, _GROWS % (os.path.join(source, "log"), code))
    result = engine.run({**params, "rsync_path": program, "rsync_opts": words.split()})
    assert result["failed"] == bool(code) and result["stats"]["retries"] == 0, result
    assert _content(os.path.join(before, "log")) == b"yesterday\n"


# It breaks off, and the destination's own file has become newer meanwhile.
_NEWER = """case "$*" in
*--dry-run* | --help | --version | *--server* | */directories.*) ;;
*) mkdir "$0.once" 2>/dev/null && { echo newer > "%s"; rsync "$@"; exit 12; } ;;
esac"""


@pytest.mark.parametrize("words", ["--update", "--update --partial", "--update --partial --backup"])
def test_what_is_newer_by_now_is_not_replaced(folder: str, words: str) -> None:
    tree = Tree(folder, size=100)
    path = os.path.join(tree.dest, "d0", "file0")
    trees.write(os.fsencode(path), b"old", mtime=1_500_000_000_000_000_000)
    result = engine.run(tree.params(rsync_path=wrapper(folder, _NEWER % path), jobs=1, rsync_opts=words.split()))
    assert result["failed"] == ("backup" in words), result
    assert _content(path) == b"newer\n"


@pytest.mark.parametrize(
    ("words", "single", "retries"),
    [
        ("--partial", False, 1),
        ("--partial --ignore-existing", False, 1),
        ("--partial --delete", False, 1),
        ("--partial", True, 0),
        ("--partial --remove-source-files", False, 0),
    ],
)
def test_a_half_that_may_come_back_is_not_passed_over_in_silence(
    folder: str, words: str, single: bool, retries: int
) -> None:
    """Only this end may have heard that the connection broke: the other one keeps its half when it hears of it."""
    trees.write(os.path.join(os.fsencode(folder), b"dst", b"extraneous"), b"stays")
    result, path = _cut(folder, words, single=single, there=None)
    assert (result["failed"], result["stats"]["retries"]) == (True, retries) and result["rc"] in (10, 12), result
    assert sorted(os.listdir(os.path.join(folder, "src"))) == ["big", "small"]
    assert os.path.exists(os.path.join(folder, "dst", "extraneous"))
    if retries:
        assert result["msg"].endswith("run again when no rsync is left there, or use partial_dir")
        assert _content(path) == _content(os.path.join(folder, "src", "big"))
