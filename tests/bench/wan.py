# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A network that is far and not wide: a proxy on a loopback address in front of a server on another one.

Run as a program (``make bench-wan``), it measures what the proxy itself does and how much it could carry at most.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import typing as t

from tests.support import servers

DELAY_SECONDS = 0.025
BYTES_PER_SECOND = 10_000_000
ADDRESS = "127.0.0.5"

_HERE = os.path.dirname(os.path.abspath(__file__))
_PYTHON = (sys.executable, os.path.join(_HERE, "wan_proxy.py"))
_CONNECTIONS = 8
_UNLIMITED = 1_000_000_000
_MOST_BYTES = 100_000_000
_BLOCK = bytes(64 << 10)
_KEEP, _RETURN = b"k", b"r"


def proxy_argv(folder: str) -> tuple[str, ...]:
    """The proxy: compiled into a folder, or in Python where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    program = os.path.join(folder, "wan")
    if compiler is not None:
        words = [compiler, "-O2", "-o", program, os.path.join(_HERE, "wan.c")]
        if subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode == 0:
            return (program,)
    print("there is no C compiler: the slow network runs in Python", file=sys.stderr)
    return _PYTHON


@contextlib.contextmanager
def wan(
    folder: str,
    target: tuple[str, int],
    *,
    argv: t.Sequence[str] | None = None,
    delay: float = DELAY_SECONDS,
    rate: int = BYTES_PER_SECOND,
) -> t.Iterator[tuple[str, int]]:
    """Run a proxy, and give the address where it listens.

    Args:
        folder: For the compiled program and its log.
        target: Where it leads.
        argv: The proxy, by default what :func:`proxy_argv` gives.
        delay: Seconds each way.
        rate: Bytes per second of each connection, each direction.
    """
    port = servers.free_port(ADDRESS)
    words = [*(argv or proxy_argv(folder)), ADDRESS, str(port), target[0], str(target[1])]
    words += [str(round(delay * 1e6)), str(rate)]
    with servers.running(words, ADDRESS, port, os.path.join(folder, "wan.log")):
        yield ADDRESS, port


def main() -> None:
    print("| proxy | connections | MB/s allowed to each | round trip, ms | MB/s one way | MB/s both ways, each |")
    print("| --- " + "| ---: " * 5 + "|")
    loads = (1, BYTES_PER_SECOND), (_CONNECTIONS, BYTES_PER_SECOND), (_CONNECTIONS, _UNLIMITED)
    with tempfile.TemporaryDirectory(prefix="jsync-wan-") as folder:
        for argv in dict.fromkeys((proxy_argv(folder), _PYTHON)):
            for connections, rate in loads:
                _measure(folder, argv, connections, rate)


def _measure(folder: str, argv: t.Sequence[str], connections: int, rate: int) -> None:
    """Print one row; the time that it takes to connect counts."""
    size = min(5 * rate, _MOST_BYTES)
    with _end() as target, wan(folder, target, argv=argv, rate=rate) as address:
        trip = min(_round_trip(address) for _turn in range(5))
        rates = []
        for kind in _KEEP, _RETURN:
            started = time.monotonic()
            _side_by_side(connections, lambda kind=kind: _carry(address, size, kind))
            rates.append(connections * size / (time.monotonic() - started) / 1e6)
    name = os.path.basename(argv[-1])
    figures = " | ".join("%.1f" % figure for figure in (trip * 1e3, *rates))
    print("| %s | %d | %d | %s |" % (name, connections, rate // 1_000_000, figures), flush=True)


def _side_by_side(number: int, call: t.Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for _number in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _round_trip(address: tuple[str, int]) -> float:
    """Seconds from sending a byte to having it back, over an open connection."""
    with socket.create_connection(address) as one:
        one.sendall(_RETURN)
        for _turn in range(2):
            started = time.monotonic()
            one.sendall(b"x")
            one.recv(1)
        return time.monotonic() - started


def _carry(address: tuple[str, int], size: int, kind: bytes) -> None:
    """Send bytes, and wait until all have arrived, or have come back."""
    with socket.create_connection(address) as one:
        one.sendall(kind)
        sending = threading.Thread(target=_send, args=(one, size))
        sending.start()
        while one.recv(len(_BLOCK)):
            pass
        sending.join()


def _send(one: socket.socket, size: int) -> None:
    for start in range(0, size, len(_BLOCK)):
        one.sendall(_BLOCK[: size - start])
    one.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def _end() -> t.Iterator[tuple[str, int]]:
    """A server that keeps or returns what it gets, as the first byte says."""
    with socket.socket() as listener:
        listener.bind((ADDRESS, 0))
        listener.listen()
        accepting = threading.Thread(target=_accept, args=(listener,), daemon=True)
        accepting.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _accept(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _peer = listener.accept()
            threading.Thread(target=_answer, args=(client,), daemon=True).start()


def _answer(client: socket.socket) -> None:
    with client:
        kind = client.recv(1)
        while True:
            data = client.recv(len(_BLOCK))
            if not data:
                return
            if kind == _RETURN:
                client.sendall(data)


if __name__ == "__main__":
    main()
