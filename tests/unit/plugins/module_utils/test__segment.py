# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Segments by hand: what a list has for the files, which files those are, and where one segment ends."""

from __future__ import annotations

import tempfile
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._segment import Gatherer, Segment
from hypothesis import given
from hypothesis import strategies as st

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._segment import Range

# A full segment costs so much; a file costs one beside its bytes.
TARGET = 10.0

Step = t.Union[bytes, t.Tuple[bytes, int], None]
Make = t.Callable[..., Gatherer]


@pytest.fixture
def make(tmp_path: t.Any) -> t.Iterator[Make]:
    """Make a gatherer; it is closed at the end."""
    made = []

    def build(entries: int = 1000, length: int = 1 << 20) -> Gatherer:
        made.append(Gatherer(str(tmp_path), 0, 1, entries, length))
        return made[-1]

    yield build
    for gatherer in made:
        gatherer.close()


def fill(gatherer: Gatherer, *steps: Step) -> Gatherer:
    """Enter (``b"./d/"``), leave (None), put back to names (``b""``) or add a file of a size."""
    for step in steps:
        if step is None:
            gatherer.leave(TARGET)
        elif isinstance(step, tuple):
            gatherer.add([step[0]], [step[1]], 0, TARGET)
        elif step:
            gatherer.enter(step[:-1])
        else:
            gatherer.by_name()
    return gatherer


def inside(place: Range) -> list[bytes]:
    return list(place.spool.records(place.offset, place.length))


def taken(gatherer: Gatherer) -> list[tuple[list[bytes], list[bytes]]]:
    """Take all; for each segment what a list has, and the files. They come in the order of the tree."""
    gatherer.close_segment()
    segments: list[Segment] = []
    while not gatherer.empty:
        segments += gatherer.take(0)
    segments.sort(key=lambda segment: (segment.names.spool.path, segment.names.offset))
    for segment in segments:
        assert segment.entries == len(inside(segment.listed)) and segment.files == len(inside(segment.names))
    assert gatherer.remaining == 0
    return [(inside(segment.listed), inside(segment.names)) for segment in segments]


A, B, C, D = ((b"./d/" + name, 1) for name in (b"a", b"b", b"c", b"d"))
E, LARGE = (b"./e", 1), (b"./large", 100)


@pytest.mark.parametrize(
    ("steps", "segments"),
    [
        ([], []),
        ([b"./d/", None], []),  # nothing in it needs a list
        ([E], [([b"./e"], [b"./e"])]),
        ([b"./d/", A, B, None], [([b"./d/"], [b"./d/a", b"./d/b"])]),
        ([E, b"./d/", A, B, None], [([b"./e", b"./d/"], [b"./e", b"./d/a", b"./d/b"])]),
        ([b"./d/", A, B, None, E], [([b"./d/", b"./e"], [b"./d/a", b"./d/b", b"./e"])]),
        ([b"./d/", A, b"", B, None, E], [([b"./d/a", b"./d/b", b"./e"], [b"./d/a", b"./d/b", b"./e"])]),
        ([E, b"./d/", A, B, C, b"", D], [([b"./e", b"./d/a", b"./d/b", b"./d/c", b"./d/d"],) * 2]),
        ([b"./d/", b"", A], [([b"./d/a"], [b"./d/a"])]),
        ([b"./d/", None, b"./f/", (b"./f/a", 1), None], [([b"./f/"], [b"./f/a"])]),
        ([LARGE, E], [([b"./large"], [b"./large"]), ([b"./e"], [b"./e"])]),
        ([b"./d/", A, LARGE, None], [([b"./d/"], [b"./d/a", b"./large"])]),  # it goes with its directory
        ([b"./d/", A, b"", LARGE], [([b"./large"], [b"./large"]), ([b"./d/a"], [b"./d/a"])]),
    ],
)
def test_what_a_list_has_and_which_files_those_are(
    make: Make, steps: list[Step], segments: list[tuple[list[bytes], list[bytes]]]
) -> None:
    assert taken(fill(make(), *steps)) == segments


def test_a_segment_ends_where_it_is_full(make: Make) -> None:
    assert [files for _entries, files in taken(fill(make(), *[(b"./%d" % n, 4) for n in range(5)]))] == [
        [b"./0", b"./1"],
        [b"./2", b"./3"],
        [b"./4"],
    ]


def test_a_directory_is_not_cut(make: Make) -> None:
    """Its segment ends with it, however much it holds."""
    gatherer = fill(make(), E, b"./d/", *[(b"./d/%d" % n, 4) for n in range(5)])
    gatherer.close_segment()
    assert gatherer.empty
    fill(gatherer, None)
    assert not gatherer.empty
    ((entries, files),) = taken(gatherer)
    assert entries == [b"./e", b"./d/"] and len(files) == 6


def test_ready_where_a_segment_can_be_closed(make: Make) -> None:
    gatherer = make()
    for step, ready in ((E, True), (b"./d/", False), (A, False), (None, True), (LARGE, True), (b"./f/", True)):
        fill(gatherer, step)
        assert gatherer.ready == ready
    assert gatherer.take(0)[0].cost == 101 and not gatherer.ready


def test_a_directory_counts_as_one_entry(make: Make) -> None:
    steps: list[Step] = []
    for name in (b"a", b"b", b"c"):
        steps += [b"./%s/" % name, (b"./%s/x" % name, 0), (b"./%s/y" % name, 0), None]
    assert [entries for entries, _files in taken(fill(make(2), *steps))] == [[b"./a/", b"./b/"], [b"./c/"]]


def test_no_more_entries_are_taken_than_a_list_may_have(make: Make) -> None:
    gatherer = fill(make(4), *[(b"./%d" % n, 2) for n in range(12)])
    gatherer.close_segment()
    found = []
    while not gatherer.empty:
        found.append(sum(segment.entries for segment in gatherer.take(1000)))
    assert found == [4, 4, 4]


def test_what_the_files_of_a_directory_cost_so_far(make: Make) -> None:
    gatherer = fill(make(), (b"./e", 3), b"./d/", A, B)
    assert gatherer.run_cost == 2 * (1 + 1)
    assert gatherer.remaining == 4 + 4


@pytest.mark.parametrize(
    ("worth", "costs"),
    [(0, [20]), (29, [20]), (30, [20, 20]), (49, [20, 20]), (50, [20, 20, 20]), (1000, [20, 20, 20])],
)
def test_taken_to_the_nearest_segment(make: Make, worth: float, costs: list[int]) -> None:
    gatherer = fill(make(), *[(b"./%d" % n, 19) for n in range(3)])
    assert [segment.cost for segment in gatherer.take(worth)] == costs
    assert gatherer.remaining == 60 - sum(costs)


def test_the_directories_that_must_be_there_are_those_of_the_last_file(make: Make) -> None:
    gatherer = make()
    for number in (1, 2, 5):
        gatherer.add([b"./%d" % number], [0], number, TARGET)
    gatherer.close_segment()
    (segment,) = gatherer.take(0)
    assert segment.directories == 5


SIZES = st.lists(st.sampled_from([0, 1, TARGET // 3, TARGET - 2, TARGET - 1, 5 * TARGET]), max_size=30)


@given(SIZES, st.integers(0, 30), st.integers(1, 5), st.booleans())
def test_many_files_at_once_make_the_same_segments(sizes: list[int], cut: int, entries: int, entered: bool) -> None:
    names = [b"./%d" % number for number in range(len(sizes))]
    found = []
    for starts in ([0, cut, len(names)], range(len(names) + 1)):
        with tempfile.TemporaryDirectory() as folder:
            gatherer = Gatherer(folder, 0, 1, entries, 1 << 20)
            if entered:
                gatherer.enter(b".")
            for start, end in zip(starts, starts[1:]):
                gatherer.add(names[start:end], sizes[start:end], start, TARGET)
            gatherer.leave(TARGET)
            found.append(taken(gatherer))
            gatherer.close()
    assert found[0] == found[1]


def test_a_list_is_not_too_long(make: Make) -> None:
    """Nor are those of two segments that one lane takes."""
    gatherer = make(length=20)
    gatherer.add([b"./1", b"./2", b"./3", b"./4", b"./5", b"./6"], [0] * 6, 0, TARGET)
    gatherer.add([b"./sixteen bytes!"], [0], 0, TARGET)
    gatherer.add([b"./longer than the limit"], [0], 0, TARGET)
    gatherer.close_segment()
    lists = []
    while not gatherer.empty:
        lists.append([entry for segment in gatherer.take(100) for entry in inside(segment.listed)])
    assert sorted(lists) == [
        [b"./1", b"./2", b"./3", b"./4", b"./5"],
        [b"./6"],
        [b"./longer than the limit"],
        [b"./sixteen bytes!"],
    ]
