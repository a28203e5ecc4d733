# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Segments: runs of neighbors in the tree, gathered as the scan finds them."""

from __future__ import annotations

import heapq
import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._spool import Spool


class Range(t.NamedTuple):
    """Neighboring records of a spool: where they start, and how many bytes they take."""

    spool: Spool
    offset: int
    length: int

    def records(self) -> t.Iterator[bytes]:
        return self.spool.records(self.offset, self.length)


class Segment(t.NamedTuple):
    """Neighbors in the tree, or one large file.

    Attributes:
        cost: In bytes; the files' bytes and what each file costs beside them.
        files: Number of files.
        entries: Number of entries that a list has for them: a directory as a whole is one.
        directories: How many of the listed directories must exist before its files go in.
        listed: The entries.
        names: An entry for each file.
    """

    cost: int
    files: int
    entries: int
    directories: int
    listed: Range
    names: Range


class Gatherer:
    """Gathers the files of one source into segments.

    Args:
        directory: Where the spools go.
        root: Index of the source.
        per_file: What a file costs beside its bytes.
        entries: The most entries of a segment.
        length: Its most bytes in a list.

    Attributes:
        remaining: Cost of what was added and not taken.
    """

    def __init__(self, directory: str, root: int, per_file: int, entries: int, length: int) -> None:
        self._per_file = per_file
        self._entries = entries
        self._length = length
        self._names, self._listed, self._large = (
            Spool(os.path.join(directory, f"{name}.{root}")) for name in ("names", "listed", "large")
        )
        self._heap: list[tuple[int, int, Segment]] = []
        self._sequence = 0
        self._cost = self._files = self._directories = 0
        self._names_from = self._listed_from = self._count_from = 0
        self._run: bytes | None = None
        self._run_from = self._run_cost = self._run_files = 0
        self.remaining = 0

    def enter(self, entry: bytes) -> None:
        """The next files are all that a directory holds, and a list may name that instead of them."""
        self._run, self._run_from = entry, self._names.size
        self._run_cost, self._run_files = self._cost, self._files

    def leave(self, target: float) -> None:
        """No more files of that directory come."""
        if self._run is not None:
            if self._names.size > self._run_from:
                self._listed.append(self._run + b"/")
            self._run = None
            if self._cost >= target or self._room(1) <= 0:
                self.close_segment()

    def by_name(self) -> None:
        """Let a list name the files of that directory after all."""
        self._run = None
        self._listed.extend(self._names, self._run_from)

    @property
    def run_cost(self) -> int:
        """The cost of the files of that directory so far."""
        return self._cost - self._run_cost

    @property
    def run_files(self) -> int:
        """The number of files of that directory so far."""
        return self._files - self._run_files

    def add(self, entries: t.Sequence[bytes], sizes: t.Sequence[int], directories: int, target: float) -> None:
        """Add neighbors."""
        costs = [size + self._per_file for size in sizes]
        self.remaining += sum(costs)
        if self._run is not None:
            self._gather(entries, sum(costs), directories)
            return
        longest = max(map(len, entries), default=0) + 1
        if self._room(longest) <= 0:
            self.close_segment()
        first, gathered, room = 0, 0, self._room(longest)
        for place, cost in enumerate(costs):
            if cost >= target:
                self._gather(entries[first:place], gathered, directories)
                self._add_large(entries[place], cost, directories)
            elif self._cost + gathered + cost >= target or place + 1 - first >= room:
                self._gather(entries[first : place + 1], gathered + cost, directories)
                self.close_segment()
            else:
                gathered += cost
                continue
            first, gathered, room = place + 1, 0, self._room(longest)
        self._gather(entries[first:], gathered, directories)

    def _gather(self, entries: t.Sequence[bytes], cost: int, directories: int) -> None:
        """Go on with the segment that is being gathered."""
        if entries:
            self._names.append(*entries)
            self._cost += cost
            self._files += len(entries)
            self._directories = directories
            if self._run is None:
                self._listed.append(*entries)

    def _add_large(self, entry: bytes, cost: int, directories: int) -> None:
        """Make a segment of one file."""
        offset = self._large.size
        self._large.append(entry)
        place = Range(self._large, offset, self._large.size - offset)
        self._push(Segment(cost, 1, 1, directories, place, place))

    def _room(self, longest: int) -> int:
        """How many more entries, none of more than so many bytes, the segment takes that is being gathered."""
        length = self._length - (self._listed.size - self._listed_from)
        return min(self._entries - (self._listed.count - self._count_from), length // longest)

    def close_segment(self) -> None:
        """Make a segment of what was gathered since the last one."""
        if self._files and self._run is None:
            listed = Range(self._listed, self._listed_from, self._listed.size - self._listed_from)
            names = Range(self._names, self._names_from, self._names.size - self._names_from)
            entries = self._listed.count - self._count_from
            self._push(Segment(self._cost, self._files, entries, self._directories, listed, names))
            self._cost = self._files = 0
            self._names_from, self._listed_from = self._names.size, self._listed.size
            self._count_from = self._listed.count

    def _push(self, segment: Segment) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (-segment.cost, self._sequence, segment))

    def take(self, worth: float) -> list[Segment]:
        """Take the costliest segments, together worth about so much."""
        taken: list[Segment] = []
        cost = entries = length = 0
        while self._heap:
            segment = self._heap[0][2]
            entries += segment.entries
            length += segment.listed.length
            full = entries > self._entries or length > self._length
            if taken and (full or cost + segment.cost / 2 > worth):
                break
            heapq.heappop(self._heap)
            taken.append(segment)
            cost += segment.cost
        self.remaining -= cost
        return taken

    def give_back(self, segments: t.Iterable[Segment]) -> None:
        """Take segments back that nobody could use."""
        for segment in segments:
            self._push(segment)
            self.remaining += segment.cost

    @property
    def ready(self) -> bool:
        """There is a segment, or one can be closed."""
        return bool(self._heap) or (self._files > 0 and self._run is None)

    @property
    def closed(self) -> int:
        """Cost of the segments."""
        return self.remaining - self._cost

    @property
    def empty(self) -> bool:
        return not self._heap

    def close(self) -> None:
        for spool in (self._names, self._listed, self._large):
            spool.close()


__all__ = ("Gatherer", "Segment")
