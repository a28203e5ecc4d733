# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""What a run has left that was killed together with its guardian; the next run of the same task clears it away.

All that a run starts has the run's mark in its environment, and the run's record, which stays in the file of its lock,
says which mark that was. Without /proc nothing is found; such an rsync ends by itself when it next prints a name.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import GRACE_SECONDS

_NAME = "JSYNC_RUN"
_POLL_SECONDS = 0.05


@contextlib.contextmanager
def marked(mark: str) -> t.Iterator[None]:
    """Let all that is started in the block have a mark."""
    os.environ[_NAME] = mark
    try:
        yield
    finally:
        del os.environ[_NAME]


async def clear(record: t.Mapping[str, t.Any]) -> None:
    """End the processes of a dead run, then remove its directories.

    Args:
        record: ``mark`` and ``made``, its directories; an empty one is of a run that has left none.

    Raises:
        RequestError: A process does not end.
    """
    mark = record.get("mark")
    if mark:
        await _end(mark)
    for directory in record.get("made", ()):
        shutil.rmtree(directory, ignore_errors=True)


async def _end(mark: str) -> None:
    """Ask all with a mark to end, once, for rsync to remove its temporary files; then do not ask."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in _find(mark):
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        deadline = time.monotonic() + GRACE_SECONDS
        while _find(mark) and time.monotonic() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
    left = _find(mark)
    if left:
        raise RequestError(
            f"the last run of the same task was killed, and of what it had started pid {left[0]} does not end: "
            "what it waits for, perhaps a disk, must come back, or the host be started anew"
        )


def _find(mark: str) -> list[int]:
    """Living processes with a mark in their environment."""
    wanted = f"{_NAME}={mark}".encode()
    found = []
    with contextlib.suppress(FileNotFoundError):  # no Linux
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as stream:
                if wanted in stream.read().split(b"\0"):
                    found.append(int(name))
    return found


__all__ = ("clear", "marked")
