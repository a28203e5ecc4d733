# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""A rate for the whole run, in rsync's notation, and how it is shared out."""

from __future__ import annotations

import contextlib
import re
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError

# rsync refuses less (options.c, parse_size_arg for bwlimit).
LEAST = 512

_SIZE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:([bkmgtp])(b|ib)?)?", re.IGNORECASE)


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
    if 0 < size < LEAST:
        raise RequestError(f"bwlimit is {text!r}: rsync's least is 512 bytes a second")
    return size


class Bandwidth:
    """A rate for the whole run, shared out over what runs.

    Args:
        total: Bytes a second, 0 for no limit.
        holders: How many rsyncs may run at once.
    """

    def __init__(self, total: int, holders: int) -> None:
        self._total = total
        self._used: list[float] = []
        self.holders = holders

    @contextlib.contextmanager
    def share(self) -> t.Iterator[int]:
        """Hold a share: what is not used, divided among those who could use it."""
        if not self._total:
            yield 0
            return
        free = max(self._total - sum(self._used), 0)
        rate = max(free / max(self.holders - len(self._used), 1), LEAST)
        self._used.append(rate)
        try:
            yield int(rate)
        finally:
            self._used.remove(rate)


__all__ = ("Bandwidth", "LEAST", "parse_rate")
