# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Snapshots as text. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._model import printable

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def line(fields: t.Mapping[str, t.Any]) -> str:
    """Give a snapshot, with its host and item, as one line of a log."""
    name = fields["host"] if fields["item"] is None else "{} ({})".format(fields["host"], fields["item"])
    return printable(f"{name}: {_text(fields)}".encode("utf-8", "surrogateescape"))


def _text(fields: t.Mapping[str, t.Any]) -> str:
    files, size = fields["files"], fields["bytes"]
    if fields["stage"] == "request":
        return "request"
    if fields["percent"] is None:
        return f"scanning: {files['total']:,} files, {_size(size['total'])} so far"
    busy = sum(lane["busy"] for lane in fields["lanes"])
    words = [fields["stage"], f"{fields['percent']}%", _size_of(size["done"], size["total"])]
    words += [f"{_size(fields['rate'])}/s"] if fields["rate"] else []
    words += [f"{busy} lane{'s' * (busy > 1)}"] if busy else []
    words.append(f"{files['done']:,}/{files['total']:,} files")
    words += [] if fields["eta"] is None else [f"ETA {_duration(fields['eta'])}"]
    words += [f"{fields['deleted']:,} deleted"] if fields["deleted"] else []
    words += [f"{fields['failures']:,} failed"] if fields["failures"] else []
    return " ".join(words)


def _size(number: int) -> str:
    unit = _unit(number)
    return f"{_scaled(number, unit, number)} {_UNITS[unit]}"


def _size_of(done: int, total: int) -> str:
    unit = _unit(total)
    return f"{_scaled(done, unit, total)}/{_scaled(total, unit, total)} {_UNITS[unit]}"


def _unit(number: int) -> int:
    return next((unit for unit in range(len(_UNITS)) if number < 1000 ** (unit + 1)), len(_UNITS) - 1)


def _scaled(number: int, unit: int, largest: int) -> str:
    """Rounded down, so that nothing looks complete that is not."""
    if unit == 0 or largest >= 100 * 1000**unit:
        return str(number // 1000**unit)
    whole, tenth = divmod(number * 10 // 1000**unit, 10)
    return f"{whole}.{tenth}"


def _duration(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


__all__ = ("line",)
