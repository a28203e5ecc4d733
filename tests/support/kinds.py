# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Every kind of entry that a tree can hold, and every pair of kinds that can meet at the two ends."""

from __future__ import annotations

import os
import typing as t

from tests.support import trees

OLD, NEW = 1_500_000_000_000_000_007, 1_600_000_000_000_000_007


def _file(path: bytes, moment: int) -> None:
    trees.write(path, b"content of " + str(moment).encode(), mtime=moment)


def _empty_file(path: bytes, moment: int) -> None:
    trees.write(path, b"", mtime=moment)


def _hard_links(path: bytes, moment: int) -> None:
    _file(path, moment)
    os.link(path, path + b" also")


def _directory(path: bytes, _moment: int) -> None:
    os.mkdir(path, 0o750)


def _full_directory(path: bytes, moment: int) -> None:
    _file(os.path.join(path, b"inside"), moment)
    _file(os.path.join(path, b"deeper", b"inside"), moment)


def _closed_directory(path: bytes, moment: int) -> None:
    _full_directory(path, moment)
    os.chmod(os.path.join(path, b"deeper"), 0o555)
    os.chmod(path, 0o555)


def _link_to_file(path: bytes, _moment: int) -> None:
    os.symlink(b"0 a file", path)


def _link_to_directory(path: bytes, moment: int) -> None:
    _file(os.path.join(path + b" target", b"inside"), moment)
    os.symlink(os.path.basename(path) + b" target", path)


def _dangling_link(path: bytes, moment: int) -> None:
    os.symlink(b"nowhere %d" % moment, path)


def _fifo(path: bytes, _moment: int) -> None:
    os.mkfifo(path)


def _socket(path: bytes, _moment: int) -> None:
    trees.make_socket(path)


def _device(path: bytes, moment: int) -> None:
    os.mknod(path, 0o20640, os.makedev(1, 3 if moment == NEW else 5))


def _missing(_path: bytes, _moment: int) -> None:
    pass


Maker = t.Callable[[bytes, int], None]

_MAKERS: dict[str, Maker] = {
    "file": _file,
    "empty file": _empty_file,
    "hard links": _hard_links,
    "directory": _directory,
    "full directory": _full_directory,
    "closed directory": _closed_directory,
    "link to file": _link_to_file,
    "link to directory": _link_to_directory,
    "dangling link": _dangling_link,
    "fifo": _fifo,
    "socket": _socket,
    "device": _device,
    "missing": _missing,
}


def build(source: str, dest: str, *, devices: bool) -> None:
    """Make two trees in which each kind of entry at the source meets each kind at the destination."""
    kinds = [kind for kind in _MAKERS if devices or kind != "device"]
    for top, moment in ((source, NEW), (dest, OLD)):
        base = os.fsencode(top)
        _file(os.path.join(base, b"0 a file"), OLD)
        for here in kinds:
            for there in kinds:
                name = ("%s onto %s" % (here, there)).encode()
                _MAKERS[here if moment == NEW else there](os.path.join(base, name), moment)
        trees.stamp(base)
