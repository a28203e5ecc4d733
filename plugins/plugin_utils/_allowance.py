# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""How often something may happen. Pure: the clock is an argument."""

from __future__ import annotations


class Allowance:
    """Allows so many things a second on average, and a few at once.

    Args:
        rate: How many a second.
        burst: How many at once, at most.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._then: float | None = None

    def take(self, now: float) -> bool:
        """Say whether one more is allowed; if so, it counts.

        Args:
            now: Seconds, from any start.
        """
        if self._then is not None:
            self._left = min(self._burst, self._left + self._rate * (now - self._then))
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


__all__ = ("Allowance",)
