# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""A rate for the whole run, in rsync's notation, and how it is shared out."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError

# rsync refuses less (options.c, parse_size_arg for bwlimit), and rounds to these units, up or down.
_LEAST = 512
_UNIT = 1024

# What large loads leave to all others together.
_RESERVED = 0.05

# How often whoever waits for a share looks whether that still pays, and how much longer than all that is left, if the
# whole limit were used, its own work must take before it waits: what it waits for lies unused meanwhile.
_LOOK_SECONDS = 1.0
_MARGIN = 1.33

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
    """What an rsync is to carry.

    Attributes:
        bytes: 0 where that is not known, or little.
        rivals: What is to be carried by those that start with it, in bytes.
        rest: What is to be carried by these and all that start later, in bytes.
    """

    bytes: int = 0
    rivals: int = 0
    rest: int = 0


TellLoad = t.Callable[[], Load]


def no_load() -> Load:
    """Tell of an rsync that carries little, or nobody knows how much."""
    return Load()


class _Held:
    """The share of one rsync.

    Args:
        units: KiB a second.
        size: What it is to carry, in bytes; 0 where that is not known.
    """

    def __init__(self, units: int, size: int) -> None:
        self.units = units
        self._end = time.monotonic() + size / (units * _UNIT) if size else math.inf

    @property
    def left(self) -> float:
        """In how many seconds it should be given back; if it is overdue, as long again."""
        return abs(self._end - time.monotonic())


class Bandwidth:
    """A rate for the whole run, shared out over what runs.

    rsync keeps the rate that it was started with. So that none is left alone with a small share at the end, those that
    start together share by what they carry, and one that would be the last by far first waits for what others give
    back. Shares are whole KiB: where none is left, the next one waits.

    Args:
        total: Bytes a second, 0 for no limit.

    Attributes:
        holders: How many rsyncs may run at once.
    """

    def __init__(self, total: int) -> None:
        self._total = max(total // _UNIT, 1) if total else 0
        self._used: list[_Held] = []
        self._waiting: dict[asyncio.Future[None], int] = {}
        self.holders = 1

    @contextlib.asynccontextmanager
    async def share(self, load: TellLoad = no_load) -> t.AsyncIterator[int]:
        """Hold a share of what is not used, in bytes a second.

        Args:
            load: Tells, whenever it is asked, what the share depends on.
        """
        if not self._total:
            yield 0
            return
        held = await self._wait_for_share(load)
        self._used.append(held)
        try:
            yield held.units * _UNIT
        finally:
            self._used.remove(held)
            for given_back in self._waiting:
                if not given_back.done():
                    given_back.set_result(None)

    async def _wait_for_share(self, load: TellLoad) -> _Held:
        while True:
            asked = self._among_waiting(load())
            units = self._units(asked, self._free)
            if self._free and not self._gains_by_waiting(asked, units):
                return _Held(units, asked.bytes)
            given_back: asyncio.Future[None] = asyncio.get_event_loop().create_future()
            self._waiting[given_back] = asked.bytes
            try:
                await asyncio.wait((given_back,), timeout=_LOOK_SECONDS)
            finally:
                del self._waiting[given_back]

    def _among_waiting(self, load: Load) -> Load:
        waiting = sum(self._waiting.values())
        return load._replace(rivals=load.rivals + waiting, rest=load.rest + waiting)

    @property
    def _free(self) -> int:
        return self._total - sum(held.units for held in self._used)

    def _units(self, load: Load, free: int) -> int:
        """The share of what is free now, or would be with the same others at work."""
        idle = max(self.holders - len(self._used), 1)
        if not load.bytes:
            return max(free // idle, 1)
        reserved = _RESERVED * self._total * (idle - 1) / self.holders
        return max(int(min(free * load.bytes / (load.bytes + load.rivals), free - reserved)), 1)

    def _gains_by_waiting(self, load: Load, units: int) -> bool:
        """Whether an rsync that starts now would be the last one by far, and ends sooner if others give back first."""
        known = [held for held in self._used if held.left < math.inf]
        seconds = load.bytes / (units * _UNIT)
        left = load.bytes + load.rest + sum(held.left * held.units * _UNIT for held in known)
        if seconds <= _MARGIN * left / (self._total * _UNIT):
            return False
        free = self._free
        for held in sorted(known, key=lambda one: one.left):
            free += held.units
            if held.left + load.bytes / (self._units(load, free) * _UNIT) < seconds:
                return True
        return False


__all__ = ("Bandwidth", "Load", "TellLoad", "no_load", "parse_rate", "per_file")
