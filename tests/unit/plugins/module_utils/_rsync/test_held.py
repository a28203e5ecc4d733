# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Reports that wait for their turn."""

from __future__ import annotations

import asyncio
import io
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Problem
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import held
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import Verdict
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.held import (
    HeldReport,
    LevelReport,
    UndividedError,
    combine,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change

FILE = b">f+++++++++ rw-r--r-- 0 %d f%d//\n"
STATISTICS = b"\nNumber of files: 7 (reg: 4, dir: 3)\n"
SAME = b".d          rwxr-xr-x 0 0 same///\n.f          rw-r--r-- 0 3 file//\ncd+++++++++ rwxr-xr-x 0 0 new///\n"


def test_what_is_held_comes_first_and_the_rest_at_once() -> None:
    found: list[int] = []
    report = HeldReport(io.BytesIO(), True, lambda change: found.append(change.size))
    blocks = [b"".join(FILE % (number, number) for number in range(n, n + 20_000)) for n in (0, 20_000, 40_000)]

    async def feed_meanwhile() -> None:
        releasing = asyncio.ensure_future(report.release())
        await asyncio.sleep(0)
        assert report.held and 0 < len(found) < 20_000
        report.read_output(blocks[1])
        await releasing

    report.read_output(blocks[0])
    assert report.silent and not found
    asyncio.run(feed_meanwhile())
    assert found == list(range(40_000)) and not report.held
    report.read_output(blocks[2][:-1])
    report.read_output(b"")
    assert found == list(range(60_000)) and not report.late


def test_one_that_ended_while_it_was_held_is_late() -> None:
    report = HeldReport(io.BytesIO(), True)
    report.read_output(STATISTICS[:-1])
    report.read_output(b"")
    assert report.late and not report.statistics
    asyncio.run(report.release())
    assert report.statistics["Number of files"] == 7


def test_directories_are_known_at_once_and_unchanged_files_never() -> None:
    directories: list[bytes] = []
    found: list[Change] = []
    notes: list[bytes] = []
    ends: list[int] = []

    def end() -> None:
        ends.append(len(directories))

    report = LevelReport(
        lambda change: directories.append(change.name), end, io.BytesIO(), True, found.append, notes.append
    )
    said = SAME + b"total: matches=0  hash_hits=0  false_alarms=0 data=0\n"
    for place in range(0, len(said), 7):
        assert not ends
        report.read_output(said[place : place + 7])
    assert directories == [b"same", b"new"] and not found and ends == [2]
    asyncio.run(report.release())
    assert [change.name for change in found] == [b"same", b"new"] and not notes and not report.notes.total


def test_too_many_unchanged_files_end_a_pass_over_few_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held, "_MOST_SAME", 2)
    report = LevelReport(lambda _change: None, lambda: None, io.BytesIO(), True)
    report.read_output(b".f          0 0 file\n" * 2)
    with pytest.raises(UndividedError):
        report.read_output(b".f          0 0 file\n")


def test_combined_reports_say_what_each_said() -> None:
    reports = [Report(), Report(), Report()]
    for report in reports:
        report.read_output(STATISTICS)
    reports[1].code = 24
    reports[1].read_errors(b'file has vanished: "/a"\n')
    whole = combine(reports)
    assert (whole.code, whole.verdict, whole.statistics["Number of files reg"]) == (24, Verdict.VANISHED, 12)
    reports[2].code = 23
    reports[2].read_errors(b'rsync: [sender] opendir "/b" failed: Permission denied (13)\nwarning\n')
    whole = combine(reports)
    assert (whole.code, whole.verdict, whole.by_receiver) == (23, Verdict.PARTIAL, False)
    assert whole.problems.entries[0] == Problem(b"/a", "vanished", True, True)
    assert (whole.problems.total, whole.vanished, whole.notes.entries) == (2, 1, ["warning"])
    assert b"Permission denied" in whole.words[1]
