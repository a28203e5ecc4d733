# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The outcome of a run as it grows, and the one dictionary that the module returns: the same keys, however it ended."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._largest import Largest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import (
    Change,
    Failure,
    Failures,
    Files,
    Listing,
    path_fields,
    printable,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import OK, VANISHED, Verdict, worst

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import Binary
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import Lane
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

LISTED = 1000
WARNINGS = 20

_NO_LINES = "the run that this one has attached to has kept no list of its changes: it was started without diff"

# The stages, in the order in which a run may end in them.
REQUEST, SCAN, TRANSFER, FINALIZE, RESULT = "request", "scan", "transfer", "finalize", "result"

_COUNTERS = ("files", "transferred_bytes", "directories", "links", "hard_links", "deletions")
_REPORTED = {
    "literal_bytes": "Literal data",
    "matched_bytes": "Matched data",
    "sent_bytes": "Total bytes sent",
    "received_bytes": "Total bytes received",
}


class Outcome:
    """What has happened so far.

    Args:
        clock: Gives seconds.
        diff: Keep itemized lines.
        check: Nothing is done; what the scan found counts.

    Attributes:
        stage: Where the run is, or where it ended.
        message: Why it failed; empty while it has not.
        failures: Paths that did not arrive; those that vanished at the source are no reason to fail.
        deleted: Paths that were deleted.
        one_process: Stages that one rsync did alone, and why.
        adopted: The result of the run that this one was attached to.
        touched: Directories may have been made; they are counted when all is done.
        deferred: A partition failed in part; the whole rsync at the end decides what arrived.
        compared: The scan finds only what differs; else lanes may find equal what it lists.
        found_files, found_bytes: What the scan has found to transfer.
        scan_ended: That is all.
    """

    def __init__(
        self, clock: t.Callable[[], float] = time.monotonic, *, diff: bool = False, check: bool = False
    ) -> None:
        self._clock = clock
        self._started = clock()
        self._diff = Listing(LISTED) if diff else None
        self.check = check
        self._counts = dict.fromkeys((*_COUNTERS, *_REPORTED), 0)
        self._tree = {"entries": 0, "total_bytes": 0}
        self._seconds = dict.fromkeys((SCAN, TRANSFER, FINALIZE), 0.0)
        self._since: dict[str, float] = {}
        self._codes: list[int] = []
        self.stage = REQUEST
        self.message = ""
        self.changes = 0
        self.partitions = 0
        self._expected = Listing(LISTED)
        self.failures = Failures(LISTED)
        self.deleted = Listing(LISTED)
        self._warnings = Listing(WARNINGS)
        self._vanished = 0
        self._last_words = ""
        self.one_process: list[dict[str, str]] = []
        self.deferred = False
        self.adopted: dict[str, t.Any] | None = None
        self.touched = False
        self.compared = True
        self._equal = {"files": 0, "bytes": 0}
        self.found_files = 0
        self.found_bytes = 0
        self._largest = Largest()
        self.scan_ended = False
        self._lanes_over_time: list[dict[str, t.Any]] = []
        self.lanes: t.Sequence[Lane] = ()
        self.rsync: Binary | None = None

    def begin(self, stage: str) -> None:
        self.stage = stage
        self._since[stage] = self._clock()

    def end(self, stage: str) -> None:
        self._seconds[stage] = self._clock() - self._since[stage]
        self.scan_ended |= stage == SCAN

    def note_lanes(self, number: int) -> None:
        """Note how many lanes are at work from now on."""
        self._lanes_over_time.append({"seconds": round(self._clock() - self._started, 3), "lanes": number})

    def heard(self, report: Report) -> None:
        """Add what one rsync moved, and removed from the source, whatever came of it."""
        for name, label in _REPORTED.items():
            self._counts[name] += report.statistics.get(label, 0)
        self.changes += report.removed

    def scanned(self, report: Report) -> None:
        """Take the size of the tree from the scan."""
        self._tree["entries"] = report.statistics.get("Number of files", 0)
        self._tree["total_bytes"] = report.statistics.get("Total file size", 0)

    def find(self, change: Change) -> None:
        """Take in a file that the scan has found to transfer."""
        self.found_files += 1
        self.found_bytes += change.size
        if self.compared:
            self._largest.add(change.name, change.size)

    def find_files(self, files: Files) -> None:
        """Take in many of them."""
        self.found_files += len(files.names)
        self.found_bytes += sum(files.sizes)
        if self.compared:
            self._largest.add_files(files)

    def find_equal(self, files: int, size: int = 0) -> None:
        """Take in files that the scan has listed and a lane has found equal."""
        if not self.compared:
            self._equal["files"] += files
            self._equal["bytes"] += size

    def count(self, change: Change) -> None:
        """Count one change that was made (in check mode: that would be made)."""
        self.changes += 1
        if change.deletion:
            self._counts["deletions"] += 1
            self.deleted.add(change.name + b"/" if change.directory else change.name)
        elif change.directory:
            self._counts["directories"] += 1
        elif change.transfer:
            self._counts["files"] += 1
            self._counts["transferred_bytes"] += change.size
            if not self.compared:
                self._largest.add(change.name, change.size)
        elif change.hard_link:
            self._counts["hard_links"] += 1
        elif change.item[1:2] == b"L":
            self._counts["links"] += 1
        if self._diff is not None and change.item[2:].strip():
            self._diff.add(change)

    def count_files(self, files: Files) -> None:
        """Count files that have arrived; where lines are kept, :meth:`count` needs each of them."""
        number = len(files.names)
        self.changes += number
        self._counts["files"] += number
        self._counts["transferred_bytes"] += sum(files.sizes)
        if not self.compared:
            self._largest.add_files(files)

    def count_once(self) -> None:
        """Some rsync broke off: a file whose data it had sent, and that did not arrive, was counted and sent again."""
        if self.scan_ended:
            self._counts["files"] = min(self._counts["files"], self.found_files)
            self._counts["transferred_bytes"] = min(self._counts["transferred_bytes"], self.found_bytes)

    @property
    def sent(self) -> tuple[int, int]:
        """Files and bytes that were counted so far."""
        return self._counts["files"], self._counts["transferred_bytes"]

    def count_anew(self, before: tuple[int, int]) -> None:
        """A pass has sent again what was counted before it, as far as it came."""
        for name, number in zip(("files", "transferred_bytes"), before):
            self._counts[name] = max(self._counts[name] - number, number)

    @property
    def keeps_lines(self) -> bool:
        """The result has itemized lines."""
        return self._diff is not None

    def expect(self, change: Change) -> None:
        """Note that a directory is to be made or to get other metadata: several lanes may say that they did it."""
        self._expected.add(change)

    def count_expected(self) -> None:
        """All directories are done: count them as the scan has found them, but for those that have failed."""
        for change in self._expected.entries:
            if not self.failures.concern(change.name):
                self.count(change)
        self.changes += self._expected.more
        self._counts["directories"] += self._expected.more
        self._expected = Listing(LISTED)

    def note(self, code: int) -> None:
        """Take in the exit code of a pass; the worst one stands for the run."""
        self._codes.append(code)

    def fail(self, message: str, code: int) -> None:
        """The run cannot go on. The first reason counts."""
        self.note(code)
        self.message = self.message or message

    def warn(self, warning: str) -> None:
        """Note what the user should know beside the failures."""
        if warning not in self._warnings.entries:
            self._warnings.add(warning)

    @property
    def done_files(self) -> int:
        """Files that have arrived or were found equal."""
        return self._counts["files"] + self._equal["files"]

    @property
    def done_bytes(self) -> int:
        """Bytes of these files."""
        return self._counts["transferred_bytes"] + self._equal["bytes"]

    @property
    def deletions(self) -> int:
        return self._counts["deletions"]

    @property
    def code(self) -> int:
        return worst(self._codes)

    @property
    def failed(self) -> bool:
        return bool(self.message) or self.code not in (OK, VANISHED)

    @property
    def ended(self) -> bool:
        """It is known what came of the run."""
        return self.failed or self.stage == RESULT

    @property
    def broken(self) -> bool:
        """Something did not arrive, or may not have: nothing is to be deleted."""
        return self.failed or self.deferred

    def settle(self, report: Report, *, named: bool = False) -> None:
        """Take in the end of a pass over many names: what vanished is a warning, the rest counts as it ended.

        Args:
            report: Of the pass.
            named: The caller lists what did not arrive; else the messages say it.
        """
        verdict = report.verdict
        self.note(VANISHED if verdict is Verdict.VANISHED else report.code)
        if verdict is Verdict.PARTIAL:
            self._last_words = report.last_words
        for note in report.notes.entries:
            if not note.startswith("created "):
                self.warn(note)
        if verdict is Verdict.VANISHED:
            self._vanished += report.vanished
        if verdict in (Verdict.VANISHED, Verdict.PARTIAL) and not named:
            self.blame(report)

    def blame(self, report: Report) -> None:
        """List the names that the messages of a report are about."""
        for problem in report.problems.entries:
            failure = Failure(problem.path or b"", problem.reason)
            if failure not in self.failures.entries:  # a later pass meets the same again
                self.failures.add(failure)
        self.failures.total += report.problems.more

    @property
    def warnings(self) -> list[str]:
        """What the user should know beside the failures."""
        warnings = list(self._warnings.entries)
        if self._vanished:
            warnings.append(f"{_counted(self._vanished, 'name')} vanished at the source before being transferred")
        if self._warnings.more:
            warnings.append(f"... and {self._warnings.more} more messages of rsync")
        return warnings

    def as_result(self) -> dict[str, t.Any]:
        """The module's result. RETURN in plugins/modules/parallel_rsync.py documents it."""
        if self.adopted is not None and not self.message:
            adopted = {**self.adopted, "attached": True}
            if self._diff is not None and "diff" not in adopted:
                adopted["warnings"] = [*adopted["warnings"], _NO_LINES]
            return adopted
        total = self._clock() - self._started
        result: dict[str, t.Any] = {
            "changed": self.changes > 0 or (self.failed and self.touched),
            "failed": self.failed,
            "rc": self.code or int(self.failed),
            "msg": self._sentence(total),
            "stage": self.stage,
            "attached": False,
            "stats": dict(
                self._tree,
                **self._counts,
                failures=self.failures.total,
                partitions=self.partitions,
                retries=sum(lane.retries for lane in self.lanes),
                seconds={
                    **{stage: round(spent, 3) for stage, spent in self._seconds.items()},
                    "total": round(total, 3),
                },
                bytes_per_second=int(self._counts["transferred_bytes"] / total) if total and not self.check else 0,
            ),
            "lanes": [_lane_row(lane) for lane in self.lanes],
            "lanes_over_time": self._lanes_over_time,
            "failures": [failure.as_result() for failure in self.failures.entries],
            "largest": self._largest.as_result(),
            "deleted": [path_fields(path) for path in self.deleted.entries],
            "one_process": self.one_process,
            "rsync": {"version": self.rsync.version, "path": self.rsync.path} if self.rsync else None,
            "warnings": self.warnings,
        }
        if self._diff is not None:
            result["diff"] = {"prepared": self._prepared(self._diff)}
        return result

    def _sentence(self, total: float) -> str:
        if self.message:
            return self.message
        files, size, deletions = (self._counts[name] for name in ("files", "transferred_bytes", "deletions"))
        if self.failed:
            first = next((failure for failure in self.failures.entries if failure.path), None)
            named = f", the first is {printable(first.path)} ({first.reason})" if first else ""
            if self.code == 25:
                return f"max_delete, or what the scan had found, stopped the deletions after {deletions}"
            return f"{_counted(self.failures.total, 'path')} did not arrive{named}" if first else self._last_words
        if self.check:
            return f"would transfer {_counted(files, 'file')}, {size} bytes, and delete {_counted(deletions, 'name')}"
        return f"transferred {_counted(files, 'file')}, {size} bytes in {total:.1f} s"

    @staticmethod
    def _prepared(diff: Listing) -> str:
        lines = [change.line() for change in diff.entries]
        if diff.more:
            lines.append(f"... and {diff.more} more")
        return "".join(line + "\n" for line in lines)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _lane_row(lane: Lane) -> dict[str, t.Any]:
    return {
        "lane": lane.number,
        "partitions": lane.partitions,
        "files": lane.files,
        "bytes": lane.bytes,
        "seconds": round(lane.seconds, 3),
        "retries": lane.retries,
        "exit_codes": {str(code): count for code, count in sorted(lane.codes.items())},
    }


__all__ = ("FINALIZE", "LISTED", "Outcome", "REQUEST", "RESULT", "SCAN", "TRANSFER")
