# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The values that travel from stage to stage."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import (
    Change,
    Failure,
    Failures,
    Listing,
    Problem,
    Reasons,
    legible,
    path_fields,
    printable,
    readable,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.blocks import decode
from hypothesis import example, given
from hypothesis import strategies as st

# What an item string says of its name (rsync(1), --itemize-changes).
ITEMS = {
    b">f+++++++++": {"created", "transfer"},
    b"<f.st......": {"transfer"},
    b".f...p.....": set(),
    b".f         ": {"unchanged"},
    b".d         ": {"unchanged"},
    b"cd+++++++++": {"created"},
    b"cLc........": set(),
    b"cS+++++++++": {"created"},
    b"hf+++++++++": {"created", "hard_link"},
    b"hf         ": {"hard_link"},  # linked with a file of --link-dest: it was not there
    b"cf         ": set(),  # copied from --copy-dest
    b"*deleting": {"deletion"},
}


@pytest.mark.parametrize("item", ITEMS, ids=bytes.decode)
def test_items(item: bytes) -> None:
    change = Change(item, 0, b"a", item[1:2] == b"d", None)
    kinds = ("created", "transfer", "unchanged", "hard_link", "deletion")
    assert {kind for kind in kinds if getattr(change, kind)} == ITEMS[item]


@pytest.mark.parametrize(
    ("item", "mode", "directory", "closed"),
    [
        (b"cd+++++++++", b"rwxr-xr-x", True, False),
        (b"cd+++++++++", b"rwxrwsrwt", True, False),
        (b"cd+++++++++", b"r-xr-xr-x", True, True),
        (b"cd+++++++++", b"rw-r--r--", True, True),
        (b".d..t......", b"-wx------", True, True),
        (b".d..t......", b"", True, False),  # not known
        (b">f+++++++++", b"r--r--r--", False, False),
    ],
)
def test_directories_that_their_owner_may_not_fill(item: bytes, mode: bytes, directory: bool, closed: bool) -> None:
    assert Change(item, 0, b"a", directory, None, mode).closed == closed


@pytest.mark.parametrize(
    ("item", "directory", "opened"),
    [
        (b".d...p.....", True, True),
        (b".d..tp.....", True, True),
        (b".d.......a.", True, True),  # the permissions stand in the access control list
        (b".d..t......", True, False),
        (b".d          ", True, False),
        (b"cd+++++++++", True, False),
        (b"*deleting", True, False),
        (b".f...p.....", False, False),
    ],
)
def test_directories_that_got_other_permissions(item: bytes, directory: bool, opened: bool) -> None:
    assert Change(item, 0, b"a", directory, None).opened == opened


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change(b">f+++++++++", 7, b"a b", False, None), ">f+++++++++ a b"),
        (Change(b"cd+++++++++", 0, b"a", True, None), "cd+++++++++ a/"),
        (Change(b"cL+++++++++", 1, b"l", False, b"t/"), "cL+++++++++ l -> t/"),
        (Change(b"hf+++++++++", 1, b"b", False, b"a"), "hf+++++++++ b => a"),
        (Change(b"hf.st......", 1, b"b", False, None), "hf.st...... b"),
        (Change(b"*deleting", 0, b"d", True, None), "*deleting   d/"),
        (Change(b">f+++++++++", 7, b"\xff\xc3\xa4", False, None), ">f+++++++++ \\#377\xe4"),
    ],
)
def test_lines_for_people(change: Change, line: str) -> None:
    assert change.line() == line


PARTS = st.sampled_from([b"\\#012", b"\\", b"#", b"012", b"089", b"\n", b"\xff", b"\xc3\xa4", b"\xe2\x80\x8e"])


@given(st.one_of(st.binary(), st.lists(PARTS).map(b"".join)))
def test_printable_text_is_one_line_and_loses_nothing(path: bytes) -> None:
    text = printable(path)
    assert text.isprintable()
    assert decode(text.encode()) == path


@given(st.one_of(st.binary(), st.text().map(str.encode)))
@example(b"\x7f \xc2\x9b31m \xe2\x80\xae")
def test_lines_keep_what_is_text_and_the_exact_bytes_of_what_is_not(line: bytes) -> None:
    text = legible(line)
    assert text.replace("\t", "").replace("\r", "").isprintable()
    if b"\\#" not in line:
        assert decode(text.encode()) == line
    assert legible(text.encode()) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [(b"skipping \xc3\xa4\t\\#012", "skipping \xe4\t\\#012"), (b"no \xff\xc3\x7f", "no \\#377\\#303\\#177")],
)
def test_lines_as_text(line: bytes, text: str) -> None:
    assert legible(line) == text


@given(st.binary())
def test_path_fields_hold_the_exact_bytes(path: bytes) -> None:
    fields = path_fields(path)
    assert fields["path"] == readable(path)
    exact = base64.b64decode(fields["path_b64"]) if "path_b64" in fields else fields["path"].encode()
    assert exact == path


def test_bytes_are_only_given_where_text_cannot_hold_them() -> None:
    assert path_fields(b"a\xc3\xa4") == {"path": "a\xe4"}
    assert path_fields(b"a\xff") == {"path": "a\N{REPLACEMENT CHARACTER}", "path_b64": "Yf8="}
    assert Failure(b"a\xff", "why").as_result() == {**path_fields(b"a\xff"), "reason": "why"}


def filled(count: int, limit: int = 3) -> Listing:
    listing = Listing(limit)
    for number in range(count):
        listing.add(number)
    return listing


@pytest.mark.parametrize(("count", "entries", "more"), [(0, [], 0), (3, [0, 1, 2], 0), (5, [0, 1, 2], 2)])
def test_listing(count: int, entries: list[int], more: int) -> None:
    listing = filled(count)
    assert (listing.entries, listing.total, listing.more) == (entries, count, more)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_listings_together_count_all(one: int, other: int, limit: int, other_limit: int) -> None:
    listing = filled(one, limit)
    listing.extend(filled(other, other_limit))
    assert listing.total == one + other
    assert len(listing.entries) == min(limit, min(one, limit) + min(other, other_limit))


PROBLEMS = [
    Problem(b"/src/sub/a", "why a"),
    Problem(b"sub/b", "why b"),
    Problem(b"/src/sub/a", "why else"),
    Problem(None, "without a name"),
]


def test_the_first_message_about_a_name_is_its_reason() -> None:
    reasons = Reasons(PROBLEMS)
    assert [reasons.of(name) for name in (b"sub/a", b"sub/b", b"sub/c", b"ub/a")] == [
        "why a",
        "why b",
        "",
        "",
    ]


def test_messages_about_names_that_nobody_asked_for() -> None:
    reasons = Reasons(PROBLEMS)
    reasons.of(b"sub/a")
    assert reasons.unused() == [PROBLEMS[1], PROBLEMS[2], PROBLEMS[3]]


def test_each_failed_path_is_kept_once() -> None:
    failures = Failures(2)
    for path in (b"/dst/a/b", b"/dst/a/b", b"c", b"", b"", b"d"):
        failures.add(Failure(path, "denied"))
    assert [failure.path for failure in failures.entries] == [b"/dst/a/b", b"c"]
    assert failures.total == 5  # without a path nothing says that it is the same
    assert failures.concern(b"a/b") and failures.concern(b"c")
    assert not failures.concern(b"b/a") and not failures.concern(b"d")
