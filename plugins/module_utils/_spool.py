# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Lists of paths on disk, so that memory stays flat however many there are."""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import StateError

_BLOCK = 1 << 16

# sun_path holds 108 bytes, and ssh binds to the path with 17 bytes appended before it renames it.
_LONGEST_SOCKET_DIRECTORY = 80


class Spool:
    """Records in a file, each ended by NUL: what ``rsync --from0 --files-from`` reads.

    Attributes:
        path: Where the file is.
        count: Number of records.
        size: Bytes of all records.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.size = 0
        self._stream = open(path, "w+b", buffering=_BLOCK)

    def append(self, *records: bytes) -> None:
        block = b"\0".join((*records, b""))
        self._stream.write(block)
        self.count += len(records)
        self.size += len(block)

    def copy(self, offset: int, length: int, target: t.BinaryIO) -> None:
        """Append a range of bytes to another file."""
        for block in self._blocks(offset, length):
            target.write(block)

    def extend(self, other: Spool, offset: int) -> None:
        """Append what another spool holds from there on."""
        for block in other._blocks(offset, other.size - offset):
            self._stream.write(block)
            self.count += block.count(b"\0")
            self.size += len(block)

    def cut(self, offset: int, entries: int, path: str) -> tuple[int, int]:
        """Write the next records, so many at most, to a list of their own; return how many, and their bytes."""
        count = length = 0
        with open(path, "wb") as target:
            for record in itertools.islice(self.records(offset, self.size - offset), entries):
                target.write(record + b"\0")
                count += 1
                length += len(record) + 1
        return count, length

    def records(self, offset: int, length: int) -> t.Iterator[bytes]:
        """The records in a range of bytes."""
        return _split(self._blocks(offset, length))

    def _blocks(self, offset: int, length: int) -> t.Iterator[bytes]:
        self._stream.flush()
        with open(self.path, "rb") as stream:
            stream.seek(offset)
            while length:
                block = stream.read(min(length, _BLOCK))
                yield block
                length -= len(block)

    def __iter__(self) -> t.Iterator[bytes]:
        return self.records(0, self.size)

    def backwards(self) -> t.Iterator[bytes]:
        """All records, the last one first."""
        self._stream.flush()
        with open(self.path, "rb") as stream:
            rest, end = b"", self.size
            while end:
                start = max(end - _BLOCK, 0)
                stream.seek(start)
                pieces = (stream.read(end - start) + rest).split(b"\0")
                rest, end = pieces[0], start
                for record in reversed(pieces[1:]):
                    if record:
                        yield record
            if rest:
                yield rest

    def close(self) -> None:
        """Append no more, and let others see what was appended."""
        self._stream.close()


def records(path: str) -> t.Iterator[bytes]:
    """The records of a finished list."""
    with open(path, "rb") as stream:
        yield from _split(iter(lambda: stream.read(_BLOCK), b""))


def _split(blocks: t.Iterable[bytes]) -> t.Iterator[bytes]:
    rest = b""
    for block in blocks:
        pieces = (rest + block).split(b"\0")
        rest = pieces.pop()
        yield from pieces


@contextlib.contextmanager
def state_directory() -> t.Iterator[str]:
    """A private directory for the lists of one run, removed at its end; TMPDIR says where.

    Raises:
        StateError: It cannot be made.
    """
    with _temporary(tempfile.gettempdir()) as path:
        yield path


@contextlib.contextmanager
def socket_directory(state: str) -> t.Iterator[str]:
    """A private directory for ssh's sockets: the state directory, unless its path is too long for a socket."""
    if len(state) <= _LONGEST_SOCKET_DIRECTORY:
        yield state
        return
    with _temporary("/tmp") as path:
        yield path


@contextlib.contextmanager
def _temporary(parent: str) -> t.Iterator[str]:
    try:
        path = tempfile.mkdtemp(prefix="jsync-", dir=parent)
    except OSError as error:
        raise StateError(f"cannot make a state directory in {parent}: {error.strerror}; set TMPDIR") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


__all__ = ("Spool", "records", "socket_directory", "state_directory")
