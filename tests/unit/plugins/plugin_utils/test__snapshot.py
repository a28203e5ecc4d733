# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A snapshot of a run, as it comes from the target host."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import Lane, parse
from hypothesis import given
from hypothesis import strategies as st

from tests.support.snapshots import lane, message, scanning

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_all_fields() -> None:
    run = parse(json.loads(json.dumps(message("web01", item="/srv", failures=2, deleted=3))))
    assert (run.name, run.stage, run.seconds, run.scanned) == ("web01 (/srv)", "transfer", 12.5, True)
    assert (run.files_done, run.files_total) == (18_204, 41_000)
    assert (run.bytes_done, run.bytes_total) == (12_100_000_000, 28_000_000_000)
    assert (run.percent, run.rate, run.eta, run.deleted, run.failures) == (43, 512_000_000, 31, 3, 2)
    assert parse(message(interval=7.5)).interval == 7.5
    assert parse(message(msg="a\x1b")).msg == "a\\#033"
    assert run.lanes[0] == Lane(1, "photos/IMG_0001.CR2", 12_300_000, True) and run.busy == 2


def test_what_is_not_known() -> None:
    run = parse(scanning(lanes=[lane(1, path=None, busy=False)]))
    assert (run.name, run.scanned, run.percent, run.eta) == ("web01", False, None, None)
    assert run.lanes[0].path is None and run.busy == 0
    assert run.msg is None


def test_fields_of_a_later_release_are_passed_over() -> None:
    assert parse(dict(message(), more={"than": "known"})) == parse(message())


def test_no_text_acts_upon_the_terminal() -> None:
    """The target host is not trusted."""
    bad = "\x1b]0;title\x07\n"
    run = parse(message(bad, item=bad, stage=bad, lanes=[lane(1, path=bad)]))
    assert all(text.isprintable() for text in (run.name, run.stage, run.lanes[0].path or ""))


@pytest.mark.parametrize(
    "fields",
    [
        {"version": 2},
        {"host": None},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": 10**400},
        {"rate": -1},
        {"rate": 1.5},
        {"eta": 2**63},
        {"files": 12},
        {"bytes": {"done": 1}},
        {"lanes": None},
        {"lanes": [{"lane": 1}]},
        {"interval": "often"},
    ],
)
def test_what_is_no_snapshot(fields: dict[str, t.Any]) -> None:
    with pytest.raises(ValueError, match="not a snapshot"):
        parse(message(**fields))


@given(st.sampled_from(sorted(message())), JSON)
def test_whatever_comes_is_taken_or_refused(name: str, value: t.Any) -> None:
    try:
        run = parse(dict(message(), **{name: value}))
    except ValueError:
        return
    assert run.name.isprintable() and run.percent in (None, *range(101))
