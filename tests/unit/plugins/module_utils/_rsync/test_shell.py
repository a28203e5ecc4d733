# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Words of --rsh, as the real rsync splits them."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.shell import join_words, split_words
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.real import PROGRAMS, script


def split_by_rsync(text: str, folder: object) -> list[str]:
    shell = script(folder, 'printf "%s\\0" "$@" >&2\n')
    said = subprocess.run(
        [PROGRAMS[0], "-e", f"{shell} {text}", "far:x", str(folder)], capture_output=True, check=False
    ).stderr
    words = said.decode().split("\0")
    return words[: words.index("far")] if "far" in words else []


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a  b",
        "'a b' c",
        '"a b" c',
        '"a""b"',
        "'a''b'",
        "'a''b 'c",
        "'' a",
        "'''x' ''''",
        "a 'b",
        "'a'' b",
        "a\tb\n c ",
        'x"y z"w',
        "'a'\"b\"",
        '""""',
        "a\\ b",
        '"it\'s"',
    ],
)
def test_words_are_split_as_rsync_does(text: str, tmp_path: object) -> None:
    assert split_words(text) == split_by_rsync(text, tmp_path)


@given(st.lists(st.one_of(st.text("ab '\"\\"), st.text(st.characters(min_codepoint=1)))))
def test_any_words_arrive(words: list[str]) -> None:
    assert split_words(join_words(words)) == words


def test_words_arrive_in_a_real_rsync(tmp_path: object) -> None:
    words = ["-i", '/a b/it\'s "mine"', "", "'", '"', "-o", "ProxyCommand=ssh -W %h:%p 'a  b'", "new\nline", "$HOME\\"]
    assert split_by_rsync(join_words(words), tmp_path) == words
