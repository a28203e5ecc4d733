# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The values that travel from stage to stage. Pure: no process, no file, no clock.

Paths are bytes, as rsync gives them; text exists only in results.
"""

from __future__ import annotations

import base64
import bisect
import os
import re
import typing as t


class Change(t.NamedTuple):
    """One line of rsync's itemized output.

    Attributes:
        item: The item string of rsync(1), --itemize-changes: 11 bytes, or ``*deleting``.
        size: Bytes of the file; 0 for a deletion.
        name: Path below the destination, without a trailing slash.
        directory: The name is a directory.
        link: The target of a symbolic link, or the leader of a hard-linked name; None where there is none.
        mode: The permissions that it is to have, as ``rwxr-xr-x``; empty where they are not known.
    """

    item: bytes
    size: int
    name: bytes
    directory: bool
    link: bytes | None
    mode: bytes = b""

    @property
    def deletion(self) -> bool:
        return self.item[:1] == b"*"

    @property
    def created(self) -> bool:
        return self.item[2:] == b"+++++++++"

    @property
    def unchanged(self) -> bool:
        return self.item[:1] == b"." and not self.item[2:].strip()

    @property
    def transfer(self) -> bool:
        """The content of a regular file goes over, whole or in part."""
        return self.item[:1] in (b"<", b">")

    @property
    def hard_link(self) -> bool:
        return self.item[:1] == b"h"

    @property
    def closed(self) -> bool:
        """Its owner may not fill this directory, so that lanes must open it for each other."""
        return self.directory and bool(self.mode) and not self.mode.startswith(b"rwx")

    @property
    def opened(self) -> bool:
        """This directory was there and has got other permissions."""
        return self.directory and (self.item[5:6] == b"p" or self.item[9:10] == b"a")

    def line(self) -> str:
        """The line as ``rsync --itemize-changes`` prints it, for people."""
        arrow = "" if self.link is None else (" => " if self.hard_link else " -> ") + printable(self.link)
        return self.item.decode("ascii").ljust(11) + " " + printable(self.name) + "/" * self.directory + arrow


class Files(t.NamedTuple):
    """Regular files whose content goes over, in the order in which rsync prints them.

    Attributes:
        directory: Path below the destination, with a trailing slash; empty for the destination itself.
        names: Their names in that directory; paths where whoever asked for them takes those.
        sizes: Bytes of each.
    """

    directory: bytes
    names: t.Sequence[bytes]
    sizes: t.Sequence[int]


class Part(t.NamedTuple):
    """What one scanner of several looks at.

    Attributes:
        names: Directories, as the scan names them; none stands for the top of the tree.
        deep: All that lies below them; else what they hold, the unchanged, too.
        at_once: rsync may keep all names in memory, which takes less time.
    """

    names: tuple[bytes, ...]
    deep: bool
    at_once: bool = False

    @property
    def asked(self) -> list[bytes]:
        """The names as rsync is given them: a slash at the end asks for what a directory holds."""
        return [name if self.deep else name + b"/" for name in self.names]


class Problem(t.NamedTuple):
    """One message of rsync about one name.

    Attributes:
        path: The path as rsync named it, often absolute; None where the message names none.
        reason: rsync's own words, without the path.
        vanished: The name was gone when its turn came.
        from_sender: The sending side reported it.
    """

    path: bytes | None
    reason: str
    vanished: bool = False
    from_sender: bool = False


class Failure(t.NamedTuple):
    """A path that did not arrive, and why."""

    path: bytes
    reason: str

    def as_result(self) -> dict[str, str]:
        return dict(path_fields(self.path), reason=self.reason)


# Why a name did not arrive that no message is about.
DIFFERS = "still differs from the source"
UNCONFIRMED = "not confirmed: "


class Reasons:
    """Finds what the messages of an rsync say about a name: they often give a longer, absolute path.

    Args:
        problems: The messages.

    Attributes:
        missing: How many names were asked for that no message is about.
    """

    def __init__(self, problems: t.Sequence[Problem]) -> None:
        self._problems = problems
        self._used: set[Problem] = set()
        self._by_end = sorted((_backwards(problem.path or b""), place) for place, problem in enumerate(problems))
        self.missing = 0

    def of(self, name: bytes) -> str:
        """The reason why a name did not arrive; empty where no message tells."""
        reason = self._find(name)
        self.missing += not reason
        return reason

    def _find(self, name: bytes) -> str:
        end = _backwards(name)
        at = bisect.bisect_left(self._by_end, (end, 0))
        if at == len(self._by_end) or not self._by_end[at][0].startswith(end):
            return ""
        problem = self._problems[self._by_end[at][1]]
        self._used.add(problem)
        return problem.reason

    def of_above(self, name: bytes) -> str:
        """The reason why a directory above a name did not arrive; empty where no message tells."""
        above = name.rpartition(b"/")[0]
        return (self._find(above) or self.of_above(above)) if above else ""

    def unused(self) -> list[Problem]:
        """The messages about names that nobody asked for."""
        return [problem for problem in self._problems if problem not in self._used]


def _backwards(path: bytes) -> bytes:
    """A path from its last byte on, and a slash: that of a longer path with the same end starts with it."""
    return path[::-1] + b"/"


class Listing:
    """A list that keeps the first ``limit`` entries and counts all."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.total = 0
        self.entries: list[t.Any] = []

    def add(self, entry: t.Any) -> None:
        self.total += 1
        if not self.full:
            self.entries.append(entry)

    def extend(self, other: Listing) -> None:
        """Take over another list."""
        for entry in other.entries:
            self.add(entry)
        self.total += other.more

    @property
    def full(self) -> bool:
        """No more entries are kept."""
        return len(self.entries) >= self.limit

    @property
    def more(self) -> int:
        """How many were counted and not kept."""
        return self.total - len(self.entries)


class Failures(Listing):
    """Paths that did not arrive, each once: several rsyncs may complain about the same one."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self._paths: set[bytes] = set()

    def add(self, entry: Failure) -> None:
        if entry.path and entry.path in self._paths:
            return
        super().add(entry)
        if self.total <= self.limit:
            self._paths.add(entry.path)

    def concern(self, name: bytes) -> bool:
        """Say whether a name is among those that are kept; rsync often gives a longer, absolute path."""
        return name in self._paths or any(path.endswith(b"/" + name) for path in self._paths)


def readable(path: bytes) -> str:
    """Give a path as text for people and JSON: every byte that is not UTF-8 becomes U+FFFD."""
    return path.decode("utf-8", "replace")


def legible(line: bytes) -> str:
    """Give a line of rsync or ssh as text: what is not UTF-8 or no terminal should see in rsync's notation, ``\\#ooo``.

    What rsync has escaped already stays as it is, and so do tabs, and the returns at the end of what ssh says.
    """
    return _escape_unprintable(line.decode("utf-8", "surrogateescape"), but="\t\r")


def printable(path: bytes) -> str:
    """Give a path as one line of text that no terminal acts upon, in rsync's notation: ``\\#ooo`` for other bytes."""
    return _escape_unprintable(re.sub(r"\\(?=#[0-7]{3})", r"\\#134", path.decode("utf-8", "surrogateescape")))


def _escape_unprintable(text: str, *, but: str = "") -> str:
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() or sign in but else _escape(sign) for sign in text)


def _escape(sign: str) -> str:
    return "".join(f"\\#{byte:03o}" for byte in sign.encode("utf-8", "surrogateescape"))


def path_fields(path: bytes) -> dict[str, str]:
    """Give a path for a result: ``path`` as text, and ``path_b64`` with the bytes where they are not UTF-8."""
    fields = {"path": readable(path)}
    try:
        path.decode("utf-8")
    except UnicodeDecodeError:
        fields["path_b64"] = base64.b64encode(path).decode("ascii")
    return fields


def to_locale(text: str) -> str:
    """Give text of the request, which is UTF-8, as Python must be given it to pass on the same bytes in any locale."""
    return os.fsdecode(text.encode("utf-8", "surrogateescape"))


def from_locale(text: str) -> str:
    """Give text that Python has read in the locale as text of the request; undoes :func:`to_locale`."""
    return os.fsencode(text).decode("utf-8", "surrogateescape")


__all__ = (
    "DIFFERS",
    "UNCONFIRMED",
    "Change",
    "Failure",
    "Failures",
    "Files",
    "Listing",
    "Part",
    "Problem",
    "Reasons",
    "from_locale",
    "legible",
    "path_fields",
    "printable",
    "readable",
    "to_locale",
)
