# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Partition: gather files into segments, and cut partitions for the lanes from them.

A segment is a run of neighbors in the tree, or one large file, with its cost; only its place in a spool is kept in
memory. When a lane is free it is given a partition, cut from what is known then: segments, costliest first, worth
``remaining / (2 * lanes)``, so that partitions grow smaller as the end nears and all lanes end together; but never so
little that starting one more rsync costs more than a tenth of it, unless other lanes would stay idle.
"""

from __future__ import annotations

import heapq
import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._spool import Spool


class Sizes(t.NamedTuple):
    """How finely to cut.

    Attributes:
        per_file: What a file costs beside its bytes, in bytes that could be moved in the same time.
        segment: The least cost of a full segment.
        segments: About how many segments the whole is cut into, once it is large.
        partition: The least cost of a partition, until the run has measured its own.
        entries: The most names in one list.
    """

    per_file: int = 32 << 10
    segment: int = 8 << 20
    segments: int = 1024
    partition: int = 64 << 20
    entries: int = 100_000


class Segment(t.NamedTuple):
    """Neighbors in the tree, or one large file.

    Attributes:
        cost: In bytes; the files' bytes and what each file costs beside them.
        files: Number of names.
        bytes: Their sizes.
        directories: How many of the new directories must exist before its files go in.
        spool: The spool that holds the names.
        offset, length: Where in it, in bytes.
    """

    cost: int
    files: int
    bytes: int
    directories: int
    spool: Spool
    offset: int
    length: int


class Partition(t.NamedTuple):
    """What one rsync carries: a list file and what is in it.

    Attributes:
        number: From 1, in the order of cutting.
        root: Index of the source that the names lie below.
        path: The list file.
        cost, files, bytes, directories: As in Segment, of all its segments.
    """

    number: int
    root: int
    path: str
    cost: int
    files: int
    bytes: int
    directories: int


def quantum(remaining: float, lanes: int, idle: int, least: float) -> float:
    """What the next partition should be worth.

    Args:
        remaining: Cost not given to a lane yet.
        lanes: Number of lanes.
        idle: How many of them carry nothing, the asking one included.
        least: What a partition should be worth at least.
    """
    return min(max(remaining / (2 * lanes), least), remaining / max(idle, 1))


class _Gatherer:
    """Gathers the files of one source into segments."""

    def __init__(self, directory: str, root: int, sizes: Sizes) -> None:
        self._sizes = sizes
        self._small = Spool(os.path.join(directory, f"small.{root}"))
        self._large = Spool(os.path.join(directory, f"large.{root}"))
        self._heap: list[tuple[int, int, Segment]] = []
        self._sequence = 0
        self._cost = self._files = self._bytes = self._offset = self._directories = 0
        self.remaining = 0

    def add(self, entry: bytes, size: int, directories: int, target: float) -> None:
        cost = size + self._sizes.per_file
        self.remaining += cost
        if cost >= target:
            offset = self._large.size
            self._large.append(entry)
            self._push(Segment(cost, 1, size, directories, self._large, offset, self._large.size - offset))
            return
        self._small.append(entry)
        self._cost += cost
        self._files += 1
        self._bytes += size
        self._directories = directories
        if self._cost >= target or self._files >= self._sizes.entries:
            self.close_segment()

    def close_segment(self) -> None:
        """Make a segment of what was gathered since the last one."""
        if self._files:
            place = (self._directories, self._small, self._offset, self._small.size - self._offset)
            self._push(Segment(self._cost, self._files, self._bytes, *place))
            self._cost = self._files = self._bytes = 0
            self._offset = self._small.size

    def _push(self, segment: Segment) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (-segment.cost, self._sequence, segment))

    def take(self, worth: float) -> list[Segment]:
        """Take the costliest segments, together worth about so much."""
        taken: list[Segment] = []
        cost = files = 0
        while self._heap:
            segment = self._heap[0][2]
            if taken and (cost + segment.cost > worth or files + segment.files > self._sizes.entries):
                break
            heapq.heappop(self._heap)
            taken.append(segment)
            cost += segment.cost
            files += segment.files
        self.remaining -= cost
        return taken

    @property
    def empty(self) -> bool:
        return not self._heap

    def close(self) -> None:
        self._small.close()
        self._large.close()


class Partitioner:
    """Takes files as the scan finds them and gives partitions as lanes ask for them.

    Args:
        directory: Where the spools and the lists go.
        roots: Number of sources.
        lanes: Number of lanes.
        sizes: How finely to cut.

    Attributes:
        complete: The scan has ended; nothing more comes.
        partitions: How many were cut.
        files, bytes: All that was added.
    """

    def __init__(self, directory: str, roots: int, lanes: int, sizes: Sizes) -> None:
        self._directory = directory
        self._lanes = lanes
        self._sizes = sizes
        self._least: float = sizes.partition
        self._gatherers = [_Gatherer(directory, root, sizes) for root in range(roots)]
        self._cost = 0
        self.complete = False
        self.partitions = 0
        self.files = 0
        self.bytes = 0

    def add(self, entry: bytes, size: int, *, root: int = 0, directories: int = 0) -> None:
        """Add one file.

        Args:
            entry: Its name as it stands in a list.
            size: Bytes to move for it; 0 where only metadata changes.
            root: Index of its source.
            directories: How many new directories must exist before it goes in.
        """
        self._cost += size + self._sizes.per_file
        self.files += 1
        self.bytes += size
        target = max(self._sizes.segment, self._cost / self._sizes.segments)
        self._gatherers[root].add(entry, size, directories, target)

    def finish(self) -> None:
        """Nothing more comes."""
        for gatherer in self._gatherers:
            gatherer.close_segment()
        self.complete = True

    @property
    def remaining(self) -> int:
        """Cost not given to a lane yet."""
        return sum(gatherer.remaining for gatherer in self._gatherers)

    @property
    def exhausted(self) -> bool:
        """No partition will be cut any more."""
        return self.complete and all(gatherer.empty for gatherer in self._gatherers)

    def learn(self, fixed_seconds: float, cost: int, seconds: float) -> None:
        """Take in what a partition took: starting an rsync should cost no more than a tenth of its time.

        Args:
            fixed_seconds: The least time from the start of an rsync to its first word that the run has seen.
            cost: Of the partition.
            seconds: From start to end.
        """
        rate = cost / max(seconds - fixed_seconds, 0.001)
        self._least = max(10 * fixed_seconds * rate, self._sizes.segment)

    def ready(self, *, patient: bool = True) -> bool:
        """Say whether a free lane should take a partition now.

        Args:
            patient: While the scan runs and little is known, rather wait than cut small.
        """
        if self.complete or self.remaining >= 2 * self._lanes * self._least:
            return any(not gatherer.empty for gatherer in self._gatherers)
        return not patient and self.remaining > 0

    def take(self, idle: int, *, patient: bool = True) -> Partition | None:
        """Cut a partition for a free lane; None where there is none, or not yet.

        Args:
            idle: How many lanes carry nothing, the asking one included.
            patient: As in :meth:`ready`.
        """
        if not self.ready(patient=patient):
            return None
        if not patient:
            for gatherer in self._gatherers:
                gatherer.close_segment()
        return self._cut(quantum(self.remaining, self._lanes, idle, self._least))

    def rest(self) -> t.Iterator[Partition]:
        """Cut all that is left, to name what nobody carries any more."""
        self.finish()
        return iter(lambda: self._cut(float("inf")), None)

    def _cut(self, worth: float) -> Partition | None:
        gatherer = max(self._gatherers, key=lambda one: -1 if one.empty else one.remaining)
        if gatherer.empty:
            return None
        return self._write(self._gatherers.index(gatherer), gatherer.take(worth))

    def _write(self, root: int, segments: t.Sequence[Segment]) -> Partition:
        self.partitions += 1
        path = os.path.join(self._directory, f"partition.{self.partitions}")
        with open(path, "wb") as target:
            for segment in segments:
                segment.spool.copy(segment.offset, segment.length, target)
        return Partition(
            number=self.partitions,
            root=root,
            path=path,
            cost=sum(segment.cost for segment in segments),
            files=sum(segment.files for segment in segments),
            bytes=sum(segment.bytes for segment in segments),
            directories=max(segment.directories for segment in segments),
        )

    def close(self) -> None:
        for gatherer in self._gatherers:
            gatherer.close()


__all__ = ("Partition", "Partitioner", "Segment", "Sizes", "quantum")
