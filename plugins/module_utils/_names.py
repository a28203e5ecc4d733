# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""A set of names that takes 8 bytes for each, however long they are."""

from __future__ import annotations

import array
import bisect
import typing as t

_BUCKETS = 1 << 12


class Names:
    """A set of names, to be filled first and asked afterwards.

    It keeps hashes of 64 bits, made with a secret of this process: of a million names, one that is not in it is taken
    for one of them once in 2 ** 44 times.

    Args:
        names: The first of them.
    """

    def __init__(self, names: t.Iterable[bytes] = ()) -> None:
        self._buckets = [array.array("q") for _number in range(_BUCKETS)]
        self._sorted = True
        self.update(names)

    def add(self, name: bytes) -> None:
        value = hash(name)
        self._buckets[value % _BUCKETS].append(value)
        self._sorted = False

    def update(self, names: t.Iterable[bytes]) -> None:
        for name in names:
            self.add(name)

    def _sort(self) -> None:
        """Sort bucket by bucket: the numbers of one alone take memory as objects."""
        for place, bucket in enumerate(self._buckets):
            self._buckets[place] = array.array("q", sorted(set(bucket)))
        self._sorted = True

    def __contains__(self, name: bytes) -> bool:
        if not self._sorted:
            self._sort()
        value = hash(name)
        bucket = self._buckets[value % _BUCKETS]
        place = bisect.bisect_left(bucket, value)
        return place < len(bucket) and bucket[place] == value

    def __bool__(self) -> bool:
        return any(self._buckets)


__all__ = ("Names",)
