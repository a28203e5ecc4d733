# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Turn single runs into a Markdown table."""

from __future__ import annotations

import statistics
import typing as t

Single = t.Dict[str, t.Any]


def table(singles: t.Sequence[Single], runners: t.Sequence[str]) -> str:
    """One row for each work: seconds, ratio to the first runner, memory, processor seconds of all runners."""
    first, *others = runners
    telling = {one["runner"] for one in singles if "memory_bytes" in one}
    talkers = [name for name in runners if name in telling]
    head = ["work", first + " s"]
    for name in others:
        head += [name + " s", "ratio"]
    head += [name + " peak MB" for name in talkers]
    head.append("processor s: " + " / ".join(runners))
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for work in dict.fromkeys(one["work"] for one in singles):
        here = [one for one in singles if one["work"] == work]
        by = {name: [one for one in here if one["runner"] == name] for name in runners}
        row = [work, _range(by[first])]
        for name in others:
            row += [_range(by[name]), "%.2f" % (_median(by[name]) / _median(by[first]))]
        row += ["%.1f" % (max(one["memory_bytes"] for one in by[name]) / 1e6) for name in talkers]
        row.append(" / ".join("%.2f" % _median(some, "processor_seconds") for some in by.values()))
        rows.append(row)
    return "\n".join("| %s |" % " | ".join(row) for row in rows) + "\n"


def _median(singles: t.Sequence[Single], field: str = "seconds") -> float:
    return statistics.median(one[field] for one in singles)


def _range(singles: t.Sequence[Single]) -> str:
    seconds = [one["seconds"] for one in singles]
    return "%.2f (%.2f-%.2f)" % (statistics.median(seconds), min(seconds), max(seconds))
