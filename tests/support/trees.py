# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Sample trees, among them all that breaks tools of this kind."""

from __future__ import annotations

import os
import random
import socket
import stat

HOSTILE = [
    b"new\nline",
    b"tab\there",
    b"return\r",
    b"escape\x1b[31m",
    b"not utf-8 \xff\xfe",
    b"-rf",
    b"--delete",
    b"#comment",
    b";comment",
    b" space before",
    b"space after ",
    b"literal \\#012 escape",
    b"arrow -> target",
    b"arrow => leader",
    b"*?[star]",
    b"'single' \"double\" `back` $(touch owned)",
    b"\\backslash\\",
    b"~",
    b"host:path",
    b"\xc3\xa4\xc3\xb6\xc3\xbc",
    b"*deleting   0 0 fake",
    b">f+++++++++ 0 0 fake",
    b".hidden",
    b".name.AbC123",
    b"x" * 255,
]


def write(path: bytes, content: bytes, *, mode: int = 0o644, mtime: int = 1_600_000_000_123_456_789) -> None:
    """Write one file with the metadata given; make the directories above it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(content)
    os.chmod(path, mode)
    os.utime(path, ns=(mtime, mtime))


def build(top: str, *, seed: int = 1, devices: bool = False) -> None:
    """Build the tree that most tests use: about 150 names, hostile ones, links of all kinds, odd modes."""
    base = os.fsencode(top)
    source = random.Random(seed)
    for name in HOSTILE:
        write(os.path.join(base, b"hostile", name), b"hostile " + name)
    for name in (*HOSTILE, b"backslash\\"):
        write(os.path.join(base, b"hostile directories", name, b"inside"), name)
    for directory in (b"", b"a", b"a/b", b"a/b/c", b"z"):
        for number in range(8):
            size = source.choice((0, 1, 700, 5000, 70_000))
            write(os.path.join(base, directory, b"file%d" % number), source.randbytes(size))
    os.mkdir(os.path.join(base, b"empty"))
    os.makedirs(os.path.join(base, b"deep", *[b"d%d" % depth for depth in range(20)]))
    _links(base)
    os.mkfifo(os.path.join(base, b"fifo"))
    make_socket(os.path.join(base, b"socket"))
    if devices:
        os.mknod(os.path.join(base, b"null"), 0o20666, os.makedev(1, 3))
    for name, mode in (
        (b"setuid", 0o4755),
        (b"setgid", 0o2755),
        (b"sticky", 0o1644),
        (b"secret", 0o600),
        (b"odd", 0o741),
    ):
        write(os.path.join(base, b"modes", name), name, mode=mode)
    for name, mode in ((b"readonly", 0o555), (b"private", 0o700), (b"shared", 0o2775), (b"tmp", 0o1777)):
        write(os.path.join(base, b"directories", name, b"file"), name)
        write(os.path.join(base, b"directories", name, b"below", b"file"), name)
        os.chmod(os.path.join(base, b"directories", name), mode)
    stamp(base)


def _links(base: bytes) -> None:
    os.symlink(b"file0", os.path.join(base, b"link to file"))
    os.symlink(b"a/b", os.path.join(base, b"link to directory"))
    os.symlink(b"nowhere", os.path.join(base, b"dangling"))
    os.symlink(b"/etc/hosts", os.path.join(base, b"absolute"))
    os.symlink(b"new\nline -> \xff", os.path.join(base, b"hostile", b"link"))
    for leader, followers in (
        (b"a/file0", (b"z/linked", b"a/b/linked")),
        (b"hostile/#comment", (b"a/;hard", b"hard\nlink")),
    ):
        for follower in followers:
            os.link(os.path.join(base, leader), os.path.join(base, follower))


def make_socket(path: bytes) -> None:
    """Make a socket, however long its path is."""
    with socket.socket(socket.AF_UNIX) as one:
        directory = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            one.bind(b"/proc/self/fd/%d/" % directory + os.path.basename(path))
        finally:
            os.close(directory)


def stamp(base: bytes) -> None:
    """Give every directory, and all that is no regular file, a time of its own in the past."""
    for count, (path, directories, files) in enumerate(os.walk(base, topdown=False)):
        moment = 1_500_000_000_987_654_321 + count * 1_000_000_007
        for name in directories + files:
            inner = os.path.join(path, name)
            if not stat.S_ISREG(os.lstat(inner).st_mode) and not (os.path.isdir(inner) and not os.path.islink(inner)):
                os.utime(inner, ns=(moment, moment), follow_symlinks=False)
        os.utime(path, ns=(moment, moment))


def change(top: str, *, fill: bool = False) -> None:
    """Change a tree that :func:`build` made, as a day's work would: contents, modes, times, kinds, names, links.

    Args:
        top: The tree.
        fill: Put a file in the place of a directory that is not empty.
    """
    base = os.fsencode(top)
    write(os.path.join(base, b"a", b"file1"), b"new content", mtime=1_700_000_000_000_000_001)
    write(os.path.join(base, b"a", b"b", b"new file"), b"new", mtime=1_700_000_000_000_000_002)
    write(os.path.join(base, b"new directory", b"sub", b"file"), b"new")
    os.chmod(os.path.join(base, b"a", b"file2"), 0o600)
    os.utime(os.path.join(base, b"a", b"file3"), ns=(1, 1_650_000_000_000_000_000))
    os.unlink(os.path.join(base, b"z", b"file0"))
    os.unlink(os.path.join(base, b"hostile", b"new\nline"))
    write(os.path.join(base, b"directories", b"readonly", b"added"), b"added")
    for old, new in ((b"a/file4", b"a/renamed"), (b"z/file1", b"z/#renamed")):
        os.rename(os.path.join(base, old), os.path.join(base, new))
    _change_kinds(base)
    if fill:
        for name in os.listdir(os.path.join(base, b"a/b/c")):
            os.unlink(os.path.join(base, b"a/b/c", name))
        os.rmdir(os.path.join(base, b"a/b/c"))
        write(os.path.join(base, b"a/b/c"), b"was a directory")
    os.link(os.path.join(base, b"a", b"file0"), os.path.join(base, b"0 linked later"))
    os.unlink(os.path.join(base, b"z", b"linked"))
    stamp(base)
    os.chmod(os.path.join(base, b"directories", b"private"), 0o500)


def _change_kinds(base: bytes) -> None:
    """A file becomes a directory, a link a file, a file a link, a fifo a file."""
    os.unlink(os.path.join(base, b"file1"))
    write(os.path.join(base, b"file1", b"now inside"), b"was a file")
    for name in (b"dangling", b"fifo"):
        os.unlink(os.path.join(base, name))
        write(os.path.join(base, name), b"was no file")
    os.unlink(os.path.join(base, b"file2"))
    os.symlink(b"a", os.path.join(base, b"file2"))


def disturb(top: str, *, fill: bool = False) -> None:
    """Change a destination behind the source's back: extraneous names, other kinds, newer and unwritable things.

    Args:
        top: The tree.
        fill: Put a directory that is not empty in the place of a file.
    """
    base = os.fsencode(top)
    write(os.path.join(base, b"extra"), b"extraneous")
    write(os.path.join(base, b"extra directory", b"sub", b"file"), b"extraneous")
    write(os.path.join(base, b"extra directory", b"keep.bak"), b"extraneous")
    write(os.path.join(base, b"a", b"new\nextra"), b"extraneous")
    write(os.path.join(base, b"a", b"object.o"), b"extraneous, often excluded")
    write(os.path.join(base, b"z", b"file5"), b"newer", mtime=1_900_000_000_000_000_000)
    write(os.path.join(base, b"z", b"file6"), b"x" * 100_000)
    os.unlink(os.path.join(base, b"a", b"file7"))
    os.mkdir(os.path.join(base, b"a", b"file7"))
    if fill:
        write(os.path.join(base, b"a", b"file7", b"in the way", b"deep"), b"a directory stands where a file goes")
    for name in os.listdir(os.path.join(base, b"modes")):
        os.unlink(os.path.join(base, b"modes", name))
    os.rmdir(os.path.join(base, b"modes"))
    write(os.path.join(base, b"modes"), b"a file stands where a directory goes")
    os.rmdir(os.path.join(base, b"empty"))
    os.symlink(b"../linked", os.path.join(base, b"empty"))
    stamp(base)
    os.chmod(os.path.join(base, b"a", b"b"), 0o500)
