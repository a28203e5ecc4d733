# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The plan: what the scan found, sorted by what has to be done with it.

Files go to the partitioner. What lanes cannot do side by side is the remainder: new directories, hard-link groups,
deletions, and the directories whose metadata must be set at the end.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partitioner, Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import decode
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import Spool

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Source

# get_local_name() of rsync's main.c: "created directory X", and with --mkpath "created 2 directories for X".
_NEW_ROOT = b"created "
_STAYS = b"cannot delete non-empty directory: "


class Plan:
    """Sorts changes as they come.

    Args:
        directory: Where the spools go.
        roots: The sources as lists see them.
        lanes: Number of lanes.
        hard_links: Names that share an inode are to be linked.

    Attributes:
        partitioner: The files.
        new_directories: For each source, entries of directories that do not exist yet, above before below.
        touched: Entries of directories that something is created, written or linked in.
        linked: Entries of hard-link groups: leader, follower, leader, follower.
        deletions: Names to delete, as the scan gave them: what a directory holds before the directory.
        root_touched: The destination itself is to get its metadata again.
        root_new: The destination does not exist yet; rsync says so before the first change.
        root_change: What the scan says of it then, where it is part of the transfer.
        unled: A hard-linked name came without its leader.
    """

    def __init__(
        self, directory: str, roots: t.Sequence[Source], lanes: int, *, hard_links: bool, sizes: Sizes
    ) -> None:
        self.roots = roots
        self._hard_links = hard_links
        self._by_base = {source.base: index for index, source in enumerate(roots)}
        self.partitioner = Partitioner(directory, len(roots), lanes, sizes)
        self.new_directories = [Spool(os.path.join(directory, f"directories.{root}")) for root in range(len(roots))]
        self.touched, self.linked, self.deletions = (
            Spool(os.path.join(directory, name)) for name in ("touched", "linked", "deletions")
        )
        self.root_touched = False
        self.root_new = False
        self.root_change: Change | None = None
        self.unled = False
        self._last_touched = b""
        self._has_root = roots[0].contents
        self._staying: set[bytes] = set()

    def add(self, change: Change) -> None:
        """Take in one change of the scan. Of the unchanged only ``.`` says something: it is part of the transfer."""
        if change.deletion:
            self.deletions.append(change.name + b"/" if change.directory else change.name)
        elif change.directory:
            self._add_directory(change)
        elif change.hard_link and self._hard_links:
            self._add_link(change)
        else:
            root = self._root(change.name)
            size = change.size if change.transfer else 0
            above = self.new_directories[root].count
            self.partitioner.add(self.entry(change.name, root), size, root=root, directories=above)
            self._touch(change.name)

    def note(self, line: bytes) -> None:
        """Take in another line of the scan: which directory is made first, which one stays though it is extraneous."""
        if line.startswith(_NEW_ROOT):
            self.root_new = True
            self.touch_directory(b"")
        elif line.startswith(_STAYS):
            self._staying.add(decode(line[len(_STAYS) :]))

    def _add_directory(self, change: Change) -> None:
        if change.name == b".":
            self._has_root = True
            self.root_touched = self.root_touched or not change.unchanged
            if change.item[:1] == b"c":
                self.root_new, self.root_change = True, change
            return
        if change.item[:1] == b"c":
            root = self._root(change.name)
            self.new_directories[root].append(self.entry(change.name, root))
            self._touch(change.name)
        self.touch_directory(change.name)

    def _add_link(self, change: Change) -> None:
        if change.link is None or change.link.startswith(b"/"):
            self.unled = True
            return
        self.linked.append(self.entry(change.link, 0))
        self.linked.append(self.entry(change.name, 0))
        self._touch(change.name)

    def entry(self, name: bytes, root: int) -> bytes:
        """Write a name as lists have it."""
        return self.roots[root].lead + name

    def name(self, entry: bytes, root: int) -> bytes:
        """Read the name back from an entry."""
        return entry[len(self.roots[root].lead) :]

    def _root(self, name: bytes) -> int:
        if len(self.roots) == 1:
            return 0
        return self._by_base.get(name.partition(b"/")[0], 0)

    def _touch(self, name: bytes) -> None:
        """Note that the directory of a name gets something written into it."""
        self.touch_directory(name.rpartition(b"/")[0])

    def touch_directory(self, name: bytes) -> None:
        """Note that a directory is to get its metadata again at the end."""
        if not name:
            self.root_touched = self.root_touched or self._has_root
        elif name != self._last_touched:
            self._last_touched = name
            self.touched.append(self.entry(name, self._root(name)))

    def deletion_directories(self) -> t.Iterator[bytes]:
        """Names of the directories that hold something to delete and are not extraneous themselves; "" is the top.

        What a deleted directory holds stands right before it, so reading backwards meets the directory first.
        """
        above: bytes | None = None
        last: bytes | None = None
        for name in self.deletions.backwards():
            if above is not None and name.startswith(above):
                continue
            if name.endswith(b"/"):
                above = name
            parent = name.rstrip(b"/").rpartition(b"/")[0]
            while parent in self._staying:
                parent = parent.rpartition(b"/")[0]
            if parent != last:
                last = parent
                yield parent

    @property
    def empty(self) -> bool:
        """Nothing is to be done."""
        found = self.partitioner.files or self.root_touched or self.root_new or self.unled
        return not found and not any(spool.count for spool in self._spools)

    @property
    def _spools(self) -> list[Spool]:
        return [*self.new_directories, self.touched, self.linked, self.deletions]

    def close(self) -> None:
        for spool in self._spools:
            spool.close()
        self.partitioner.close()


__all__ = ("Plan",)
