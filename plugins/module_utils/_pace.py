# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""How fast partitions are carried, and what that says of the next ones. Pure.

Costs are in bytes, see :class:`Sizes` in _partition.py.
"""

from __future__ import annotations

import typing as t

# How many times longer a partition should take than the start of its rsync.
_STARTS = 20


class Pace:
    """The pace of a lane, as the last partition that has arrived shows it.

    Args:
        least: The least cost of a partition, until something is known.
        floor: The least cost of a partition, however fast an rsync starts.

    Attributes:
        least: The least cost of a partition that is worth the start of an rsync.
    """

    def __init__(self, least: float, floor: float) -> None:
        self.least = least
        self._floor = floor
        self._fixed, self._rate = float("inf"), 0.0

    @property
    def known(self) -> bool:
        """A partition has arrived."""
        return self._rate > 0

    def learn(self, first_word: float, cost: int, seconds: float) -> None:
        """Take in what a partition took. The least time for a start that the run has seen is what a start costs.

        Args:
            first_word: Seconds from the start of its rsync to the first word of that.
            cost: Of the partition.
            seconds: From its start until all files had arrived.
        """
        self._fixed = min(self._fixed, first_word)
        self._rate = cost / max(seconds - self._fixed, 0.001)
        self.least = max(_STARTS * self._fixed * self._rate, self._floor)

    def left(self, cost: int, seconds: float) -> float:
        """How much of a partition is left, as far as that is known; else 0.

        Args:
            cost: Of the partition.
            seconds: Since its start.
        """
        return max(cost - max(seconds - self._fixed, 0.0) * self._rate, 0.0) if self.known else 0.0


def level(work: float, left: t.Sequence[float]) -> float:
    """How much each lane has when work is given to those that have the least left, as water fills a valley.

    Args:
        work: The cost to be given.
        left: The cost that each lane has left, in any order; one at least.
    """
    ordered = sorted(left)
    for lanes, height in enumerate(ordered[1:], 1):
        if work + sum(ordered[:lanes]) <= lanes * height:
            return (work + sum(ordered[:lanes])) / lanes
    return (work + sum(ordered)) / len(ordered)


__all__ = ("Pace", "level")
