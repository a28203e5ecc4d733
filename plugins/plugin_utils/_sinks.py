# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Where the snapshots of a run go: to lines for people, to the callback, to a log."""

from __future__ import annotations

import json
import os
import time
import typing as t

from ansible.utils.display import Display
from ansible_collections.vgreb.jsync.plugins.module_utils._progress import VERSION
from ansible_collections.vgreb.jsync.plugins.plugin_utils._render import line
from ansible_collections.vgreb.jsync.plugins.plugin_utils._throttle import Throttle

# The callback that shows snapshots sets it to the id of its process, before the workers are forked. Commands of Ansible
# that a task starts inherit it.
MARKER = "JSYNC_PROGRESS_CALLBACK"

# How that callback is addressed, through Ansible's display.
ADDRESS = "\0jsync:"

Snapshot = t.Mapping[str, t.Any]


class Sinks:
    """Takes in the snapshots of one run.

    Args:
        source: ``host``, ``task`` and ``item`` of the run.
        shows: People are to see something.
        interval: Seconds from line to line, see :class:`Throttle`.
        log: The file to append to.
        secret: Paths are not to be seen.

    Raises:
        OSError: The log cannot be written.
    """

    def __init__(
        self,
        source: t.Mapping[str, t.Any],
        *,
        shows: bool,
        interval: float | None = None,
        log: str | None = None,
        secret: bool = False,
    ) -> None:
        self._source = source
        self._secret = secret
        self._interval = interval
        self._sends = shows and os.environ.get(MARKER) == str(os.getppid())
        self._throttle = Throttle(interval) if shows and not self._sends else None
        self._log = None if log is None else os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)

    def take(self, snapshot: Snapshot, *, last: bool = False) -> None:
        """Pass on a snapshot; the last one of a run says how that ended, and needs no line."""
        fields = {**snapshot, **self._source}
        if self._secret:
            fields["lanes"] = [{**lane, "path": None} for lane in fields["lanes"]]
            fields["msg"] = None
        if self._log is not None:
            self._append(self._log, {"time": round(time.time(), 3), **fields})
        if self._sends:
            _send({**fields, "interval": self._interval})
        elif self._throttle and not last and self._throttle.due(fields):
            Display().display(line(fields))

    def _append(self, log: int, fields: Snapshot) -> None:
        try:
            os.write(log, (json.dumps(fields) + "\n").encode())
        except OSError as error:
            Display().warning(f"progress_log cannot be written any more: {error.strerror}")
            self._close_log()

    def close(self) -> None:
        """No more come."""
        if self._sends:
            _send({"version": VERSION, **self._source, "ended": True})
        self._close_log()

    def _close_log(self) -> None:
        if self._log is not None:
            os.close(self._log)
            self._log = None


def _send(fields: Snapshot) -> None:
    """Say something that is shown by nobody, except by a callback that has wrapped ``Display.display``."""
    Display().display(ADDRESS + json.dumps(fields), screen_only=True, log_only=True)


def last_snapshot(result: t.Mapping[str, t.Any], latest: Snapshot | None) -> Snapshot | None:
    """Give the snapshot of a run that is over; None where its result does not tell.

    Args:
        result: What the module returned.
        latest: The latest snapshot that was seen.
    """
    stats, stage = result.get("stats"), result.get("stage")
    if not stats or not stage:
        return None
    done = {"files": stats["files"], "bytes": stats["transferred_bytes"]}
    totals = {name: max(latest[name]["total"] if latest else 0, number) for name, number in done.items()}
    ended = stage == "result"  # what was there already is done, too, and only the module has counted it
    seen = totals if ended else {name: max(latest[name]["done"] if latest else 0, done[name]) for name in done}
    return {
        "version": VERSION,
        "stage": stage,
        "seconds": stats["seconds"]["total"],
        "scanned": ended or bool(latest and latest["scanned"]),
        **{name: {"done": seen[name], "total": totals[name]} for name in done},
        "percent": 100 if ended else latest["percent"] if latest else None,
        "rate": stats["bytes_per_second"],
        "eta": 0 if ended else None,
        "deleted": stats["deletions"],
        "failures": stats["failures"],
        "msg": None if ended else result["msg"],
        "lanes": [
            {"lane": lane["lane"], "path": None, "files": lane["files"], "bytes": lane["bytes"], "busy": False}
            for lane in result["lanes"]
        ],
    }


__all__ = ("ADDRESS", "MARKER", "Sinks", "Snapshot", "last_snapshot")
