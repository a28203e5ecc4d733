# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Shares of a divided scan, and what they count twice. Pure."""

from __future__ import annotations

import typing as t

# The most bytes of names that one rsync is given as arguments.
_ARGUMENT_BYTES = 64 << 10


def cut_shares(
    names: t.Sequence[bytes], scanners: int, length: int, most: int | None = None
) -> t.Iterator[tuple[bytes, ...]]:
    """Cut directories into shares, larger ones first, so that all scanners end together.

    Args:
        names: The directories.
        scanners: How many share them.
        length: Bytes that each name costs beside its own as an argument.
        most: The most names in one share.
    """
    least = max(len(names) // (3 * scanners), 1)
    start = 0
    while start < len(names):
        end, room = start, _ARGUMENT_BYTES
        upto = start + min(max((len(names) - start) // (2 * scanners), least), most or len(names))
        while end < min(upto, len(names)) and (end == start or room > 0):
            room -= len(names[end]) + length
            end += 1
        yield tuple(names[start:end])
        start = end


def count_again(names: t.Sequence[bytes]) -> int:
    """Say how many directories rsync counts for these arguments that the level above has counted, too.

    They are the arguments, and the directories above them, each time another one lies below it (send_implied_dirs(),
    flist.c).
    """
    count, last = 0, b""
    for name in names:
        above = [end for end, sign in enumerate(name) if sign == ord("/")]
        count += 1 + sum(name[: end + 1] != last[: end + 1] for end in above)
        last = name
    return count


__all__ = ("count_again", "cut_shares")
