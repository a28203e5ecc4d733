# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What is passed on of the scanner of a share; the rest is in tests/faults/test_scanners.py."""

from __future__ import annotations

import asyncio
import io

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._division import _Share
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Part
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.held import HeldReport

FILE = b">f+++++++++ rw-r--r-- 0 7 f//\n"


@pytest.mark.parametrize("turn", ["before it breaks off", "before it begins anew", "later"])
def test_what_is_said_again_is_passed_on_once(turn: str) -> None:
    """Between two attempts a lane pauses for a second or more, and logs in."""
    found: list[bytes] = []

    def make(_part: Part, held: bool) -> HeldReport:
        return HeldReport(io.BytesIO(), held, lambda change: found.append(change.name))

    async def scan() -> None:
        share = _Share(Part((), deep=True), make)
        hearing: list[asyncio.Future[object]] = []

        async def turns(moment: str) -> None:
            if turn == moment:
                hearing.append(asyncio.ensure_future(share.hear()))
            for _turn in range(3):
                await asyncio.sleep(0)

        report = share.attempt()
        report.read_output(FILE)
        await turns("before it breaks off")
        report.read_output(b"")
        assert share.may_retry() is (turn != "before it breaks off")
        await turns("before it begins anew")
        if turn != "before it breaks off":
            assert not found
            report = share.attempt()
            report.read_output(FILE)
            report.read_output(b"")
        await turns("later")
        share.done.set_result(report)
        assert await hearing[0] is report

    asyncio.run(scan())
    assert found == [b"f"]
