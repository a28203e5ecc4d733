# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The status document: the latest snapshot of a run, in a private directory that somebody else follows."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError

NAME = "status.json"

# Room for the result of a run that has filled the disk which its job's file is on, too; that is written when this is
# gone. With what Ansible puts there to read it.
RESERVE = "reserve"
_RESERVED_BYTES = 1 << 20


@contextlib.contextmanager
def follow_directory(path: str) -> t.Iterator[str]:
    """A directory for the one that follows this run, removed with all that is in it at the run's end.

    Raises:
        RequestError: It cannot be made, or somebody else's is there.
    """
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        found = os.lstat(path)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or os.listdir(path):
            raise RequestError(f"follow is {path!r}, which is there already: name a directory that is not") from None
        os.chmod(path, 0o700)
    except OSError as error:
        raise RequestError(f"follow is {path!r}, which cannot be made: {error.strerror}") from error
    try:
        _reserve(path)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _reserve(directory: str) -> None:
    """Keep room for the result, unless there is none: random bytes, which no file system can make smaller."""
    path = os.path.join(directory, RESERVE)
    try:
        with open(path, "wb") as stream:
            stream.write(os.urandom(_RESERVED_BYTES))
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(path)


class Status:
    """Writes the document.

    Args:
        directory: Where it is.
    """

    def __init__(self, directory: str) -> None:
        self._path = os.path.join(directory, NAME)
        self._last: dict[str, t.Any] = {}

    def publish(self, snapshot: t.Mapping[str, t.Any]) -> None:
        """Write a snapshot in which anything but the time has changed; a reader sees the old one or the new one.

        Raises:
            OSError: It cannot be written.
        """
        said = {name: value for name, value in snapshot.items() if name != "seconds"}
        if said == self._last:
            return
        with open(self._path + ".new", "w", encoding="ascii") as stream:
            json.dump(snapshot, stream, separators=(",", ":"))
        os.rename(self._path + ".new", self._path)
        self._last = said


def parse_status(text: str) -> dict[str, t.Any] | None:
    """Read a document; None where it is none, or one of a version that this one does not know."""
    try:
        snapshot = json.loads(text)
    except ValueError:
        return None
    if not isinstance(snapshot, dict) or snapshot.get("version") != 1:
        return None
    return snapshot


__all__ = ("NAME", "RESERVE", "Status", "follow_directory", "parse_status")
