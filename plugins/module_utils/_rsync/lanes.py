# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""All lanes of a run, and what they share."""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import LaneError, RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import Bandwidth
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.diagnosis import explain
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Build
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

# A login takes about ten round trips. Where they are as long as this, each stream of a slow network waits for itself:
# jobs: auto begins with more lanes, twice as many, and one scanner that takes few of them is the fastest.
_DISTANT_SECONDS = 0.25

# sshd drops connections at random when more than MaxStartups (10 by default) are not logged in yet: stay well below.
LOGINS_AT_ONCE = 7

_Done = t.TypeVar("_Done")


class Lanes:
    """All lanes of a run.

    Args:
        processes: Where rsync and ssh are started.
        request: What the user asks for.
        directory: A private place for the sockets, with a short path.
        heard: Called with the report of every attempt, the failed ones included.

    Attributes:
        all: Those that there are so far.
    """

    def __init__(
        self, processes: Processes, request: Request, directory: str, heard: t.Callable[[Report], None]
    ) -> None:
        self.processes = processes
        self.request = request
        self.directory = directory
        self.heard = heard
        self.logins = asyncio.Semaphore(LOGINS_AT_ONCE)
        self.bandwidth = Bandwidth(request.bwlimit)
        self.all: list[Lane] = []
        self.add()

    def add(self) -> Lane:
        """Make one more lane; where their number changes all but the first one may be missing."""
        lane = Lane(len(self.all) + 1, self, optional=self.request.auto and bool(self.all))
        self.all.append(lane)
        return lane

    def begin(self) -> None:
        """Make those to begin with, once the first one has logged in."""
        more = self.request.auto and self.distant
        while len(self.all) < min(self.request.jobs * (1 + more), self.request.jobs_max):
            self.add()

    @property
    def distant(self) -> bool:
        """A round trip takes long, as far as the first login tells."""
        return self.first.login_seconds > _DISTANT_SECONDS

    @property
    def prepares(self) -> bool:
        """An rsync may be started before its list is there: it takes no time-out, needs no share of a rate, and may
        be started again, which one that breaks off before it has said anything is."""
        request = self.request
        settings = request.settings
        return request.uses_ssh and not settings["timeout"] and not request.bwlimit and request.repeats_lists

    @property
    def overlaps(self) -> bool:
        """A lane's next rsync may start while the last one, which has sent all, takes its leave.

        That takes it two round trips and 40 ms of sleep (main.c). It still holds its share of a rate, and its place at
        a daemon.
        """
        return self.prepares or (self.request.far is None and not self.request.bwlimit)

    @property
    def first(self) -> Lane:
        """The lane that carries what must be one rsync: the first that is not lost, if there is any."""
        return next((lane for lane in self.all if not lane.lost), self.all[0])

    async def carry(
        self,
        build: Build,
        on_change: t.Callable[[Change], None] | None = None,
        *,
        listed: bool = True,
        may_retry: t.Callable[[], bool] = lambda: True,
    ) -> Report:
        """Run what must be one rsync over the first lane, and over another where that is lost; see :meth:`Lane.carry`.

        Raises:
            LaneError: All are lost.
        """
        tried: list[Lane] = []

        def over(lane: Lane) -> t.Awaitable[Report]:
            tried.append(lane)
            return lane.carry(build, on_change, listed=listed, may_retry=may_retry)

        report = await self.over_first(over)
        report.repeated = report.repeated or len(tried) > 1
        return report

    async def over_first(self, work: t.Callable[[Lane], t.Awaitable[_Done]]) -> _Done:
        """Do something over the first lane, and anew over another where that is lost.

        Raises:
            LaneError: All are lost.
        """
        while True:
            lane = self.first
            try:
                return await work(lane)
            except LaneError:
                lane.lost = True
                if self.first.lost:
                    raise

    def require(self, report: Report) -> None:
        """Go on only if an rsync has done its work, if perhaps not for every name.

        Raises:
            LaneError: The far end takes no more connections than it has; others may go on.
            RsyncError: It could not run.
        """
        if report.verdict.broken:
            raise (LaneError if report.turned_away else RsyncError)(self.explain(report), report.code)

    def explain(self, report: Report) -> str:
        """Say in one sentence why an rsync or a login failed."""
        far = self.request.far
        return explain(report.code, b"\n".join(report.words), far.host if far else "")


__all__ = ("Lanes",)
