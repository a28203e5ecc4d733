# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Text for a terminal: what it may hold, how wide it is, and how numbers read. Pure."""

from __future__ import annotations

import unicodedata

from ansible_collections.vgreb.jsync.plugins.module_utils._model import printable

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")

_CUT = "..."


def safe(text: str) -> str:
    """Give a text as one line that no terminal acts upon; what is printable stays as it is."""
    if text.isprintable():
        return text
    return "".join(printable(sign.encode("utf-8", "surrogatepass")) for sign in text)


def width(text: str) -> int:
    """Say how many columns a text takes on a terminal.

    Characters of ambiguous width (UAX #11) count as narrow, as outside of East Asian locales.
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


def cut(text: str, room: int, *, keep_end: bool = False) -> str:
    """Shorten a text to at most ``room`` columns, with dots for what is missing at its end, or at its start."""
    if width(text) <= room:
        return text
    dots = _CUT if room > 2 * len(_CUT) else ""
    if not keep_end:
        return _fitting(text, room - len(dots)) + dots
    kept = _fitting(text[::-1], room - len(dots))[::-1]
    return dots + kept[len(_marks(kept)) :]


def _fitting(text: str, room: int) -> str:
    used = 0
    for number, sign in enumerate(text):
        used += _columns(sign)
        if used > room:
            return text[:number]
    return text


def _marks(text: str) -> str:
    """The combining marks at the start of a text, whose letter has been cut off."""
    return next((text[:number] for number, sign in enumerate(text) if _columns(sign)), text)


def pad(text: str, columns: int, *, right: bool = False) -> str:
    """Fill a text up to ``columns`` columns; ``right`` sets it flush right."""
    space = " " * (columns - width(text))
    return space + text if right else text + space


def count(number: int) -> str:
    """A number of files: ``18,204``."""
    return f"{number:,}"


def size(number: int) -> str:
    """A number of bytes: ``12.1 GB``. Rounded down, so that nothing looks complete that is not."""
    unit = _unit(number)
    return f"{_scaled(number, unit, number)} {_UNITS[unit]}"


def size_of(done: int, total: int) -> str:
    """Bytes done out of a total, in the unit of the total: ``12.1/28.0 GB``."""
    unit = _unit(total)
    whole = _scaled(total, unit, total)
    return f"{_scaled(done, unit, total).rjust(len(whole))}/{whole} {_UNITS[unit]}"


def count_of(done: int, total: int) -> str:
    """Files done out of a total: ``18,204/41,000 files``."""
    whole = count(total)
    return f"{count(done).rjust(len(whole))}/{whole} files"


def _unit(number: int) -> int:
    unit = 0
    while unit + 1 < len(_UNITS) and number >= 1000 ** (unit + 1):
        unit += 1
    return unit


def _scaled(number: int, unit: int, largest: int) -> str:
    """A number in a unit, with tenths where the largest beside it has less than three digits before the point."""
    if unit == 0 or largest >= 100 * 1000**unit:
        return str(number // 1000**unit)
    whole, tenth = divmod(number * 10 // 1000**unit, 10)
    return f"{whole}.{tenth}"


def duration(seconds: int) -> str:
    """A time span: ``0:31``, ``2:05:00``, from four days on ``4d 03h``."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 96:
        return f"{hours // 24}d {hours % 24:02}h"
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


__all__ = ("count", "count_of", "cut", "duration", "pad", "safe", "size", "size_of", "width")
