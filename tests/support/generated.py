# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Trees and command lines that nobody thought of, for hypothesis.

A tree is a dictionary of names; a value is ``(kind, variant)`` or, for a directory, ``(mode, dictionary)``. Names,
contents and times come from few, so that two trees have much in common.
"""

from __future__ import annotations

import os
import typing as t

from hypothesis import strategies as st

from tests.support import trees

_NAMES = [b"a", b"b", b"c.o", b"d", b"new\nline", b"-e", b"#", b" ", b"\xff", b"\\#012"]
_MODES = [0o755, 0o700, 0o555, 0o2775, 0o1777]
_CONTENTS = [b"", b"one", b"two", b"longer than the others"]
_TIMES = [1_500_000_000_000_000_001, 1_600_000_000_000_000_002]
_TARGETS = [b"a", b"b", b"nowhere", b"../nowhere"]

Tree = t.Dict[bytes, t.Any]

_leaves = st.tuples(st.sampled_from(["file", "file", "file", "hard", "link", "fifo"]), st.integers(0, 7))


def _directories(inner: st.SearchStrategy[t.Any]) -> st.SearchStrategy[t.Any]:
    return st.tuples(st.sampled_from(_MODES), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4))


TREES: st.SearchStrategy[Tree] = st.dictionaries(
    st.sampled_from(_NAMES), st.recursive(_leaves, _directories, max_leaves=12), min_size=1, max_size=7
)

# At most one of each row: those of a row contradict each other, or rsync refuses them together.
_OPTIONS = [
    ["-H"],
    ["--delete", "--delete-excluded", "--delete-before", "--delete --max-delete=2", "--force"],
    ["--exclude=c.o", "--exclude=/b/", "--filter='P a'", "--filter='-s d'", "--include=*/ --include=a --exclude=*"],
    ["-b", "-b --suffix=.old", "-b --backup-dir=../bak"],
    ["-u", "--existing", "--ignore-existing -O"],  # times of directories that are links at the other end: see README
    ["-c", "-I", "--size-only"],
    ["--inplace", "--partial-dir=.part", "--append", "-W", "--no-W"],
    ["--no-p", "--chmod=D700,F640", "-O", "--no-t", "--no-o --no-g"],
    ["-L", "-k", "--safe-links", "--no-l"],
    ["-m", "--max-size=3", "--min-size=1", "--no-D"],
    ["--link-dest=../ref", "--copy-dest=../ref", "--compare-dest=../ref"],
    ["--remove-source-files"],
]

COMMAND_LINES: st.SearchStrategy[str] = (
    st.lists(st.sampled_from(_OPTIONS), max_size=4, unique_by=id)
    .flatmap(lambda rows: st.tuples(*map(st.sampled_from, rows)))
    .map(" ".join)
)


def build(top: str, tree: Tree) -> None:
    """Make a generated tree."""
    base = os.fsencode(top)
    os.makedirs(base, exist_ok=True)
    _build(base, tree, {})
    trees.stamp(base)


def _build(base: bytes, tree: Tree, groups: dict[int, bytes]) -> None:
    for name, (kind, value) in sorted(tree.items()):
        path = os.path.join(base, name)
        if kind == "link":
            os.symlink(_TARGETS[value % len(_TARGETS)], path)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "hard" and value in groups:
            os.link(groups[value], path)
        elif kind in ("file", "hard"):
            trees.write(path, _CONTENTS[value % len(_CONTENTS)], mtime=_TIMES[value // len(_CONTENTS)])
            groups.setdefault(value, path)
        else:
            os.mkdir(path)
            _build(path, value, groups)
            os.chmod(path, kind)
