# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""How many lanes pay: more while the rate of all of them together rises, fewer when it falls.

Pure: time and work are arguments. A rate is measured over a window, once a change of the number has settled. A trial
with half as many lanes more, or with a third less, is kept if it pays, else taken back. One of sixteen lanes brings or
costs less than rates differ by from window to window.
"""

from __future__ import annotations

import collections
import typing as t

# Of the rise that the added lanes would bring if each did as much as the others, so much must come.
_PAYS = 1 / 3
# A rate has fallen where it is below so much of what it was: rates are noisy.
_FALLEN = 0.9
# A trial is compared with the mean of so many windows, the last ones before it.
_WINDOWS = 4


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
        self._rates: collections.deque[float] = collections.deque(maxlen=_WINDOWS)
        self._highest = 0.0
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
        self._keep()

    def _set(self, lanes: int) -> None:
        if lanes != self.lanes:
            self.lanes = lanes
            self.interrupt()

    def _keep(self) -> None:
        """Stay with as many as there are; their rate is not known yet."""
        self._base = self.lanes
        self._rates.clear()
        self._highest = 0.0

    def _measured(self, now: float, rate: float, most: int) -> None:
        """Judge the trial that was on, then begin the next one if it is time for one."""
        more, fewer = self.lanes > self._base, self.lanes < self._base
        if more or fewer:
            if not self._pays(rate):
                self._next_trial = now + self._timing.pause
                self._set(self._third_less if more and rate < self._rate * _FALLEN else self._base)
                return
            self._keep()
        self._rates.append(rate)
        self._highest = max(self._highest, self._rate)
        due, fallen = now >= self._next_trial, self._rate < self._highest * _FALLEN
        if fewer or (due and fallen and self._base == self._most):
            self._set(self._third_less)
        elif due and self._base < most:
            self._set(min(self.next, most))

    @property
    def _third_less(self) -> int:
        """How many lanes a trial with fewer of them has."""
        return max(self._base - max(self._base // 3, 1), 1)

    @property
    def _rate(self) -> float:
        """What a trial is compared with."""
        return sum(self._rates) / len(self._rates)

    def _pays(self, rate: float) -> bool:
        """Say whether the trial is to be kept: more lanes must raise the rate, fewer must not lower it."""
        if self.lanes < self._base:
            return rate >= self._rate
        return rate >= self._rate * (1 + _PAYS * (self.lanes / self._base - 1))


__all__ = ("Jobs", "Timing")
