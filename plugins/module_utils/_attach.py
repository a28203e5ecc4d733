# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Attach: a run waits for another one of the same task instead of working against it, and returns its result.

Over a socket beside the lock of the other one, the attached run says with a line now and then that it is still there,
which keeps the other's lease fresh, and in the end it is told the result in one line of JSON. When the other one is
killed the connection closes without it. When the attached one is ended before its time, it wants the other one to end,
says so with a last line, and gets an empty one if that goes on for others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._lease import OWN_SECONDS, TICK_SECONDS, Lease
from ansible_collections.vgreb.jsync.plugins.module_utils._status import NAME

_TELL_SECONDS = 10.0
_HERE, _END = b"\n", b"end\n"
_LONGEST_LINE = 1 << 28


class Host:
    """The side that works.

    Args:
        lease: Of this run.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._server: asyncio.AbstractServer | None = None
        self._attached: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._ended: set[asyncio.StreamWriter] = set()

    async def open(self, directory: str) -> None:
        """Let others attach; where the path is too long for a socket they can only wait for the end."""
        with contextlib.suppress(OSError):
            self._server = await asyncio.start_unix_server(self._serve, _socket(directory))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._attached[writer] = asyncio.current_task()
        try:
            with contextlib.suppress(ConnectionError):
                while True:
                    line = await reader.readline()
                    if line == _END:
                        await self._forgo(writer)
                    elif line:
                        self._lease.renew(time.monotonic())
                    else:
                        break
        finally:
            del self._attached[writer]
            self._ended.discard(writer)
            writer.close()

    async def _forgo(self, writer: asyncio.StreamWriter) -> None:
        """End the run with an attached one, if nobody else wants it; say so if somebody does."""
        server = t.cast("asyncio.AbstractServer", self._server)
        self._ended.add(writer)
        if len(self._ended) == len(self._attached):
            self._lease.forgo(time.monotonic())
        while self._lease.forgone and server.is_serving():
            await asyncio.sleep(TICK_SECONDS)
        if server.is_serving():
            writer.write(b"\n")

    async def close(self, result: t.Mapping[str, t.Any] | None) -> None:
        """Tell the result, if there is one, and wait until those that are attached have read it."""
        if self._server is None:
            return
        self._server.close()
        line = b"" if result is None else json.dumps(result).encode() + b"\n"
        for writer in self._attached:
            writer.write(line)
            writer.write_eof()
        serving = [task for task in self._attached.values() if task]
        if serving:
            await asyncio.wait(serving, timeout=_TELL_SECONDS)


async def attach(
    directory: str, theirs: str | None, ours: str | None, look: t.Callable[[], None]
) -> dict[str, t.Any] | None:
    """Wait for the end of the run that holds a lock; give its result, None where it has left none.

    Args:
        directory: Of the lock.
        theirs: The follow directory of that run.
        ours: That of this one, where the same status is to be seen.
        look: Called again and again; what it raises ends the waiting.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(_socket(directory), limit=_LONGEST_LINE)
    except OSError:
        return None
    answer = asyncio.ensure_future(reader.readline())
    try:
        while not answer.done():
            writer.write(_HERE)
            _mirror(theirs, ours)
            look()
            await asyncio.wait((answer,), timeout=TICK_SECONDS)
        return t.cast("dict[str, t.Any]", json.loads(answer.result()))
    except asyncio.CancelledError:
        writer.write(_END)
        await asyncio.wait((answer,), timeout=OWN_SECONDS + _TELL_SECONDS)
        raise
    except (ConnectionError, ValueError):
        return None
    finally:
        answer.cancel()
        writer.close()


def _mirror(theirs: str | None, ours: str | None) -> None:
    if theirs and ours:
        new = os.path.join(ours, NAME + ".mirrored")
        with contextlib.suppress(OSError):  # there is none yet, or none any more
            shutil.copyfile(os.path.join(theirs, NAME), new)
            os.rename(new, os.path.join(ours, NAME))


def is_there(directory: str) -> bool:
    """The run that holds a lock takes others in."""
    with socket.socket(socket.AF_UNIX) as one:
        try:
            one.connect(_socket(directory))
        except OSError:
            return False
    return True


def _socket(directory: str) -> str:
    return os.path.join(directory, "s")


__all__ = ("Host", "attach", "is_there")
