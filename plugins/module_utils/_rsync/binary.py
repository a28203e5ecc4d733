# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Which rsync is on this host, and what it can do."""

from __future__ import annotations

import re
import shutil
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import from_locale, readable, to_locale

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

OLDEST = (3, 1, 0)

# From this version on rsync itself keeps file names from the remote shell (NEWS for rsync 3.2.4).
ESCAPES_ARGUMENTS = (3, 2, 4)

# "created directory" without -v: not in rsync 3.2.3, in rsync 3.2.7 (get_local_name() in main.c).
SAYS_NEW_ROOT = (3, 2, 7)

# Options that rsync has and its help does not list.
_UNLISTED = frozenset(("append-verify", "inc-recursive", "qsort", "old-compress", "new-compress"))

_VERSION = re.compile(r"rsync +version v?((\d+)\.(\d+)(?:\.(\d+))?\S*) +protocol version")
_OPTION = re.compile(r"--([A-Za-z0-9][A-Za-z0-9-]*)")


class Binary(t.NamedTuple):
    """The rsync that runs here.

    Attributes:
        path: Where it is.
        version: As it names itself.
        number: The same, to compare.
        options: Long names of the options that it has.
    """

    path: str
    version: str
    number: tuple[int, int, int]
    options: frozenset[str]


async def find_rsync(processes: Processes, path: str) -> Binary:
    """Find rsync and ask it for its version and options.

    Raises:
        RequestError: There is none, it is too old, or it is another program of that name.
    """
    there = shutil.which(to_locale(path))
    if there is None:
        raise RequestError(
            f"rsync_path is {path!r}, and there is no such program on this host: install rsync 3.1 or newer"
        )
    found = from_locale(there)
    text = await _help(processes, found)
    match = _VERSION.match(text)
    if match is None:
        first = (text.splitlines() or ["nothing"])[0]
        raise RequestError(
            f"rsync_path is {found!r}, which is not rsync (it says {first!r}): install rsync 3.1 or newer"
        )
    version = match.group(1)
    number = (int(match.group(2)), int(match.group(3)), int(match.group(4) or 0))
    if number < OLDEST:
        raise RequestError(f"rsync_path is {found!r}, version {version}: install rsync 3.1 or newer")
    return Binary(found, version, number, read_options(text))


def read_version(text: str) -> str | None:
    """Find the version in what ``--version`` or ``--help`` says; None where no rsync says it."""
    match = _VERSION.search(text)
    return match.group(1) if match else None


def read_options(text: str) -> frozenset[str]:
    """Read the long names of the options that ``--help`` lists, and those that it never lists."""
    listed = _OPTION.findall(text)
    positive = [name[3:] for name in listed if name.startswith("no-")]
    return _UNLISTED.union(listed, positive)


async def _help(processes: Processes, path: str) -> str:
    """What a program says of itself; rsync begins with its version (usage(), options.c and usage.c)."""
    answer: list[bytes] = []
    await processes.run([path, "--help"], answer.append, answer.append)
    return readable(b"".join(answer))


__all__ = ("Binary", "ESCAPES_ARGUMENTS", "SAYS_NEW_ROOT", "find_rsync", "read_options", "read_version")
