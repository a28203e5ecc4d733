# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The plan: what the scan found, sorted by what has to be done with it.

Files go to the partitioner. What lanes cannot do side by side is the remainder: directories, hard-link groups and
deletions.
"""

from __future__ import annotations

import collections
import os
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._model import Files
from ansible_collections.vgreb.jsync.plugins.module_utils._names import Names
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Partitioner, Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.blocks import decode
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import Spool

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Source

# get_local_name() of rsync's main.c: "created directory X", and with --mkpath "created 2 directories for X".
_NEW_ROOT = b"created "
# How many new directories may wait for their first file: rsync lists those of one directory together before it lists
# what they hold.
NEW_KEPT = 10_000

_STAYS = b"cannot delete non-empty directory: "


class Plan:
    """Sorts changes as they come.

    Args:
        directory: Where the spools go.
        roots: The sources as lists see them.
        lanes: Number of lanes.
        hard_links: Names that share an inode are to be linked.
        by_directory: A list may name a new directory instead of all the files that it holds.
        sizes: How finely to cut.
        shut: Says of a directory at the destination that lanes would close it to each other; None where none is so.

    Attributes:
        partitioner: The files.
        directories: For each source, entries of directories that are new or get other metadata, above before below.
        implied: Entries of new directories that lists make on the way to what they name.
        opened: Entries of directories that lanes open to each other and that must be closed at the end.
        linked: Entries of hard-link groups: leader, follower, leader, follower.
        deletions: Names to delete, as the scan gave them: what a directory holds before the directory.
        root_changed: The destination itself is to get its metadata.
        root_opened: The destination itself must be closed at the end.
        root_new: The destination does not exist yet; rsync says so before the first change.
        has_root: It is part of the transfer itself.
        root_change: What the scan says of it then, where it is part of the transfer.
        unled: A hard-linked name came without its leader.
        unlisted: Something is to be done with a name that no list can hold.
        apart: So it is in a directory that lanes would close to each other.
    """

    def __init__(
        self,
        directory: str,
        roots: t.Sequence[Source],
        lanes: int,
        *,
        hard_links: bool,
        by_directory: bool,
        sizes: Sizes,
        shut: t.Callable[[bytes], bool] | None = None,
    ) -> None:
        self.roots = roots
        self._hard_links = hard_links
        self._by_base = {source.base: index for index, source in enumerate(roots)}
        self.partitioner = Partitioner(directory, len(roots), lanes, sizes)
        self.directories = [Spool(os.path.join(directory, f"directories.{root}")) for root in range(len(roots))]
        self.implied, self.opened, self.linked, self.deletions = (
            Spool(os.path.join(directory, name)) for name in ("implied", "opened", "linked", "deletions")
        )
        self.root_changed = False
        self.root_opened = False
        self.root_new = False
        self.root_change: Change | None = None
        self.unled = False
        self.unlisted = False
        self.apart = False
        self._shut = shut
        self._shut_new: set[bytes] = set()
        self._by_directory = by_directory and len(roots) == 1
        self._new: collections.OrderedDict[bytes, bool] = collections.OrderedDict()
        self._parent: bytes | None = None
        self._entered = False
        self.has_root = roots[0].contents
        self._staying = Names()

    def add(self, change: Change) -> None:
        """Take in one change of the scan. Of the unchanged only ``.`` says something: it is part of the transfer."""
        if self.roots[0].misread(change.name.rpartition(b"/")[0] if change.deletion else change.name):
            self.unlisted = True
        elif change.deletion:
            self.deletions.append(change.name + b"/" if change.directory else change.name)
        elif change.directory:
            self._add_directory(change)
        elif change.hard_link and self._hard_links:
            self._add_link(change)
        else:
            above, slash, name = change.name.rpartition(b"/")
            self.add_files(Files(above + slash, [name], [change.size if change.transfer else 0]))

    def add_files(self, files: Files) -> None:
        """Take in files of one directory."""
        directory, names, sizes = self._listable(files)
        if not names:
            return
        if self._shut is not None and (directory[:-1] in self._shut_new or self._shut(directory)):
            self.apart = True
            return
        if len(self.roots) > 1 and not directory and len(names) > 1:  # each is a source of its own
            for name, size in zip(names, sizes):
                self.add_files(Files(directory, [name], [size]))
            return
        root = self._root(directory or names[0])
        if self._by_directory:
            if directory[:-1] != self._parent:
                self._enter(directory[:-1])
            if self._entered and self.partitioner.too_large(sizes):
                self._by_name()
        lead = self.entry(directory, root)
        above = self.directories[root].count
        self.partitioner.add([lead + name for name in names], sizes, root=root, directories=above)

    def _listable(self, files: Files) -> Files:
        """Leave out the names that no list can hold."""
        misread, directory = self.roots[0].misread, files.directory
        if not misread(directory, *files.names):
            return files
        kept = [(name, size) for name, size in zip(files.names, files.sizes) if not misread(directory, name)]
        self.unlisted = self.unlisted or len(kept) < len(files.names)
        return Files(directory, [name for name, _size in kept], [size for _name, size in kept])

    def note(self, line: bytes) -> None:
        """Take in another line of the scan: which directory is made first, which one stays though it is extraneous."""
        if line.startswith(_NEW_ROOT):
            self.root_new = True
            self.root_changed = self.has_root
        elif line.startswith(_STAYS):
            self._staying.add(decode(line[len(_STAYS) :]))

    def note_opened(self, change: Change) -> None:
        """Take in what a lane says of a directory."""
        if change.opened:
            self._close_later(change.name)

    def note_broken(self, entries: t.Iterable[bytes], root: int) -> None:
        """Take in that an rsync broke off: what is above its entries may be open, and its word of that lost."""
        last = b""
        for entry in entries:
            above = self.name(entry, root).rpartition(b"/")[0] or b"." * self.roots[root].contents
            if above and above != last:
                last = above
                self._close_later(above)

    def close_later(self, entries: t.Iterable[bytes]) -> None:
        """Take in that a pass leaves open the directories that it is given, each with a slash at its end."""
        for entry in entries:
            self._close_later(self.name(entry, 0).rstrip(b"/") or b".")

    def _close_later(self, name: bytes) -> None:
        if name == b".":
            self.root_opened = True
        else:
            self.opened.append(self.entry(name, self._root(name)))

    def _add_directory(self, change: Change) -> None:
        if change.closed:
            self._close_later(change.name)
        if change.name == b".":
            self.has_root = True
            self.root_changed = self.root_changed or not change.unchanged
            if change.item[:1] == b"c":
                self.root_new, self.root_change = True, change
                self._note_shut(b"", change)
            return
        self._note_shut(change.name, change)
        if not (change.created and self._by_directory):
            self._list_directory(change.name)
            return
        above = change.name.rpartition(b"/")[0]
        self._new[change.name] = True
        if not (above in self._new if above else self.root_new):
            self._list_directory(change.name)  # something else may stand in its place
        if len(self._new) > NEW_KEPT:
            oldest, unlisted = self._new.popitem(last=False)
            if unlisted:
                self._list_directory(oldest)

    def _note_shut(self, name: bytes, change: Change) -> None:
        """Keep in mind what lanes would close to each other; of too many such directories on, all count as shut."""
        made = change.item[:1] == b"c"  # as one of --link-dest or the like, perhaps
        if self._shut is None or not (change.closed if made else self._shut(name)):
            return
        self._shut_new.add(name)
        if len(self._shut_new) > NEW_KEPT:
            self._shut_new.clear()
            self._shut = lambda _name: True

    def _list_directory(self, name: bytes) -> None:
        """Let a directory be made by itself, before the files that come after it."""
        if name in self._new:
            self._new[name] = False
            self._imply(name.rpartition(b"/")[0])
        root = self._root(name)
        self.directories[root].append(self.entry(name, root))

    def _enter(self, parent: bytes) -> None:
        """The next files lie in another directory: where that is new, they are all that it holds."""
        self._leave()
        self._parent = parent
        self._entered = parent in self._new
        if self._entered:
            self.partitioner.enter(self.entry(parent, 0))

    def _leave(self) -> None:
        """No more files come of the directory that was entered; a list that names it makes it, too."""
        if self._entered and self._parent is not None:
            self._new[self._parent] = False
            self._imply(self._parent.rpartition(b"/")[0])
            self.partitioner.leave()
            self._entered = False

    def _imply(self, name: bytes | None) -> None:
        """Note that lists make a directory and all above it on the way to others, and finish them (--relative)."""
        while name and self._new.get(name):
            self._new[name] = False
            self.implied.append(self.entry(name, 0))
            name = name.rpartition(b"/")[0]

    def list_implied(self) -> None:
        """Let what is implied be made by itself, too: a list may have lost the names that imply it."""
        self.directories[0].extend(self.implied, 0)

    def _by_name(self) -> None:
        """The directory that was entered is no entry of a list: the names of its files make it."""
        self._entered = False
        self._imply(self._parent)
        self.partitioner.by_name()

    def finish(self) -> None:
        """Nothing more comes."""
        self._leave()
        for name, unlisted in self._new.items():
            if unlisted:
                self._list_directory(name)
        self.partitioner.finish()

    def _add_link(self, change: Change) -> None:
        if change.link is None or change.link.startswith(b"/"):
            self.unled = True
            return
        self.linked.append(self.entry(change.link, 0))
        self.linked.append(self.entry(change.name, 0))

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
    def lists(self) -> bool:
        """There is something that lists name."""
        return bool(self.partitioner.files) or any(spool.count for spool in self._spools)

    @property
    def empty(self) -> bool:
        """Nothing is to be done."""
        return not (self.lists or self.root_changed or self.root_new or self.unled or self.left_out)

    @property
    def left_out(self) -> bool:
        """Something is to be done with names that are in no list, so that one rsync must do it."""
        return self.unlisted or self.apart

    @property
    def _spools(self) -> list[Spool]:
        return [*self.directories, self.implied, self.opened, self.linked, self.deletions]

    def close(self) -> None:
        for spool in self._spools:
            spool.close()
        self.partitioner.close()


__all__ = ("Plan",)
