# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""How many lanes pay: more while the rate of all of them together rises, fewer when it falls.

Pure: time and work are arguments. A rate is measured over a window, once a change of the number has settled. A trial
with half as many lanes more, or with one less, is kept if it pays, else taken back.
"""

from __future__ import annotations

import typing as t

# Of the rise that the added lanes would bring if each did as much as the others, so much must come.
_PAYS = 1 / 3
# What falls less than this has not fallen: rates are noisy.
_NOISE = 0.1


class Timing(t.NamedTuple):
    """How long things are watched, in seconds.

    Attributes:
        settle: From a change of the number of lanes to the next measurement: a new rsync and its stream need a start.
        window: What a rate is measured over.
        pause: From a trial that did not pay, or a refused login, to the next trial.
    """

    settle: float = 0.75
    window: float = 1.5
    pause: float = 30.0


class Jobs:
    """Decides how many lanes should be at work.

    Args:
        first: How many to begin with.
        most: How many there may be.
        timing: How long to watch.

    Attributes:
        lanes: How many should be at work.
    """

    def __init__(self, first: int, most: int, timing: Timing | None = None) -> None:
        self._most = most
        self._timing = timing or Timing()
        self._base = self.lanes = min(first, most)
        self._base_rate = 0.0
        self._fewer = False
        self._next_trial = float("-inf")
        self._settled: float | None = None
        self._from: tuple[float, float] | None = None

    @property
    def next(self) -> int:
        """How many lanes the next trial with more of them has."""
        return min(self._base + max(self._base // 2, 1), self._most)

    def observe(self, now: float, work: float, *, room: int) -> None:
        """Take in a reading while all lanes are busy.

        Args:
            now: Seconds on a clock.
            work: All that was done so far, in any unit.
            room: How many lanes there is enough work for.
        """
        if self._settled is None:
            self._settled = now + self._timing.settle
        if now < self._settled:
            return
        if self._from is None:
            self._from = now, work
            return
        since, before = self._from
        if now - since >= self._timing.window:
            self._from = now, work
            self._measured(now, (work - before) / (now - since), min(self._most, room))

    def interrupt(self) -> None:
        """Not all lanes are busy, or something else has changed: begin to measure anew."""
        self._settled = self._from = None

    def refuse(self, now: float, lanes: int) -> None:
        """The far end has refused a login, and so many lanes are left: stay with them for a while."""
        self._next_trial = now + self._timing.pause
        self._set(min(self.lanes, max(lanes, 1)))
        self._base = self.lanes

    def _set(self, lanes: int) -> None:
        if lanes != self.lanes:
            self.lanes = lanes
            self.interrupt()

    def _measured(self, now: float, rate: float, most: int) -> None:
        """Judge the trial that was on, then begin the next one if it is time for one."""
        if self.lanes == self._base:
            self._fewer = self._fewer or rate < self._base_rate * (1 - 2 * _NOISE)
            self._base_rate = rate
        elif self._pays(rate):
            self._fewer = self.lanes < self._base
            self._base, self._base_rate = self.lanes, rate
        else:
            self._fewer = self.lanes > self._base and rate < self._base_rate * (1 - _NOISE)
            self._next_trial = now + self._timing.pause
            self._set(self._base)
            return
        if self._fewer and self._base > 1:
            self._set(self._base - 1)
        elif now >= self._next_trial and self._base < most:
            self._set(min(self.next, most))

    def _pays(self, rate: float) -> bool:
        """Say whether the trial is to be kept: more lanes must raise the rate, fewer must not lower it."""
        if self.lanes < self._base:
            return rate >= self._base_rate
        return rate >= self._base_rate * (1 + _PAYS * (self.lanes / self._base - 1))


__all__ = ("Jobs", "Timing")
