# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What a snapshot says of a run, with a clock that is set by hand."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Failure
from ansible_collections.vgreb.jsync.plugins.module_utils._progress import Progress, Rate
from ansible_collections.vgreb.jsync.plugins.module_utils._result import (
    FINALIZE,
    REQUEST,
    RESULT,
    SCAN,
    TRANSFER,
    Outcome,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.underway import Underway

from tests.unit.plugins.module_utils.test__result import Clock, change

MIB = 1 << 20


class Lane(t.NamedTuple):
    """What a snapshot wants to know of a lane."""

    number: int
    path: bytes | None = None
    files: int = 0
    bytes: int = 0
    running: tuple[str, ...] = ()


class Run:
    """A run of which each step is told."""

    def __init__(self, *lanes: Lane) -> None:
        self.clock = Clock()
        self.outcome = Outcome(self.clock)
        self.outcome.lanes = t.cast("t.Any", lanes)
        self.progress = Progress(self.clock)

    def find(self, *sizes: int, ended: bool = True) -> None:
        self.outcome.begin(SCAN)
        self.outcome.found_files += len(sizes)
        self.outcome.found_bytes += sum(sizes)
        if ended:
            self.outcome.end(SCAN)
            self.outcome.begin(TRANSFER)

    def arrive(self, *sizes: int) -> None:
        for size in sizes:
            self.outcome.count(change(">f+++++++++", size=size))

    def look(self, seconds: float = 0.5, **underway: int) -> dict[str, t.Any]:
        """Take a snapshot after so many seconds; lane1=7 says that the first lane has done 7 bytes of a file."""
        self.clock.now += seconds
        files = {int(name[4:]): Underway(b"big", size) for name, size in underway.items()}
        return self.progress.snapshot(self.outcome, files)


def test_before_anything_is_known() -> None:
    assert Run().look() == {
        "version": 1,
        "stage": REQUEST,
        "seconds": 0.5,
        "scanned": False,
        "files": {"done": 0, "total": 0},
        "bytes": {"done": 0, "total": 0},
        "percent": None,
        "rate": 0,
        "eta": None,
        "deleted": 0,
        "failures": 0,
        "msg": None,
        "lanes": [],
    }


def test_totals_grow_while_the_scan_runs_and_nobody_knows_the_end() -> None:
    run = Run()
    run.find(100, 100, ended=False)
    run.arrive(100)
    first = run.look()
    run.find(300)
    second = run.look()
    assert (first["bytes"], first["percent"], first["eta"], first["scanned"]) == (
        {"done": 100, "total": 200},
        None,
        None,
        False,
    )
    assert (second["bytes"], second["percent"], second["scanned"]) == ({"done": 100, "total": 500}, 20, True)


def test_a_run_that_cannot_go_on_says_so_before_it_has_ended() -> None:
    run = Run()
    run.find(100, ended=False)
    run.outcome.fail("no space", 11)
    assert (run.look()["msg"], run.look()["scanned"]) == ("no space", False)


def test_a_large_file_counts_as_it_goes() -> None:
    run = Run(Lane(1, b"small", 1, 10, ("rsync",)), Lane(2, b"a\n\x1b\xff", 0, 0))
    run.find(10, 990)
    run.arrive(10)
    found = run.look(lane1=490)
    assert found["bytes"]["done"] == 500 and found["percent"] == 50
    assert found["lanes"] == [
        {"lane": 1, "path": "big", "files": 1, "bytes": 500, "busy": True},
        {"lane": 2, "path": "a\\#012\\#033\\#377", "files": 0, "bytes": 0, "busy": False},
    ]
    json.dumps(found)


def test_what_is_found_equal_is_done() -> None:
    run = Run()
    run.outcome.compared = False
    run.find(100, 100, 200)
    run.arrive(100)
    assert run.look()["percent"] == 25
    run.outcome.find_equal(1, 100)
    assert run.look()["bytes"] == {"done": 200, "total": 400}
    run.outcome.find_equal(2, 300)  # a lane that takes over what another has half done counts some of it again
    found = run.look()
    assert (found["files"], found["bytes"]) == ({"done": 3, "total": 3}, {"done": 400, "total": 400})


def test_what_is_done_never_falls() -> None:
    run = Run(Lane(1))
    run.find(1000)
    assert run.look(lane1=700)["bytes"]["done"] == 700
    assert run.look()["bytes"]["done"] == 700  # another attempt starts the file anew
    assert run.look(lane1=5000)["bytes"] == {"done": 1000, "total": 1000}


@pytest.mark.parametrize(
    ("stage", "percent"), [(SCAN, 99), (TRANSFER, 99), (FINALIZE, 99), (RESULT, 100)], ids=str
)
def test_a_hundred_percent_only_when_it_is_over(stage: str, percent: int) -> None:
    run = Run()
    run.find(5)
    run.arrive(5)
    run.outcome.stage = stage
    assert run.look()["percent"] == percent


@pytest.mark.parametrize(("sizes", "percent"), [([0, 0, 0, 0], 25), ([], 99)])
def test_percent_where_there_are_no_bytes(sizes: list[int], percent: int) -> None:
    run = Run()
    run.find(*sizes)
    run.arrive(*sizes[:1])
    assert run.look()["percent"] == percent


def test_deletions_and_failures() -> None:
    run = Run()
    run.outcome.count(change("*deleting", "gone/"))
    run.outcome.failures.add(Failure(b"a", "why"))
    found = run.look()
    assert (found["deleted"], found["failures"]) == (1, 1)


def test_rate_and_eta_of_an_even_flow() -> None:
    run = Run()
    run.find(*[MIB] * 100)
    for _second in range(25):
        run.arrive(MIB)
        found = run.look(1.0)
    assert found["rate"] == pytest.approx(MIB, rel=0.01)
    assert found["eta"] == pytest.approx(75, abs=1)


def test_eta_counts_small_files_as_more_than_their_bytes() -> None:
    """When the large files are done, and only small ones are left, the last of them are not done in no time."""
    run = Run()
    run.find(*[10 * MIB] * 10, *[1] * 10000)
    for _second in range(10):
        run.arrive(10 * MIB)
        found = run.look(1.0)
    assert found["eta"] > 20


def test_eta_is_unknown_where_nothing_moves() -> None:
    run = Run()
    run.find(100)
    assert run.look()["eta"] is None
    run.arrive(50)
    run.look()
    assert [run.look(3600)["eta"], run.look(3600)["rate"]] == [None, 0]


def test_eta_is_only_for_the_transfer() -> None:
    run = Run()
    run.find(100)
    run.arrive(50)
    assert run.look()["eta"] is not None
    run.outcome.begin(FINALIZE)
    assert run.look()["eta"] is None


def test_a_rate_follows_a_change_smoothly() -> None:
    rate, count, seen = Rate(), 0, []
    for second in range(1, 41):
        count += 100 if second <= 20 else 10
        seen.append(rate.update(second, count))
    assert seen[:20] == pytest.approx([100] * 20)
    assert all(before > after > 10 for before, after in zip(seen[19:], seen[20:]))
    assert seen[-1] == pytest.approx(10, abs=3)


def test_a_rate_needs_time() -> None:
    rate = Rate()
    assert rate.update(0.0, 100) == 0
    assert rate.update(1.0, 100) == 100
    assert rate.update(1.0, 900) == 100
