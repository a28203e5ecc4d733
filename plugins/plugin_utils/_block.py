# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Rows below all other output of a terminal, redrawn in place.

Between two drawings the cursor stands at the start of the first row, not below the last one. Thus one sequence erases
the block, wherever the rows have gone since: many terminals wrap the rows anew when they become narrower, others cut
them, and all of them keep the cursor where its text is.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

_ERASE = "\r\x1b[J"
_ERASE_LINE, _ERASE_BELOW = "\x1b[K", "\x1b[J"

# DECAWM: what is wider than it seems must not wrap, terminals are of several minds about some characters.
_WRAP_OFF, _WRAP_ON = "\x1b[?7l", "\x1b[?7h"

_USUAL_SIZE = os.terminal_size((80, 24))


def can_draw(stream: t.TextIO, environment: t.Mapping[str, str]) -> bool:
    """Say whether a stream is a terminal that knows cursor movement."""
    return stream.isatty() and environment.get("TERM", "dumb") != "dumb"


class Block:
    """A block of rows on a terminal.

    Args:
        stream: The terminal.
    """

    def __init__(self, stream: t.TextIO) -> None:
        self._stream = stream
        self._drawn = False
        self._over = False

    @property
    def unicode(self) -> bool:
        """The stream takes more than ASCII."""
        return (self._stream.encoding or "").lower().replace("-", "") == "utf8"

    def size(self) -> os.terminal_size:
        """The columns and rows of the terminal, now."""
        try:
            found = os.get_terminal_size(self._stream.fileno())
        except OSError:
            return _USUAL_SIZE
        return os.terminal_size((found.columns or _USUAL_SIZE.columns, found.lines or _USUAL_SIZE.lines))

    def draw(self, rows: t.Sequence[str]) -> None:
        """Draw the rows in place of those that are there."""
        if not rows:
            self.erase()
            return
        if self._over or not self._in_foreground():
            self._drawn = False
            return
        up = f"\x1b[{len(rows) - 1}A" if len(rows) > 1 else ""
        # Each line is erased as a whole, before it is written, so that terminals that wrap anew know where it ends.
        text = "\n".join(_ERASE_LINE + row for row in rows)
        self._drawn = True
        self._write(f"\r{_WRAP_OFF}{text}{_ERASE_BELOW}{_WRAP_ON}\r{up}")

    def erase(self) -> None:
        """Take the block away; the cursor stands where other output goes on."""
        if self._drawn and self._in_foreground():
            self._write(_ERASE)
        self._drawn = False

    def end(self) -> None:
        """Take the block away for good; a signal's handler may call it in the middle of a drawing."""
        self._over = True
        if self._drawn and self._in_foreground():
            with contextlib.suppress(OSError):
                os.write(self._stream.fileno(), (_WRAP_ON + _ERASE).encode())

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "ascii"
        try:
            self._stream.write(text.encode(encoding, "replace").decode(encoding))
            self._stream.flush()
        except OSError:
            self._drawn = False  # the terminal is gone, and Ansible finds out by itself

    def _in_foreground(self) -> bool:
        """Say whether the terminal is ours; after Ctrl-Z and ``bg`` it is the shell's."""
        try:
            return os.tcgetpgrp(self._stream.fileno()) == os.getpgrp()
        except OSError:
            return True


__all__ = ("Block", "can_draw")
