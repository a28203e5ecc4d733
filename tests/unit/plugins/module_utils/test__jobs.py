# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""How many lanes are found to pay, over made-up rates."""

from __future__ import annotations

import random
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._jobs import Jobs, Timing

Curve = t.Callable[[int], float]

_TICK = 0.25
_TIMING = Timing(settle=1.0, window=2.0, pause=30.0)


def linear(lanes: int) -> float:
    return lanes


def saturates(at: int) -> Curve:
    return lambda lanes: min(lanes, at)


def falls(after: int) -> Curve:
    return lambda lanes: lanes if lanes <= after else after * after / lanes


class Run:
    """Readings of a run whose rate depends on the number of lanes, and on chance.

    Args:
        jobs: Takes them in.
        curve: The rate of so many lanes.
        noise: Standard deviation of the rate that is measured over a window.
        seed: Of chance.

    Attributes:
        share: What was done, as a share of what the best numbers of lanes would have done.
    """

    def __init__(self, jobs: Jobs, curve: Curve, *, noise: float = 0.0, seed: int = 0) -> None:
        self.jobs = jobs
        self.curve = curve
        self.now = self.work = self._done = self._possible = 0.0
        self.history = [jobs.lanes]
        self._noise = noise * (_TIMING.window / _TICK) ** 0.5
        self._random = random.Random(seed)

    @property
    def share(self) -> float:
        return self._done / self._possible

    def go_on(self, seconds: float, *, room: int = 1000) -> Run:
        best = max(map(self.curve, range(1, 17)))
        for _tick in range(int(seconds / _TICK)):
            self.now += _TICK
            rate = self.curve(self.jobs.lanes)
            self._done += rate
            self._possible += best
            self.work += rate * _TICK * self._random.gauss(1, self._noise)
            self.jobs.observe(self.now, self.work, room=room)
            if self.jobs.lanes != self.history[-1]:
                self.history.append(self.jobs.lanes)
        return self


def run(curve: Curve, *, first: int = 4, most: int = 16, seconds: float = 28, **others: t.Any) -> Run:
    return Run(Jobs(first, most, _TIMING), curve, **others).go_on(seconds)


def test_rises_as_long_as_it_pays() -> None:
    assert run(linear).history == [4, 6, 9, 13, 16]


@pytest.mark.parametrize(("first", "most"), [(4, 4), (4, 2), (1, 1)])
def test_never_more_than_most(first: int, most: int) -> None:
    assert run(linear, first=first, most=most).history == [min(first, most)]


@pytest.mark.parametrize(("first", "most", "lanes"), [(4, 16, 6), (4, 5, 5), (8, 16, 12), (1, 16, 2), (3, 3, 3)])
def test_the_next_trial(first: int, most: int, lanes: int) -> None:
    assert Jobs(first, most).next == lanes


@pytest.mark.parametrize(
    ("at", "history"),
    [(2, [4, 6, 4]), (4, [4, 6, 4]), (6, [4, 6, 9, 6]), (9, [4, 6, 9, 13, 9]), (16, [4, 6, 9, 13, 16])],
)
def test_lanes_that_do_not_pay_are_taken_back(at: int, history: list[int]) -> None:
    assert run(saturates(at)).history == history


@pytest.mark.parametrize(
    ("after", "history"),
    [
        (1, [4, 6, 3, 2, 1]),
        (2, [4, 6, 3, 2, 1, 2]),
        (3, [4, 6, 3, 2, 3]),
        (4, [4, 6, 3, 4]),
        (6, [4, 6, 9, 4, 6]),
        (8, [4, 6, 9, 13, 6, 9]),
    ],
)
def test_a_third_is_taken_away_while_the_rate_falls_with_them(after: int, history: list[int]) -> None:
    assert run(falls(after)).history == history


def check(runs: t.Iterable[Run], mean: float, least: float) -> None:
    """What was done is so much of what could be, on average and at least."""
    found = [one.share for one in runs]
    assert sum(found) / len(found) >= mean, found
    assert min(found) >= least, found


@pytest.mark.parametrize(("noise", "mean", "least"), [(0.1, 0.9, 0.8), (0.2, 0.87, 0.7), (0.3, 0.8, 0.6)])
@pytest.mark.parametrize("curve", [linear, saturates(4), saturates(8), falls(2), falls(4), falls(6)])
def test_noise_costs_little(curve: Curve, noise: float, mean: float, least: float) -> None:
    check((run(curve, seconds=600, noise=noise, seed=seed) for seed in range(20)), mean, least)


@pytest.mark.parametrize(("noise", "mean"), [(0.1, 0.98), (0.2, 0.96), (0.3, 0.96)])
def test_noise_takes_no_lane_away_soon(noise: float, mean: float) -> None:
    check((run(saturates(4), noise=noise, seed=seed) for seed in range(20)), mean, 0.75)


@pytest.mark.parametrize("noise", [0, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("seconds", [40, 80, 120])
def test_a_rate_that_falls_slowly_at_the_most_lanes(noise: float, seconds: int) -> None:
    """A far end becomes one that does less the more lanes there are."""

    def fades(seed: int) -> Run:
        found = run(linear, seconds=60, noise=noise, seed=seed)
        begun = found.now
        found.curve = lambda lanes: linear(lanes) + (16 / lanes - lanes) * min((found.now - begun) / seconds, 1)
        while found.now < 1200:
            found.go_on(_TICK)
        return found

    check(map(fades, range(10)), 0.8, 0.6)


@pytest.mark.parametrize("most", [4, 16])
def test_as_many_as_there_may_be_stay_while_the_rate_does(most: int) -> None:
    found = run(linear, most=most)
    reached = list(found.history)
    assert reached[-1] == most
    assert found.go_on(600).history == reached


def test_tries_again_after_a_pause() -> None:
    found = run(saturates(4))
    assert found.history == [4, 6, 4]
    found.curve = linear
    assert found.go_on(60).history[3:] == [6, 9, 13, 16]


def test_a_fall_with_the_most_lanes_takes_a_third_away_and_gives_it_back() -> None:
    found = run(linear)
    found.curve = lambda lanes: lanes / 2
    assert found.go_on(10).history == [4, 6, 9, 13, 16, 11, 16]
    found.curve = lambda lanes: 16 / lanes
    assert found.go_on(50).history[6:] == [16, 11, 8, 6, 4, 3, 2, 1]


def test_no_trial_without_room() -> None:
    assert Run(Jobs(4, 16, _TIMING), linear).go_on(20, room=4).history == [4]
    assert Run(Jobs(4, 16, _TIMING), linear).go_on(20, room=5).history == [4, 5]


def test_nothing_is_measured_while_lanes_are_not_busy() -> None:
    jobs = Jobs(4, 16, _TIMING)
    for tick in range(200):
        jobs.observe(tick * _TICK, tick, room=99)
        if tick % 8 == 7:  # before the first window ends
            jobs.interrupt()
    assert jobs.lanes == 4


def test_a_refused_login_ends_the_trial() -> None:
    found = Run(Jobs(4, 16, _TIMING), linear)
    while found.jobs.lanes == 4:
        found.go_on(_TICK)
    found.jobs.refuse(found.now, 5)
    assert found.go_on(20).history == [4, 6, 5]
    assert found.go_on(30).jobs.lanes > 5


def test_one_lane_is_left_whatever_is_refused() -> None:
    jobs = Jobs(4, 16, _TIMING)
    jobs.refuse(0.0, 0)
    assert jobs.lanes == 1
