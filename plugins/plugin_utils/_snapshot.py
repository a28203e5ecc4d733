# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""A snapshot of a run, as it comes from the target host. Pure.

The target host is not trusted: each field is checked, and no text reaches the terminal that it would act upon.
"""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._progress import VERSION
from ansible_collections.vgreb.jsync.plugins.plugin_utils._text import safe

_LARGEST = 2**63 - 1


class Lane(t.NamedTuple):
    """What a lane does.

    Attributes:
        lane: Its number.
        path: What it carries, or carried last; None where that is not known.
        bytes: How many it has carried.
        busy: It is carrying something.
    """

    lane: int
    path: str | None
    bytes: int
    busy: bool


class Snapshot(t.NamedTuple):
    """One moment of one run.

    Attributes:
        host: The inventory host.
        item: The label of the loop's item; None outside of loops.
        stage: The stage of the run.
        seconds: Since the start of the module.
        scanned: The scan has ended, and the totals are exact.
        files_done: Files whose content is there.
        files_total: Files whose content goes over.
        bytes_done: Bytes that are there, over the wire or matched.
        bytes_total: Bytes of those files.
        percent: How much is done; None while it cannot be known, 100 only when all is over.
        rate: Bytes a second, lately.
        eta: Seconds left; None while it cannot be known.
        deleted: Names that were deleted.
        failures: Names that did not arrive.
        msg: Why the run cannot go on; None while it can.
        lanes: All lanes, in the order of their numbers.
        interval: Seconds from line to line, where the task says.
    """

    host: str
    item: str | None
    stage: str
    seconds: float
    scanned: bool
    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    percent: int | None
    rate: int
    eta: int | None
    deleted: int
    failures: int
    msg: str | None
    lanes: tuple[Lane, ...]
    interval: float | None

    @property
    def name(self) -> str:
        """Whose run it is, for people."""
        return self.host if self.item is None else f"{self.host} ({self.item})"

    @property
    def busy(self) -> int:
        """How many lanes carry something."""
        return sum(lane.busy for lane in self.lanes)


def parse(fields: t.Mapping[str, t.Any]) -> Snapshot:
    """Take a snapshot from its fields; fields that are not known are passed over.

    Args:
        fields: The decoded JSON object, with the host and the item.

    Raises:
        ValueError: It is not a snapshot, or one of another version.
    """
    try:
        if fields["version"] != VERSION:
            raise ValueError(f"version {fields['version']!r}, not {VERSION}")
        files, size = fields["files"], fields["bytes"]
        return Snapshot(
            host=_text(fields["host"]),
            item=_known(_text, fields["item"]),
            stage=_text(fields["stage"]),
            seconds=_seconds(fields["seconds"]),
            scanned=fields["scanned"] is True,
            files_done=_number(files["done"]),
            files_total=_number(files["total"]),
            bytes_done=_number(size["done"]),
            bytes_total=_number(size["total"]),
            percent=_known(_percent, fields["percent"]),
            rate=_number(fields["rate"]),
            eta=_known(_number, fields["eta"]),
            deleted=_number(fields["deleted"]),
            failures=_number(fields["failures"]),
            msg=_known(_text, fields.get("msg")),
            lanes=tuple(map(_lane, fields["lanes"])),
            interval=_known(_seconds, fields.get("interval")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not a snapshot: {error!r}") from error


_Value = t.TypeVar("_Value")


def _known(take: t.Callable[[t.Any], _Value], value: t.Any) -> _Value | None:
    return None if value is None else take(value)


def _text(value: t.Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return safe(value)


def _number(value: t.Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{value!r} is not a count")
    return int(value)


def _seconds(value: t.Any) -> float:
    if not isinstance(value, (int, float)) or not 0 <= value <= _LARGEST:
        raise ValueError(f"{value!r} is not a time span")
    return float(value)


def _percent(value: t.Any) -> int:
    return min(_number(value), 100)


def _lane(fields: t.Mapping[str, t.Any]) -> Lane:
    return Lane(
        lane=_number(fields["lane"]),
        path=_known(_text, fields["path"]),
        bytes=_number(fields["bytes"]),
        busy=fields["busy"] is True,
    )


__all__ = ("Lane", "Snapshot", "parse")
