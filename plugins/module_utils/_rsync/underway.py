# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""What a running rsync is carrying: rsync reports a file when it is done, which for a large one takes long.

The kernel says which file a process has open, and how far it has come in it (proc_pid_fdinfo(5), ``pos``). Measured on
rsync 3.2.7 and 3.5.0: the receiver writes its temporary file, and the sender reads the source, from start to end.
Nothing is known where there is no Linux, or where its /proc does not show it.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.meter import children
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import final_name

_POSITION = re.compile(rb"pos:\s*(\d+)\s+flags:\s*([0-7]+)")


class Underway(t.NamedTuple):
    """A file of which a part is done.

    Attributes:
        path: Below the place that it was found in.
        bytes: How much of it is done.
    """

    path: bytes
    bytes: int


class Places:
    """Where the files of a run are.

    Args:
        directories: Absolute, without symbolic links.
        writing: Files are written there; else they are read.
    """

    def __init__(self, directories: t.Sequence[bytes], *, writing: bool, proc: str = "/proc") -> None:
        self._tops = tuple(directory.rstrip(b"/") + b"/" for directory in directories)
        self._writing = writing
        self._proc = proc

    def look(self, pid: int) -> Underway | None:
        """Find the file that a process, or one that it has started, is carrying."""
        for one in self._family(pid):
            directory = os.fsencode(f"{self._proc}/{one}/fd")
            with contextlib.suppress(OSError):
                for name in os.listdir(directory):
                    file = self._file(one, name)
                    if file is not None:
                        return file
        return None

    def _family(self, pid: int) -> t.Iterator[int]:
        yield pid
        for child in children(self._proc, pid):
            yield from self._family(child)

    def _file(self, pid: int, name: bytes) -> Underway | None:
        place = os.fsencode(f"{self._proc}/{pid}/")
        path = os.readlink(place + b"fd/" + name)
        top = next((top for top in self._tops if path.startswith(top)), None)
        if top is None:
            return None
        with open(place + b"fdinfo/" + name, "rb") as stream:
            match = _POSITION.match(stream.read())
        if match is None or not stat.S_ISREG(os.stat(place + b"fd/" + name).st_mode):
            return None
        if (int(match.group(2), 8) & os.O_ACCMODE != os.O_RDONLY) is not self._writing:
            return None
        below = path[len(top) :]
        return Underway(final_name(below) if self._writing else below, int(match.group(1)))


__all__ = ("Places", "Underway")
