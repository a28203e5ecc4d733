# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""A rate for the whole run, in rsync's notation, and how it is shared out."""

from __future__ import annotations

import asyncio
import contextlib
import re
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError

# rsync refuses less (options.c, parse_size_arg for bwlimit), and rounds to these units, up or down.
_LEAST = 512
_UNIT = 1024

# What large loads leave to all others together.
_RESERVED = 0.05

_FILE_BYTES = 100
_FILE_SECONDS = 40e-6

_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:([bkmgtp])(b|ib)?)?", re.IGNORECASE)


def per_file(total: int) -> int:
    """What a file costs beside its bytes where a limit decides: its name on the line, and some time; in bytes.

    Args:
        total: Bytes a second of the whole run.
    """
    return int(_FILE_BYTES + total * _FILE_SECONDS)


def parse_rate(text: str) -> int:
    """Read rsync's notation of a rate: a number of KiB a second, or with a suffix as in ``400k``, ``1.5m``, ``2MB``.

    Raises:
        RequestError: It is no such number, or below rsync's least, 512 bytes a second.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise RequestError(
            f"bwlimit is {text!r}: give a number of KiB a second, or one with a suffix as in 400k or 12m"
        )
    number, suffix, base = match.groups()
    power = "bkmgtp".index((suffix or "k").lower())
    size = int(float(number) * (1000 if (base or "").lower() == "b" else 1024) ** power)
    if 0 < size < _LEAST:
        raise RequestError(f"bwlimit is {text!r}: rsync's least is 512 bytes a second")
    return size


class Load(t.NamedTuple):
    """What an rsync is to carry, in bytes; 0 where that is not known or little.

    Attributes:
        rivals: What is to be carried by those that start with it, in bytes.
    """

    bytes: int = 0
    rivals: int = 0


NO_LOAD = Load()


class Bandwidth:
    """A rate for the whole run, shared out over what runs.

    rsync keeps the rate that it was started with. So that none is left alone with a small share at the end, those that
    start together share by what they carry. Shares are whole KiB: where none is left, the next one waits.

    Args:
        total: Bytes a second, 0 for no limit.

    Attributes:
        holders: How many rsyncs may run at once.
    """

    def __init__(self, total: int) -> None:
        self._total = max(total // _UNIT, 1) if total else 0
        self._used: list[int] = []
        self._waiting: list[asyncio.Future[None]] = []
        self.holders = 1

    @contextlib.asynccontextmanager
    async def share(self, load: Load = NO_LOAD) -> t.AsyncIterator[int]:
        """Hold a share of what is not used, in bytes a second."""
        if not self._total:
            yield 0
            return
        while not self._free:
            given_back: asyncio.Future[None] = asyncio.get_event_loop().create_future()
            self._waiting.append(given_back)
            await given_back
        units = max(int(self._units(load)), 1)
        self._used.append(units)
        try:
            yield units * _UNIT
        finally:
            self._used.remove(units)
            for given_back in self._waiting:
                if not given_back.done():
                    given_back.set_result(None)
            self._waiting.clear()

    @property
    def _free(self) -> int:
        return self._total - sum(self._used)

    def _units(self, load: Load) -> float:
        free = self._free
        idle = max(self.holders - len(self._used), 1)
        if not load.bytes:
            return free / idle
        reserved = _RESERVED * self._total * (idle - 1) / self.holders
        return min(free * load.bytes / (load.bytes + load.rivals), free - reserved)


__all__ = ("Bandwidth", "Load", "NO_LOAD", "parse_rate", "per_file")
