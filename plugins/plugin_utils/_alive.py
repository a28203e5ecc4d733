# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Whether a job runs whose file says so. Pure: the clock is an argument, and no clocks of two hosts are compared."""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._beat import BEATS_A_LEASE

KILLED = "the run on the target host was killed, and left no result: run the task again"

# A job's result is written right after its directory has gone.
_RESULT_SECONDS = 10.0

# A busy host may take so long to start Python, however short the lease is.
_START_SECONDS = 60.0


class Alive:
    """Looks at the answers to polls.

    Args:
        lease: Seconds for which a job's silence is borne; it may take as long to make its directory, if not longer.
        now: Seconds, from any start.
    """

    def __init__(self, lease: float, now: float) -> None:
        self._lease = lease
        self._patience = max(lease, _START_SECONDS)
        self._missing_since: float | None = None
        self._boot: str | None = None
        self._beat: str | None = None
        self._asked = now
        self._silence = 0.0

    def doubt(self, said: t.Mapping[str, str], now: float) -> str | None:
        """Say why a job does not run any more; None where it does, as far as one can tell.

        Args:
            said: ``boot``, the id of the host's start, and ``directory``, the job's latest beat, if that is there.
            now: When it was said.
        """
        if self._is_killed(said, now):
            return KILLED
        if self._is_silent(said.get("directory"), now):
            return (
                f"the run on the target host has given no sign of life for {self._lease:g} s: it was killed, or "
                "stopped by a signal; run the task again, which first ends what a killed run has left"
            )
        return None

    def _is_killed(self, said: t.Mapping[str, str], now: float) -> bool:
        """The host has started anew, or the job's directory is gone for long."""
        self._boot = self._boot or said.get("boot")
        if "directory" in said:
            self._patience = _RESULT_SECONDS
            self._missing_since = None
        elif self._missing_since is None:
            self._missing_since = now
        missing = 0 if self._missing_since is None else now - self._missing_since
        return missing >= self._patience or (said.get("boot") or self._boot) != self._boot

    def _is_silent(self, beat: str | None, now: float) -> bool:
        """The job is there and does not beat any more.

        Only the time in which polls were answered counts: not that in which the host was suspended or out of reach.
        """
        spent = min(now - self._asked, self._lease / BEATS_A_LEASE)
        self._asked = now
        self._silence = self._silence + spent if beat and beat == self._beat else 0.0
        self._beat = beat
        return self._silence >= self._lease


__all__ = ("KILLED", "Alive")
