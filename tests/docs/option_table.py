# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Write docs/rsync-options.md from the table in the code: ``make docs``."""

from __future__ import annotations

import collections
import os

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.table import OPTIONS, Option

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "rsync-options.md")

PASSES = {"s": "scan", "t": "transfer", "l": "hard links", "d": "deletions", "m": "directories"}

_HEAD = """<!--
Copyright (c) 2026, the vgreb.jsync authors
SPDX-License-Identifier: MIT

Written by "make docs" from plugins/module_utils/_rsync/table.py: change that.
-->

# Every option of rsync, and what becomes of it

A run of `parallel_rsync` starts several kinds of rsync: the **scan** (a dry run over the whole tree), **transfers**
(the files of one partition), and passes over **hard links**, **deletions** and **directories**. Each option of rsync is

- **passed on** to those that it concerns,
- **handled**: the module sees to it that the tree becomes the one that it asks for,
- given to **one process**: that stage, or all of the work, is done by a single rsync with your options; `one_process`
  in the result says so,
- or **refused** with the reason, before anything is touched.

The column "module" names the module's own option; any other goes into `rsync_opts`. What the rsync on this host, or the
one at the other end, does not have is refused, too; a daemon cannot be asked.

"""


def fate(row: Option) -> str:
    """Say in one word what becomes of an option."""
    if row.refused:
        return "refused"
    if row.alone or row.whole:
        return "one process"
    return "handled" if row.note or not row.passes else "passed on"


def render() -> str:
    """Give the whole page."""
    counts = collections.Counter(map(fate, OPTIONS))
    lines = ["| %s | options |" % "what becomes of it", "|---|---:|"]
    lines += ["| %s | %d |" % item for item in sorted(counts.items())]
    lines += ["", "| rsync | module | what becomes of it | |", "|---|---|---|---|"]
    for row in sorted(OPTIONS, key=lambda row: row.name.lower()):
        option = row.option and "`%s`" % row.option
        lines.append("| %s | %s | %s | %s |" % (_spelling(row), option, fate(row), _why(row)))
    return _HEAD + "\n".join(lines) + "\n"


def _spelling(row: Option) -> str:
    names = ["--" + name for name in (row.name, *row.aliases) if len(name) > 1]
    if row.short:
        names.insert(0, "-" + row.short)
    return ", ".join("`%s`" % name for name in names)


def _why(row: Option) -> str:
    if row.alone:
        return "all of the work: " + row.alone
    passed = ", ".join(PASSES[letter] for letter in row.passes if letter in PASSES)
    return "; ".join(text for text in (passed, row.whole, row.note, _needs(row), row.refused) if text)


def _needs(row: Option) -> str:
    """Say what the other end needs for an option that not every rsync knows."""
    way = "" if len(row.told) == 2 else "".join(" to " + way for way in row.told)
    return "the other end needs rsync %s%s" % (row.since, way) if row.told else ""


if __name__ == "__main__":
    with open(PATH, "w") as stream:
        stream.write(render())
