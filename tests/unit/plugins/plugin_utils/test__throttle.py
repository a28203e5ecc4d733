# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Which snapshots get a line."""

from __future__ import annotations

import pytest
from ansible_collections.vgreb.jsync.plugins.plugin_utils._throttle import Throttle


def shown(steps: list[tuple[float, int | None]], interval: float | None = None) -> list[float]:
    """The seconds of the snapshots that are due, out of those with such seconds and percentages."""
    throttle = Throttle(interval)
    return [seconds for seconds, percent in steps if throttle.due({"seconds": seconds, "percent": percent})]


@pytest.mark.parametrize(
    ("steps", "due"),
    [
        ([(0.5, None), (1.9, 50)], []),
        ([(1.9, 0), (2.0, 1), (2.5, 2)], [2.0]),
        ([(2, 0), (5, 50), (11.9, 80), (12, 81)], [2, 12]),  # 10 % have passed, 10 s have not
        ([(2, 0), (30, 9), (31, 10), (41, 19), (42, 20)], [2, 31, 42]),  # 10 s have passed, 10 % have not
        ([(2, None), (12, None), (22, None), (100, None), (109, None), (112, None)], [2, 12, 22, 100, 112]),
        ([(2, None), (11, 70), (12, 71), (30, 80), (31, 81)], [2, 12, 31]),  # the scan has ended in between
    ],
)
def test_of_its_own_accord(steps: list[tuple[float, int | None]], due: list[float]) -> None:
    assert shown(steps) == due


@pytest.mark.parametrize("interval", [None, 60])
def test_what_cannot_go_on_says_so_at_once_and_once(interval: float | None) -> None:
    throttle = Throttle(interval)
    fine, failing = {"percent": None, "msg": None}, {"percent": None, "msg": "no space"}
    steps = [(1, fine), (60, fine), (61, failing), (62, failing)]
    assert [second for second, step in steps if throttle.due({"seconds": second, **step})] == [60, 61]


def test_while_the_scan_runs_for_long_lines_come_more_and_more_seldom() -> None:
    assert len(shown([(second, None) for second in range(10000)])) < 80


@pytest.mark.parametrize(
    ("interval", "due"), [(0, [0.1, 1, 2, 3, 59, 61]), (1, [1, 2, 3, 59, 61]), (60, [2]), (59, [2, 61])]
)
def test_the_user_sets_the_pace(interval: float, due: list[float]) -> None:
    assert shown([(0.1, None), (1, 0), (2, 0), (3, 50), (59, 99), (61, 99)], interval) == due
