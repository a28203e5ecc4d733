# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Publish: let others see where a run is, while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._beat import beating
from ansible_collections.vgreb.jsync.plugins.module_utils._progress import Progress
from ansible_collections.vgreb.jsync.plugins.module_utils._result import TRANSFER
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.underway import Places, Underway
from ansible_collections.vgreb.jsync.plugins.module_utils._status import Status, follow_directory

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome

INTERVAL_SECONDS = 0.5

# Of the processor's time, publishing takes one part in so many at most.
_SPARING = 20


@contextlib.asynccontextmanager
async def published(request: Request, outcome: Outcome) -> t.AsyncIterator[None]:
    """Publish where a run is, from here to the end of the block, if somebody follows it.

    Raises:
        RequestError: The directory to follow cannot be made.
    """
    if request.follow is None:
        yield
        return
    with follow_directory(request.follow) as directory, beating(directory, request.lease):
        publishing = asyncio.ensure_future(_publish(_Watch(request, outcome), Status(directory)))
        try:
            yield
        finally:
            publishing.cancel()
            await asyncio.gather(publishing, return_exceptions=True)


async def _publish(watch: _Watch, status: Status) -> None:
    while True:
        started = time.monotonic()
        with contextlib.suppress(OSError):  # a full disk is no reason to end the run
            status.publish(watch.snapshot())
        await asyncio.sleep(max(INTERVAL_SECONDS, _SPARING * (time.monotonic() - started)))


class _Watch:
    """Looks at a run: at what its lanes have reported and, where that stands still, at what they have open."""

    def __init__(self, request: Request, outcome: Outcome) -> None:
        self._outcome = outcome
        self._progress = Progress()
        self._places = _places(request)
        self._reported: dict[int, int] = {}

    def snapshot(self) -> dict[str, t.Any]:
        return self._progress.snapshot(self._outcome, self._underway() if self._outcome.stage == TRANSFER else {})

    def _underway(self) -> dict[int, Underway]:
        """The file that each lane is carrying, of those that have reported none since the last look."""
        found = {}
        for lane in self._outcome.lanes:
            silent = self._reported.get(lane.number) == lane.files
            self._reported[lane.number] = lane.files
            for process in lane.running if silent else ():
                file = self._places.look(process.pid)
                if file is not None:
                    found[lane.number] = file
        return found


def _places(request: Request) -> Places:
    """Where to look: where files are written, if that is here, else where they are read.

    With ``--checksum`` a file that is being read may only be compared.
    """
    if not request.dest.remote:
        dest = os.path.realpath(request.dest.exact)
        return Places([dest, os.path.dirname(dest)], writing=True)  # dest may be the name of a single file
    if request.settings.on("checksum"):
        return Places([], writing=False)
    return Places([os.path.realpath(source.directory.exact) for source in request.roots or ()], writing=False)


__all__ = ("published",)
