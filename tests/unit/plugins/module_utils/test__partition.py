# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Every file in exactly one partition, partitions of the worth that the design says, lanes that end together."""

from __future__ import annotations

import collections
import heapq
import math
import tempfile
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partition, Partitioner, Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import records
from hypothesis import given, settings
from hypothesis import strategies as st

# Costs are bytes, a segment holds one file, and nothing keeps partitions large: the bare rule.
BARE = Sizes(per_file=0, segment=1, segments=1 << 30, partition=1, entries=1 << 30)


def busy(lanes: int) -> list[float]:
    """Lanes that are about to end."""
    return [0.0] * lanes


def drain(partitioner: Partitioner, lanes: int) -> list[Partition]:
    """Let lanes take what there is, until nothing more comes: first all are idle, then one after the other."""
    found: list[Partition] = []
    while not partitioner.exhausted:
        partition = partitioner.take(busy(min(len(found), lanes - 1)))
        assert partition is not None
        found.append(partition)
    return found


def cut(sizes: t.Iterable[int], lanes: int, how: Sizes = BARE, folder: str | None = None) -> list[Partition]:
    """Cut files that are all known before the first lane asks."""
    with tempfile.TemporaryDirectory() as temporary:
        partitioner = Partitioner(folder or temporary, 1, lanes, how)
        for number, size in enumerate(sizes):
            partitioner.add([b"%d" % number], [size])
        partitioner.finish()
        found = drain(partitioner, lanes)
        partitioner.close()
    return found


@pytest.mark.parametrize(
    ("known", "lanes", "idle", "least", "worth"),
    [
        (800, 4, 1, 1, 100),  # known / (2 * lanes)
        (800, 1, 1, 1, 800),  # a lane alone has nobody to end together with
        (800, 4, 1, 300, 300),  # but worth the start of an rsync
        (800, 4, 4, 300, 200),  # unless other lanes would stay idle
        (800, 4, 1, 1000, 800),
        (800, 4, 0, 1, 100),
        (10, 4, 1, 1, 1),  # to the nearest file, and at least one
        (12, 4, 1, 1, 2),
    ],
)
def test_a_cut_while_the_scan_runs(tmp_path: t.Any, known: int, lanes: int, idle: int, least: int, worth: int) -> None:
    partitioner = Partitioner(str(tmp_path), 1, lanes, BARE._replace(partition=least))
    for number in range(known):
        partitioner.add([b"%d" % number], [1])
    partition = partitioner.take(busy(lanes - idle), patient=False)
    assert partition is not None and partition.cost == worth
    partitioner.close()


def test_a_cut_by_hand() -> None:
    """Files of cost 1 for two lanes: each time a quarter of what is left, to the nearest file, and at least one."""
    costs = [partition.cost for partition in cut([1] * 100, 2)]
    assert costs == [25, 19, 14, 11, 8, 6, 4, 3, 3, 2] + [1] * 5


def test_a_cut_by_hand_that_pays_for_its_rsyncs() -> None:
    """At last each lane gets half of what is left, once that is no more than the least of two partitions."""
    assert [partition.cost for partition in cut([1] * 100, 2, BARE._replace(partition=20))] == [25, 20, 20, 18, 17]


@pytest.mark.parametrize(("files", "costs"), [(100, [25] * 4), (10, [3, 3, 3, 1]), (8, [2] * 4), (3, [1] * 3)])
def test_where_one_rsync_would_do_each_lane_gets_the_same(files: int, costs: list[int]) -> None:
    """However few lanes are idle when they ask."""
    assert [partition.cost for partition in cut([1] * files, 4, BARE._replace(partition=1000))] == costs


def test_the_costliest_files_go_first() -> None:
    costs = [partition.cost for partition in cut([1, 1, 50, 1, 90, 1], 2)]
    assert costs[:2] == [90, 50]


def test_neighbors_stay_together(tmp_path: t.Any) -> None:
    """Small files go in the order of the tree, so that an rsync works in few directories."""
    how = BARE._replace(segment=10, partition=10)
    for partition in cut([1] * 60, 2, how, str(tmp_path)):
        numbers = [int(entry) for entry in records(partition.path)]
        runs = 1 + sum(after - before != 1 for before, after in zip(numbers, numbers[1:]))
        assert runs <= math.ceil(len(numbers) / how.segment)


def test_a_name_costs_without_bytes() -> None:
    partitions = cut([0] * 100, 2, BARE._replace(per_file=7))
    assert sum(partition.cost for partition in partitions) == 700


SIZES = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 5000), st.just(100_000)), max_size=300)
LANES = st.integers(1, 16)
HOW = st.builds(
    Sizes,
    per_file=st.integers(0, 50),
    segment=st.integers(1, 500),
    segments=st.integers(1, 200),
    partition=st.integers(1, 5000),
    entries=st.integers(1, 60),
)


@given(SIZES.filter(bool), LANES, HOW)
@settings(max_examples=50)
def test_lanes_end_together(sizes: list[int], lanes: int, how: Sizes) -> None:
    """No lane ends later after the mean than the costliest segment takes.

    When the last partition to end is cut, no lane has been idle yet, so lanes * now <= whole - remaining. While each is
    worth remaining / (2 * lanes), or no more than remaining / lanes, that lane ends at the mean or half a segment
    later. At last each ends with the others, at the mean or before those that were given more.
    """
    with tempfile.TemporaryDirectory() as folder:
        partitioner = Partitioner(folder, 1, lanes, how)
        for number, size in enumerate(sizes):
            partitioner.add([b"%d" % number], [size])
        partitioner.finish()
        partitioner.pace.learn(how.partition / 20, 1, 1 + how.partition / 20)
        free = [0.0] * lanes
        while not partitioner.exhausted:
            now = heapq.heappop(free)
            partition = partitioner.take([moment - now for moment in free if moment > now])
            assert partition is not None
            heapq.heappush(free, now + partition.cost)
        partitioner.close()
    costs = [size + how.per_file for size in sizes]
    target = max(how.segment, sum(costs) / how.segments)
    segment = max(*costs, 2 * target)
    assert max(free) <= sum(costs) / lanes + segment


@given(st.integers(1, 500), LANES, st.integers(1, 50))
@settings(max_examples=50)
def test_as_many_partitions_as_the_rule_makes(files: int, lanes: int, least: int) -> None:
    """With files of cost 1 each cut takes at least half of max(remaining / (2 * lanes), least).

    So after at most 4 * lanes * ln(files / (2 * lanes * least)) cuts no more than 2 * lanes * least is left, and that
    ends after 4 * lanes cuts more. None takes more than its lane's share and half a file.
    """
    count = len(cut([1] * files, lanes, BARE._replace(partition=least)))
    upper = 4 * lanes * (1 + math.log(max(1, files / (2 * lanes * least)))) + lanes + 1
    assert files / max(files / lanes + 0.5, 1) <= count <= upper


@given(SIZES, LANES, HOW)
@settings(max_examples=50)
def test_no_list_is_too_long(sizes: list[int], lanes: int, how: Sizes) -> None:
    assert all(partition.files <= how.entries for partition in cut(sizes, lanes, how))


@given(SIZES, LANES, HOW, st.data())
@settings(max_examples=50)
def test_worth_of_each_partition(sizes: list[int], lanes: int, how: Sizes, data: st.DataObject) -> None:
    """None is costlier than the rule says and half a segment, but for one that is a single segment."""
    with tempfile.TemporaryDirectory() as folder:
        partitioner = Partitioner(folder, 1, lanes, how)
        for number, size in enumerate(sizes):
            partitioner.add([b"%d" % number], [size])
        partitioner.finish()
        costs = [size + how.per_file for size in sizes]
        segment = max([2 * max(how.segment, sum(costs) / how.segments), *costs])
        while not partitioner.exhausted:
            remaining, idle = partitioner.remaining, data.draw(st.integers(1, lanes))
            partition = partitioner.take(busy(lanes - idle))
            assert partition is not None
            worth = max(remaining / (2 * lanes if lanes > 1 else 1), how.partition)
            assert partition.cost <= max(worth + segment / 2, segment)
            assert partitioner.remaining == remaining - partition.cost
        partitioner.close()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 3000), st.integers(0, 2)),
        st.tuples(st.just("take"), st.booleans(), st.integers(1, 4)),
    ),
    max_size=200,
)


class Given(t.NamedTuple):
    """A file that went in."""

    entry: bytes
    size: int
    root: int
    directories: int


@given(STEPS, st.integers(1, 4), HOW, st.booleans())
def test_nothing_is_lost_while_lanes_take_what_the_scan_finds(
    steps: list[tuple[str, int, int]], lanes: int, how: Sizes, stopped: bool
) -> None:
    """Every file is in exactly one partition, of its own source, with all that its partition says of it.

    Lanes take meanwhile, patient or not; at the end they take all, or the rest is named because the run has stopped.
    """
    added: list[Given] = []
    taken: list[Partition] = []
    with tempfile.TemporaryDirectory() as folder:
        partitioner = Partitioner(folder, 3, lanes, how)
        for kind, number, other in steps:
            if kind == "add":
                added.append(Given(b"%d/%d" % (other, len(added)), number, other, len(added) // 3))
                partitioner.add([added[-1].entry], [number], root=other, directories=added[-1].directories)
                continue
            under_way = busy(max(lanes - other, 0))
            ready = partitioner.ready(len(under_way), patient=bool(number))
            partition = partitioner.take(under_way, patient=bool(number))
            assert (partition is not None) == ready
            taken += [partition] if partition else []
        if stopped:
            taken += partitioner.rest()
        else:
            partitioner.finish()
            taken += drain(partitioner, lanes)
        assert partitioner.exhausted and partitioner.remaining == 0
        assert (partitioner.files, partitioner.bytes) == (len(added), sum(file.size for file in added))
        by_entry = {file.entry: file for file in added}
        lists = [records(partition.path) if partition.path else partition.names() for partition in taken]
        inside = [[by_entry[entry] for entry in entries] for entries in lists]
        assert [[by_entry[entry] for entry in partition.names()] for partition in taken] == inside
        partitioner.close()
    assert collections.Counter(file for files in inside for file in files) == collections.Counter(added)
    for partition, files in zip(taken, inside):
        assert {file.root for file in files} == {partition.root}
        assert partition.files == len(files) > 0
        assert partition.cost == sum(file.size + how.per_file for file in files)
        assert partition.directories >= max(file.directories for file in files)
    assert [partition.number for partition in taken] == list(range(1, len(taken) + 1))


def test_a_directory_that_is_one_entry(tmp_path: t.Any) -> None:
    """The list names the directory; what is in it is known all the same."""
    partitioner = Partitioner(str(tmp_path), 1, 1, BARE._replace(segment=100))
    partitioner.add([b"./a"], [1])
    partitioner.enter(b"./d")
    for name in (b"./d/b", b"./d/c"):
        partitioner.add([name], [1], directories=3)
    partitioner.leave()
    partitioner.finish()
    (partition,) = drain(partitioner, 1)
    assert list(records(partition.path)) == [b"./a", b"./d/"]
    assert list(partition.names()) == [b"./a", b"./d/b", b"./d/c"]
    assert (partition.files, partition.cost, partition.directories) == (3, 3, 3)
    partitioner.close()


def test_how_much_an_entry_may_stand_for(tmp_path: t.Any) -> None:
    partitioner = Partitioner(str(tmp_path), 1, 1, Sizes(per_file=10, directory=100))
    partitioner.add([b"./before"], [1000])
    partitioner.enter(b"./d")
    assert not partitioner.too_large([90]) and partitioner.too_large([91])
    partitioner.add([b"./d/a"], [30])
    assert not partitioner.too_large([50]) and partitioner.too_large([51])
    partitioner.close()


def test_a_directory_of_large_files_is_no_entry(tmp_path: t.Any) -> None:
    """What files cost beside their bytes does not count."""
    partitioner = Partitioner(str(tmp_path), 1, 1, Sizes(per_file=1000, bulk=100))
    partitioner.enter(b"./d")
    assert not partitioner.too_large([50, 50]) and partitioner.too_large([50, 51])
    partitioner.close()


def test_tiny_files_are_one_entry_however_many_they_are(tmp_path: t.Any) -> None:
    partitioner = Partitioner(str(tmp_path), 1, 1, Sizes(per_file=10, directory=100, tiny=5))
    partitioner.add([b"./before"], [1000])
    partitioner.enter(b"./d")
    for number in range(20):
        assert not partitioner.too_large([4])
        partitioner.add([b"./d/%d" % number], [4])
    assert not partitioner.too_large([24]) and partitioner.too_large([25])
    partitioner.close()


def test_within_a_directory_there_is_nothing_to_take(tmp_path: t.Any) -> None:
    """But where the run has stopped there, rest() names what has not gone."""
    partitioner = Partitioner(str(tmp_path), 1, 1, BARE)
    partitioner.enter(b"./d")
    partitioner.add([b"./d/a"], [1])
    assert not partitioner.ready(patient=False) and partitioner.take(patient=False) is None
    assert [list(partition.names()) for partition in partitioner.rest()] == [[b"./d/a"]]
    partitioner.close()


def growing(tmp_path: t.Any, how: Sizes) -> Partitioner:
    """A partitioner for two lanes while the scan runs."""
    return Partitioner(str(tmp_path), 1, 2, how)


def test_a_patient_lane_waits_while_little_is_known(tmp_path: t.Any) -> None:
    """Until there is for every idle lane what pays for the start of its rsync; lanes at work need not wait for it."""
    partitioner = growing(tmp_path, BARE._replace(partition=10))
    for number in range(20):
        assert not partitioner.ready()
        assert partitioner.ready(1) == partitioner.ready(2) == (number >= 10)
        partitioner.add([b"%d" % number], [1])
    assert partitioner.ready()
    partitioner.close()


def test_what_cannot_be_cut_yet_is_nothing_to_take(tmp_path: t.Any) -> None:
    partitioner = growing(tmp_path, BARE._replace(partition=10))
    partitioner.add([b"./a"], [1])
    partitioner.enter(b"./d")
    for number in range(20):
        partitioner.add([b"./d/%d" % number], [1])
    assert not partitioner.ready(1)
    partitioner.leave()
    assert partitioner.ready(1)
    partitioner.close()


def test_a_lane_that_has_waited_takes_what_there_is(tmp_path: t.Any) -> None:
    partitioner = growing(tmp_path, Sizes())
    assert partitioner.take(patient=False) is None
    partitioner.add([b"a"], [1])
    assert partitioner.take() is None
    partition = partitioner.take(patient=False)
    assert partition is not None and partition.files == 1
    assert not partitioner.exhausted
    partitioner.close()


def test_at_the_end_of_the_scan_there_is_no_more_waiting(tmp_path: t.Any) -> None:
    partitioner = growing(tmp_path, Sizes())
    partitioner.add([b"a"], [1])
    partitioner.finish()
    assert partitioner.ready() and partitioner.take() is not None
    assert partitioner.exhausted and not partitioner.ready() and partitioner.take() is None
    partitioner.close()


def test_a_partition_costs_twenty_starts_of_an_rsync(tmp_path: t.Any) -> None:
    """At 10 MB/s, and a quarter of a second for the start, a partition should take five seconds."""
    partitioner = growing(tmp_path, BARE._replace(segment=1_000_000))
    partitioner.pace.learn(0.25, 100_000_000, 10.25)
    for number in range(200):
        assert partitioner.ready() == (number >= 100)
        partitioner.add([b"%d" % number], [1_000_000])
    assert [partition.cost for partition in drain_after_scan(partitioner)[:2]] == [50_000_000] * 2
    partitioner.close()


def drain_after_scan(partitioner: Partitioner) -> list[Partition]:
    partitioner.finish()
    return drain(partitioner, 2)


def test_a_partition_is_worth_two_segments_however_fast_rsync_starts(tmp_path: t.Any) -> None:
    partitioner = growing(tmp_path, BARE._replace(segment=50))
    partitioner.pace.learn(0.0, 10, 0.0)
    for number in range(300):
        partitioner.add([b"%d" % number], [1])
    assert drain_after_scan(partitioner)[0].cost == 100
    partitioner.close()


def test_the_list_can_be_run_by_hand(tmp_path: t.Any) -> None:
    (partition,) = cut([5], 1, BARE, str(tmp_path))
    with open(partition.path, "rb") as stream:
        assert stream.read() == b"0\0"
