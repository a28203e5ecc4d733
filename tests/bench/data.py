# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Data sets: trees that a seed and a scale determine, byte for byte.

A new data set is a line in ``DATA``. Its files are random bytes, which cannot be compressed, all of one modification
time; so are its directories.
"""

from __future__ import annotations

import os
import random
import typing as t

SEED = 20260101

_NEW, _OLD = 1_700_000_000, 1_600_000_000
_BLOCK = 1 << 20
_PAGE = 4096
_INODE = 1024

File = t.Tuple[str, int]


class Size(t.NamedTuple):
    """What a tree holds; its own top is not among the directories."""

    files: int
    directories: int
    bytes: int


class DataSet(t.NamedTuple):
    """One tree.

    Attributes:
        files: Gives the paths below its top and the sizes of its files, from a source of random numbers and a scale
            that multiplies either the number of files or their size. A path that ends with a slash is a directory.
        mtime: Of its files.
    """

    files: t.Callable[[random.Random, float], list[File]]
    mtime: int = _NEW

    def room(self, scale: float) -> int:
        """About how many bytes the tree takes in memory, where a file takes whole pages."""
        return sum(-(-size // _PAGE) * _PAGE + _INODE for _path, size in self.files(random.Random(SEED), scale))

    def make(self, top: str, scale: float) -> Size:
        """Make the tree, and its top."""
        source = random.Random(SEED)
        os.mkdir(top)
        for name, size in self.files(source, scale):
            path = os.path.join(top, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if path.endswith("/"):
                continue
            with open(path, "wb") as stream:
                for offset in range(0, size, _BLOCK):
                    stream.write(source.randbytes(min(_BLOCK, size - offset)))
            os.utime(path, (self.mtime, self.mtime))
        return _stamp(top)


def _stamp(top: str) -> Size:
    """Give all directories the same time, and count."""
    files = directories = size = 0
    for path, below, names in os.walk(top, topdown=False):
        os.utime(path, (_NEW, _NEW))
        files += len(names)
        directories += len(below)
        size += sum(os.path.getsize(os.path.join(path, name)) for name in names)
    return Size(files, directories, size)


def _scaled(number: int, scale: float) -> int:
    return max(round(number * scale), 1)


def _paths(directories: int, each: int) -> list[str]:
    """Names in directories that lie 20 side by side."""
    return [
        "%03d/%02d/file%03d" % (*divmod(directory, 20), number)
        for directory in range(directories)
        for number in range(each)
    ]


def _spread(directories: int, each: int, least: int, most: int) -> t.Callable[[random.Random, float], list[File]]:
    """Files of evenly spread sizes, the same number in each directory; the scale is that of the directories."""

    def files(source: random.Random, scale: float) -> list[File]:
        return [(path, source.randint(least, most)) for path in _paths(_scaled(directories, scale), each)]

    return files


def _twelve(total: int, largest: int) -> t.Callable[[random.Random, float], list[File]]:
    """12 large files; the scale is that of their sizes."""

    def files(source: random.Random, scale: float) -> list[File]:
        shares = [source.uniform(1, 3) for _number in range(11)]
        sizes = [largest, *(int((total - largest) * share / sum(shares)) for share in shares)]
        source.shuffle(sizes)
        return [("large%02d" % number, int(size * scale)) for number, size in enumerate(sizes)]

    return files


def _mixed(source: random.Random, scale: float) -> list[File]:
    """3,000 files of 0.1 to 10 MB, together 3 GB, most of them small."""
    sizes = [100_000 + min(int(source.expovariate(1 / 900_000)), 9_900_000) for _number in range(3000)]
    return list(zip(_paths(_scaled(60, scale), 50), sizes))


def _lopsided(source: random.Random, scale: float) -> list[File]:
    """50,000 small files, 45,000 of them in one directory, and one of 1 GB."""
    names = ["crowd/file%05d" % number for number in range(_scaled(45_000, scale))]
    small = [(path, source.randint(1000, 8000)) for path in names + _paths(_scaled(100, scale), 50)]
    return [*small, ("large", int(1_000_000_000 * scale))]


def _flat(source: random.Random, scale: float) -> list[File]:
    """A million small files in one directory, at the top."""
    return [("file%06d" % number, source.randint(100, 500)) for number in range(_scaled(1_000_000, scale))]


def _deep(source: random.Random, scale: float) -> list[File]:
    """200 directories, one in the other, 100 small files in each."""
    levels = ["level%03d/" % level for level in range(1, 201)]
    return [
        ("".join(levels[:depth]) + "file%03d" % number, source.randint(100, 500))
        for depth in range(1, 201)
        for number in range(_scaled(100, scale))
    ]


def _empty(_source: random.Random, scale: float) -> list[File]:
    """A million directories without a file, 1,000 side by side."""
    return [("%03d/%03d/" % divmod(number, 1000), 0) for number in range(_scaled(1_000_000, scale))]


def _huge(source: random.Random, scale: float) -> list[File]:
    """A million small files, and among them one of 4 GB."""
    small = _spread(10_000, 100, 100, 500)(source, scale)
    return [*small, ("005/05/huge", int(4_000_000_000 * scale))]


_many = _spread(3000, 100, 100, 1000)


def _outdated(source: random.Random, scale: float) -> list[File]:
    """300 of the 300,000: as large as they are now, and older."""
    return source.sample(_many(random.Random(SEED), scale), _scaled(300, scale))


DATA = {
    "e1": DataSet(_twelve(300_000_000, 73_000_000)),
    "e2": DataSet(_spread(400, 50, 1000, 8000)),
    "f": DataSet(_many),
    "f-old": DataSet(_outdated, _OLD),
    "a": DataSet(_spread(2000, 50, 1000, 8000)),
    "c": DataSet(_lopsided),
    "d1": DataSet(_twelve(3_000_000_000, 730_000_000)),
    "g": DataSet(_spread(400, 50, 50_000, 250_000)),
    "e3": DataSet(_mixed),
    "flat": DataSet(_flat),
    "deep": DataSet(_deep),
    "empty": DataSet(_empty),
    "huge": DataSet(_huge),
    "small": DataSet(_spread(10_000, 100, 100, 500)),
}
