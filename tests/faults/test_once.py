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


def test_all_attempts_together_delete_no_more_than_max_delete(folder: str, tree: Tree) -> None:
    _extraneous(tree, 5)
    program = wrapper(folder, _BREAKS % "--max-delete=2")
    result = engine.run(tree.params(rsync_path=program, delete=True, max_delete=2, rsync_opts=["--delay-updates"]))
    assert (result["rc"], result["stats"]["retries"], result["stats"]["deletions"]) == (25, 1, 2), result
    assert len([name for name in os.listdir(tree.dest) if name.startswith("extraneous")]) == 3
