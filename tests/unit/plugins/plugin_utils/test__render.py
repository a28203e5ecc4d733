# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Snapshots as text: a line for a log, rows for a terminal."""

from __future__ import annotations

import re
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.plugin_utils._render import Style, block, line
from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import parse
from ansible_collections.vgreb.jsync.plugins.plugin_utils._text import width
from hypothesis import given
from hypothesis import strategies as st

from tests.support.snapshots import lane, message, scanning

PLAIN = Style()

LANES = [lane(number) for number in range(1, 9)]
DONE: dict[str, t.Any] = {"stage": "finalize", "percent": 99, "rate": 0, "eta": None, "lanes": []}
NOTHING: dict[str, t.Any] = {"files": {"done": 0, "total": 0}, "bytes": {"done": 0, "total": 0}}


def drawn(*runs: dict[str, t.Any], columns: int = 100, rows: int = 16, style: Style = PLAIN) -> list[str]:
    return block([parse(run) for run in runs], columns, rows, style)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (message(lanes=LANES), "web01: transfer 43% 12.1/28.0 GB 512 MB/s 8 lanes 18,204/41,000 files ETA 0:31"),
        (
            message(lanes=[lane(1), lane(2, busy=False)]),
            "web01: transfer 43% 12.1/28.0 GB 512 MB/s 1 lane 18,204/41,000 files ETA 0:31",
        ),
        (message(lanes=[lane(1)], eta=None), "web01: transfer 43% 12.1/28.0 GB 512 MB/s 1 lane 18,204/41,000 files"),
        (scanning(), "web01: scanning: 18,204 files, 12.1 GB so far"),
        (scanning(stage="request"), "web01: request"),
        (message(item="/srv/a", **DONE), "web01 (/srv/a): finalize 99% 12.1/28.0 GB 18,204/41,000 files"),
        (
            message(**DONE, deleted=1204, failures=3),
            "web01: finalize 99% 12.1/28.0 GB 18,204/41,000 files 1,204 deleted 3 failed",
        ),
        (
            scanning(msg="dest: the disk is full"),
            "web01: scanning: 18,204 files, 12.1 GB so far; it will fail: dest: the disk is full",
        ),
        (
            message(**DONE, **NOTHING, msg="no space"),
            "web01: finalize 99% 0/0 B 0/0 files; it will fail: no space",
        ),
        (message(**DONE, **NOTHING), "web01: finalize 99% 0/0 B 0/0 files"),
        (
            message(bytes={"done": 0, "total": 2**63 - 1}, percent=0),
            "web01: transfer 0% 0.0/9.2 EB 512 MB/s 2 lanes 18,204/41,000 files ETA 0:31",
        ),
    ],
)
def test_line(fields: dict[str, t.Any], text: str) -> None:
    assert line(fields) == text


def test_line_of_what_is_no_snapshot() -> None:
    with pytest.raises(ValueError, match="not a snapshot"):
        line({"version": 1})


def test_figures_stand_below_each_other() -> None:
    rows = drawn(message(**DONE, failures=3), message("backup.example.com"), scanning("db"), columns=108, rows=3)
    assert rows == [
        "web01              finalize  99% ████████████░ 12.1/28.0 GB           18,204/41,000 files          3 failed",
        "backup.example.com transfer  43% █████░░░░░░░░ 12.1/28.0 GB  512 MB/s 18,204/41,000 files ETA 0:31",
        "db                 scanning: 18,204 files, 12.1 GB so far",
    ]


def test_a_row_for_each_lane() -> None:
    busy = [lane(1, bytes=1_600_000_000), lane(2, busy=False), lane(12, path="docs/名前.txt")]
    assert drawn(message(lanes=busy))[1:] == [
        "  1   1.6 GB photos/IMG_0001.CR2",
        "  2  12.3 MB idle",
        " 12  12.3 MB docs/名前.txt",
    ]
    assert len(drawn(message(lanes=busy), style=Style(lanes=False))) == 1


def test_lanes_that_do_nothing_take_no_room() -> None:
    resting = [lane(number, busy=False) for number in range(4)]
    assert len(drawn(message(lanes=resting))) == len(drawn(message(lanes=[lane(1, path=None)]))) == 1


def test_room_is_shared_by_the_hosts_and_busy_lanes_come_first() -> None:
    some = [lane(number, busy=number in (3, 5)) for number in range(1, 9)]
    rows = drawn(message("a", lanes=some), message("b", lanes=[lane(1)]), message("c", lanes=LANES), rows=8)
    assert [row.split()[0] for row in rows] == ["a", "3", "5", "b", "1", "c", "1", "2"]


def test_more_hosts_than_rows() -> None:
    runs = [message("web%04d" % number) for number in range(1, 1501)]
    rows = drawn(*runs, rows=4)
    assert [row.split()[0] for row in rows] == ["web0001", "web0002", "web0003", "..."]
    assert rows[-1] == "... and 1,497 more hosts"
    assert drawn(*runs, rows=1) == ["... and 1,500 more hosts"]
    assert [row.split()[0] for row in drawn(*runs[:4], rows=4)] == ["web0001", "web0002", "web0003", "web0004"]


@pytest.mark.parametrize(
    ("columns", "row"),
    [
        (100, "web01 transfer 43% bar 12.1/28.0 GB 512 MB/s 18,204/41,000 files ETA 0:31"),
        (80, "web01 transfer 43% bar 12.1/28.0 GB 512 MB/s ETA 0:31"),
        (60, "web01 transfer 43% 12.1/28.0 GB 512 MB/s ETA 0:31"),
        (40, "web01 transfer 43% 512 MB/s ETA 0:31"),
        (30, "web01 transfer 43% ETA 0:31"),
        (20, "web01 transfer 43%"),
        (19, "web01 43%"),
        (10, "web01"),
    ],
)
def test_narrow_windows_keep_what_matters_most(columns: int, row: str) -> None:
    (found,) = drawn(message(lanes=[]), columns=columns)
    assert re.sub("[█░]+", "bar", " ".join(found.split())) == row


@pytest.mark.parametrize(
    ("columns", "text"),
    [(80, "scanning: 18,204 files, 12.1 GB so far"), (40, "scanning: 18,204 files, 12.1 GB"), (20, "18,204 files")],
)
def test_narrow_windows_while_scanning(columns: int, text: str) -> None:
    assert drawn(scanning(), columns=columns) == ["web01 " + text]


def test_what_is_done_while_scanning() -> None:
    some = scanning(stage="transfer", bytes={"done": 3_000_000, "total": 12_100_000_000}, rate=1_500_000, failures=1)
    assert drawn(some)[0] == "web01 scanning: 18,204 files, 12.1 GB so far, 3.0 MB done 1.5 MB/s 1 failed"
    assert drawn(some, columns=70)[0] == "web01 scanning: 18,204 files, 12.1 GB so far, 3.0 MB done"
    assert line(some) == "web01: scanning: 18,204 files, 12.1 GB so far"


@pytest.mark.parametrize(("columns", "text"), [(80, "it will fail: the disk is full"), (24, "it will fail: ...")])
def test_what_cannot_go_on(columns: int, text: str) -> None:
    for run in (scanning(msg="the disk is full"), message(msg="the disk is full", lanes=[])):
        assert drawn(run, columns=columns) == ["web01 " + text]


def test_the_bar_is_full_at_the_end_only() -> None:
    assert "░" in drawn(message(percent=99))[0] and "█" not in drawn(message(percent=0))[0]
    assert "░" not in drawn(message(percent=100, stage="result"))[0]


def test_without_unicode() -> None:
    rows = drawn(message(), style=Style(unicode=False))
    assert "#####---" in rows[0] and all(row.isascii() for row in rows)


def test_colors_add_nothing_else() -> None:
    runs = [message(failures=2), scanning("db")]
    painted = drawn(*runs, columns=120, style=Style(color=True))
    assert "\x1b[32m" in painted[0] and "\x1b[31m2 failed\x1b[0m" in painted[0]
    assert [re.sub("\x1b\\[[0-9]+m", "", row) for row in painted] == drawn(*runs, columns=120)


COUNTS = st.integers(0, 2**63 - 1)
PAIRS = st.fixed_dictionaries({"done": COUNTS, "total": COUNTS})
WRITTEN = st.text(st.characters(codec=None)) | st.text("日本語üu\u0308\U0001f600a/", min_size=20)
GENERATED_LANES = st.lists(
    st.builds(lane, COUNTS, path=st.none() | WRITTEN, bytes=COUNTS, busy=st.booleans()), max_size=4
)
RUNS = st.lists(
    st.builds(
        message,
        WRITTEN,
        item=st.none() | WRITTEN,
        stage=st.sampled_from(["request", "scan", "transfer", "finalize", "result"]) | WRITTEN,
        files=PAIRS,
        bytes=PAIRS,
        percent=st.none() | st.integers(0, 100),
        rate=COUNTS,
        eta=st.none() | COUNTS,
        deleted=COUNTS,
        failures=COUNTS,
        msg=st.none() | WRITTEN,
        lanes=GENERATED_LANES,
    ),
    max_size=5,
)


@given(RUNS, st.integers(2, 200), st.integers(1, 12))
def test_no_row_is_too_wide_and_no_block_too_high(runs: list[dict[str, t.Any]], columns: int, rows: int) -> None:
    made = drawn(*runs, columns=columns, rows=rows)
    assert len(made) <= rows and (len(made) >= min(len(runs), rows))
    assert all(width(row) <= columns - 1 and row.isprintable() for row in made)
