# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Data sets: trees that a seed and a scale determine, byte for byte.

A new data set is a function and its line in ``DATA``.
"""

from __future__ import annotations

import os
import random
import typing as t

SEED = 20260101

_NEW, _OLD = 1_700_000_000, 1_600_000_000
_BLOCK = 1 << 20

_DIRECTORIES = 400
_FILES_EACH = 50
_CHANGED = 300
_LARGE_FILES = 12
_LARGE_BYTES = 1 << 30


class Size(t.NamedTuple):
    """What a tree holds; its own top is not among the directories."""

    files: int
    directories: int
    bytes: int


def small(top: str, scale: float) -> Size:
    """Make many files of 1 to 8 KiB, 50 in a directory, 20 directories side by side.

    Args:
        top: Is made.
        scale: 1 for 400 directories that hold files.
    """
    source = random.Random(SEED)
    for path in _small_files(top, scale):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _write(path, source.randint(1 << 10, 8 << 10), source, _NEW)
    return _stamp(top)


def outdated(top: str, scale: float) -> Size:
    """Make the tree of :func:`small` as it was before 300 files (times scale) changed without growing or shrinking."""
    size = small(top, scale)
    source = random.Random(SEED + 1)
    for path in source.sample(_small_files(top, scale), _scaled(_CHANGED, scale)):
        _write(path, os.path.getsize(path), source, _OLD)
    return size


def large(top: str, scale: float) -> Size:
    """Make 12 files, together 1 GiB (times scale), the largest several times the smallest."""
    source = random.Random(SEED + 2)
    os.mkdir(top)
    shares = [source.uniform(1, 8) for _number in range(_LARGE_FILES)]
    for number, share in enumerate(shares):
        _write(os.path.join(top, "large%02d" % number), int(_LARGE_BYTES * scale * share / sum(shares)), source, _NEW)
    return _stamp(top)


def _scaled(number: int, scale: float) -> int:
    return max(round(number * scale), 1)


def _small_files(top: str, scale: float) -> list[str]:
    return [
        os.path.join(top, "%02d" % (directory // 20), "%02d" % (directory % 20), "small%02d" % number)
        for directory in range(_scaled(_DIRECTORIES, scale))
        for number in range(_FILES_EACH)
    ]


def _write(path: str, size: int, source: random.Random, mtime: int) -> None:
    """Write one file that cannot be compressed; a block at a time, so that this process stays small."""
    with open(path, "wb") as stream:
        for offset in range(0, size, _BLOCK):
            stream.write(source.randbytes(min(_BLOCK, size - offset)))
    os.utime(path, (mtime, mtime))


def _stamp(top: str) -> Size:
    """Give all directories the same time, and count."""
    files = directories = size = 0
    for path, below, names in os.walk(top, topdown=False):
        os.utime(path, (_NEW, _NEW))
        files += len(names)
        directories += len(below)
        size += sum(os.path.getsize(os.path.join(path, name)) for name in names)
    return Size(files, directories, size)


DATA: dict[str, t.Callable[[str, float], Size]] = {"small": small, "outdated": outdated, "large": large}
