# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Exceptions of a run. Each carries the one sentence that the user reads, and the exit code to report."""

from __future__ import annotations


class SyncError(Exception):
    """The run cannot go on.

    Args:
        message: One sentence that names the option, the value and what to do.
        code: The exit code of rsync (or ssh) that belongs to it, see _rsync/exitcodes.py.
    """

    code = 1

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class RequestError(SyncError):
    """The request is impossible. Raised before anything is touched."""


class RsyncError(SyncError):
    """An rsync or a connection ended in a way that no other partition can cure."""

    code = 12


class LaneError(RsyncError):
    """A lane has no connection, and cannot get one. Others may."""

    code = 255


class StateError(SyncError):
    """The state directory cannot be written."""

    code = 11


__all__ = ("LaneError", "RequestError", "RsyncError", "StateError", "SyncError")
