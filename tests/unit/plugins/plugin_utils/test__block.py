# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Rows below all other output of a terminal, redrawn in place."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import struct
import termios
import typing as t

import pyte
import pytest
from ansible_collections.vgreb.jsync.plugins.plugin_utils._block import Block, can_draw


class Window:
    """A terminal of 20 columns and 6 rows; tests/integration/test_callback.py has a real one."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(20, 6)
        self.bytes = io.BytesIO()
        self.stream = io.TextIOWrapper(self.bytes, encoding="utf-8", newline="\r\n")
        self.block = Block(self.stream)

    def write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()

    @property
    def rows(self) -> list[str]:
        pyte.ByteStream(self.screen).feed(self.bytes.getvalue())
        self.bytes.seek(0)
        self.bytes.truncate()
        return [row.rstrip() for row in self.screen.display]


def test_redrawn_in_place_and_erased() -> None:
    window = Window()
    window.write("before\n")
    window.block.draw(["one 100", "two", "three"])
    assert window.rows == ["before", "one 100", "two", "three", "", ""]
    window.block.draw(["one 9", "2"])
    assert window.rows == ["before", "one 9", "2", "", "", ""]
    assert (window.screen.cursor.y, window.screen.cursor.x) == (1, 0)
    window.block.erase()
    window.write("after\n")
    assert window.rows == ["before", "after", "", "", "", ""]


def test_ended_for_good(tmp_path: t.Any) -> None:
    with open(tmp_path / "terminal", "w+", encoding="utf-8") as stream:
        block = Block(stream)
        block.draw(["one"])
        block.end()
        block.draw(["two"])
    written = (tmp_path / "terminal").read_bytes()
    assert written.endswith(b"\x1b[?7h\r\x1b[J") and b"two" not in written


def test_at_the_bottom_it_scrolls_once() -> None:
    window = Window()
    window.write("1\n2\n3\n4\n5\n")
    for _again in range(3):
        window.block.draw(["one", "two", "three"])
        assert window.rows == ["3", "4", "5", "one", "two", "three"]
    window.block.draw([])
    assert window.rows == ["3", "4", "5", "", "", ""]


def test_what_is_wider_than_it_seems_does_not_wrap() -> None:
    """As on a terminal that shows characters of ambiguous width as wide."""
    window = Window()
    window.block.draw(["x" * 30, "two"])
    assert window.rows[1] == "two"
    window.write("y" * 30)
    assert window.rows[1].startswith("y")


def test_what_was_typed_is_erased_with_it() -> None:
    window = Window()
    window.block.draw(["one", "two"])
    window.write("^C")
    window.block.erase()
    assert not any(window.rows) and window.screen.cursor.x == 0


def test_nothing_is_erased_that_was_not_drawn() -> None:
    window = Window()
    window.block.erase()
    window.block.draw([])
    assert window.bytes.getvalue() == b""


def test_other_encodings() -> None:
    window = Window()
    window.stream.reconfigure(encoding="latin-1")
    window.block.draw(["Grüße 日本"])
    assert not window.block.unicode and b"Gr\xfc\xdfe ??" in window.bytes.getvalue()


def test_a_terminal_that_is_gone_ends_nothing() -> None:
    class Gone(io.StringIO):
        encoding = "utf-8"  # type: ignore[assignment]

        def flush(self) -> None:
            raise OSError(5, "Input/output error")

    block = Block(Gone())
    block.draw(["one"])
    block.erase()


@contextlib.contextmanager
def opened(columns: int, rows: int) -> t.Iterator[t.TextIO]:
    """A terminal of a size."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    try:
        with open(slave, "w") as stream:
            yield stream
    finally:
        os.close(master)


def test_in_the_background_the_terminal_is_the_shells(monkeypatch: pytest.MonkeyPatch) -> None:
    window = Window()
    with opened(80, 24) as terminal:
        monkeypatch.setattr(window.stream, "fileno", terminal.fileno, raising=False)
        window.block.draw(["one"])
        drawn = window.bytes.getvalue()
        monkeypatch.setattr(os, "tcgetpgrp", lambda _terminal: os.getpgrp() + 1)
        window.block.draw(["two"])
        window.block.erase()
        assert drawn and window.bytes.getvalue() == drawn
        monkeypatch.setattr(os, "tcgetpgrp", lambda _terminal: os.getpgrp())
        window.block.draw(["three"])
        assert window.bytes.getvalue() != drawn


@pytest.mark.parametrize(("columns", "rows", "size"), [(100, 40, (100, 40)), (0, 0, (80, 24))])
def test_size(columns: int, rows: int, size: tuple[int, int]) -> None:
    with opened(columns, rows) as stream:
        assert tuple(Block(stream).size()) == size


@pytest.mark.parametrize(("environment", "can"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({}, False)])
def test_can_draw(environment: dict[str, str], can: bool) -> None:
    with opened(80, 24) as stream:
        assert can_draw(stream, environment) == can
    assert not can_draw(io.StringIO(), environment)
