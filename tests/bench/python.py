# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Measure what the module's own Python costs for each file: no rsync runs, made-up output of one is read.

Prints the least of several rounds, in microseconds of processor time a file: reading the lines of the scan, that and
sorting the files into segments, and reading and counting those that arrived.
"""

from __future__ import annotations

import collections
import os
import sys
import tempfile
import time
import typing as t

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.join(ROOT, ".cache", "collections")]

from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes  # noqa: E402
from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan  # noqa: E402
from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome  # noqa: E402
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import (  # noqa: E402
    parse_endpoint,
    split_source,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report  # noqa: E402

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Files

_FILES = 200_000
_TOGETHER = 100
_ROUNDS = 5
_PIPE_BYTES = 1 << 16


class Tree(t.NamedTuple):
    """A tree of files of 1-8 KB.

    Attributes:
        name: What is special about it.
        in_directory: How many files each directory holds.
        new: The directories are made, too.
        file: The last part of a file's line.
    """

    name: str
    in_directory: int
    new: bool
    file: bytes = b"file-%d.txt//"


TREES = (
    Tree("50 in each of new directories", 50, True),
    Tree("50 in each of old directories", 50, False),
    Tree("10 in each of new directories", 10, True),
    Tree("3 in each of new directories", 3, True),
    Tree("all in one old directory", _FILES, False),
    Tree("all names have an escape", 50, True, b"f\\#012\\#033-%d.txt//"),
)


def output(tree: Tree) -> list[bytes]:
    """What rsync prints, as a pipe cuts it: the directories in one, then what each of them holds."""
    lines = []
    for first in range(0, _FILES, tree.in_directory * _TOGETHER):
        numbers = range(first, min(first + tree.in_directory * _TOGETHER, _FILES))
        top = b"top-%d/" % first
        paths = [b"%sdirectory-%d/" % (top, number) for number in numbers[:: tree.in_directory]]
        if tree.new:
            lines += [b"cd+++++++++ rwxr-xr-x 0 4096 %s//\n" % path for path in (top, *paths)]
        for number in numbers:
            path = paths[(number - first) // tree.in_directory]
            lines.append(b">f+++++++++ rw-r--r-- 0 %d %s%s\n" % (1000 + number % 7000, path, tree.file % number))
    text = b"".join(lines)
    return [text[start : start + _PIPE_BYTES] for start in range(0, len(text), _PIPE_BYTES)]


def seconds(report: Report, blocks: t.Iterable[bytes]) -> float:
    """Processor time of reading them."""
    started = time.process_time()
    for block in blocks:
        report.read_output(block)
    return time.process_time() - started


def parse(blocks: t.Iterable[bytes]) -> float:
    found: collections.deque[t.Any] = collections.deque(maxlen=1)
    return seconds(Report(found.append, None, found.append), blocks)


def plan(blocks: t.Iterable[bytes]) -> float:
    source = split_source(parse_endpoint("/src/"))
    assert source is not None
    with tempfile.TemporaryDirectory() as folder:
        made = Plan(folder, [source], 4, hard_links=False, by_directory=True, sizes=Sizes())
        outcome = Outcome()

        def found_files(files: Files) -> None:
            made.add_files(files)
            outcome.find_files(files)

        try:
            return seconds(Report(made.add, made.note, found_files), blocks)
        finally:
            made.close()


def arrive(blocks: t.Iterable[bytes]) -> float:
    outcome = Outcome()
    return seconds(Report(outcome.count, None, outcome.count_files, together=True), blocks)


def main() -> None:
    print("| %d files | parse | parse and plan | arrive |" % _FILES)
    print("| --- | ---: | ---: | ---: |")
    for tree in TREES:
        blocks = output(tree)
        least = [min(work(blocks) for _round in range(_ROUNDS)) for work in (parse, plan, arrive)]
        print("| %s | %s |" % (tree.name, " | ".join("%.2f" % (one / _FILES * 1e6) for one in least)), flush=True)


if __name__ == "__main__":
    main()
