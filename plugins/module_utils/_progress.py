# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Progress: what of a run is done, how fast it goes, and when it will be over. Pure: the clock is an argument.

A snapshot is the JSON object that docs/progress.md describes.
"""

from __future__ import annotations

import math
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._model import printable
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._result import RESULT, TRANSFER

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.underway import Underway

VERSION = 1

# How far back the rate looks: what happened so long ago counts a third of what happens now.
_MEMORY_SECONDS = 5.0

# What a file costs beside its bytes when time is foretold.
_PER_FILE = Sizes().per_file


class Rate:
    """How fast a count that never falls grows lately, smoothed."""

    def __init__(self) -> None:
        self.value = 0.0
        self._weight = 0.0
        self._seconds = 0.0
        self._count = 0.0

    def update(self, seconds: float, count: float) -> float:
        """Take in a count and when it was so; return the rate a second."""
        spent = seconds - self._seconds
        if spent > 0:
            keep = math.exp(-spent / _MEMORY_SECONDS)
            latest = (count - self._count) / spent
            self._weight = self._weight * keep + (1 - keep)
            self.value += (latest - self.value) * (1 - keep) / self._weight
            self._seconds, self._count = seconds, count
        return self.value


class Progress:
    """Makes snapshots of one run; what they say is done never falls.

    Args:
        clock: Gives seconds.
    """

    def __init__(self, clock: t.Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._rate = Rate()
        self._pace = Rate()
        self._files = 0
        self._bytes = 0

    def snapshot(self, outcome: Outcome, underway: t.Mapping[int, Underway]) -> dict[str, t.Any]:
        """Say where a run is.

        Args:
            outcome: Of the run.
            underway: By the number of its lane, a file of which a part is done.
        """
        seconds = self._clock() - self._started
        done = outcome.done_bytes + sum(file.bytes for file in underway.values())
        whole = outcome.done_files
        self._files = max(self._files, min(whole, outcome.found_files) if outcome.scan_ended else whole)
        self._bytes = max(self._bytes, min(done, outcome.found_bytes) if outcome.scan_ended else done)
        files, size = max(outcome.found_files, self._files), max(outcome.found_bytes, self._bytes)
        pace = self._pace.update(seconds, self._bytes + _PER_FILE * self._files)
        left = size - self._bytes + _PER_FILE * (files - self._files)
        known = outcome.scan_ended and outcome.stage == TRANSFER and pace >= 1
        return {
            "version": VERSION,
            "stage": outcome.stage,
            "seconds": round(seconds, 3),
            "scanned": outcome.scan_ended,
            "files": {"done": self._files, "total": files},
            "bytes": {"done": self._bytes, "total": size},
            "percent": self._percent(outcome, files, size),
            "rate": int(self._rate.update(seconds, self._bytes)),
            "eta": math.ceil(left / pace) if known else None,
            "deleted": outcome.deletions,
            "failures": outcome.failures.total,
            "msg": outcome.message or None,
            "lanes": [_row(lane, underway.get(lane.number)) for lane in outcome.lanes],
        }

    def _percent(self, outcome: Outcome, files: int, size: int) -> int | None:
        if not outcome.scan_ended:
            return None
        if outcome.stage == RESULT:
            return 100
        share = self._bytes / size if size else self._files / files if files else 1.0
        return min(int(100 * share), 99)


def _row(lane: Lane, file: Underway | None) -> dict[str, t.Any]:
    path = file.path if file else lane.path
    return {
        "lane": lane.number,
        "path": None if path is None else printable(path),
        "files": lane.files,
        "bytes": lane.bytes + (file.bytes if file else 0),
        "busy": bool(lane.running),
    }


__all__ = ("Progress", "Rate", "VERSION")
