# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What the pace says of the next partitions, and how lanes end together."""

from __future__ import annotations

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._pace import Pace, level
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("work", "left", "height"),
    [
        (6, [0], 6),
        (6, [0, 0, 0], 2),
        (6, [4, 0], 5),
        (3, [0, 4], 3),  # the other has more already
        (9, [100, 0, 4, 1], 14 / 3),
    ],
)
def test_level(work: float, left: list[float], height: float) -> None:
    assert level(work, left) == height


@given(st.floats(0, 1e6), st.lists(st.floats(0, 1e6), min_size=1, max_size=16))
def test_all_work_is_given_below_the_level(work: float, left: list[float]) -> None:
    height = level(work, left)
    assert sum(max(height - one, 0) for one in left) == pytest.approx(work, abs=1e-3)


def test_what_is_left_of_a_partition() -> None:
    """A second for the start, and 10 a second."""
    pace = Pace(1, 1)
    assert not pace.known and pace.left(100, 0.0) == 0
    pace.learn(1.0, 50, 6.0)
    assert pace.known
    assert [pace.left(100, seconds) for seconds in (0.5, 1.0, 4.0, 20.0)] == [100, 100, 70, 0]


@pytest.mark.parametrize(
    ("fixed", "cost", "seconds", "least"),
    [
        (0.25, 100, 10.25, 50),  # twenty starts, at 10 a second
        (0.0, 100, 10.0, 7),  # the floor
        (0.1, 100, 0.1, 20 * 0.1 * 100 / 0.001),  # never shorter than the start
    ],
)
def test_what_a_partition_is_worth(fixed: float, cost: int, seconds: float, least: float) -> None:
    pace = Pace(1000, 7)
    assert pace.least == 1000
    pace.learn(fixed, cost, seconds)
    assert pace.least == pytest.approx(least)


def test_a_start_costs_the_least_that_was_seen() -> None:
    pace = Pace(1, 1)
    for first_word in (0.25, 5.0):
        pace.learn(first_word, 100, 10.25)
    assert pace.least == pytest.approx(50)
