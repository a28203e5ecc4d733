# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Make the tree that the demo copies, or change it as a day's work would: ``sample_tree.py make|change FOLDER``."""

from __future__ import annotations

import os
import random
import shutil
import sys

SEED = 1
DIRECTORIES = 200
FILES_EACH = 100
SMALL_BYTES = (1 << 10, 20 << 10)
LARGE_FILES = 12
LARGE_BYTES = 8 << 20
# The tree, its two copies, and some air.
ROOM_BYTES = 1 << 30

# Names that break tools which think that a name is a line, or text, or no option.
HOSTILE = [
    b"new\nline",
    b"tab\tand return\r",
    b"not utf-8 \xff\xfe",
    b"-rf",
    b"--delete",
    b"#comment",
    b" space before",
    b"space after ",
    b"arrow -> target",
    b"*?[star]",
    b"'single' \"double\" $(touch owned)",
    b"host:path",
    b"~",
]


def make(top: bytes) -> None:
    """Make about 20,000 files with 300 MB, hostile names, links of all kinds and a directory nobody may write to."""
    os.mkdir(top)
    if shutil.disk_usage(top).free < ROOM_BYTES:
        sys.exit("The demo needs 1 GiB for a minute: set TMPDIR to a folder with as much.")
    content = _Content(SEED)
    for path in _files(top):
        _write(path, content.small())
    for number in range(LARGE_FILES):
        _write(os.path.join(top, b"large", b"file%d" % number), content.large())
    for name in HOSTILE:
        _write(os.path.join(top, b"hostile", name), name)
        _write(os.path.join(top, b"hostile directories", name, name), name)
        os.symlink(name, os.path.join(top, b"hostile", name + b" linked"))
    os.symlink(b"nowhere", os.path.join(top, b"dangling"))
    for number in range(100):
        leader = os.path.join(top, b"%03d" % number, b"file0")
        os.link(leader, os.path.join(top, b"%03d" % number, b"hard link"))
        os.link(leader, os.path.join(top, b"large", b"hard link\n%d" % number))
    _write(os.path.join(top, b"read only", b"file"), b"Nobody may write here.")
    os.chmod(os.path.join(top, b"read only"), 0o555)


def change(top: bytes) -> None:
    """Change, add, rename and remove some files; what vanishes here must vanish from the copies."""
    content = _Content(SEED + 1)
    for path in content.source.sample(_files(top), 400):
        action = content.source.choice((_rewrite, _chmod, _rename, os.unlink))
        action(path)
    for number in range(100):
        _write(os.path.join(top, b"new", b"file%d" % number), content.small())
    os.link(os.path.join(top, b"new", b"file0"), os.path.join(top, b"0 linked later"))
    shutil.rmtree(os.path.join(top, b"%03d" % (DIRECTORIES - 1)))


class _Content:
    """What goes into files: parts of one random block, which takes less time than new bytes for each."""

    def __init__(self, seed: int) -> None:
        self.source = random.Random(seed)
        self._block = memoryview(self.source.randbytes(2 * LARGE_BYTES))

    def small(self) -> memoryview:
        return self._part(self.source.randint(*SMALL_BYTES))

    def large(self) -> memoryview:
        return self._part(LARGE_BYTES)

    def _part(self, size: int) -> memoryview:
        offset = self.source.randrange(len(self._block) - size)
        return self._block[offset : offset + size]


def _files(top: bytes) -> list[bytes]:
    return [
        os.path.join(top, b"%03d" % directory, b"file%d" % number)
        for directory in range(DIRECTORIES)
        for number in range(FILES_EACH)
    ]


def _write(path: bytes, content: bytes | memoryview) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(content)


def _rewrite(path: bytes) -> None:
    _write(path, b"new content of " + path)


def _chmod(path: bytes) -> None:
    os.chmod(path, 0o600)


def _rename(path: bytes) -> None:
    os.rename(path, path + b" renamed\n")


if __name__ == "__main__":
    {"make": make, "change": change}[sys.argv[1]](os.fsencode(sys.argv[2]))
