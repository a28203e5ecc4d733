# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Who waits for a share of a rate, and how long; in a time of their own, in which nobody really waits."""

from __future__ import annotations

import asyncio
import selectors
import types
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import bandwidth
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import Bandwidth, Load
from hypothesis import given
from hypothesis import strategies as st

# The whole limit, in KiB, and how many may hold a share of it.
LIMIT, HOLDERS = 1000, 8


class Skipping(selectors.DefaultSelector):
    """Where nothing is ready the clock goes on to the next timer."""

    now = 0.0

    def select(self, timeout: float | None = None) -> t.Any:
        assert timeout is not None, "all wait for each other"
        self.now += timeout
        return super().select(0)


class Run:
    """Who holds a share of a limit, from when on."""

    def __init__(self, limit: int = LIMIT, holders: int = HOLDERS) -> None:
        self.bandwidth = Bandwidth(limit << 10)
        self.bandwidth.holders = holders
        self.shares: dict[int, tuple[float, float]] = {}
        self.held: list[float] = []
        self.most = 0.0

    async def hold(self, number: int, load: t.Callable[[], Load], seconds: float) -> None:
        async with self.bandwidth.share(load) as rate:
            self.shares[number] = asyncio.get_event_loop().time(), rate / 1024
            self.held.append(rate)
            self.most = max(self.most, sum(self.held) / 1024)
            await asyncio.sleep(seconds)
            self.held.remove(rate)

    def to_end(self, work: t.Coroutine[t.Any, t.Any, t.Any]) -> None:
        selector = Skipping()
        loop = asyncio.SelectorEventLoop(selector)
        loop.time = lambda: selector.now  # type: ignore[method-assign]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(bandwidth, "time", types.SimpleNamespace(monotonic=loop.time))
            try:
                loop.run_until_complete(work)
            finally:
                loop.close()


def in_turn(*asked: tuple[Load, float], limit: int = LIMIT, holders: int = HOLDERS) -> list[tuple[float, float]]:
    """When each gets its share, and how much, in KiB, of those that ask at once and hold it for so many seconds."""
    run = Run(limit, holders)

    async def ask() -> None:
        tasks = [run.hold(number, lambda load=load: load, seconds) for number, (load, seconds) in enumerate(asked)]
        await asyncio.gather(*tasks)

    run.to_end(ask())
    return [run.shares[number] for number in range(len(asked))]


def kib(size: int, rivals: int = 0, rest: int = 0) -> Load:
    return Load(size << 10, rivals << 10, rest << 10)


# Has all but what a large load leaves to the seven others, seven eighths of a twentieth: 956.
LARGE = kib(9560), 9.7
SMALL = kib(1000)


def test_whoever_finds_nothing_left_waits() -> None:
    unknown = [(Load(), seconds) for seconds in (10.0, 5.0, 20.0, 1.0)]
    assert in_turn(*unknown, limit=2, holders=3) == [(0, 1), (0, 1), (5, 1), (10, 1)]


def test_whoever_would_be_the_last_waits() -> None:
    assert in_turn(LARGE, (SMALL, 1.0)) == [(0, 956), (9.7, 956)]


def test_those_that_wait_share_what_is_given_back() -> None:
    assert in_turn(LARGE, (SMALL, 1.0), (SMALL, 1.0)) == [(0, 956), (9.7, 500), (9.7, 462)]


def test_whoever_waits_for_several_has_the_shares_of_all() -> None:
    first, second = (kib(5000, 4560), 10.0), (kib(4560), 11.0)
    *_held, last = in_turn(first, second, (kib(2000), 2.0))
    assert last[0] == 11
    assert last[1] > 950


def test_it_waits_for_the_first_to_end_alone_where_the_others_take_long() -> None:
    first, second = (kib(50_000, 50_000), 100.0), (kib(4700), 9.7)
    assert in_turn(first, second, (kib(2000), 4.0), holders=3) == [(0, 500), (0, 483), (9.7, 483)]


@pytest.mark.parametrize("load", [kib(1000, 0, 1 << 40), kib(1000, 1 << 40, 1 << 40), Load()])
def test_whoever_is_not_the_last_waits_for_nobody(load: Load) -> None:
    assert in_turn(LARGE, (load, 1.0))[1][0] == 0


def test_whoever_would_be_the_last_by_little_waits_for_nobody() -> None:
    """What it waits for would lie unused, and others, that see less and less work before them, would wait, too."""
    others = [(kib(1250, 1250 * more), 10.0) for more in reversed(range(1, 8))]
    assert in_turn(*others, (kib(1500), 12.0))[-1] == (0, 125)
    assert in_turn(*others, (kib(2500), 20.0))[-1][0] == 10


@pytest.mark.parametrize("holder", [kib(1 << 30), Load()], ids=["long", "unknown"])
def test_nobody_waits_for_what_comes_too_late(holder: Load) -> None:
    assert in_turn((holder, 1000.0), (SMALL, 1.0))[1][0] == 0


def test_nobody_waits_forever_for_what_should_have_been_given_back() -> None:
    _first, second = in_turn((LARGE[0], 1000.0), (SMALL, 1.0))
    assert 10 < second[0] < 200


def test_what_is_about_to_start_counts_when_a_share_is_there() -> None:
    run = Run()
    now = [SMALL]

    async def ask() -> None:
        waiting = run.hold(1, lambda: now[0], 1.0)
        more = asyncio.sleep(5.0)
        tasks = [asyncio.ensure_future(task) for task in (run.hold(0, lambda: LARGE[0], 9.7), waiting, more)]
        await tasks[-1]
        now[0] = kib(1000, 3000, 3000)
        await asyncio.gather(*tasks)

    run.to_end(ask())
    assert run.shares[1] == (9.7, 250)


def test_whoever_is_told_to_end_waits_no_longer() -> None:
    run = Run()

    async def ask() -> None:
        first, second = (asyncio.ensure_future(run.hold(*one)) for one in ((0, lambda: LARGE[0], 9.7), (1, small, 1.0)))
        await asyncio.sleep(5.0)
        second.cancel()
        await asyncio.gather(first, run.hold(2, small, 1.0))

    def small() -> Load:
        return SMALL

    run.to_end(ask())
    assert run.shares == {0: (0, 956), 2: (9.7, 956)}


LOADS = st.builds(Load, *[st.integers(0, 1 << 40)] * 3)
SECONDS = st.sampled_from([0.0, 0.01, 1.0, 1000.0])


@given(st.integers(1, 5000), st.integers(1, 16), st.lists(st.tuples(LOADS, SECONDS, SECONDS), max_size=30))
def test_all_get_a_share_and_never_more_than_the_limit(
    limit: int, holders: int, asked: list[tuple[Load, float, float]]
) -> None:
    run = Run(limit, holders)

    async def ask() -> None:
        tasks = []
        for number, (load, seconds, pause) in enumerate(asked):
            tasks.append(asyncio.ensure_future(run.hold(number, lambda load=load: load, seconds)))
            await asyncio.sleep(pause)
        await asyncio.gather(*tasks)

    run.to_end(ask())
    assert len(run.shares) == len(asked)
    assert run.most <= limit
