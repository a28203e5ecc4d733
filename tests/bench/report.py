# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Turn single runs into rows, and rows into a Markdown table."""

from __future__ import annotations

import statistics
import typing as t

Single = t.Dict[str, t.Any]
Row = t.Dict[str, t.Any]


def rows(singles: t.Sequence[Single], runners: t.Sequence[str]) -> list[Row]:
    """One row for each work.

    Returns:
        ``work``, ``base_seconds`` (median of the first runner), and in ``runners`` for each that was there ``runs``
        (their number), ``seconds`` and ``ratio`` to ``base_seconds`` (least, median, most), ``processor_seconds``
        (median), ``memory_bytes`` (most, if it says) or, if it failed, ``error``.
    """
    found = []
    for work in dict.fromkeys(one["work"] for one in singles):
        here = [one for one in singles if one["work"] == work]
        base = statistics.median(one["seconds"] for one in here if one["runner"] == runners[0])
        by = {name: [one for one in here if one["runner"] == name] for name in runners}
        cells = {name: _cell(runs, base) for name, runs in by.items() if runs}
        found.append({"work": work, "base_seconds": base, "runners": cells})
    return found


def _cell(runs: t.Sequence[Single], base: float) -> dict[str, t.Any]:
    for one in runs:
        if "error" in one:
            return {"error": one["error"]}
    seconds = [one["seconds"] for one in runs]
    spread = (min(seconds), statistics.median(seconds), max(seconds))
    cell: dict[str, t.Any] = {"runs": len(runs), "seconds": spread, "ratio": tuple(each / base for each in spread)}
    cell["processor_seconds"] = statistics.median(one["processor_seconds"] for one in runs)
    if "memory_bytes" in runs[0]:
        cell["memory_bytes"] = max(one["memory_bytes"] for one in runs)
    return cell


def table(found: t.Sequence[Row], runners: t.Sequence[str]) -> str:
    """Seconds of the first runner, ratios of the others, memory of those that say, processor seconds."""
    first, *others = runners
    talkers = [name for name in runners if any("memory_bytes" in row["runners"].get(name, {}) for row in found)]
    shown = [name for name in runners if any("seconds" in row["runners"].get(name, {}) for row in found)]
    head = ["work", first + " s", *others, *(name + " peak MB" for name in talkers)]
    head.append("processor s: " + " / ".join(shown))
    lines = [head, ["---", *["---:"] * (len(head) - 1)]]
    for row in found:
        cells = row["runners"]
        line = [row["work"], _spread(cells[first], "seconds")]
        line += [_spread(cells[name], "ratio") if name in cells else "" for name in others]
        line += ["%.1f" % (cells[name]["memory_bytes"] / 1e6) if name in cells else "" for name in talkers]
        line.append(" / ".join(_processor(cells.get(name, {})) for name in shown))
        lines.append(line)
    return "\n".join("| %s |" % " | ".join(line) for line in lines) + "\n"


def _spread(cell: dict[str, t.Any], field: str) -> str:
    """Median and range, or why there is none."""
    if "error" in cell:
        return str(cell["error"]).partition(":")[0]
    least, middle, most = cell[field]
    return "%.2f (%.2f-%.2f)" % (middle, least, most) if cell["runs"] > 1 else "%.2f" % middle


def _processor(cell: dict[str, t.Any]) -> str:
    return "%.1f" % cell["processor_seconds"] if "processor_seconds" in cell else "-"
