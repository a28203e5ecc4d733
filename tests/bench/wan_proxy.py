# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What wan.c does, for systems without a C compiler; the words are the same, too."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

CHUNK = 32 << 10
AHEAD = 64 << 10
SOCKET_BUFFER = 256 << 10


class Line:
    """One direction of one connection.

    Args:
        source, sink: Connected sockets that do not block.
        delay: Seconds from entering to leaving.
        rate: Bytes per second.
    """

    def __init__(self, source: socket.socket, sink: socket.socket, delay: float, rate: float) -> None:
        self._source = source
        self._sink = sink
        self._delay = delay
        self._rate = rate
        self._room = 2 * delay * rate + 2 * AHEAD
        self._held = 0
        self._chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        self._passed = asyncio.Event()

    async def carry(self) -> None:
        """Carry all up to the end of the stream, and pass that on, too."""
        passing = asyncio.ensure_future(self._pass())
        try:
            await self._take()
            await passing
        finally:
            passing.cancel()

    async def _take(self) -> None:
        loop = asyncio.get_running_loop()
        free_at = 0.0
        data = b"start"
        while data:
            await asyncio.sleep(max(free_at - AHEAD / self._rate - loop.time(), 0))
            while self._held >= self._room:
                self._passed.clear()
                await self._passed.wait()
            data = await loop.sock_recv(self._source, CHUNK)
            free_at = max(free_at, loop.time()) + len(data) / self._rate
            self._held += len(data)
            self._chunks.put_nowait((free_at + self._delay, data))

    async def _pass(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await self._chunks.get()
            await asyncio.sleep(max(due - loop.time(), 0))
            if not data:
                self._sink.shutdown(socket.SHUT_WR)
                return
            await loop.sock_sendall(self._sink, data)
            self._held -= len(data)
            self._passed.set()


async def _serve(client: socket.socket, target: tuple[str, int], delay: float, rate: float) -> None:
    with client, socket.socket() as server, contextlib.suppress(OSError):
        _prepare(client)
        await asyncio.sleep(2 * delay)  # TCP's handshake
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        _prepare(server)
        await asyncio.get_running_loop().sock_connect(server, target)
        lines = [
            asyncio.ensure_future(Line(one, other, delay, rate).carry())
            for one, other in ((client, server), (server, client))
        ]
        try:
            await asyncio.gather(*lines)
        finally:
            for line in lines:
                line.cancel()
            await asyncio.gather(*lines, return_exceptions=True)


def _prepare(one: socket.socket) -> None:
    one.setblocking(False)
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


async def main(words: list[str]) -> None:
    address, port, target_address, target_port, microseconds, rate = words
    serving: set[asyncio.Task[None]] = set()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        listener.setblocking(False)
        listener.bind((address, int(port)))
        listener.listen(64)
        while True:
            client, _peer = await asyncio.get_running_loop().sock_accept(listener)
            target = target_address, int(target_port)
            task = asyncio.ensure_future(_serve(client, target, int(microseconds) / 1e6, int(rate)))
            serving.add(task)
            task.add_done_callback(serving.discard)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
