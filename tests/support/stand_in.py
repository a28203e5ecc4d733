# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A stand-in for rsync: it prints what rsync would print about a tree that is too large to make, and touches nothing.

Given to the module as ``rsync_path`` by :func:`tests.support.programs.python`. What the tree holds stands in the
environment, see :data:`SHAPE`: a kind, a number of directories, and of files in each. About itself it answers as the
rsync of this host.
"""

from __future__ import annotations

import os
import sys
import typing as t

SHAPE = "JSYNC_STAND_IN"

NEW, CHANGED, DELETED, LINKED, FAILING, STAYING = KINDS = (
    "new",  # directories and files that the destination does not have
    "changed",  # files with other contents, in directories that are there
    "deleted",  # extraneous files
    "linked",  # hard-link groups of two names
    "failing",  # changed files that are refused one by one
    "staying",  # extraneous directories that are not empty
)

_TOP = 1000  # directories in one directory
_LINE = b"%s %s 0 %d %s//%s\n"


def environment(kind: str, directories: int, files: int) -> dict[str, str]:
    """What tells it about the tree."""
    return {SHAPE: "%s %d %d" % (kind, directories, files)}


def directory(number: int) -> bytes:
    """The name of a directory."""
    return b"top.%05d/directory.%05d" % divmod(number, _TOP)


def _file(name: bytes, item: bytes, further: bytes = b"") -> bytes:
    return _LINE % (item, b"rw-r--r--", 100, name, further)


def _made(name: bytes, item: bytes = b"cd+++++++++") -> bytes:
    return _LINE % (item, b"rwxr-xr-x", 4096, name + b"/", b"")


class _Tree:
    """The tree, and what each pass of the module over it prints."""

    def __init__(self, kind: str, directories: int, files: int) -> None:
        self._kind = kind
        self._directories = directories
        self._files = files
        self._complaint = b'rsync: [receiver] mkstemp "/dst/%s/.%s.AbC123" failed: Permission denied (13)\n'

    def scan(self, out: t.BinaryIO) -> None:
        """All changes, in rsync's order."""
        out.write(_made(b".", b".d..t......"))
        lines = self._content(b"@")
        for first in range(0, self._directories, _TOP):
            below = self._below(first)
            if self._kind == NEW:
                out.write(_made(below[0].partition(b"/")[0]) + b"".join(map(_made, below)))
            if self._kind == STAYING:
                out.write(b"".join(b"cannot delete non-empty directory: %s\n" % name for name in below))
            for name in below:
                out.write(lines.replace(b"@", name))
        out.write(b"\nNumber of files: %d (reg: 1)\n" % (self._directories * (self._files + 1) + 1))

    def _below(self, first: int) -> list[bytes]:
        """The names of the directories that lie beside one, from it on."""
        return [directory(number) for number in range(first, min(first + _TOP, self._directories))]

    def _content(self, name: bytes) -> bytes:
        """The changes in one directory."""
        names = [b"%s/file.%06d" % (name, number) for number in range(self._files)]
        if self._kind in (DELETED, STAYING):
            return b"".join(_LINE % (b"*deleting  ", b"---------", 0, one, b"") for one in names)
        if self._kind == LINKED:
            return b"".join(
                _file(one, b">f+++++++++") + _file(one + b".too", b"hf+++++++++", b" => " + one) for one in names
            )
        return b"".join(_file(one, b">f+++++++++" if self._kind == NEW else b">f.st......") for one in names)

    def carry(self, entries: t.Iterable[bytes], out: t.BinaryIO, errors: t.BinaryIO, *, linking: bool) -> int:
        """What the entries of a list name; return the exit code."""
        inner = self._content(b"@")
        for entry in entries:
            name = entry[2:] if entry.startswith(b"./") else entry
            last = name.rpartition(b"/")[2]
            if entry.endswith(b"/"):
                out.write(_made(name[:-1]) + inner.replace(b"@", name[:-1]))
            elif last.startswith((b"top", b"directory")):
                out.write(_made(name))
            elif self._kind == FAILING:
                errors.write(self._complaint % (name[: -len(last) - 1], last))
            elif last.endswith(b".too"):
                out.write(_file(name, b"hf+++++++++", b" => " + name[:-4]))
            else:
                # The leader of a group has arrived before, with all other files.
                out.write(_file(name, b">f+++++++++" if not linking else b".f         "))
        return 23 if self._kind == FAILING else 0

    def compare(self, entries: t.Iterable[bytes], out: t.BinaryIO) -> None:
        """What has not arrived of the entries of a list."""
        for entry in entries:
            if self._kind == FAILING:
                out.write(_file(entry[2:], b">f.st......"))

    def delete(self, entries: t.Iterable[bytes], out: t.BinaryIO) -> None:
        """What the entries of a list hold that is extraneous."""
        inner = self._content(b"@")
        for entry in entries:
            for name in self._below(_TOP * int(entry[-6:-1])) if self._kind == STAYING else [entry[2:-1]]:
                out.write(inner.replace(b"@", name))


def main() -> int:
    words = sys.argv[1:]
    if not {"--version", "--help"}.isdisjoint(words):
        os.execvp("rsync", ["rsync", *words])
    kind, directories, files = os.environ[SHAPE].split()
    tree = _Tree(kind, int(directories), int(files))
    lists = [word.partition("=")[2] for word in words if word.startswith("--files-from=")]
    out, errors = sys.stdout.buffer, sys.stderr.buffer
    named = [os.fsencode(word.partition("/./")[2]) for word in words if "/./" in word]
    if named and "--dry-run" not in words:
        return tree.carry(named, out, errors, linking=False)
    if not lists:
        if "--dry-run" in words:
            tree.scan(out)
        return 0
    with open(lists[0], "rb") as stream:
        entries = _records(stream)
        if "--delete" in words and "--existing" in words:
            tree.delete(entries, out)
            return 0
        if "--dry-run" in words:
            tree.compare(entries, out)
            return 0
        return tree.carry(entries, out, errors, linking="--hard-links" in words)


def _records(stream: t.BinaryIO) -> t.Iterator[bytes]:
    rest = b""
    for block in iter(lambda: stream.read(1 << 16), b""):
        *whole, rest = (rest + block).split(b"\0")
        yield from whole


if __name__ == "__main__":
    sys.exit(main())
