# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Supervise: what ends a run before its time, a signal or that nobody wants it any more."""

from __future__ import annotations

import asyncio
import signal
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._lease import unwanted
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import SIGNALED

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._lease import Lease
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome


async def supervise(run: t.Awaitable[None], outcome: Outcome, follow: str | None, lease: Lease) -> None:
    """Conduct a run; when it is stopped the outcome says so, and all that it started has ended on return."""
    loop = asyncio.get_event_loop()
    conducting = asyncio.ensure_future(run)
    watching = asyncio.ensure_future(unwanted(follow, lease))
    stopped: list[str] = []

    def stop(how: str, why: str = "") -> None:
        if not stopped:  # a second signal must not break off the cleaning up
            stopped.append(how)
            outcome.fail(f"{how} in the {outcome.stage} stage{why}", SIGNALED)
            conducting.cancel()

    watching.add_done_callback(lambda watched: None if watched.cancelled() else stop(*watched.result()))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop, f"stopped by {number.name}")
    try:
        await conducting
    except asyncio.CancelledError:
        if not stopped:
            raise
    finally:
        watching.cancel()


__all__ = ("supervise",)
