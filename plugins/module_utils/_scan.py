# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Scan: ask rsync, in dry run, what would change, and pass each change on as it is found."""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._division import Division
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import printable
from ansible_collections.vgreb.jsync.plugins.module_utils._result import SCAN
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import Verdict
from ansible_collections.vgreb.jsync.plugins.module_utils._scanners import choose_scanners, may_divide

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
    from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report


class Scan:
    """The dry run over the whole tree.

    Args:
        lanes: The first of them carries it, or several share it.
        command: Builds its arguments.
        outcome: Takes in its numbers and its messages.
        found: Called with each change as it comes.
        listen: Called with each other line of rsync.
        found_files: Called, instead of found, with many files at once.
        scanners: How many rsyncs share it, where the request lets them; 0 for as many as suit it.
        directory: Where they keep what they say until it is their turn.

    Attributes:
        entries: Number of names in the whole tree, once the scan has ended.
    """

    def __init__(
        self,
        lanes: Lanes,
        command: Command,
        outcome: Outcome,
        found: t.Callable[[Change], None],
        listen: t.Callable[[bytes], None],
        found_files: t.Callable[[Files], None] | None = None,
        *,
        scanners: int,
        directory: str,
    ) -> None:
        self._lanes = lanes
        self._command = command
        self._outcome = outcome
        self._found = found
        self._listen = listen
        self._found_files = found_files
        self._on_files = self._pass_on_files if found_files else None
        self._scanners = scanners
        self._directory = directory
        self._silent = True
        self.entries = 0

    async def run(self) -> None:
        """Scan to the end.

        Raises:
            RequestError: A source is not there.
            RsyncError: rsync cannot scan at all.
        """
        self._outcome.begin(SCAN)
        report = await self._divided() or await self._undivided()
        self._outcome.end(SCAN)
        self._outcome.scanned(report)
        self.entries = report.statistics.get("Number of files", 0)
        self._lanes.require(report)
        if not self.entries and report.code:
            raise RequestError(self._explain(report))
        if report.verdict is Verdict.PARTIAL and not self._outcome.check and report.by_receiver:
            # A receiver that was to make a directory first, and did not, complains about the names in it. Only the real
            # run can tell. The sending side does the same in both.
            self._outcome.deferred = True
            return
        self._outcome.settle(report)

    async def _undivided(self) -> Report:
        """Let one rsync scan."""
        self._outcome.compared = self._outcome.check or not self._lanes.request.settings.on("checksum")
        return await self._lanes.first.carry(
            self._command.scan,
            self._pass_on,
            self._listen,
            self._on_files,
            listed=False,
            may_retry=lambda: self._silent,
        )

    async def _divided(self) -> Report | None:
        """Let several rsyncs share the scan, see _division.py; None where they do not."""
        request = self._lanes.request
        if not may_divide(request):
            return None
        scanners = self._scanners or await choose_scanners(request, distant=self._lanes.distant)
        if scanners < 2:
            return None
        division = Division(
            self._lanes, self._command, scanners, self._directory, self._pass_on, self._listen, self._on_files
        )
        return await division.run()

    def _explain(self, report: Report) -> str:
        """Say why there is nothing to scan."""
        request, problems = self._lanes.request, report.problems.entries
        sources = request.sources
        if not problems:
            return f"src: {report.last_words}"
        named = len(sources) > 1 or request.settings["files-from"]
        text = printable(problems[0].path or b"") if named else sources[0].text
        if problems[0].reason.startswith(("link_stat: No such file", "change_dir: No such file")):
            return f"src {text!r} does not exist on {sources[0].host or 'this host'}"
        return f"src {text!r} cannot be read: {problems[0].reason}"

    def _pass_on(self, change: Change) -> None:
        self._silent = False
        if not change.unchanged or change.name == b"." or self._outcome.check:
            self._found(change)

    def _pass_on_files(self, files: Files) -> None:
        self._silent = False
        t.cast("t.Callable[[Files], None]", self._found_files)(files)


__all__ = ("Scan",)
