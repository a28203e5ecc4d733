# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Where snapshots are shown: in a block on a terminal, or as lines."""

from __future__ import annotations

import os
import threading
import typing as t

from ansible_collections.vgreb.jsync.plugins.plugin_utils._live import DRAWINGS_PER_SECOND, LineView, LiveView
from ansible_collections.vgreb.jsync.plugins.plugin_utils._render import Style
from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import Snapshot, parse

from tests.support.processes import wait_for
from tests.support.snapshots import message

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.plugin_utils._block import Block


class Drawings:
    """A block that remembers what was drawn; nothing is what was erased."""

    def __init__(self) -> None:
        self.all: list[list[str]] = []

    def size(self) -> os.terminal_size:
        return os.terminal_size((60, 24))

    def draw(self, rows: list[str]) -> None:
        self.all.append([row.split()[0] for row in rows])

    def erase(self) -> None:
        self.all.append([])


class Viewed:
    """A view, what it drew, and its clock."""

    def __init__(self) -> None:
        self.drawings = Drawings()
        self.lock = threading.RLock()
        self.seconds = 0.0
        block = t.cast("Block", self.drawings)
        self.view = LiveView(block, Style(lanes=False), self.lock, lambda: self.seconds)

    def show(self, *hosts: str) -> None:
        for host in hosts:
            self.seconds += 1
            self.view.show(run(host))

    @property
    def now(self) -> list[str]:
        return self.drawings.all[-1]


def run(host: str, **fields: t.Any) -> Snapshot:
    return parse(message(host, **fields))


def test_hosts_come_and_go() -> None:
    viewed = Viewed()
    viewed.show("a", "b", "c", "a")
    assert viewed.drawings.all == [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c"]]
    viewed.view.drop("b")
    viewed.view.drop("unknown")
    assert viewed.now == ["a", "c"] and len(viewed.drawings.all) == 5
    viewed.view.drop("a")
    viewed.view.drop("c")
    assert viewed.now == []
    viewed.show("a")
    viewed.view.clear()
    assert viewed.now == []


def test_other_output_comes_in_between() -> None:
    viewed = Viewed()
    viewed.show("a")
    with viewed.view.aside():
        assert viewed.now == []
        viewed.show("b")
        with viewed.view.aside():
            pass
        assert viewed.now == []
    assert viewed.now == ["a", "b"]


def test_a_line_that_was_begun_is_ended_first() -> None:
    viewed = Viewed()
    viewed.show("a")
    with viewed.view.aside(ends_line=False):
        pass
    viewed.show("a")
    assert viewed.now == []
    with viewed.view.aside():
        pass
    assert viewed.now == ["a"]


def test_the_pace_is_bounded_and_the_last_state_is_seen() -> None:
    viewed = Viewed()
    for number in range(1000):
        viewed.seconds = 50 + number / 1000
        viewed.view.show(run("a%d" % number))
    drawn = len(viewed.drawings.all)
    assert DRAWINGS_PER_SECOND <= drawn <= 2 * DRAWINGS_PER_SECOND
    viewed.seconds += 1
    wait_for(lambda: len(viewed.drawings.all) > drawn, "the drawing that was put off")
    assert len(viewed.drawings.all) == drawn + 1


def test_lines() -> None:
    lines: list[str] = []
    view = LineView(lines.append, None)
    for seconds in (1, 3, 5, 15):
        view.show(run("a", seconds=seconds, percent=seconds * 2))
        view.show(run("b", seconds=seconds, percent=seconds))
    assert [line[:15] for line in lines] == ["a: transfer 6% ", "b: transfer 3% ", "a: transfer 30%", "b: transfer 15%"]
    view.drop("a")
    with view.aside():
        view.show(run("a", seconds=16))
    assert len(lines) == 5
    view.clear()
    view.show(run("b", seconds=17))
    assert len(lines) == 6


def test_the_task_says_how_often_there_are_lines() -> None:
    lines: list[str] = []
    view = LineView(lines.append, 1000)
    for seconds in (1, 2, 3, 4):
        view.show(run("a", seconds=seconds, interval=2))
        view.show(run("b", seconds=seconds, interval=0))
        view.show(run("c", seconds=seconds))
    assert [line[0] for line in lines] == list("babcbab")
