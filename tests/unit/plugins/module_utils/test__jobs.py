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
    """Readings of a run whose rate depends on the number of lanes alone."""

    def __init__(self, jobs: Jobs, curve: Curve, *, noise: float = 0.0, seed: int = 0) -> None:
        self.jobs = jobs
        self.curve = curve
        self.now = self.work = 0.0
        self.history = [jobs.lanes]
        self._noise = noise
        self._random = random.Random(seed)

    def go_on(self, seconds: float, *, room: int = 1000) -> Run:
        for _tick in range(int(seconds / _TICK)):
            self.now += _TICK
            rate = self.curve(self.jobs.lanes) * self._random.uniform(1 - self._noise, 1 + self._noise)
            self.work += rate * _TICK
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


@pytest.mark.parametrize(("after", "lanes"), [(1, 1), (2, 2), (3, 3), (4, 4), (6, 6), (8, 8)])
def test_lanes_are_taken_away_while_the_rate_falls_with_them(after: int, lanes: int) -> None:
    found = run(falls(after))
    assert found.jobs.lanes == lanes
    steps = [one - other for one, other in zip(found.history, found.history[1:])]
    assert all(step == -1 for step in steps[found.history.index(max(found.history)) + 1 :] if step < 0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("curve", [linear, saturates(4), saturates(8), falls(4), falls(8)])
def test_noise_of_a_third_costs_little(curve: Curve, seed: int) -> None:
    best = max(curve(lanes) for lanes in range(1, 17))
    assert curve(run(curve, noise=1 / 3, seed=seed).jobs.lanes) >= best / 2


def test_noise_of_a_third_costs_little_on_average() -> None:
    for curve in (linear, saturates(4), saturates(8), falls(4), falls(8)):
        best = max(curve(lanes) for lanes in range(1, 17))
        rates = [curve(run(curve, noise=1 / 3, seed=seed).jobs.lanes) for seed in range(40)]
        assert sum(rates) / len(rates) >= 0.85 * best


def test_tries_again_after_a_pause() -> None:
    found = run(saturates(4))
    assert found.history == [4, 6, 4]
    found.curve = linear
    assert found.go_on(60).history[3:] == [6, 9, 13, 16]


def test_a_fall_at_a_given_number_takes_one_away_and_gives_it_back() -> None:
    found = run(saturates(4))
    found.curve = lambda lanes: lanes / 2
    assert found.go_on(10).history == [4, 6, 4, 3, 4]


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
