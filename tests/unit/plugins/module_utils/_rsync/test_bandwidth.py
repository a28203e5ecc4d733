# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Rates in rsync's notation (rsync(1), --bwlimit and --max-size), and what each rsync gets of one."""

from __future__ import annotations

import asyncio
import re
import subprocess
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import (
    Bandwidth,
    Load,
    parse_rate,
    per_file,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.real import PROGRAMS, script

NO_LOAD = Load()

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


def at_once(work: t.Coroutine[t.Any, t.Any, t.Any]) -> t.Any:
    """What comes of something that need not wait."""
    try:
        work.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


# That there is so much to carry later lets nobody wait.
MUCH = 1 << 100


class Shared:
    """A limit in KiB, and who holds shares of it. Nobody waits here."""

    def __init__(self, units: int, holders: int) -> None:
        self.bandwidth = Bandwidth(units << 10)
        self.bandwidth.holders = holders
        self.held: list[tuple[t.Any, float]] = []

    def take(self, load: Load = NO_LOAD) -> float:
        """The share of one more, in KiB."""
        holder = self.bandwidth.share(lambda: load)
        share = at_once(holder.__aenter__()) / 1024
        self.held.append((holder, share))
        return share

    def give_back(self, place: int = -1) -> None:
        holder, _share = self.held.pop(place)
        at_once(holder.__aexit__(None, None, None))

    def take_all(self, count: int) -> list[float]:
        """What so many get that run at once."""
        shares = [self.take() for _number in range(count)]
        for _share in shares:
            self.give_back()
        return shares


@pytest.mark.parametrize(("holders", "units", "expected"), [(1, 1024, [1024]), (4, 1024, [256] * 4), (4, 0, [0] * 4)])
def test_equal_shares(holders: int, units: int, expected: list[float]) -> None:
    assert Shared(units, holders).take_all(holders) == expected


@pytest.mark.parametrize("load", [NO_LOAD, Load(10)])
@pytest.mark.parametrize(("units", "expected"), [(20, [2] * 4 + [3] * 4), (12, [1] * 4 + [2] * 4), (8, [1] * 8)])
def test_small_shares_are_whole_and_add_up(units: int, expected: list[float], load: Load) -> None:
    """rsync makes 2 KiB of 1.5."""
    shared = Shared(units, 8)
    assert [
        shared.take(load._replace(rivals=load.bytes * others, rest=MUCH)) for others in reversed(range(8))
    ] == expected


@pytest.mark.parametrize("total", [512, 1023, 2047])
def test_the_least_share(total: int) -> None:
    async def share() -> int:
        async with Bandwidth(total).share() as rate:
            return rate

    assert asyncio.run(share()) == 1024


def test_what_is_given_back_is_shared_again() -> None:
    shared = Shared(1000, 4)
    assert shared.take_all(4) == shared.take_all(4)
    shared.bandwidth.holders = 2
    assert shared.take_all(2) == [500] * 2


def test_the_last_holders_get_what_others_do_not_use() -> None:
    shared = Shared(1000, 5)
    assert shared.take() == 200
    shared.bandwidth.holders = 2
    assert shared.take() == 800


def test_those_that_start_together_end_together() -> None:
    shared = Shared(1000, 8)
    loads = [40, 10, 30, 20]
    shares = [shared.take(Load(size, sum(loads[number + 1 :]), MUCH)) for number, size in enumerate(loads)]
    assert shares[:3] == [400, 100, 300]
    assert 175 <= shares[3] <= 200  # the lanes that have nothing keep a little


def test_whoever_starts_late_has_its_share() -> None:
    """However long the others have been at it."""
    shared = Shared(1000, 4)
    assert [shared.take(Load(10, 10 * others, MUCH)) for others in (3, 2, 1, 0)] == [250] * 4


@pytest.mark.parametrize(("units", "share"), [(1000, 954), (12, 11), (2, 1)])
def test_a_large_load_leaves_something_to_all_others(units: int, share: int) -> None:
    shared = Shared(units, 11)
    assert shared.take(Load(1 << 40)) == share
    assert shared.take() == max((units - share) // 10, 1)


def test_files_of_a_limited_run_cost_their_names_and_some_time() -> None:
    assert (per_file(0), per_file(1_000_000), per_file(1_000_000_000)) == (100, 140, 40_100)


@given(st.integers(1, 1 << 30), st.integers(1, 130), st.data())
def test_never_more_than_the_limit(units: int, holders: int, data: st.DataObject) -> None:
    """However rsyncs begin and end, all shares together stay below the limit, in whole KiB."""
    shared = Shared(units, holders)
    load = st.builds(Load, *[st.integers(0, 1 << 50)] * 2, rest=st.just(MUCH))
    for begin in data.draw(st.lists(st.booleans(), max_size=60)):
        shares = [share for _holder, share in shared.held]
        if begin and len(shares) < holders and sum(shares) < units:
            shared.take(data.draw(load))
        elif shares:
            shared.give_back(data.draw(st.integers(0, len(shares) - 1)))
        shares = [share for _holder, share in shared.held]
        assert all(share >= 1 and share == int(share) for share in shares)
        assert sum(shares) <= units
