# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Text for a terminal: what it may hold, how wide it is, and how numbers read."""

from __future__ import annotations

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import printable
from ansible_collections.vgreb.jsync.plugins.plugin_utils._text import (
    count,
    count_of,
    cut,
    duration,
    pad,
    safe,
    size,
    size_of,
    width,
)
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, Grüße, 日本", "plain, Grüße, 日本"),
        ("two\nlines\x1b[2J", "two\\#012lines\\#033[2J"),
        ("right-to-left \u202e", "right-to-left \\#342\\#200\\#256"),
        ("half a sign \udc80 \ud800", "half a sign \\#355\\#262\\#200 \\#355\\#240\\#200"),
        ("escaped already \\#012", "escaped already \\#012"),
    ],
)
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text(st.characters(codec=None)))
def test_nothing_unprintable_passes(text: str) -> None:
    assert safe(text).isprintable() and safe(safe(text)) == safe(text)


@given(st.binary())
def test_what_the_module_has_escaped_stays(path: bytes) -> None:
    assert safe(printable(path)) == printable(path)


@pytest.mark.parametrize(
    ("text", "columns"),
    [("plain", 5), ("Grüße", 5), ("Gru\u0308\u00dfe", 5), ("日本", 4), ("\U0001f600", 2), ("привет", 6), ("", 0)],
)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns == wcswidth(text)


@pytest.mark.parametrize(
    ("text", "room", "start", "end"),
    [
        ("photos/IMG_4711.CR2", 19, "photos/IMG_4711.CR2", "photos/IMG_4711.CR2"),
        ("photos/IMG_4711.CR2", 12, "photos/IM...", "..._4711.CR2"),
        ("photos", 4, "phot", "otos"),
        ("日本語日本語", 9, "日本語...", "...日本語"),
        ("日本語日本語", 8, "日本...", "...本語"),
        ("日本", 1, "", ""),
        ("photos", 0, "", ""),
    ],
)
def test_cut(text: str, room: int, start: str, end: str) -> None:
    assert cut(text, room) == start
    assert cut(text, room, keep_end=True) == end


@given(st.text(), st.integers(0, 40), st.booleans())
def test_cut_fits(text: str, room: int, keep_end: bool) -> None:
    text = safe(text)
    assert width(cut(text, room, keep_end=keep_end)) <= room
    assert width(pad(cut(text, room), room)) == max(room, 0)


def test_a_mark_stays_with_its_letter() -> None:
    """A combining mark is no text without the letter before it."""
    assert cut("abcde" + "u\u0308" * 8, 7, keep_end=True) == "..." + "u\u0308" * 4
    assert cut("u\u0308" * 8, 7) == "u\u0308" * 4 + "..."


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_999, "99.9 kB"),
        (100_000, "100 kB"),
        (999_999, "999 kB"),
        (1_000_000, "1.0 MB"),
        (28_000_000_000, "28.0 GB"),
        (2**63 - 1, "9.2 EB"),
        (10**24, "1000000 EB"),
    ],
)
def test_size(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize(
    ("done", "total", "text"),
    [
        (0, 0, "0/0 B"),
        (5, 512, "  5/512 B"),
        (12_199_999_999, 28_000_000_000, "12.1/28.0 GB"),
        (1, 28_000_000_000, " 0.0/28.0 GB"),
        (27_999_999_999, 28_000_000_000, "27.9/28.0 GB"),
        (512_000_000, 900_000_000_000, "  0/900 GB"),
        (1_500, 1_500, "1.5/1.5 kB"),
    ],
)
def test_size_of(done: int, total: int, text: str) -> None:
    assert size_of(done, total) == text


def test_count() -> None:
    assert (count(0), count(41_000)) == ("0", "41,000")
    assert count_of(204, 41_000) == "   204/41,000 files"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (31, "0:31"), (3599, "59:59"), (3600, "1:00:00"), (345_599, "95:59:59"), (345_600, "4d 00h")],
)
def test_duration(seconds: int, text: str) -> None:
    assert duration(seconds) == text
