# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Snapshots as text: a line for a log, rows for a terminal. Pure.

::

    web01 transfer  43% ██████████░░░░░░░░░░░░░ 12.1/28.0 GB  512 MB/s 18,204/41,000 files ETA 0:31
      1   1.6 GB photos/2019/06/IMG_4711.CR2
      2   1.4 GB photos/2019/07/IMG_0815.CR2
    web02 scanning: 18,204 files, 12.1 GB so far
"""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import Lane, Snapshot, parse
from ansible_collections.vgreb.jsync.plugins.plugin_utils._text import (
    count,
    count_of,
    cut,
    duration,
    pad,
    size,
    size_of,
    width,
)

# SGR parameters (ECMA-48, 8.3.117).
_DONE, _FAILED, _FAINT = "32", "31", "2"

_SHORTEST_BAR, _LONGEST_BAR = 8, 40
_SHORTEST_NAME = 8

_BEFORE_SCAN = "request"


class Style(t.NamedTuple):
    """How rows look.

    Attributes:
        color: They may be colored.
        unicode: The terminal's encoding has more than ASCII.
        lanes: A row for each lane, as far as there is room.
    """

    color: bool = False
    unicode: bool = True
    lanes: bool = True

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{color}m{text}\x1b[0m" if self.color and color and text else text

    def progress_bar(self, columns: int, percent: int) -> str:
        done = columns * percent // 100
        full, empty = "█░" if self.unicode else "#-"
        return self.paint(full * done, _DONE) + empty * (columns - done)


class _Column(t.NamedTuple):
    """A column of the rows that stand below each other.

    Attributes:
        shown: Its text for a snapshot; empty where there is nothing to say.
        rank: Where there is no room for all, those with the smallest rank stay.
        columns: How wide it is at least, so that rows do not jump.
        right: It is set flush right.
        color: The SGR parameters of its text.
    """

    shown: t.Callable[[Snapshot], str]
    rank: int
    columns: int = 0
    right: bool = False
    color: str = ""


_BAR_RANK = 7


def _rate(run: Snapshot) -> str:
    return f"{size(run.rate)}/s" if run.rate else ""


def _eta(run: Snapshot) -> str:
    return "" if run.eta is None else f"ETA {duration(run.eta)}"


# In the order of the row; the bar stands after the percentage and takes what room is left.
_PERCENT = _Column(lambda run: f"{run.percent}%", rank=1, columns=4, right=True)
_COLUMNS = (
    _Column(lambda run: run.stage, rank=2, columns=8),
    _PERCENT,
    _Column(lambda run: size_of(run.bytes_done, run.bytes_total), rank=5, right=True),
    _Column(_rate, rank=6, columns=9, right=True),
    _Column(lambda run: count_of(run.files_done, run.files_total), rank=8, right=True),
    _Column(_eta, rank=4, columns=8),
    _Column(lambda run: f"{count(run.deleted)} deleted" if run.deleted else "", rank=9),
    _Column(lambda run: f"{count(run.failures)} failed" if run.failures else "", rank=3, color=_FAILED),
)


def line(fields: t.Mapping[str, t.Any]) -> str:
    """Give a snapshot as one line of a log.

    Args:
        fields: The decoded JSON object, with the host and the item.

    Raises:
        ValueError: It is not a snapshot.
    """
    return describe(parse(fields))


def describe(run: Snapshot) -> str:
    """Give a snapshot as one line of a log: ``web01: transfer 43% 12.1/28.0 GB 512 MB/s 8 lanes ...``."""
    end = f"; {_end(run)}" if run.msg else ""
    if run.percent is None:
        return f"{run.name}: {_unscanned(run)}{end}"
    words = [run.stage, f"{run.percent}%", size_of(run.bytes_done, run.bytes_total).strip(), _rate(run), _busy(run)]
    words += [count_of(run.files_done, run.files_total).strip(), _eta(run), *_troubles(run)]
    return f"{run.name}: {' '.join(filter(None, words))}{end}"


def block(runs: t.Sequence[Snapshot], columns: int, rows: int, style: Style) -> list[str]:
    """Give snapshots as rows for a terminal, none of them wider than ``columns`` - 1.

    Args:
        runs: The last snapshot of each run, in the order to show them.
        columns: Columns of the terminal.
        rows: How many rows there may be, at least one.
    """
    room = max(columns - 1, 1)
    shown = runs if len(runs) <= rows else runs[: rows - 1]
    lanes = _share(shown, rows - len(shown)) if style.lanes and len(shown) == len(runs) else [()] * len(shown)
    made = []
    for row, its_lanes in zip(_run_rows(shown, room, style), lanes):
        made.append(row)
        made += [style.paint(_lane_row(lane, room), _FAINT) for lane in its_lanes]
    if len(shown) < len(runs):
        made.append(cut(f"... and {count(len(runs) - len(shown))} more hosts", room))
    return made


def _run_rows(runs: t.Sequence[Snapshot], room: int, style: Style) -> list[str]:
    """A row for each run, with its figures below those of the others."""
    names = [run.name for run in runs]
    name_room = min(max(map(width, names), default=0), max(room // 4, _SHORTEST_NAME), room)
    names = [pad(cut(name, name_room), name_room) for name in names]
    rest = room - name_room - 1
    if rest < 1:
        return names
    counted = [run for run in runs if run.percent is not None and not run.msg]
    chosen, length = _choose(counted, rest)
    rows = []
    for name, run in zip(names, runs):
        if run.msg:
            rows.append(f"{name} {style.paint(cut(_end(run), rest), _FAILED)}")
            continue
        if run.percent is None:
            rows.append(f"{name} {_fitting_unscanned(run, rest)}")
            continue
        cells = [name]
        for column, columns in chosen:
            cells.append(style.paint(pad(column.shown(run), columns, right=column.right), column.color))
            if column is _PERCENT and length:
                cells.append(style.progress_bar(length, run.percent))
        rows.append(" ".join(cells).rstrip())
    return rows


def _choose(runs: t.Sequence[Snapshot], room: int) -> tuple[list[tuple[_Column, int]], int]:
    """Choose the columns that have room, each with its width, and the width of the bar."""
    widths = {column: max([width(column.shown(run)) for run in runs], default=0) for column in _COLUMNS}
    chosen = set()
    left = room + 1
    has_bar = False
    for column in sorted(_COLUMNS, key=lambda column: column.rank):
        if column.rank > _BAR_RANK and not has_bar and left > _SHORTEST_BAR:
            has_bar = True
            left -= _SHORTEST_BAR + 1
        needed = max(widths[column], column.columns) + 1
        if widths[column] and needed <= left:
            chosen.add(column)
            left -= needed
    length = min(_SHORTEST_BAR + left, _LONGEST_BAR) if has_bar and _PERCENT in chosen else 0
    return [(column, max(widths[column], column.columns)) for column in _COLUMNS if column in chosen], length


def _share(runs: t.Sequence[Snapshot], rows: int) -> list[t.Sequence[Lane]]:
    """Share rows out over the lanes of all runs: each run gets as many as the others, as far as it has lanes."""
    shares: list[t.Sequence[Lane]] = [()] * len(runs)
    order = sorted(range(len(runs)), key=lambda number: len(runs[number].lanes))
    for place, number in enumerate(order):
        share = _lanes(runs[number], rows // (len(runs) - place))
        shares[number] = share
        rows -= len(share)
    return shares


def _lanes(run: Snapshot, rows: int) -> list[Lane]:
    """The lanes of a run that are worth a row: where there is no room for all, those that carry something."""
    if not any(lane.busy and lane.path is not None for lane in run.lanes):
        return []
    chosen = sorted(run.lanes, key=lambda lane: not lane.busy)[:rows]
    return sorted(chosen, key=lambda lane: lane.lane)


def _lane_row(lane: Lane, room: int) -> str:
    start = f"{lane.lane:>3} {size(lane.bytes):>8} "
    if not lane.busy:
        return cut(start + "idle", room)
    if room < 2 * len(start):
        start = f"{lane.lane:>3} "
    return cut(start + cut(lane.path or "", max(room - len(start), 1), keep_end=True), room)


def _end(run: Snapshot) -> str:
    """What will come of a run that cannot go on."""
    return f"it will fail: {run.msg}"


def _unscanned(run: Snapshot) -> str:
    """What can be said before the totals are known."""
    return run.stage if run.stage == _BEFORE_SCAN else f"scanning: {_found(run)} so far"


def _found(run: Snapshot) -> str:
    return f"{count(run.files_total)} files, {size(run.bytes_total)}"


def _fitting_unscanned(run: Snapshot, room: int) -> str:
    """As much of that as there is room for, and what is done already."""
    if run.stage == _BEFORE_SCAN:
        return cut(run.stage, room)
    done = f", {size(run.bytes_done)} done" if run.bytes_done else ""
    longest = " ".join(filter(None, [_unscanned(run) + done, _rate(run), *_troubles(run)]))
    shortest = f"{count(run.files_total)} files"
    texts = (longest, _unscanned(run) + done, f"scanning: {_found(run)}", _found(run), cut(shortest, room))
    return next(text for text in texts if width(text) <= room)


def _busy(run: Snapshot) -> str:
    """How many lanes carry something."""
    return f"{run.busy} lane{'s' * (run.busy > 1)}" if run.busy else ""


def _troubles(run: Snapshot) -> list[str]:
    return [column.shown(run) for column in _COLUMNS[-2:] if column.shown(run)]


__all__ = ("Style", "block", "describe", "line")
