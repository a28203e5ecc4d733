# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The largest files of all that the scan finds. Pure."""

from __future__ import annotations

import heapq
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._model import path_fields

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Files

KEPT = 10


class Largest:
    """Keeps the largest files.

    Args:
        limit: How many.
    """

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._heap: list[tuple[int, bytes]] = []
        self._least = -1

    def add(self, path: bytes, size: int) -> None:
        """Take in one file."""
        if size <= self._least:
            return
        if len(self._heap) < self._limit:
            heapq.heappush(self._heap, (size, path))
        else:
            heapq.heapreplace(self._heap, (size, path))
        if len(self._heap) == self._limit:
            self._least = self._heap[0][0]

    def add_files(self, files: Files) -> None:
        """Take in files of one directory: mostly none of them is large enough."""
        if max(files.sizes) <= self._least:
            return
        for name, size in zip(files.names, files.sizes):
            if size > self._least:
                self.add(files.directory + name, size)

    def as_result(self) -> list[dict[str, t.Any]]:
        """The largest first."""
        ordered = sorted(self._heap, key=lambda found: (-found[0], found[1]))
        return [dict(path_fields(path), bytes=size) for size, path in ordered]


__all__ = ("KEPT", "Largest")
