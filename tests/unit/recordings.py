# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What real rsyncs printed, one file for each version and case: ``exit 0``, then lines marked ``out|`` and ``err|``."""

from __future__ import annotations

import os
import typing as t

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded")
VERSIONS = ("3.2.3", "3.2.7", "3.5.0")


class Recording(t.NamedTuple):
    """The end of one rsync, and all that it said."""

    code: int
    out: bytes
    err: bytes


def _path(version: str, case: str) -> str:
    return os.path.join(FOLDER, version, case + ".txt")


def load(version: str, case: str) -> Recording:
    with open(_path(version, case), "rb") as stream:
        first, *lines = stream.read().splitlines(keepends=True)
    out, err = (b"".join(line[4:] for line in lines if line.startswith(mark)) for mark in (b"out|", b"err|"))
    return Recording(int(first.split()[1]), out, err)


def store(version: str, case: str, recording: Recording) -> None:
    os.makedirs(os.path.join(FOLDER, version), exist_ok=True)
    marked = ((b"out|", recording.out), (b"err|", recording.err))
    with open(_path(version, case), "wb") as stream:
        stream.write(b"exit %d\n" % recording.code)
        stream.writelines(mark + line for mark, data in marked for line in data.splitlines(keepends=True))
