# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Where a tree is, in rsync's own notation. Pure: text in, values out."""

from __future__ import annotations

import os
import re
import typing as t

# The most bytes of a path on a command line (MAXPATHLEN, with room for what rsync adds), and of all: the system counts
# a pointer for each (execve(2)), the other words and the environment, too.
_LONGEST_PATH = 4000
_POINTER = 8
_ENVIRONMENT = sum(len(name) + len(value) + 2 + _POINTER for name, value in os.environb.items())
LONGEST_LINE = max(min(512 << 10, os.sysconf("SC_ARG_MAX") // 2 - _ENVIRONMENT), 0)

# A path that takes the directory that it starts from along, as ``.`` (send_file_list in flist.c).
_WITH_TOP = re.compile(r"/*(?:\./|\.?/*\Z)")
_WILDCARD = re.compile(rb"[]*?[]")

LOCAL = "local"
SSH = "ssh"
DAEMON = "daemon"

# parse_hostspec() and check_for_hostspec() of rsync's options.c: a colon before any slash makes a path remote, and a
# host in brackets may hold colons.
_HOST = r"(?:(?P<user>[^/:\[]*)@)?(?:\[(?P<bracketed>[^\]/]+)\]|(?P<host>[^\[/:][^\[/:]*)?)"
_URL = re.compile(r"(?i:rsync)://" + _HOST + r"(?::(?P<port>\d*))?(?:/(?P<path>.*))?", re.DOTALL)
_REMOTE = re.compile(_HOST + r":(?P<double>:?)(?P<path>.*)", re.DOTALL)


class Endpoint(t.NamedTuple):
    """A source or destination.

    Attributes:
        kind: LOCAL, SSH or DAEMON.
        prefix: What stands before the path in rsync's notation: ``al@[::1]:``, ``rsync://host:873/``, ``host::`` or "".
        path: The path behind it; for a daemon it starts with the name of the module.
        user: User name at the far end, or "".
        host: Host without brackets, or "".
        port: Port of an ``rsync://`` URL, or None.
    """

    kind: str
    prefix: str
    path: str
    user: str = ""
    host: str = ""
    port: int | None = None

    @property
    def text(self) -> str:
        """The endpoint as rsync takes it."""
        return self.prefix + self.path

    @property
    def exact(self) -> bytes:
        """The path of one on this host, whatever the locale."""
        return self.path.encode("utf-8", "surrogateescape")

    @property
    def remote(self) -> bool:
        return self.kind != LOCAL

    @property
    def where(self) -> tuple[str, str, str, int | None]:
        """What two endpoints of one rsync must have in common."""
        return self.kind, self.user, self.host, self.port

    def at(self, path: str) -> Endpoint:
        """The same place with another path."""
        return self._replace(path=path)

    def as_directory(self) -> Endpoint:
        """The same place, said so that rsync takes it for a directory."""
        if self.path.endswith("/"):
            return self
        return self.at((self.path or ".") + "/")

    @property
    def has_wildcard(self) -> bool:
        """The far end may expand the path to several: rsync leaves ``*``, ``?`` and ``[`` to it."""
        return self.remote and any(sign in self.path for sign in "*?[")


def parse_endpoint(text: str) -> Endpoint:
    """Read a path, ``[user@]host:path``, ``[user@]host::module/path`` or ``rsync://[user@]host[:port]/module/path``."""
    match = _URL.fullmatch(text)
    if match:
        port = int(match.group("port")) if match.group("port") else None
        path = match.group("path") or ""
        prefix = text[: len(text) - len(path)]
        return _remote(DAEMON, prefix if prefix.endswith("/") else prefix + "/", path, match, port)
    match = _REMOTE.fullmatch(text)
    if match:
        path = match.group("path")
        kind = DAEMON if match.group("double") else SSH
        return _remote(kind, text[: len(text) - len(path)], path, match, None)
    return Endpoint(LOCAL, "", text)


def _remote(kind: str, prefix: str, path: str, match: t.Match[str], port: int | None) -> Endpoint:
    host = match.group("bracketed") or match.group("host") or ""
    return Endpoint(kind, prefix, path, match.group("user") or "", host, port)


class Source(t.NamedTuple):
    """A source as the passes that take a list see it.

    An entry of a list is ``lead`` and a name. Behind a ``./`` at its end rsync takes the directory itself along, as
    ``.``; behind ``/./`` it does not. No entry can be taken for a comment.

    Attributes:
        directory: The directory that the names lie below.
        base: The first component of all names that come from it; None where that is not known.
        contents: The directory itself is part of the transfer, as ``.`` (a trailing slash, or ``./`` before names).
        root: Where lists start from.
        lead: What stands before a name in a list.
    """

    directory: Endpoint
    base: bytes | None
    contents: bool
    root: Endpoint
    lead: bytes

    def paths(self, names: t.Sequence[bytes]) -> list[bytes]:
        """Names as paths for a command line; none where rsync would read these otherwise than a list.

        Names start behind the first ``/./``, and of a path only so many bytes count (flist.c, send_file_list).
        """
        start = self._start
        size = sum(map(len, names)) + (len(start) + 1 + _POINTER) * len(names)
        longest = max(map(len, names), default=0) + len(start)
        if self.root.remote or b"/./" in self.root.exact or longest > _LONGEST_PATH or size > LONGEST_LINE:
            return []
        return [start + name for name in names]

    def line(self, most: int) -> tuple[int, int]:
        """How many names, and how many bytes of a list of so many, always fit on a command line as paths.

        Args:
            most: The most names that there may be.
        """
        each = len(self._start) + _POINTER
        names = min(most, LONGEST_LINE // (2 * each))
        return names, LONGEST_LINE - names * each

    @property
    def _start(self) -> bytes:
        """What stands before a name in such a path."""
        return self.root.exact + b"./" + b"./" * self.contents

    def misread(self, *parts: bytes) -> bool:
        """Say whether no list can hold what has these parts in its name: on a pull rsync refuses what it then gets.

        It looks for wildcards there, and takes a backslash for an escape (exclude.c, add_implied_include).
        """
        if not self.root.remote:
            return False
        text = b"".join(parts)
        return b"\\" in text and bool(_WILDCARD.search(text))

    def misread_below(self, directory: bytes) -> bool:
        """The same where a list asks for all below a directory: a backslash at its end seems to escape what follows."""
        return self.misread(directory) or (self.root.remote and directory.endswith(b"\\"))


def _source(directory: Endpoint, base: bytes | None = None, *, contents: bool = False) -> Source:
    """Say how lists name what lies below a directory.

    A daemon starts every list from its module: rsync 3.5.0 looks there for files that a list names, even when it was
    told to start from a directory below (sender.c, secure_path).
    """
    root, below = directory, []
    if directory.kind == DAEMON:
        module, _slash, inner = directory.path.partition("/")
        below = [part for part in inner.split("/") if part not in ("", ".")]
        root = directory.at(module + "/")
    lead = "./" if contents else ""
    if below or not contents:
        lead = "/".join([".", *below, "."]) + "/" + lead
    return Source(directory, base, contents, root, lead.encode("utf-8", "surrogateescape"))


def split_source(source: Endpoint) -> Source | None:
    """Tell below which directory a source's names lie; None where only the far end knows."""
    path = source.path
    head, slash, tail = path.rpartition("/")
    contents = tail in ("", ".", "..") or (source.kind == DAEMON and not slash)
    if contents:
        return None if source.has_wildcard else _source(source.as_directory(), contents=True)
    directory = source.at(head + slash) if slash else source.at("").as_directory()
    if directory.has_wildcard or (source.kind == SSH and tail.startswith("~") and not slash):
        return None
    return _source(directory, None if source.has_wildcard else tail.encode("utf-8", "surrogateescape"))


def split_relative(source: Endpoint) -> Source | None:
    """The same with --relative, where a name keeps its whole path, or what stands behind ``/./``."""
    path = source.path
    if source.has_wildcard or path.startswith("~"):
        return None
    head, mark, tail = path.partition("/./")
    if source.kind == DAEMON and not (mark and "/" in head):
        head, _slash, tail = path.partition("/")
    elif not mark:
        head, tail = "" if path.startswith("/") else ".", path
        if not head and not path.strip("/."):
            return None  # names below / itself start with a slash, and no list takes that
    return _source(source.at(head + "/"), contents=bool(_WITH_TOP.match(tail)))


def split_list(source: Endpoint) -> Source:
    """The same with --files-from, where names lie below the one source."""
    return _source(source.as_directory())


__all__ = (
    "DAEMON",
    "Endpoint",
    "LOCAL",
    "LONGEST_LINE",
    "SSH",
    "Source",
    "parse_endpoint",
    "split_list",
    "split_relative",
    "split_source",
)
