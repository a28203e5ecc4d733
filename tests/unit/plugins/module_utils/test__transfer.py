# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""How lanes wait for the scan. What they carry is in tests/fidelity, what stops them in tests/faults."""

from __future__ import annotations

import asyncio
import contextlib
import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _transfer
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


class Scene(t.NamedTuple):
    """Lanes that wait for the scan to find something."""

    transfer: Transfer
    running: asyncio.Future[None]

    async def turns(self, number: int) -> None:
        """Let the event loop turn."""
        for _turn in range(number):
            await asyncio.sleep(0)


REQUEST = build_request({"src": "/src/", "dest": "/dst"})


@pytest.fixture
def command() -> Command:
    return Command(REQUEST, find(PROGRAMS[0]))


@contextlib.asynccontextmanager
async def waiting_lanes(processes: Processes, folder: str, command: Command) -> t.AsyncIterator[Scene]:
    lanes = Lanes(processes, REQUEST, folder, [].append)
    lanes.begin()
    plan = Plan(folder, REQUEST.roots or (), 4, hard_links=False, by_directory=False, sizes=Sizes())
    transfer = Transfer(lanes, command, plan, Outcome(), defer=False, held=False, entries=1)
    scene = Scene(transfer, asyncio.ensure_future(transfer.run()))
    await scene.turns(9)
    try:
        yield scene
    finally:
        transfer.abandon()
        scene.running.cancel()
        await asyncio.gather(scene.running, return_exceptions=True)
        plan.close()


def ends(folder: str, command: Command, turns: int, end: t.Callable[[Scene], t.Any]) -> bool:
    """End the lanes so many turns of the event loop after the scan has found something, and say whether they do."""

    async def conduct(processes: Processes) -> bool:
        async with waiting_lanes(processes, folder, command) as scene:
            scene.transfer.release()
            await scene.turns(turns)
            end(scene)
            await asyncio.wait((scene.running,), timeout=10)
            return scene.running.done()

    return within(conduct)


@pytest.mark.parametrize("turns", range(6))
def test_cancelled_with_news_on_the_way(tmp_path: t.Any, command: Command, turns: int) -> None:
    """A signal comes then."""
    assert ends(os.fspath(tmp_path), command, turns, lambda scene: scene.running.cancel())


@pytest.mark.parametrize("turns", range(6))
def test_no_news_is_missed(tmp_path: t.Any, command: Command, monkeypatch: pytest.MonkeyPatch, turns: int) -> None:
    """The scan ends then; nobody looks again by itself."""
    monkeypatch.setattr(_transfer, "PATIENCE_SECONDS", 4000.0)
    assert ends(os.fspath(tmp_path), command, turns, lambda scene: scene.transfer.abandon())
