# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Where snapshots are shown: in a block on a terminal, or as lines.

Whoever calls holds the lock of Ansible's display: it keeps output of its threads apart, and is held at every fork.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.plugin_utils._allowance import Allowance
from ansible_collections.vgreb.jsync.plugins.plugin_utils._render import Style, block, describe
from ansible_collections.vgreb.jsync.plugins.plugin_utils._throttle import Throttle

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.plugin_utils._block import Block
    from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import Snapshot

DRAWINGS_PER_SECOND = 10

# Each output of Ansible takes the block away: it is back at once, unless output comes in torrents.
_DRAWINGS_AT_ONCE = 5


class View(t.Protocol):
    """Shows the snapshots of runs, one run a host at a time."""

    def show(self, run: Snapshot) -> None:
        """Show a snapshot in place of the last one of the same host."""

    def drop(self, host: str) -> None:
        """The run of a host is over."""

    def clear(self) -> None:
        """All runs are over."""

    def aside(self, *, ends_line: bool = True) -> t.ContextManager[None]:
        """Keep out of the way of other output.

        Args:
            ends_line: That output leaves the cursor at the start of a line.
        """


class LiveView:
    """Shows runs in a block below all other output.

    Args:
        block: The block on the terminal.
        style: How its rows look.
        lock: What callers hold.
        clock: Seconds, from any start.
    """

    def __init__(
        self,
        block: Block,
        style: Style,
        lock: t.ContextManager[t.Any],
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self._block = block
        self._style = style
        self._lock = lock
        self._clock = clock
        self._allowance = Allowance(DRAWINGS_PER_SECOND, _DRAWINGS_AT_ONCE)
        self._runs: dict[str, Snapshot] = {}
        self._others = 0
        self._line_begun = False
        self._postponed = False

    def show(self, run: Snapshot) -> None:
        self._runs[run.host] = run
        self._draw()

    def drop(self, host: str) -> None:
        if self._runs.pop(host, None) is not None:
            self._draw()

    def clear(self) -> None:
        self._runs.clear()
        self._draw()

    @contextlib.contextmanager
    def aside(self, *, ends_line: bool = True) -> t.Iterator[None]:
        self._block.erase()
        self._others += 1
        try:
            yield
        finally:
            self._others -= 1
            self._line_begun = not ends_line
            self._draw()

    def _draw(self) -> None:
        if not self._runs:
            self._block.erase()
        elif self._others or self._line_begun:
            return
        elif self._allowance.take(self._clock()):
            columns, rows = self._block.size()
            # What Ansible says stays in sight.
            self._block.draw(block(list(self._runs.values()), columns, max(rows * 2 // 3, 1), self._style))
        elif not self._postponed:
            self._postponed = True
            timer = threading.Timer(1 / DRAWINGS_PER_SECOND, self._catch_up)
            timer.daemon = True
            timer.start()

    def _catch_up(self) -> None:
        with self._lock:
            self._postponed = False
            self._draw()


class LineView:
    """Shows runs as lines, a few for each run.

    Args:
        write: Takes a line.
        interval: Seconds from line to line of a run that has none of its own, see :class:`Throttle`.
    """

    def __init__(self, write: t.Callable[[str], None], interval: float | None) -> None:
        self._write = write
        self._interval = interval
        self._throttles: dict[str, Throttle] = {}

    def show(self, run: Snapshot) -> None:
        interval = self._interval if run.interval is None else run.interval
        if self._throttles.setdefault(run.host, Throttle(interval)).due(run._asdict()):
            self._write(describe(run))

    def drop(self, host: str) -> None:
        self._throttles.pop(host, None)

    def clear(self) -> None:
        self._throttles.clear()

    def aside(self, *, ends_line: bool = True) -> t.ContextManager[None]:  # noqa: ARG002
        return contextlib.nullcontext()


__all__ = ("LineView", "LiveView", "View")
