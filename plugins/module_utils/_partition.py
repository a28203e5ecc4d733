# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Partition: gather files into segments, and cut partitions for the lanes from them.

A segment is a run of neighbors in the tree, or one large file, with its cost; only its place in a spool is kept in
memory. When a lane is free it is given a partition, cut from what is known then: segments, costliest first, worth
``remaining / (2 * lanes)``, so that partitions grow smaller as the end nears; but never so little that starting one
more rsync costs more than a twentieth of it, unless other lanes would stay idle. At last each lane is given so much
that it ends when the others do, whatever they still have to carry. A lane alone is given all that one list takes.
"""

from __future__ import annotations

import math
import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import StateError
from ansible_collections.vgreb.jsync.plugins.module_utils._pace import Pace, level
from ansible_collections.vgreb.jsync.plugins.module_utils._segment import Gatherer, Segment
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import create_list


class Sizes(t.NamedTuple):
    """How finely to cut.

    Attributes:
        per_file: What a file costs beside its bytes, in bytes that could be moved in the same time.
        segment: The least cost of a full segment.
        segments: About how many segments the whole is cut into, once it is large.
        partition: The least cost of a partition, until the run has measured its own.
        directory: The most cost of the files that one entry of a list stands for.
        bulk: The most bytes of these files: their names are few beside more, and lanes share what has names.
        entries: The most entries in one list.
        scanners: How many rsyncs share the scan, where the request lets them; 0 for as many as suit it.
        tiny: Files of less than so many bytes on average are one entry with their directory however many they are.
        length: The most bytes of one list.
    """

    per_file: int = 32 << 10
    segment: int = 4 << 20
    segments: int = 1024
    partition: int = 128 << 20
    directory: int = 64 << 20
    bulk: int = 8 << 20
    entries: int = 100_000
    scanners: int = 0
    tiny: int = 0
    length: int = 1 << 40


class Partition(t.NamedTuple):
    """What one rsync carries: a list file and what is in it.

    Attributes:
        number: From 1, in the order of cutting.
        root: Index of the source that the names lie below.
        path: The list file; empty where nobody is to carry it.
        segments: What it was cut from.
    """

    number: int
    root: int
    path: str
    segments: tuple[Segment, ...]

    @property
    def cost(self) -> int:
        return sum(segment.cost for segment in self.segments)

    @property
    def files(self) -> int:
        return sum(segment.files for segment in self.segments)

    @property
    def directories(self) -> int:
        """How many of the listed directories must exist before its files go in."""
        return max(segment.directories for segment in self.segments)

    @property
    def size(self) -> int:
        """Bytes of the list."""
        return sum(segment.listed.length for segment in self.segments)

    def entries(self) -> t.Iterator[bytes]:
        """What the list holds."""
        for segment in self.segments:
            yield from segment.listed.records()

    def names(self) -> t.Iterator[bytes]:
        """An entry for each file."""
        for segment in self.segments:
            yield from segment.names.records()


class Partitioner:
    """Takes files as the scan finds them and gives partitions as lanes ask for them.

    Args:
        directory: Where the spools and the lists go.
        roots: Number of sources.
        lanes: Number of lanes.
        sizes: How finely to cut.

    Attributes:
        lanes, most: Number of lanes now, and how many there may be later.
        pace: How fast partitions are carried.
        complete: The scan has ended; nothing more comes.
        partitions: How many were cut.
        files, bytes: All that was added.
    """

    def __init__(self, directory: str, roots: int, lanes: int, sizes: Sizes) -> None:
        self._directory = directory
        self.lanes = self.most = lanes
        self._sizes = sizes
        self.pace = Pace(sizes.partition, 2 * sizes.segment)
        self._share = 0.0
        cut = sizes.per_file, sizes.entries, sizes.length
        self._gatherers = [Gatherer(directory, root, *cut) for root in range(roots)]
        self._cost = 0
        self.complete = False
        self.partitions = 0
        self.files = 0
        self.bytes = 0

    def add(self, entries: t.Sequence[bytes], sizes: t.Sequence[int], *, root: int = 0, directories: int = 0) -> None:
        """Add files, neighbors in the tree.

        Args:
            entries: Their names as they stand in a list.
            sizes: Bytes to move for each; 0 where only metadata changes.
            root: Index of their source.
            directories: How many new directories must exist before they go in.
        """
        self._cost += self._cost_of(sizes)
        self.files += len(entries)
        self.bytes += sum(sizes)
        self._gatherers[root].add(entries, sizes, directories, self._target)

    def _cost_of(self, sizes: t.Sequence[int]) -> int:
        return sum(sizes) + len(sizes) * self._sizes.per_file

    @property
    def _target(self) -> float:
        """What a full segment costs."""
        return max(self._sizes.segment, self._cost / self._sizes.segments)

    def enter(self, entry: bytes) -> None:
        """The files that come next, until :meth:`leave`, are all that a directory of the first source holds."""
        self._gatherers[0].enter(entry)

    def leave(self) -> None:
        """No more files of that directory come."""
        self._gatherers[0].leave(self._target)

    def by_name(self) -> None:
        """Let lists name the files of that directory after all."""
        self._gatherers[0].by_name()

    def too_large(self, sizes: t.Sequence[int]) -> bool:
        """Say whether that directory, with other files of these sizes, is more than one entry should stand for."""
        gatherer = self._gatherers[0]
        cost, files = gatherer.run_cost + self._cost_of(sizes), gatherer.run_files + len(sizes)
        size = cost - files * self._sizes.per_file
        return size >= files * self._sizes.tiny and (size > self._sizes.bulk or cost > self._sizes.directory)

    def finish(self) -> None:
        """Nothing more comes."""
        for gatherer in self._gatherers:
            gatherer.leave(self._target)
            gatherer.close_segment()
        self.complete = True

    @property
    def remaining(self) -> int:
        """Cost not given to a lane yet."""
        return sum(gatherer.remaining for gatherer in self._gatherers)

    @property
    def room(self) -> int:
        """How many partitions could be cut that are not too small."""
        return int(self.remaining / self.pace.least)

    @property
    def partitions_left(self) -> float:
        """How many partitions are still to be cut, once the last round has begun; infinity before."""
        return math.ceil(self.remaining / self._share) if self._share else math.inf

    @property
    def exhausted(self) -> bool:
        """No partition will be cut any more."""
        return self.complete and all(gatherer.empty for gatherer in self._gatherers)

    def ready(self, busy: int = 0, *, patient: bool = True) -> bool:
        """Say whether a free lane should take a partition now.

        Args:
            busy: How many lanes carry one.
            patient: While the scan runs, rather wait until there is one of the least cost for each lane without any.
        """
        if self.complete or sum(one.closed for one in self._gatherers) >= self._idle(busy) * self.pace.least:
            return any(not gatherer.empty for gatherer in self._gatherers)
        return not patient and any(gatherer.ready for gatherer in self._gatherers)

    def _idle(self, busy: int) -> int:
        """How many lanes have nothing to carry, the one that asks among them."""
        return max(self.lanes - busy, 1)

    def take(self, under_way: t.Sequence[float] = (), *, patient: bool = True) -> Partition | None:
        """Cut a partition for a free lane; None where there is none, or not yet.

        Args:
            under_way: The cost that is left of what each of the other lanes carries, if it carries anything.
            patient: As in :meth:`ready`.

        Raises:
            StateError: Its list cannot be written; what would have been in it is left.
        """
        if not self.ready(len(under_way), patient=patient):
            return None
        if not patient:
            for gatherer in self._gatherers:
                gatherer.close_segment()
        return self._cut(self._worth(under_way))

    def _worth(self, under_way: t.Sequence[float]) -> float:
        """What the next partition should be worth: less and less, and at last so much that all lanes end together."""
        lanes = max(self.lanes, min(self.room, self.most))
        worth = max(self.remaining / (2 * lanes if lanes > 1 else 1), self.pace.least)
        idle = self._idle(len(under_way))
        if not self.complete:
            return min(worth, self.remaining / idle)
        if self._share or worth * self.lanes >= self.remaining:
            evenly = self._share or self.remaining / self.lanes
            self._share = level(self.remaining, [*under_way, *[0.0] * idle]) if self.pace.known else evenly
        return self._share or worth

    def bytes_in(self, partition: Partition) -> int:
        """Bytes of the files in a partition."""
        return partition.cost - partition.files * self._sizes.per_file

    def give_back(self, partition: Partition) -> None:
        """Take back what its lane could not carry to its end; its list is removed."""
        os.unlink(partition.path)
        self._gatherers[partition.root].give_back(partition.segments)

    def rest(self) -> t.Iterator[Partition]:
        """All that is left, to name what nobody carries any more: no list is written for it."""
        self.finish()
        for root, gatherer in enumerate(self._gatherers):
            while not gatherer.empty:
                self.partitions += 1
                yield Partition(self.partitions, root, "", tuple(gatherer.take(float("inf"))))

    def _cut(self, worth: float) -> Partition | None:
        gatherer = max(self._gatherers, key=lambda one: -1 if one.empty else one.remaining)
        if gatherer.empty:
            return None
        segments = gatherer.take(worth)
        try:
            return self._write(self._gatherers.index(gatherer), segments)
        except StateError:
            gatherer.give_back(segments)
            raise

    def _write(self, root: int, segments: t.Sequence[Segment]) -> Partition:
        self.partitions += 1
        path = os.path.join(self._directory, f"partition.{self.partitions}")
        with create_list(path) as target:
            for segment in segments:
                segment.listed.spool.copy(segment.listed.offset, segment.listed.length, target)
        return Partition(self.partitions, root, path, tuple(segments))

    def close(self) -> None:
        for gatherer in self._gatherers:
            gatherer.close()


__all__ = ("Partition", "Partitioner", "Sizes")
