# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""When a line is due. Pure."""

from __future__ import annotations

import typing as t

FIRST_SECONDS = 2.0
STEP_SECONDS = 10.0
STEP_PERCENT = 10


class Throttle:
    """Chooses the snapshots of one run that are shown.

    The first comes after 2 s, the next ones when 10 % or 10 s have passed, whichever is later. Before the percentage is
    known, a tenth of the time so far stands for it. Where a run says that it cannot go on, that comes at once.

    Args:
        interval: Seconds from one to the next instead.
    """

    def __init__(self, interval: float | None = None) -> None:
        self._interval = interval
        self._last: t.Mapping[str, t.Any] | None = None

    def due(self, snapshot: t.Mapping[str, t.Any]) -> bool:
        """Say whether to show a snapshot; if so, it counts as shown."""
        if self._early(snapshot):
            return False
        self._last = snapshot
        return True

    def _early(self, snapshot: t.Mapping[str, t.Any]) -> bool:
        if snapshot.get("msg") and not (self._last and self._last.get("msg")):
            return False
        seconds = snapshot["seconds"]
        if self._last is None:
            return bool(seconds < min(FIRST_SECONDS, FIRST_SECONDS if self._interval is None else self._interval))
        passed = seconds - self._last["seconds"]
        if self._interval is not None:
            return bool(passed < self._interval)
        if passed < STEP_SECONDS:
            return True
        if snapshot["percent"] is None or self._last["percent"] is None:
            return bool(passed < seconds / 10)
        return bool(snapshot["percent"] - self._last["percent"] < STEP_PERCENT)


__all__ = ("FIRST_SECONDS", "STEP_PERCENT", "STEP_SECONDS", "Throttle")
