# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Lists of paths on disk, so that memory stays flat however many there are."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import shutil
import tempfile
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import StateError

_BLOCK = 1 << 16

# So much stays free on the file system of the lists, or a twentieth of it if that is less; but small lists are always
# written: a run that has filled its destination on the same file system needs them to come to its end.
_RESERVE = 64 << 20
_SMALL = 1 << 20

# sun_path holds 108 bytes, and ssh binds to the path with 17 bytes appended before it renames it.
_LONGEST_SOCKET_DIRECTORY = 80


class _Guarded(io.FileIO):
    """A file that leaves room for others on its file system."""

    def write(self, data: t.Any) -> int:
        """Write, if enough stays free.

        Raises:
            StateError: It would not, or it cannot be written.
        """
        status = os.fstatvfs(self.fileno())
        free, size = status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize
        reserve = min(_RESERVE, size // 20)  # a file system that does not tell its size gets none
        if reserve and self.tell() >= min(reserve // 8, _SMALL) and free - len(data) < reserve:
            raise StateError(
                f"no room for the lists of this run in {tempfile.gettempdir()}: {free >> 10} KiB are free there, of "
                f"which {reserve >> 10} KiB stay free; make room or set TMPDIR, and run again: what has arrived stays"
            )
        try:
            return super().write(data)
        except OSError as error:
            raise StateError(
                f"cannot keep the lists of this run in {tempfile.gettempdir()}: {error.strerror}; make room or set "
                "TMPDIR, and run again: what has arrived stays"
            ) from error


def create_list(path: str) -> io.BufferedWriter:
    """Open a list to be written. It raises a StateError when there is no room for more."""
    return io.BufferedWriter(_Guarded(path, "w"), _BLOCK)


def open_store(directory: str) -> t.BinaryIO:
    """A file without a name to write to and to read again. It raises a StateError when there is no room for more."""
    handle, path = tempfile.mkstemp(dir=directory)
    os.close(handle)
    store = io.BufferedRandom(_Guarded(path, "w+"), _BLOCK)
    os.unlink(path)
    return store


class Spool:
    """Records in a file, each ended by NUL: what ``rsync --from0 --files-from`` reads.

    The last ones are still in memory; whoever reads gets them from there, so that a full disk stops no reader.

    Attributes:
        path: Where the file is.
        count: Number of records.
        size: Bytes of all records.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.size = 0
        self._file = _Guarded(path, "w+")
        self._tail = bytearray()

    def append(self, *records: bytes) -> None:
        block = b"\0".join((*records, b""))
        self._tail += block
        self.count += len(records)
        self.size += len(block)
        if len(self._tail) >= _BLOCK:
            self._write_tail()

    def _write_tail(self) -> None:
        while self._tail:
            del self._tail[: self._file.write(self._tail)]

    def copy(self, offset: int, length: int, target: t.BinaryIO) -> None:
        """Append a range of bytes to another file."""
        for block in self._blocks(offset, length):
            target.write(block)

    def extend(self, other: Spool, offset: int) -> None:
        """Append what another spool holds from there on."""
        for block in other._blocks(offset, other.size - offset):
            self._tail += block
            self.count += block.count(b"\0")
            self.size += len(block)
            self._write_tail()

    def cut(self, offset: int, entries: int, path: str) -> tuple[int, int]:
        """Write the next records, so many at most, to a list of their own; return how many, and their bytes."""
        count = length = 0
        with create_list(path) as target:
            for record in itertools.islice(self.records(offset, self.size - offset), entries):
                target.write(record + b"\0")
                count += 1
                length += len(record) + 1
        return count, length

    def records(self, offset: int, length: int) -> t.Iterator[bytes]:
        """The records in a range of bytes."""
        return _split(self._blocks(offset, length))

    def _blocks(self, offset: int, length: int) -> t.Iterator[bytes]:
        end = offset + length
        while offset < end:
            block = self._block(offset, min(end - offset, _BLOCK))
            yield block
            offset += len(block)

    def _block(self, offset: int, length: int) -> bytes:
        """The bytes from there on, so many at most, and one at least."""
        written = self.size - len(self._tail)
        if offset < written:
            return os.pread(self._file.fileno(), min(length, written - offset), offset)
        return bytes(self._tail[offset - written : offset - written + length])

    def __iter__(self) -> t.Iterator[bytes]:
        return self.records(0, self.size)

    def backwards(self) -> t.Iterator[bytes]:
        """All records, the last one first."""
        rest, end = b"", self.size
        while end:
            start = max(end - _BLOCK, 0)
            pieces = (b"".join(self._blocks(start, end - start)) + rest).split(b"\0")
            rest, end = pieces[0], start
            for record in reversed(pieces[1:]):
                if record:
                    yield record
        if rest:
            yield rest

    def close(self) -> None:
        """Forget the records."""
        self._file.close()


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


__all__ = ("Spool", "create_list", "open_store", "records", "socket_directory", "state_directory")
