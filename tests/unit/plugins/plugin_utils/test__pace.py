# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""When to say something, and when to be silent."""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.plugin_utils._pace import Allowance, Lines
from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import parse

from tests.support.snapshots import message


def said(*runs: tuple[float, int | None, str]) -> list[float]:
    """The seconds of those of the given snapshots that are worth a line."""
    lines = Lines(10)
    made = [parse(message(seconds=seconds, percent=percent, stage=stage)) for seconds, percent, stage in runs]
    return [run.seconds for run in made if lines.due(run)]


def steady(seconds: int, percent_each: float) -> t.Iterator[tuple[float, int | None, str]]:
    return ((second / 2, int(second / 2 * percent_each), "transfer") for second in range(2 * seconds))


def test_the_first_comes_after_two_seconds() -> None:
    assert said((0.0, 0, "transfer"), (1.9, 5, "transfer"), (2.0, 6, "transfer")) == [2.0]


def test_ten_percent_or_ten_seconds_whichever_is_later() -> None:
    assert said(*steady(50, 2)) == [2.0, 12.0, 22.0, 32.0, 42.0]
    assert said(*steady(50, 0.5)) == [2.0, 22.0, 42.0]


def test_without_a_percentage_the_interval_counts() -> None:
    assert said((3.0, None, "scan"), (12.0, None, "scan"), (13.5, None, "scan"), (24.0, 0, "transfer")) == [3, 13.5, 24]


def test_another_stage_is_worth_a_line() -> None:
    assert said((20.0, 98, "transfer"), (29.0, 99, "finalize"), (30.5, 99, "finalize"), (99, 99, "finalize")) == [
        20,
        30.5,
    ]


def test_so_many_a_second_on_average() -> None:
    allowance = Allowance(rate=10, burst=5)
    assert [allowance.take(100.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert allowance.take(100.125) and not allowance.take(100.125)
    assert sum(allowance.take(200 + number / 1000) for number in range(10_000)) <= 100 + 5
