# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Lanes come and go while a tree is copied. When they should is in test__jobs.py, refused logins in tests/faults."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _pool
from ansible_collections.vgreb.jsync.plugins.module_utils._jobs import Jobs
from ansible_collections.vgreb.jsync.plugins.module_utils._pace import Pace

from tests.support import engine, snapshot, trees


class Scripted(Jobs):
    """Wants what a script says, a number at each reading, and in the end the last one."""

    numbers: t.ClassVar[list[int]] = []

    def observe(self, _now: float, _work: float, **_room: int) -> None:
        self.lanes = self.numbers.pop(0) if self.numbers else self.lanes


def build(folder: str) -> tuple[str, str]:
    source, dest = os.path.join(folder, "src"), os.path.join(folder, "dst")
    for number in range(60):
        trees.write(os.path.join(os.fsencode(source), b"%d" % number, b"file"), b"x" * number)
    return source, dest


@pytest.mark.parametrize("numbers", [[6], [8, 2], [1, 5], [3, 2, 1]])
def test_lanes_come_and_go(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch, numbers: list[int]) -> None:
    monkeypatch.setattr(_pool, "Jobs", Scripted)
    monkeypatch.setattr(_pool, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(Scripted, "numbers", [*numbers])
    monkeypatch.setattr(Pace, "learn", lambda *_measured: None)  # keep partitions small
    source, dest = build(os.fspath(tmp_path))
    result = engine.run({"src": source + "/", "dest": dest, "jobs": "auto"}, sizes=engine.SMALL._replace(entries=1))
    assert result["failed"] is False, result
    over_time = [entry["lanes"] for entry in result["lanes_over_time"]]
    assert over_time[0] == 4
    assert [number for number in over_time if number in numbers] == numbers
    assert all(abs(one - other) == 1 for one, other in zip(over_time, over_time[1:]))
    assert len(result["lanes"]) == max(over_time)
    assert sum(row["files"] for row in result["lanes"]) == result["stats"]["files"] == 60
    assert not snapshot.differences(snapshot.snapshot(source), snapshot.snapshot(dest))


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_number_stays(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    monkeypatch.setattr(_pool, "WATCH_SECONDS", 0.01)
    source, dest = build(os.fspath(tmp_path))
    result = engine.run({"src": source + "/", "dest": dest, "jobs": jobs})
    assert [entry["lanes"] for entry in result["lanes_over_time"]] == [jobs]
    assert len(result["lanes"]) == jobs


@pytest.mark.parametrize("jobs", [3, "auto"])
def test_no_lanes_over_time_where_none_carried_anything(tmp_path: t.Any, jobs: int | str) -> None:
    source, dest = build(os.fspath(tmp_path))
    first, second = (engine.run({"src": source + "/", "dest": dest, "jobs": jobs}) for _run in range(2))
    assert first["lanes_over_time"] and first["stats"]["partitions"]
    assert second["lanes_over_time"] == [] and not second["failed"]
