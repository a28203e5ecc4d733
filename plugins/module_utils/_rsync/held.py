# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Reports of rsyncs that run at once and are heard one after the other."""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import worst
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report, parse_change

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files

_BLOCK = 1 << 18

# With --itemize-changes given twice rsync lists what is the same, too: of that only directories say something.
_SAME_FILE = b".f         "
_DIRECTORY = (b".d", b"cd")

# What a sender with --debug=deltasum says when it has heard of all changes (send_files() in sender.c, match_report() in
# match.c). Two processes then sleep for 20 ms each before rsync ends (wait_process_with_flush() in main.c).
_ALL_HEARD = b"total: matches="

# The most unchanged files that a pass over few levels may meet: beside so many, what it finds cannot help.
_MOST_SAME = 20_000


class UndividedError(Exception):
    """One scanner should do it: too much lies on few levels, a list cannot say it, or there is nothing to compare with.

    A report raises it while its rsync runs, which is ended then.
    """


class HeldReport(Report):
    """A report that keeps what its rsync says in a file, until it is released.

    Args:
        store: The file.
        held: Keep it; else it is a report as any other.
        on_change, on_note, on_files, listed: See :class:`Report`.

    Attributes:
        held: It is not released yet.
        silent: Nothing of what it said was passed on.
    """

    def __init__(
        self,
        store: t.BinaryIO,
        held: bool,
        on_change: t.Callable[[Change], None] | None = None,
        on_note: t.Callable[[bytes], None] | None = None,
        on_files: t.Callable[[Files], None] | None = None,
        *,
        listed: bool = True,
    ) -> None:
        super().__init__(on_change, on_note, on_files, listed=listed)
        self._file = store
        self.held = held
        self.silent = True

    def read_output(self, data: bytes) -> None:
        """Take the next bytes of stdout; the empty string ends it."""
        if not self.held:
            self.silent = self.silent and not data
            super().read_output(data)
        elif data:
            self._file.seek(0, 2)
            self._file.write(data)
        else:
            self.late = True

    async def release(self) -> None:
        """Pass on what was held, and from now on what comes at once."""
        offset = 0
        while self._file.seek(0, 2) > offset:
            self.silent = False
            self._file.seek(offset)
            data = self._file.read(_BLOCK)
            offset += len(data)
            super().read_output(data)
            await asyncio.sleep(0)
        self.held = False
        if self.late:
            super().read_output(b"")
        self.close()

    def close(self) -> None:
        self._file.close()


class LevelReport(HeldReport):
    """A held report of a dry run that lists what is the same, too: it tells which directories there are.

    Args:
        on_directory: Called with each directory as soon as rsync lists it.
        on_all: Called when it has listed all, if it says so: it ends some time later.
        store, held, on_change, on_note, on_files, listed: See :class:`HeldReport`.
    """

    def __init__(
        self, on_directory: t.Callable[[Change], None], on_all: t.Callable[[], None], *args: t.Any, **further: t.Any
    ) -> None:
        super().__init__(*args, **further)
        self._on_directory = on_directory
        self._on_all = on_all
        self._line = b""
        self._same = 0

    def read_output(self, data: bytes) -> None:
        """Take the next bytes of stdout; the empty string ends it.

        Raises:
            UndividedError: It says too much.
        """
        lines = (self._line + data).split(b"\n")
        self._line = lines.pop() if data else b""
        kept = [line for line in lines if line and not line.startswith(_SAME_FILE)]
        self._same += len(lines) - len(kept)
        if self._same > _MOST_SAME:
            raise UndividedError
        for line in kept:
            change = parse_change(line) if line.startswith(_DIRECTORY) else None
            if change is not None:
                self._on_directory(change)
            elif line.startswith(_ALL_HEARD):
                self._on_all()
        if kept:
            super().read_output(b"".join(line + b"\n" for line in kept))
        if not data:
            super().read_output(data)


def combine(reports: t.Sequence[Report]) -> Report:
    """Make one report of those of several rsyncs that have shared a work. Seconds are those of the first."""
    whole = Report()
    whole.first_word = reports[0].first_word
    whole.code = worst(report.code for report in reports)
    for report in reports:
        for name, number in report.statistics.items():
            whole.statistics[name] = whole.statistics.get(name, 0) + number
        whole.problems.extend(report.problems)
        whole.notes.extend(report.notes)
        whole.vanished += report.vanished
        whole.unnamed += report.unnamed
        whole.from_sender += report.from_sender
        whole.repeated |= report.repeated
        if report.code:
            whole.words += report.words
    return whole


__all__ = ("HeldReport", "LevelReport", "UndividedError", "combine")
