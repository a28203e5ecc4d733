# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""When nobody wants a run any more: it is canceled, its lease has ended, or its result would go nowhere.

Who follows a run touches ``lease`` in its follow directory at every poll, and makes ``cancel`` there to end it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import time

TICK_SECONDS = 0.25

# A controller that follows a run polls every two seconds, or has to connect anew.
OWN_SECONDS = 10.0

# An ssh whose reader was killed notices that only when there is something to pass on. What comes before a module's
# result is passed over.
_WORD, _WORD_SECONDS = b"\n", 5.0

_GONE = select.POLLERR | select.POLLHUP


class Lease:
    """How long a run goes on while nobody follows it. Pure: the clock and the file's time are arguments.

    What counts is that the file's time changes, not what it says: clocks are set.

    Args:
        seconds: How long.
        now: When the run has started, on the monotonic clock; None where it is not followed until it is renewed.

    Attributes:
        forgone: Whoever else kept it fresh wants the run to end.
    """

    def __init__(self, seconds: float, now: float | None) -> None:
        self.seconds = seconds
        self.forgone = False
        self._followed = now is not None
        self._since = now
        self._stamp: int | None = None

    def renew(self, now: float) -> None:
        """Somebody follows the run."""
        self._since = now
        self.forgone = False

    def forgo(self, now: float) -> None:
        """The run is to end, unless its own controller shows itself within OWN_SECONDS, or is heard to be there."""
        if self._followed and self._since is not None:
            self._since = min(self._since, now - self.seconds + OWN_SECONDS)
            self.forgone = True
        else:
            self._since = None

    def see(self, stamp: int | None, now: float) -> None:
        """Take in the time of the lease file; None where there is none."""
        if stamp is not None and stamp != self._stamp:
            self._stamp = stamp
            self.renew(now)

    def ended(self, now: float) -> bool:
        return self._since is None or now - self._since > self.seconds


def lease_of(follow: str | None, seconds: float) -> Lease:
    """The lease of a run that starts now."""
    return Lease(seconds, None if follow is None else time.monotonic())


async def unwanted(follow: str | None, lease: Lease) -> tuple[str, str]:
    """Wait until nobody wants the run any more, and say what happens to it and why.

    Args:
        follow: The follow directory; without one, the run is wanted as long as somebody can read its result.
        lease: Others may renew it.
    """
    spoken = time.monotonic()
    while True:
        now = time.monotonic()
        if follow is None:
            if now - spoken > _WORD_SECONDS:
                spoken = now
                _speak()
            if lease.ended(now) and _events() & _GONE:
                return "stopped", ": nobody is left to take its result"
        else:
            if os.path.lexists(os.path.join(follow, "cancel")):
                return "canceled", ""
            lease.see(_stamp(os.path.join(follow, "lease")), now)
            if lease.ended(now):
                if lease.forgone:
                    return "canceled", ""
                return "stopped", f": nobody has followed this run for {lease.seconds:g} s; raise lease"
        await asyncio.sleep(TICK_SECONDS)


def _stamp(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None


def _speak() -> None:
    """Write a word to standard output, unless it has no room."""
    with contextlib.suppress(OSError):
        if _events() & select.POLLOUT:
            os.write(1, _WORD)


def _events() -> int:
    """What is so of standard output; it leads nowhere when the ssh session was cut, or its reader has ended."""
    poll = select.poll()
    poll.register(1, select.POLLOUT)
    return sum(event for _fd, event in poll.poll(0))


__all__ = ("Lease", "OWN_SECONDS", "TICK_SECONDS", "lease_of", "unwanted")
