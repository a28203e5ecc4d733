# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Shares of a divided scan. That it finds what one scan finds is in tests/fidelity/test_division.py."""

from __future__ import annotations

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._shares import count_again, cut_shares
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.lists(st.binary(min_size=1, max_size=200), max_size=300)


@given(NAMES, st.integers(2, 8), st.integers(0, 4000))
def test_every_directory_is_in_one_share_in_order(names: list[bytes], scanners: int, length: int) -> None:
    shares = list(cut_shares(names, scanners, length))
    assert [name for share in shares for name in share] == names
    assert all(shares)


@given(NAMES, st.integers(2, 8), st.integers(1, 300))
def test_no_share_has_more_than_it_may(names: list[bytes], scanners: int, most: int) -> None:
    shares = list(cut_shares(names, scanners, 0, most))
    assert [name for share in shares for name in share] == names
    assert all(len(share) <= most for share in shares)


@given(st.integers(1, 5000), st.integers(2, 8))
def test_shares_shrink_and_are_few(number: int, scanners: int) -> None:
    sizes = [len(share) for share in cut_shares([b"d"] * number, scanners, 0)]
    assert sizes[:-1] == sorted(sizes[:-1], reverse=True)
    assert len(sizes) <= 3 * scanners + 3
    assert sizes[0] <= max(number / scanners, 1)


def test_no_share_is_longer_than_arguments_may_be() -> None:
    shares = list(cut_shares([b"x" * 255] * 1000, 2, 4096))
    assert max(sum(len(name) + 4096 for name in share) for share in shares) <= (64 << 10) + 255 + 4096


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ([b"a", b"b"], 2),
        ([b"a/x", b"a/y"], 3),
        ([b"a/x", b"b", b"a/y"], 5),
        ([b"a/b/x", b"a/b/y", b"a/c/x"], 6),
        ([b"a/b", b"ab/c"], 4),
    ],
)
def test_what_rsync_counts_twice(names: list[bytes], count: int) -> None:
    assert count_again(names) == count
