# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A tree that does not hold still: between the scan and the transfers files vanish, grow, shrink, appear, move."""

from __future__ import annotations

import os

import pytest

from tests.faults.conftest import Tree, wrapper
from tests.support import engine, snapshot, trees

# The rsyncs that come right after the scan find the tree changed.
_AFTER_SCAN = """case " $* " in
*" --dry-run "*) ;;
*" --files-from="* | *" --relative "*) (
    cd "%s" || exit
    if mkdir once 2>/dev/null; then
        %s
        mkdir changed
    fi
    until [ -d changed ]; do sleep 0.02; done) ;;
esac"""

# Every transfer is followed by a change of what it has carried.
_AFTER_TRANSFER = """case " $* " in
*" --dry-run "*) ;;
*" --files-from="* | *" --relative "*)
    cd "%s" && rm -f src/d0/file0
    rsync "$@"
    code=$?
    echo more >> src/d1/file4
    exit $code ;;
esac"""

MOVES = {
    "vanish": ("rm src/d0/file0 src/d1/file4", {"d0/file0", "d1/file4"}),
    "grow": ("echo more >> src/d0/file0", set()),
    "shrink": ("truncate -s 10 src/d0/file0", set()),
    "appear": ("echo new > src/d2/new", set()),
    "a directory moves": ("mv src/d1 src/moved", {"d1/file%d" % number for number in (1, 4, 7, 10)} | {"d1"}),
    "a file becomes a directory": ("rm src/d0/file0 && mkdir src/d0/file0 && echo in > src/d0/file0/in", set()),
    "a directory becomes a file": (
        "rm -r src/d1 && echo file > src/d1",
        {"d1/file%d" % number for number in (1, 4, 7, 10)},
    ),
    "a file becomes a link": ("ln -sf file3 src/d0/file0", set()),
}


@pytest.mark.parametrize(("script", "lost"), MOVES.values(), ids=MOVES)
def test_what_moves_is_named_and_a_rerun_ends_right(folder: str, tree: Tree, script: str, lost: set[str]) -> None:
    program = wrapper(folder, _AFTER_SCAN % (folder, script))
    result = engine.run(tree.params(rsync_path=program, delete=True))
    there = snapshot.snapshot(tree.dest)
    named = {os.path.relpath(os.path.join(tree.source, failure["path"]), tree.source) for failure in result["failures"]}
    assert lost <= named, result
    for name, entry in snapshot.snapshot(tree.source).items():
        arrived = name in there and (there[name].content, there[name].target) == (entry.content, entry.target)
        assert arrived or name.decode() in named | {"d2/new", "d0/file0/in", "moved"} or name.startswith(b"moved/")
    assert result["rc"] in ((24, 23) if lost else (0,)), result
    again = engine.run(tree.params(delete=True))
    assert again["rc"] == 0
    assert tree.arrived()


def test_a_file_that_has_arrived_and_changed_since_is_no_failure(folder: str, tree: Tree) -> None:
    """Beside one that has vanished, which has the lane look at all of them again."""
    result = engine.run(tree.params(rsync_path=wrapper(folder, _AFTER_TRANSFER % folder), jobs=1))
    assert (result["failed"], result["rc"], result["stats"]["failures"]) == (False, 24, 1), result
    assert result["failures"][0]["path"].endswith("d0/file0")


def test_a_directory_arrives_that_has_lost_all_that_would_have_made_it(folder: str, tree: Tree) -> None:
    trees.write(os.path.join(os.fsencode(tree.source), b"above/other/file"), b"content")
    program = wrapper(folder, _AFTER_SCAN % (folder, "rm -r src/above/other"))
    result = engine.run(tree.params(rsync_path=program))
    assert result["rc"] == 24 and result["failures"][0]["path"].endswith("above/other"), result
    assert tree.arrived()


_AWAY = """case " $* " in
*" --dry-run "*) ;;
*" --files-from="* | *" --relative "*)
    cd "%s" && mv src/%s away
    rsync "$@"
    code=$?
    %s
    exit $code ;;
esac"""


@pytest.mark.parametrize("back", ["mv away src/d1/file4", "echo another > src/d1/file4"], ids=["same", "another"])
@pytest.mark.parametrize("delete", [False, True])
def test_a_name_that_was_away_for_a_moment_is_a_warning(folder: str, tree: Tree, back: str, delete: bool) -> None:
    """What rsync says has vanished has not arrived, even if it is there again when somebody asks."""
    trees.write(os.path.join(os.fsencode(tree.dest), b"extraneous"), b"goes")
    program = wrapper(folder, _AWAY % (folder, "d1/file4", back))
    result = engine.run(tree.params(rsync_path=program, jobs=1, delete=delete))
    assert (result["failed"], result["rc"]) == (False, 24), result
    assert "1 name vanished at the source before being transferred" in result["warnings"]
    assert result["failures"][0]["path"].endswith("d1/file4")
    assert os.path.exists(os.path.join(tree.dest, "extraneous")) is not delete
    again = engine.run(tree.params(delete=True))
    assert again["rc"] == 0 and tree.arrived()


def test_a_directory_that_was_away_for_a_moment_names_its_files(folder: str, tree: Tree) -> None:
    """rsync complains of the directory alone."""
    program = wrapper(folder, _AWAY % (folder, "d1", "mv away src/d1"))
    result = engine.run(tree.params(rsync_path=program, jobs=1))
    assert (result["failed"], result["rc"]) == (False, 24), result
    named = {failure["path"] for failure in result["failures"]}
    assert {"d1/file%d" % number for number in (1, 4, 7, 10)} <= named


def test_a_source_that_loses_its_content_takes_nothing_along(folder: str, tree: Tree) -> None:
    """Right before the deletions the source is empty, as a mount point is without its file system."""
    assert engine.run(tree.params())["rc"] == 0
    extraneous = os.path.join(tree.dest, "extraneous")
    trees.write(os.fsencode(extraneous), b"known to the scan")
    trees.write(os.path.join(os.fsencode(tree.source), b"new"), b"new")
    gone = os.path.join(folder, "gone")
    empty = "mkdir '%s' && mv '%s'/* '%s'" % (gone, tree.source, gone)
    program = wrapper(folder, 'case "$*" in *--delete*--files-from=*) [ -e \'%s\' ] || { %s; } ;; esac' % (gone, empty))
    result = engine.run(tree.params(rsync_path=program, delete=True))
    assert os.path.isdir(gone) and os.listdir(tree.source) == []
    assert (result["failed"], result["rc"], result["stats"]["deletions"]) == (True, 23, 0)
    assert result["failures"][0]["path"] == "." and "run again" in result["failures"][0]["reason"]
    assert len(snapshot.snapshot(tree.dest)) == 1 + 3 + 12 + 2


# Once, a transfer leaves a temporary file behind, as one that is killed outright does, and breaks off.
_LEFT = """case "$*" in
*--dry-run*) ;;
*--files-from=*/partition.* | *" --relative "*)
    if mkdir "$0.once" 2>/dev/null; then
        mkdir -p '%s/d0' && echo half > '%s/d0/.file0.AbC123'
        kill -KILL $$
    fi ;;
esac"""


@pytest.mark.parametrize("limited", [None, 1])
def test_what_a_killed_rsync_leaves_behind_is_no_reason_not_to_delete(
    folder: str, tree: Tree, limited: int | None
) -> None:
    extraneous = os.path.join(tree.dest, "d0", "extraneous")
    trees.write(os.fsencode(extraneous), b"known to the scan")
    program = wrapper(folder, _LEFT % (tree.dest, tree.dest))
    result = engine.run(tree.params(rsync_path=program, delete=True, max_delete=limited))
    assert result["stats"]["retries"] == 1, result
    if limited is None:
        assert (result["failed"], result["rc"], result["stats"]["deletions"]) == (False, 0, 2), result
        assert tree.arrived()
    else:
        assert (result["rc"], result["stats"]["deletions"]) == (25, 1), result
