# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""When to say something, and when to be silent. Pure: the clock is an argument."""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import Snapshot

# A run that is over by then says nothing.
FIRST_SECONDS = 2.0

STEP_PERCENT = 10


class Lines:
    """Says which snapshots of one run are worth a line.

    The first is due after two seconds, each further one when ten percent more are done or another stage has begun, but
    not before ``interval`` has passed. Without a percentage the interval alone counts.

    Args:
        interval: Seconds between two lines, at least.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._last: Snapshot | None = None

    def due(self, snapshot: Snapshot) -> bool:
        """Say whether a snapshot is worth a line; if so, it counts as the last one."""
        if self._waits(snapshot, self._last):
            return False
        self._last = snapshot
        return True

    def _waits(self, snapshot: Snapshot, last: Snapshot | None) -> bool:
        if last is None:
            return snapshot.seconds < FIRST_SECONDS
        if snapshot.seconds - last.seconds < self._interval:
            return True
        if snapshot.percent is None or last.percent is None or snapshot.stage != last.stage:
            return False
        return snapshot.percent - last.percent < STEP_PERCENT


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


__all__ = ("FIRST_SECONDS", "STEP_PERCENT", "Allowance", "Lines")
