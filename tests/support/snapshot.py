# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Describe a tree so that two trees can be compared: all that rsync can carry.

A time that a test run itself has made is described as ``NOW``: two runs do not make the same one.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
import typing as t

NOW = -1
_STARTED_NS = time.time_ns() - 10**9


class Entry(t.NamedTuple):
    """One name of a tree; times in nanoseconds or ``NOW``, None where the kind of entry has no such thing."""

    kind: str
    mode: int
    uid: int
    gid: int
    mtime: int
    size: int | None
    content: str | None
    target: bytes | None
    device: int | None
    linked: tuple[bytes, ...]
    xattrs: tuple[tuple[str, bytes], ...]


_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character device",
    stat.S_IFBLK: "block device",
}


def snapshot(top: str | bytes) -> dict[bytes, Entry]:
    """Describe every name below a directory, and the directory itself as ``.``; names are bytes."""
    top = os.fsencode(top)
    found = {b".": os.lstat(top)}
    pending = [b""]
    while pending:
        below = pending.pop()
        for item in os.scandir(os.path.join(top, below)):
            name = os.path.join(below, item.name)
            found[name] = item.stat(follow_symlinks=False)
            if item.is_dir(follow_symlinks=False):
                pending.append(name)
    groups: dict[tuple[int, int], list[bytes]] = {}
    for name, status in found.items():
        if not stat.S_ISDIR(status.st_mode) and status.st_nlink > 1:
            groups.setdefault((status.st_dev, status.st_ino), []).append(name)
    return {name: _describe(os.path.join(top, name), status, groups) for name, status in sorted(found.items())}


def _describe(path: bytes, status: os.stat_result, groups: dict[tuple[int, int], list[bytes]]) -> Entry:
    kind = _KINDS[stat.S_IFMT(status.st_mode)]
    regular, link = kind == "file", kind == "link"
    return Entry(
        kind=kind,
        mode=0 if link else stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime=NOW if _STARTED_NS < status.st_mtime_ns < time.time_ns() + 10**9 else status.st_mtime_ns,
        size=status.st_size if regular else None,
        content=_digest(path) if regular else None,
        target=os.readlink(path) if link else None,
        device=status.st_rdev if kind.endswith("device") else None,
        linked=tuple(sorted(groups.get((status.st_dev, status.st_ino), ()))),
        xattrs=tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(_xattrs(path))),
    )


def _digest(path: bytes) -> str:
    with open(path, "rb") as stream:
        return hashlib.sha256(stream.read()).hexdigest()


def _xattrs(path: bytes) -> list[str]:
    try:
        return os.listxattr(path, follow_symlinks=False)
    except OSError:
        return []


def differences(expected: dict[bytes, Entry], found: dict[bytes, Entry], *, ignore: t.Container[str] = ()) -> list[str]:
    """Say in readable lines how two trees differ; an empty list where they do not."""
    lines = []
    for name in sorted(set(expected) | set(found)):
        one, other = expected.get(name), found.get(name)
        if one is None or other is None:
            lines.append("%r: %s" % (name, "is not expected" if one is None else "is missing"))
            continue
        for field, want, got in zip(Entry._fields, one, other):
            if field not in ignore and want != got:
                lines.append("%r: %s is %r, expected %r" % (name, field, got, want))
    return lines
