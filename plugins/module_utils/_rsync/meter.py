# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""How much processes have read and written, as Linux counts it: files, pipes and sockets alike.

rsync names a large file when that is done; its own counters grow with every block.
"""

from __future__ import annotations

import re
import typing as t

_COUNTERS = re.compile(rb"^[rw]char: (\d+)$", re.MULTILINE)


class Meter:
    """Adds up what processes and their children have read and written, also those that have ended since.

    Args:
        root: Where Linux shows its processes.
    """

    def __init__(self, root: str = "/proc") -> None:
        self._root = root
        self._bytes: dict[int, int] = {}
        self._ended = 0

    def read(self, pids: t.Iterable[int]) -> int | None:
        """Give the sum up to now, in bytes; None where it cannot be known.

        Args:
            pids: The processes that run now.
        """
        seen: dict[int, int] = {}
        for pid in pids:
            for one in (pid, *children(self._root, pid)):
                counted = self._count(one)
                if counted is not None:
                    seen[one] = counted
        self._ended += sum(count for pid, count in self._bytes.items() if pid not in seen)
        self._bytes = seen
        return self._ended + sum(seen.values()) or None

    def _count(self, pid: int) -> int | None:
        try:
            with open(f"{self._root}/{pid}/io", "rb") as stream:
                return sum(map(int, _COUNTERS.findall(stream.read())))
        except OSError:  # it has ended, it belongs to someone else, or this is no Linux
            return None


def children(root: str, pid: int) -> list[int]:
    """Give the processes that a process has started and that still run; none where Linux does not show them."""
    try:
        with open(f"{root}/{pid}/task/{pid}/children", "rb") as stream:
            return [int(word) for word in stream.read().split()]
    except OSError:
        return []


__all__ = ("Meter", "children")
