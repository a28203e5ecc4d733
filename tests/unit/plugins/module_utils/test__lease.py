# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""When a lease ends, on a clock of the test's own; and what is heard of a run that nobody follows."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _lease
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._lease import Lease, unwanted
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request


def test_it_counts_from_the_start() -> None:
    lease = Lease(10, 100.0)
    assert not lease.ended(110.0)
    assert lease.ended(110.1)


def test_a_file_that_changes_renews_it() -> None:
    lease = Lease(10, 100.0)
    lease.see(5, 109.0)
    assert not lease.ended(119.0)
    lease.see(5, 119.0)
    assert lease.ended(119.1)
    lease.see(4, 120.0)  # its clock was set back
    assert not lease.ended(130.0)


def test_a_file_that_went_away_does_not_renew_it() -> None:
    lease = Lease(10, 100.0)
    lease.see(5, 101.0)
    lease.see(None, 109.0)
    assert lease.ended(111.1)


def test_a_run_that_is_not_followed_has_none_until_it_is() -> None:
    lease = Lease(10, None)
    assert lease.ended(0.0)
    lease.renew(5.0)
    assert not lease.ended(15.0) and lease.ended(15.1)


def test_a_lease_is_a_time() -> None:
    with pytest.raises(RequestError, match="lease is 0: give 1 or more seconds"):
        build_request({"src": "a", "dest": "b", "lease": 0})


def test_a_run_that_was_forgone_ends_soon() -> None:
    lease = Lease(180, 100.0)
    lease.see(5, 200.0)
    lease.forgo(205.0)
    assert lease.forgone and not lease.ended(215.0) and lease.ended(215.1)


def test_a_run_that_was_forgone_ends_no_later_than_without() -> None:
    lease = Lease(5, 100.0)
    lease.forgo(104.0)
    assert lease.ended(105.1)


def test_its_own_controller_shows_itself() -> None:
    lease = Lease(180, 100.0)
    lease.see(5, 101.0)
    lease.forgo(102.0)
    lease.see(5, 103.0)
    assert lease.forgone
    lease.see(6, 104.0)
    assert not lease.forgone and not lease.ended(284.0)


def test_a_run_that_is_not_followed_is_forgone_at_once() -> None:
    lease = Lease(10, None)
    lease.renew(5.0)
    lease.forgo(6.0)
    assert lease.ended(6.0) and not lease.forgone


def test_a_run_without_a_follower_is_heard(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(_lease, "_WORD_SECONDS", 0.0)

    async def listen() -> None:
        watching = asyncio.ensure_future(unwanted(None, Lease(10, None)))
        while not capfd.readouterr().out:
            await asyncio.sleep(0.01)
        watching.cancel()

    asyncio.run(asyncio.wait_for(listen(), 60))


@contextlib.contextmanager
def standard_output() -> t.Iterator[tuple[int, int]]:
    """A pipe in the place of standard output."""
    before, (reader, writer) = os.dup(1), os.pipe()
    os.dup2(writer, 1)
    try:
        yield reader, writer
    finally:
        os.dup2(before, 1)
        for descriptor in (before, writer):
            os.close(descriptor)


def test_a_run_does_not_wait_for_its_reader() -> None:
    with standard_output() as (reader, writer):
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, bytes(select.PIPE_BUF))
        os.set_blocking(writer, True)
        _lease._speak()
        os.close(reader)
        _lease._speak()
        assert _lease._events() & select.POLLERR
