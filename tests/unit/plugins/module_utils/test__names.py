# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A set of names, whatever they are."""

from __future__ import annotations

from ansible_collections.vgreb.jsync.plugins.module_utils._names import Names
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.lists(st.binary(max_size=9), max_size=50)


@given(first=NAMES, later=NAMES, others=NAMES)
def test_it_holds_what_was_added(first: list[bytes], later: list[bytes], others: list[bytes]) -> None:
    names = Names(first)
    assert bool(names) == bool(first)
    for name in others:
        assert (name in names) == (name in first)
    names.update(later)
    for name in first + later + others:
        assert (name in names) == (name in first + later)
    assert bool(names) == bool(first + later)
