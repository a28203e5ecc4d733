# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Rates in rsync's notation (rsync(1), --bwlimit and --max-size), and what each rsync gets of one."""

from __future__ import annotations

import contextlib
import re
import subprocess
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import (
    LEAST,
    Bandwidth,
    Load,
    parse_rate,
    per_file,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.real import PROGRAMS, script

RATES = [
    ("0", 0),
    ("1", 1024),
    ("400", 400 * 1024),
    ("400k", 400 * 1024),
    ("400K", 400 * 1024),
    ("400KiB", 400 * 1024),
    ("400kb", 400_000),
    ("1.5m", 1536 * 1024),
    ("12m", 12 << 20),
    ("2MB", 2_000_000),
    ("2mib", 2 << 20),
    ("1g", 1 << 30),
    ("1GB", 10**9),
    ("1t", 1 << 40),
    (".5m", 1 << 19),
    ("2.k", 2048),
    ("600b", 600),
    ("512B", 512),
    ("1500bb", 1500),
]
NO_RATES = ["fast", "1x", "1kk", "-1", "1 m", "1m/s", "0x10", "1e3", "1,5m", "511b", "0.4", "1.2.3", "1kib2"]


@pytest.mark.parametrize(("text", "rate"), RATES)
def test_rate(text: str, rate: int) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", [*NO_RATES, "", "k"])  # rsync takes the last two for 0
def test_no_rate(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_rate(text)
    assert caught.value.message.startswith(f"bwlimit is {text!r}: ")


def asked_of_the_far_end(text: str, folder: object) -> int | None:
    """What rsync asks of the other end, in KiB a second; None where it does not even start."""
    shell = script(folder, 'echo "started $*" >&2\n')
    argv = [PROGRAMS[0], f"--bwlimit={text}", "-e", shell, "far:x", str(folder)]
    words = subprocess.run(argv, capture_output=True, check=False).stderr
    found = re.search(rb"^started .*", words)
    return int((re.search(rb"--bwlimit=(\d+) ", found[0]) or [b"", b"0"])[1]) if found else None


def test_rsync_reads_the_same_numbers(tmp_path: object) -> None:
    for text, rate in RATES:
        assert asked_of_the_far_end(text, tmp_path) == (rate + 512) // 1024, text  # it rounds to KiB


def test_rsync_refuses_the_same(tmp_path: object) -> None:
    accepted = [text for text in NO_RATES if asked_of_the_far_end(text, tmp_path) is not None]
    assert accepted == []


def limited(total: int, holders: int) -> Bandwidth:
    bandwidth = Bandwidth(total)
    bandwidth.holders = holders
    return bandwidth


def shares(bandwidth: Bandwidth, count: int) -> list[int]:
    """What so many get that run at once."""
    with contextlib.ExitStack() as running:
        return [running.enter_context(bandwidth.share()) for _number in range(count)]


def test_one_alone_has_all() -> None:
    assert shares(Bandwidth(1 << 20), 1) == [1 << 20]


def test_equal_shares() -> None:
    assert shares(limited(1 << 20, 4), 4) == [1 << 18] * 4


def test_no_limit() -> None:
    assert shares(limited(0, 4), 5) == [0] * 5


def test_what_is_given_back_is_shared_again() -> None:
    bandwidth = limited(1000_000, 4)
    assert shares(bandwidth, 4) == shares(bandwidth, 4)
    bandwidth.holders = 2
    assert shares(bandwidth, 2) == [500_000] * 2


def test_the_last_holders_get_what_others_do_not_use() -> None:
    bandwidth = limited(1_000_000, 5)
    with bandwidth.share() as first:
        assert first == 200_000
        bandwidth.holders = 2
        assert shares(bandwidth, 1) == [800_000]


def test_those_that_start_together_end_together() -> None:
    bandwidth = limited(1_000_000, 8)
    loads = [40, 10, 30, 20]
    with contextlib.ExitStack() as running:
        rates = []
        for number, size in enumerate(loads):
            others = sum(loads[number + 1 :])
            rates.append(running.enter_context(bandwidth.share(Load(size, others))))
    assert rates[:3] == [400_000, 100_000, 300_000]
    assert 175_000 <= rates[3] <= 200_000  # the lanes that have nothing keep a little


def test_whoever_starts_late_has_its_share() -> None:
    """However long the others have been at it."""
    bandwidth = limited(1_000_000, 4)
    with contextlib.ExitStack() as running:
        rates = [running.enter_context(bandwidth.share(Load(10, 10 * others))) for others in (3, 2, 1, 0)]
    assert rates == [250_000] * 4


def test_a_large_load_leaves_something_to_all_others() -> None:
    bandwidth = limited(1_000_000, 11)
    with bandwidth.share(Load(1 << 40)) as large:
        assert large == 954_545
        assert min(shares(bandwidth, 10)) >= 4545


def test_files_of_a_limited_run_cost_their_names_and_some_time() -> None:
    assert (per_file(0), per_file(1_000_000), per_file(1_000_000_000)) == (100, 140, 40_100)


@given(st.integers(1, 1 << 40), st.integers(1, 130), st.data())
def test_never_more_than_the_limit(total: int, holders: int, data: st.DataObject) -> None:
    """However rsyncs begin and end, all shares together stay below the limit, but for rsync's least of each."""
    bandwidth = limited(total, holders)
    running: list[tuple[t.ContextManager[int], int]] = []
    load = st.builds(Load, *[st.integers(0, 1 << 50)] * 2)
    for begin in data.draw(st.lists(st.booleans(), max_size=60)):
        if begin and len(running) < holders:
            holder = bandwidth.share(data.draw(load))
            running.append((holder, holder.__enter__()))
        elif running:
            holder, _rate = running.pop(data.draw(st.integers(0, len(running) - 1)))
            holder.__exit__(None, None, None)
        rates = [rate for _holder, rate in running]
        assert all(rate >= LEAST for rate in rates)
        assert sum(rate for rate in rates if rate > LEAST) <= total
