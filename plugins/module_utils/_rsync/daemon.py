# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Whether a daemon speaks at all: rsync waits for its first word for ever.

``--contimeout`` only limits the connecting (open_socket_out() in socket.c), and ``--timeout`` would count for the whole
transfer at both ends. So a connection of the module's own waits for the greeting, which every daemon sends unasked.
"""

from __future__ import annotations

import asyncio
import os
import socket
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import DAEMON
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import CONNECT_SECONDS

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request

_PORT = 873
_TIMEOUT_WAITING = 35

# With them rsync goes another way to the daemon.
_DETOURS = ("RSYNC_PROXY", "RSYNC_CONNECT_PROG")


async def check_daemon(request: Request) -> None:
    """Check that something speaks at the other end; what it says, and why nothing is there, is left to rsync.

    Raises:
        RsyncError: It has been silent for as long as contimeout allows.
    """
    far, settings = request.far, request.settings
    if far is None or far.kind != DAEMON or settings["rsh"] or any(map(os.environ.get, _DETOURS)):
        return
    seconds = int(settings["contimeout"] or CONNECT_SECONDS)
    port = int(far.port or settings["port"] or _PORT)
    family = socket.AF_INET if settings["ipv4"] else socket.AF_INET6 if settings["ipv6"] else socket.AF_UNSPEC
    hearing = asyncio.ensure_future(_hear(far.host, port, family))
    try:
        await asyncio.wait((hearing,), timeout=seconds)
        if not hearing.done():
            raise RsyncError(
                f"nothing at {far.host} port {port} has spoken as an rsync daemon for {seconds} s: "
                "find out what listens there, or raise contimeout",
                _TIMEOUT_WAITING,
            )
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)


async def _hear(host: str, port: int, family: int) -> None:
    """Wait for the first word, or for the end of the connection."""
    reader, writer = await asyncio.open_connection(host, port, family=family)
    try:
        await reader.read(1)
    finally:
        writer.close()


__all__ = ("check_daemon",)
