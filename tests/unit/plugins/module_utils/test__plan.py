# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What the scan found, sorted by what has to be done with it."""

from __future__ import annotations

import collections
import itertools
import os
import re
import typing as t
from unittest import mock

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _plan
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partition, Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import parse_endpoint, split_source
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.recordings import VERSIONS, load

Make = t.Callable[..., Plan]


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Make]:
    """Make plans; they are closed at the end."""
    plans = []

    def build(
        *sources: str,
        hard_links: bool = False,
        by_directory: bool = False,
        sizes: Sizes | None = None,
        shut: t.Callable[[bytes], bool] | None = None,
    ) -> Plan:
        folder = str(tmp_path_factory.mktemp("plan"))
        roots = [split_source(parse_endpoint(source)) for source in sources or ("/src/",)]
        used = [root for root in roots if root]
        cut = sizes or Sizes()
        plan = Plan(folder, used, 2, hard_links=hard_links, by_directory=by_directory, sizes=cut, shut=shut)
        plans.append(plan)
        return plan

    yield build
    for plan in plans:
        plan.close()


def fill(plan: Plan, *lines: str) -> Plan:
    """Let a plan take in what rsync prints; the numbers are left out, and permissions if they are the usual ones."""
    report = Report(plan.add, plan.note, plan.add_files)
    text = b""
    for line in lines:
        item, mode, name = line[:11], line[12:21], line[22:]
        if not re.fullmatch("[-rwx]{9}", mode):
            mode, name = "rwxr-xr-x", line[12:]
        text += f"{item} {mode} 0 7 {name}//\n".encode() if line[11:12] == " " else line.encode() + b"\n"
    report.read_output(text)
    return plan


def replay(plan: Plan, version: str, case: str) -> Plan:
    report = Report(plan.add, plan.note, plan.add_files)
    report.read_output(load(version, case).out)
    return plan


def files(plan: Plan) -> list[bytes]:
    """What the lists have; all of it is taken."""
    return [entry for partition in plan.partitioner.rest() for entry in in_list(partition)]


def in_list(partition: Partition) -> list[bytes]:
    """What its list has, whether that is written or not."""
    ranges = [segment.listed for segment in partition.segments]
    return [entry for place in ranges for entry in place.spool.records(place.offset, place.length)]


def made(plan: Plan) -> list[bytes]:
    """The directories that are made or changed by themselves."""
    return list(plan.directories[0])


each_version = pytest.mark.parametrize("version", VERSIONS)


@each_version
def test_a_recorded_day(make: Make, version: str) -> None:
    plan = replay(make(), version, "incremental")
    assert sorted(files(plan)) == [b"./link", b"./mode", b"./owner", b"./size", b"./sub/new", b"./time"]
    assert plan.partitioner.bytes == 14 + 7 + 7  # content, size and the new file; the others change without data
    assert made(plan) == [b"./sub"]  # it gets other permissions
    assert not plan.opened.count
    assert not plan.empty and not plan.linked.count and not plan.deletions.count


@each_version
def test_a_recorded_fresh_destination(make: Make, version: str) -> None:
    plan = replay(make(), version, "fresh")
    assert plan.root_new and plan.root_changed
    assert made(plan) == [b"./new\ndirectory -> x"]
    assert set(files(plan)) >= {b"./#comment", b"./link -> to", b"./fifo", b"./new\nline", b"./literal \\#012 escape"}


@each_version
def test_recorded_hard_links(make: Make, version: str) -> None:
    """Leader and follower; what is no follower goes to the lanes, the leader of a new group among it."""
    plan = replay(make(hard_links=True), version, "hard_links")
    names = list(plan.linked)
    assert list(zip(names[::2], names[1::2])) == [
        (b"./a kept", b"./joins"),
        (b"./z/new => c", b"./z/new -> b"),
        (b"./z/new => c", b"./new\na"),
        (b"./old", b"./z/old"),
    ]
    assert sorted(files(plan)) == [b"./changed a", b"./z/file", b"./z/new => c"]
    assert plan.unled  # "changed b" is told without its leader
    assert made(plan) == [b"./z"]


@each_version
def test_recorded_deletions(make: Make, version: str) -> None:
    """The directories that hold something to delete, and stay: one that cannot be emptied stays, too."""
    plan = replay(make(), version, "deletions_scan")
    assert plan.deletions.count == 9
    assert sorted(plan.deletion_directories()) == [b"", b"sub"]
    assert not files(plan) and not plan.empty


def test_names_that_no_list_can_hold(make: Make) -> None:
    """On a pull they stay out of all lists, with what lies below them."""
    lines = [
        "cd+++++++++ a\\*/",
        ">f+++++++++ a\\*/below",
        ">f+++++++++ b\\[",
        ">f+++++++++ plain",
        "*deleting   c\\?",
        "*deleting   d\\?/extraneous",
    ]
    pull, push = fill(make("far:/src/"), *lines), fill(make(), *lines)
    assert (files(pull), made(pull), list(pull.deletions)) == ([b"./plain"], [], [b"c\\?"])
    assert pull.unlisted and not push.unlisted
    assert (len(files(push)), len(made(push)), push.deletions.count) == (3, 1, 2)
    assert not fill(make("far:/src/"), *lines[3:5]).unlisted


def test_files_in_directories_that_lanes_would_close(make: Make) -> None:
    """They stay out of all lists; what lies below an open directory in a closed one does not."""
    lines = [
        ">f+++++++++ top",
        "cd+++++++++ r-xr-xr-x new/",
        ">f+++++++++ new/file",
        "cd+++++++++ rwxr-xr-x new/open/",
        ">f+++++++++ new/open/file",
        "cd          r-xr-xr-x like/",
        ">f+++++++++ like/file",
        ">f+++++++++ old/file",
        ">f+++++++++ old/open/file",
    ]
    plan = fill(make(shut=lambda name: name.rstrip(b"/") == b"old"), *lines)
    assert sorted(files(plan)) == [b"./new/open/file", b"./old/open/file", b"./top"]
    assert made(plan) == [b"./new", b"./new/open", b"./like"]
    assert plan.apart
    assert not fill(make(shut=lambda _name: False), lines[0]).apart
    assert len(files(fill(make(), *lines))) == 6


@pytest.mark.parametrize(("mode", "apart"), [("r-xr-xr-x", True), ("rwxr-xr-x", False)])
def test_a_new_top_that_lanes_would_close(make: Make, mode: str, apart: bool) -> None:
    lines = [f"cd+++++++++ {mode} ./", ">f+++++++++ top", "cd+++++++++ rwxr-xr-x open/", ">f+++++++++ open/file"]
    plan = fill(make(shut=lambda _name: False), *lines)
    assert plan.apart == apart
    assert sorted(files(plan)) == [b"./open/file", b"./top"][: 2 - apart]


def test_of_too_many_shut_directories_on_all_are_so(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_plan, "NEW_KEPT", 2)
    lines = [f"cd+++++++++ r-xr-xr-x {number}/" for number in range(3)]
    plan = fill(make(shut=lambda _name: False), ">f+++++++++ before", *lines, ">f+++++++++ 0/file", ">f+++++++++ after")
    assert files(plan) == [b"./before"]


@each_version
def test_a_recorded_reference(make: Make, version: str) -> None:
    """What is linked with a file of --link-dest is told as a hard link, and moved like a file all the same."""
    plan = replay(make(), version, "link_dest")
    assert sorted(files(plan)) == [b"./other", b"./same", b"./sub/same"]
    assert not plan.linked.count and made(plan) == [b"./sub"]


@pytest.mark.parametrize(
    ("lines", "directories"),
    [
        ([], []),
        (["*deleting   a"], [b""]),
        (["*deleting   a/b"], [b"a"]),
        (["*deleting   a/b", "*deleting   a/c", "*deleting   d"], [b"", b"a"]),
        (["*deleting   a/b/c", "*deleting   a/b/", "*deleting   a/"], [b""]),
        (["*deleting   a/b/c", "*deleting   a/b/"], [b"a"]),
        (["*deleting   ab/c", "*deleting   a/"], [b"", b"ab"]),  # "ab/c" is not in "a/"
        (["*deleting   a/b", "*deleting   x", "*deleting   a/c"], [b"", b"a"]),
        (["cannot delete non-empty directory: a", "*deleting   a/b"], [b""]),
        (
            ["cannot delete non-empty directory: a/b", "cannot delete non-empty directory: a", "*deleting   a/b/c"],
            [b""],
        ),
        (["cannot delete non-empty directory: n\\#012l", "*deleting   n\\#012l/x"], [b""]),
        (["*deleting   e/f", "*deleting   e/"], [b""]),
    ],
)
def test_deletion_directories(make: Make, lines: list[str], directories: list[bytes]) -> None:
    """A directory inside a deleted one must not be listed."""
    assert sorted(set(fill(make(), *lines).deletion_directories())) == directories


NAME = st.text("abc", min_size=1, max_size=2)
TREE = st.recursive(st.none(), lambda inner: st.dictionaries(NAME, inner, max_size=4), max_leaves=25)


def deleted(tree: t.Any, above: str = "") -> t.Iterator[str]:
    """What rsync prints for extraneous names: what a directory holds before the directory."""
    for name, inner in sorted((tree or {}).items(), reverse=True):
        yield from deleted(inner, f"{above}{name}/")
        yield f"*deleting   {above}{name}" + "/" * (inner is not None)


@given(TREE, st.lists(st.tuples(NAME, TREE), max_size=3))
@settings(max_examples=40)
def test_every_deletion_lies_in_a_listed_directory(make: Make, top: t.Any, kept: list[tuple[str, t.Any]]) -> None:
    """Extraneous names in kept directories: each kept directory that holds one is listed, and no other."""
    lines, expected = [f"*deleting   x{line[12:]}" for line in deleted(top)], set()
    expected |= {b""} if lines else set()
    for name, tree in dict(kept).items():
        found = list(deleted(tree, f"keep-{name}/"))
        lines += found
        expected |= {f"keep-{name}".encode()} if found else set()
    assert set(fill(make(), *lines).deletion_directories()) == expected


def test_directories_that_are_made_or_changed_before_files_go_in(make: Make) -> None:
    """One that only gets files is not among them: the rsync that writes there keeps its metadata."""
    plan = fill(
        make(),
        ".d..t...... changed/",
        ">f+++++++++ written/a",
        "cd+++++++++ above/made/",
        "*deleting   emptied/a",
    )
    assert made(plan) == [b"./changed", b"./above/made"]
    assert not plan.root_changed and not plan.opened.count


def test_directories_that_must_be_closed_at_the_end(make: Make) -> None:
    plan = fill(
        make(),
        "cd+++++++++ r-xr-xr-x new/",
        ".d..t...... -wx------ changed/",
        "cd+++++++++ rwxr-xr-x open/",
        "*deleting   --------- gone/",
        ">f+++++++++ r--r--r-- file",
    )
    assert list(plan.opened) == [b"./new", b"./changed"] and not plan.root_opened
    assert made(plan) == [b"./new", b"./changed", b"./open"]
    fill(plan, ".d..t...... r-x------ ./")
    assert plan.root_opened and plan.opened.count == 2


@pytest.mark.parametrize(
    ("item", "opened"),
    [
        (b".d...p.....", True),  # it was closed, and nothing in it had to change
        (b".d.......a.", True),
        (b".d..t......", False),
        (b"cd+++++++++", False),  # the scan has said of what permissions it is
    ],
)
def test_directories_that_a_lane_has_opened(make: Make, item: bytes, opened: bool) -> None:
    plan = make()
    for name in (b"d", b"."):
        plan.note_opened(Change(item, 0, name, True, None, b"rwxr-xr-x"))
    assert list(plan.opened) == [b"./d"] * opened and plan.root_opened == opened


def test_directories_that_a_broken_rsync_may_have_opened(make: Make) -> None:
    plan = make()
    plan.note_broken([b"./a/b/1", b"./a/b/2", b"./c/3"], 0)
    assert list(plan.opened) == [b"./a/b", b"./c"] and not plan.root_opened
    plan.note_broken([b"./4"], 0)
    assert plan.opened.count == 2 and plan.root_opened


SCANNED = {
    "files before it is left": (
        ["cd+++++++++ d/", ">f+++++++++ d/a", ">f+++++++++ d/b", ">f+++++++++ z/c"],
        [b"./d"],
        [b"./d/", b"./z/c"],
    ),
    "nested": (
        ["cd+++++++++ d/", ">f+++++++++ d/a", "cd+++++++++ d/e/", ">f+++++++++ d/e/b"],
        [b"./d"],
        [b"./d/", b"./d/e/"],
    ),
    "above it nothing else": (["cd+++++++++ d/", "cd+++++++++ d/e/", ">f+++++++++ d/e/b"], [b"./d"], [b"./d/e/"]),
    "below one that was there": (
        [".d..t...... d/", "cd+++++++++ d/e/", ">f+++++++++ d/e/b", ">f+++++++++ d/f/c"],
        [b"./d", b"./d/e"],
        [b"./d/e/", b"./d/f/c"],
    ),
    "without a file": (["cd+++++++++ d/", "cd+++++++++ d/e/", "cd+++++++++ d/f/"], [b"./d", b"./d/e", b"./d/f"], []),
    "a new destination": (
        ["created directory /dst", "cd+++++++++ ./", ">f+++++++++ a", "cd+++++++++ d/", ">f+++++++++ d/b"],
        [],
        [b"./a", b"./d/"],
    ),
    "a new destination and no file": (["created directory /dst", "cd+++++++++ d/", "cd+++++++++ d/e/"], None, []),
    "copied from elsewhere": (["cd          d/", "cf          d/a"], [b"./d"], [b"./d/a"]),
    "links and special files": (["cd+++++++++ d/", "cL+++++++++ d/a", "cS+++++++++ d/b"], [b"./d"], [b"./d/"]),
    "a name like its own": (["cd+++++++++ d/", ">f+++++++++ da", ">f+++++++++ d/b"], [b"./d"], [b"./da", b"./d/"]),
}


@pytest.mark.parametrize(("lines", "alone", "listed"), SCANNED.values(), ids=SCANNED)
def test_where_a_list_names_a_new_directory(
    make: Make, lines: list[str], alone: list[bytes] | None, listed: list[bytes]
) -> None:
    """It is made by itself, too, where nothing else is sure to make it, or something else may stand in its place."""
    plan = fill(make(by_directory=True), *lines)
    plan.finish()
    assert files(plan) == listed
    assert made(plan) == ([b"./d", b"./d/e"] if alone is None else alone)


def test_too_much_for_one_entry(make: Make) -> None:
    """Each file is 7 bytes and costs 1 beside them."""
    sizes = Sizes(per_file=1, directory=16)
    lines = ["created directory /dst", "cd+++++++++ d/", *(f">f+++++++++ d/{name}" for name in "abc")]
    plan = fill(make(by_directory=True, sizes=sizes), *lines[:-1])
    plan.finish()
    assert (files(plan), made(plan)) == ([b"./d/"], [])
    plan = fill(make(by_directory=True, sizes=sizes), *lines)
    plan.finish()
    assert (files(plan), made(plan)) == ([b"./d/a", b"./d/b", b"./d/c"], [])
    assert list(plan.implied) == [b"./d"]


def test_one_of_many_new_directories_waits_for_its_files_only_so_long(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plan, "NEW_KEPT", 2)
    plan = fill(make(by_directory=True), "created directory /dst", *(f"cd+++++++++ {name}/" for name in "abcd"))
    assert made(plan) == [b"./a", b"./b"]
    fill(plan, ">f+++++++++ a/x", "cd+++++++++ a/y/", ">f+++++++++ c/x", ">f+++++++++ d/x")
    plan.finish()
    assert files(plan) == [b"./a/x", b"./c/x", b"./d/"]
    assert made(plan) == [b"./a", b"./b", b"./a/y", b"./c"]


def test_sources_that_lie_apart_have_lists_of_names(make: Make) -> None:
    plan = fill(make("/a/one", "/b/two", by_directory=True), "cd+++++++++ one/", ">f+++++++++ one/x")
    plan.finish()
    assert (files(plan), made(plan)) == ([b"././one/x"], [b"././one"])


def changes(tree: t.Any, above: str, new: bool, *, at_once: bool) -> t.Iterator[Change]:
    """What the scan says of a tree, in rsync's order: files, then directories, each before what it holds.

    Args:
        tree: A size for each file, another tree and whether it is new for each directory.
        above: The path so far, with its slash.
        new: This directory is.
        at_once: All directories of one directory come before what they hold (incremental recursion).
    """
    below = []
    for name, inner in sorted(tree.items()):
        if isinstance(inner, int):
            yield Change(b">f+++++++++", inner, (above + name).encode(), False, None)
    for name, inner in sorted(tree.items()):
        if isinstance(inner, tuple):
            is_new = new or inner[0]
            one = Change(b"cd+++++++++", 4096, (above + name).encode(), True, None, b"rwxr-xr-x")
            within = changes(inner[1], f"{above}{name}/", is_new, at_once=at_once)
            here = [one] if is_new else []
            below.append(within if at_once else itertools.chain(here, within))
            yield from here if at_once else []
    for within in below:
        yield from within


NESTED = st.recursive(
    st.integers(0, 40),
    lambda inner: st.tuples(st.booleans(), st.dictionaries(NAME, inner, max_size=5)),
    max_leaves=40,
)


@given(
    st.dictionaries(NAME, NESTED, max_size=5),
    st.booleans(),
    st.booleans(),
    st.builds(
        Sizes,
        per_file=st.integers(0, 5),
        segment=st.integers(1, 60),
        segments=st.just(1 << 30),
        partition=st.integers(1, 60),
        directory=st.integers(1, 100),
        entries=st.integers(1, 6),
    ),
    st.sampled_from([1, 2, 3, 10_000]),
    st.lists(st.booleans(), max_size=40),
)
@settings(max_examples=50)
def test_every_file_is_carried_once(
    make: Make, tree: t.Any, root_new: bool, at_once: bool, sizes: Sizes, kept: int, taking: list[bool]
) -> None:
    """It is one of the names of one partition, whose list has it or its directory; no other list has either.

    Every new directory is made: by itself, in time where something else may stand in its place, by such a list, or
    on the way to what one of these names.
    """
    plan = make(by_directory=True, sizes=sizes)
    if root_new:
        plan.note(b"created directory /dst")
    found = list(changes(tree, "", root_new, at_once=at_once))
    taken: list[Partition] = []
    with mock.patch.object(_plan, "NEW_KEPT", kept):
        for change, take in itertools.zip_longest(found, taking[: len(found)], fillvalue=False):
            plan.add(change)
            if take:
                ready = plan.partitioner.ready(patient=False)
                partition = plan.partitioner.take(patient=False)
                assert (partition is not None) == ready
                taken += [partition] if partition else []
        plan.finish()
    taken += plan.partitioner.rest()
    lists = [in_list(partition) for partition in taken]
    listed = collections.Counter(entry for entries in lists for entry in entries)
    names = [list(partition.names()) for partition in taken]
    new = {b"./" + change.name for change in found if change.directory}
    beforehand, implied = made(plan), list(plan.implied)
    plan.close()
    assert sorted(name for inside in names for name in inside) == sorted(
        b"./" + change.name for change in found if not change.directory
    )
    for partition, entries, inside in zip(taken, lists, names):
        covering = {name: {name, os.path.dirname(name) + b"/"} & set(entries) for name in inside}
        assert all(len(cover) == 1 for cover in covering.values())
        assert set(entries) == set().union(*covering.values())
        in_time = set(beforehand[: partition.directories])
        for directory in {name[:place] for name in inside for place, byte in enumerate(name) if byte == ord("/")} & new:
            above = os.path.dirname(directory)
            assert above in new or (above == b"." and root_new) or directory in in_time
    assert set(listed.values()) <= {1}
    assert {entry[:-1] for entry in listed if entry.endswith(b"/")} <= new
    assert new == {*beforehand, *implied, *(entry[:-1] for entry in listed if entry.endswith(b"/"))}
    assert all(any(name.startswith(above + b"/") for name in (*beforehand, *listed)) for above in implied)
    assert len(beforehand + implied) == len({*beforehand, *implied})


def test_what_lists_imply_can_be_made_by_itself(make: Make) -> None:
    directories = (f"cd+++++++++ {name}/" for name in ("a", "a/b", "a/b/c"))
    plan = fill(make(by_directory=True), "created directory /dst", *directories, ">f+++++++++ a/b/c/x")
    plan.finish()
    assert (files(plan), made(plan)) == ([b"./a/b/c/"], [])
    plan.list_implied()
    assert set(made(plan)) == {b"./a", b"./a/b"}


@pytest.mark.parametrize("leader", [None, b"/ref/a"])
def test_a_name_without_its_leader(make: Make, leader: bytes | None) -> None:
    plan = make(hard_links=True)
    plan.add(Change(b"hf.st......", 7, b"b", False, leader))
    assert plan.unled and not plan.linked.count and not plan.empty


@pytest.mark.parametrize(
    ("line", "is_new", "is_changed"),
    [
        ("cd+++++++++ ./", True, True),
        (".d..t...... ./", False, True),
        (".d          ./", False, False),
        ("created directory /dst", True, True),
        ("created 3 directories for /dst", True, True),
        ("skipping non-regular file", False, False),
    ],
)
def test_the_destination_itself(make: Make, line: str, is_new: bool, is_changed: bool) -> None:
    plan = fill(make(), line)
    assert (plan.root_new, plan.root_changed) == (is_new, is_changed)
    assert plan.empty == (not is_new and not is_changed)
    assert not plan.lists and not plan.root_opened  # no list names it


def test_a_destination_that_only_holds_the_source_keeps_its_own_metadata(make: Make) -> None:
    """Without a slash behind the source rsync leaves the destination itself alone."""
    plan = fill(make("/src"), "created directory /dst", "cd+++++++++ src/", ">f+++++++++ src/a")
    assert plan.root_new and not plan.root_changed
    assert made(plan) == [b"././src"] and files(plan) == [b"././src/a"]


def test_sources_that_lie_apart(make: Make) -> None:
    """Names start with the last part of their source: that tells where a list starts."""
    plan = fill(
        make("/a/one", "/b/two"), "cd+++++++++ one/", "cd+++++++++ two/", ">f+++++++++ two/x", ">f+++++++++ one/y"
    )
    assert [list(spool) for spool in plan.directories] == [[b"././one"], [b"././two"]]
    found = {partition.root: in_list(partition) for partition in plan.partitioner.rest()}
    assert found == {0: [b"././one/y"], 1: [b"././two/x"]}


def test_files_wait_for_the_directories_that_were_found_before_them(make: Make) -> None:
    plan = fill(make(), ">f+++++++++ a", "cd+++++++++ d/", "cd+++++++++ d/e/", ">f+++++++++ d/e/b")
    (partition,) = plan.partitioner.rest()
    assert partition.directories == 2
    assert made(plan) == [b"./d", b"./d/e"]


def test_nothing_to_do(make: Make) -> None:
    assert make().empty
    assert fill(make(), ".d          ./").empty
    assert not fill(make(), ">f+++++++++ a").empty
    assert not fill(make(), "*deleting   a").empty


@pytest.mark.parametrize("source", ["/src/", "/src", "h::m/a/b"])
@given(name=st.binary(min_size=1).filter(lambda name: b"\0" not in name))
@settings(max_examples=25)
def test_entries_and_names(make: Make, source: str, name: bytes) -> None:
    plan = make(source)
    entry = plan.entry(name, 0)
    assert plan.name(entry, 0) == name
    assert entry.startswith(b"./")  # never a comment


@pytest.mark.parametrize("sources", [("/src/",), ("/a/x", "/a/y"), ("/a/x", "/b/y", "/c/z")])
def test_many_files_at_once_are_planned_like_each_of_them(make: Make, sources: tuple[str, ...]) -> None:
    """A name at the top is a source of its own where there are several."""
    sizes = Sizes(directory=3 * (32 << 10))
    plans = [make(*sources, by_directory=True, sizes=sizes) for _plan in range(2)]
    for directory, names in ((b"x/", b"abc"), (b"x/new/", b"abcde"), (b"", b"xyz"), (b"y/", b"d")):
        many = Files(directory, [bytes((name,)) for name in names], [7] * len(names))
        for plan in plans:
            plan.add(Change(b"cd+++++++++", 0, b"x/new", True, None, b"rwxr-xr-x"))
        plans[0].add_files(many)
        for name in many.names:
            plans[1].add(Change(b">f+++++++++", 7, directory + name, False, None))
    listed = []
    for plan in plans:
        rest = list(plan.partitioner.rest())
        listed.append([(partition.root, sorted(partition.names()), partition.cost) for partition in rest])
        assert sum(partition.files for partition in rest) == 12
    assert listed[0] == listed[1]
    assert list(plans[0].directories[0]) == list(plans[1].directories[0])
