# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""How lanes wait for the scan. What they carry is in tests/fidelity, what stops them in tests/faults."""

from __future__ import annotations

import asyncio
import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
from ansible_collections.vgreb.jsync.plugins.module_utils._transfer import Transfer

from tests.unit.real import PROGRAMS, find, within

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes


@pytest.mark.parametrize("turns", range(6))
def test_cancelled_with_news_on_the_way(tmp_path: t.Any, turns: int) -> None:
    """A signal comes so many turns of the event loop after the scan has found something."""

    request = build_request({"src": "/src/", "dest": "/dst"})
    command = Command(request, find(PROGRAMS[0]))

    async def conduct(processes: Processes) -> None:
        lanes = Lanes(processes, request, os.fspath(tmp_path), [].append)
        lanes.begin()
        plan = Plan(os.fspath(tmp_path), request.roots or (), 4, hard_links=False, by_directory=False, sizes=Sizes())
        transfer = Transfer(lanes, command, plan, Outcome(), defer=False, held=False, entries=1)
        running = asyncio.ensure_future(transfer.run())
        for _turn in range(9):  # the lanes wait now
            await asyncio.sleep(0)
        transfer.release()
        for _turn in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait((running,), timeout=10)
        ended = running.done()
        transfer.abandon()
        await asyncio.gather(running, return_exceptions=True)
        plan.close()
        assert ended

    within(conduct)
