# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What the scan found, sorted by what has to be done with it."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import parse_endpoint, split_source
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import records
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.recordings import VERSIONS, load

Make = t.Callable[..., Plan]


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Make]:
    """Make plans; they are closed at the end."""
    made = []

    def build(*sources: str, hard_links: bool = False) -> Plan:
        folder = str(tmp_path_factory.mktemp("plan"))
        roots = [split_source(parse_endpoint(source)) for source in sources or ("/src/",)]
        made.append(Plan(folder, [root for root in roots if root], 2, hard_links=hard_links, sizes=Sizes()))
        return made[-1]

    yield build
    for plan in made:
        plan.close()


def fill(plan: Plan, *lines: str) -> Plan:
    """Let a plan take in what rsync prints; the bytes on the line are left out."""
    report = Report(plan.add, plan.note)
    for line in lines:
        item, rest = line[:11], line[11:]
        report.read_output(f"{item} 0 7{rest}//\n".encode() if rest.startswith(" ") else line.encode() + b"\n")
    return plan


def replay(plan: Plan, version: str, case: str) -> Plan:
    report = Report(plan.add, plan.note)
    report.read_output(load(version, case).out)
    return plan


def files(plan: Plan) -> list[bytes]:
    return [entry for partition in plan.partitioner.rest() for entry in records(partition.path)]


def touched(plan: Plan) -> set[bytes]:
    return set(plan.touched)


each_version = pytest.mark.parametrize("version", VERSIONS)


@each_version
def test_a_recorded_day(make: Make, version: str) -> None:
    plan = replay(make(), version, "incremental")
    assert sorted(files(plan)) == [b"./link", b"./mode", b"./owner", b"./size", b"./sub/new", b"./time"]
    assert plan.partitioner.bytes == 14 + 7 + 7  # content, size and the new file; the others change without data
    assert touched(plan) == {b"./sub"}
    assert not plan.empty and not plan.linked.count and not plan.deletions.count


@each_version
def test_a_recorded_fresh_destination(make: Make, version: str) -> None:
    plan = replay(make(), version, "fresh")
    assert plan.root_new and plan.root_touched
    assert list(plan.new_directories[0]) == [b"./new\ndirectory -> x"]
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
    assert touched(plan) == {b"./z"}


@each_version
def test_recorded_deletions(make: Make, version: str) -> None:
    """The directories that hold something to delete, and stay: one that cannot be emptied stays, too."""
    plan = replay(make(), version, "deletions_scan")
    assert plan.deletions.count == 9
    assert sorted(plan.deletion_directories()) == [b"", b"sub"]
    assert not files(plan) and not plan.empty


@each_version
def test_a_recorded_reference(make: Make, version: str) -> None:
    """What is linked with a file of --link-dest is told as a hard link, and moved like a file all the same."""
    plan = replay(make(), version, "link_dest")
    assert sorted(files(plan)) == [b"./other", b"./same", b"./sub/same"]
    assert not plan.linked.count and list(plan.new_directories[0]) == [b"./sub"]


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


def test_directories_whose_metadata_is_set_at_the_end(make: Make) -> None:
    plan = fill(
        make(),
        ".d..t...... changed/",
        ">f+++++++++ written/a",
        ">f+++++++++ written/b",
        "cd+++++++++ above/made/",
        "*deleting   emptied/a",
    )
    assert touched(plan) == {b"./changed", b"./written", b"./above", b"./above/made"}
    assert not plan.root_touched
    assert plan.touched.count == 4  # the same directory is not noted for each of its files


def test_linked_names_touch_their_directory(make: Make) -> None:
    plan = make(hard_links=True)
    plan.add(Change(b"hf+++++++++", 7, b"sub/b", False, b"a"))
    assert touched(plan) == {b"./sub"}


@pytest.mark.parametrize("leader", [None, b"/ref/a"])
def test_a_name_without_its_leader(make: Make, leader: bytes | None) -> None:
    plan = make(hard_links=True)
    plan.add(Change(b"hf.st......", 7, b"b", False, leader))
    assert plan.unled and not plan.linked.count and not plan.empty


@pytest.mark.parametrize(
    ("line", "is_new", "is_touched"),
    [
        ("cd+++++++++ ./", True, True),
        (".d..t...... ./", False, True),
        (".d          ./", False, False),
        ("created directory /dst", True, True),
        ("created 3 directories for /dst", True, True),
        ("skipping non-regular file", False, False),
    ],
)
def test_the_destination_itself(make: Make, line: str, is_new: bool, is_touched: bool) -> None:
    plan = fill(make(), line)
    assert (plan.root_new, plan.root_touched) == (is_new, is_touched)
    assert plan.empty == (not is_new and not is_touched)


def test_a_destination_that_only_holds_the_source_keeps_its_own_metadata(make: Make) -> None:
    """Without a slash behind the source rsync leaves the destination itself alone."""
    plan = fill(make("/src"), "created directory /dst", "cd+++++++++ src/", ">f+++++++++ src/a")
    assert plan.root_new and not plan.root_touched
    assert touched(plan) == {b"././src"} and files(plan) == [b"././src/a"]


def test_sources_that_lie_apart(make: Make) -> None:
    """Names start with the last part of their source: that tells where a list starts."""
    plan = fill(
        make("/a/one", "/b/two"), "cd+++++++++ one/", "cd+++++++++ two/", ">f+++++++++ two/x", ">f+++++++++ one/y"
    )
    assert [list(spool) for spool in plan.new_directories] == [[b"././one"], [b"././two"]]
    found = {partition.root: list(records(partition.path)) for partition in plan.partitioner.rest()}
    assert found == {0: [b"././one/y"], 1: [b"././two/x"]}


def test_files_wait_for_the_directories_that_were_found_before_them(make: Make) -> None:
    plan = fill(make(), ">f+++++++++ a", "cd+++++++++ d/", "cd+++++++++ d/e/", ">f+++++++++ d/e/b")
    (partition,) = plan.partitioner.rest()
    assert partition.directories == 2
    assert list(plan.new_directories[0]) == [b"./d", b"./d/e"]


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
