# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The outcome of a run, and the sentence and the numbers that the user gets."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Failure, Files
from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

from tests.unit.recordings import load


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def change(item: str, name: str = "a", size: int = 7) -> Change:
    return Change(item.encode(), size, name.rstrip("/").encode(), name.endswith("/"), None)


def heard(case: str) -> Report:
    recording, report = load("3.5.0", case), Report()
    report.read_output(recording.out)
    report.read_errors(recording.err)
    report.code = recording.code
    return report


def failed(outcome: Outcome, *paths: str) -> None:
    for path in paths:
        outcome.failures.add(Failure(path.encode(), "why " + path))
    outcome.note(23)


def stats(outcome: Outcome) -> dict[str, t.Any]:
    return outcome.as_result()["stats"]


def test_nothing_has_happened() -> None:
    result = Outcome().as_result()
    assert (result["changed"], result["failed"], result["rc"], result["stage"]) == (False, False, 0, "request")
    assert result["rsync"] is None and result["lanes"] == result["failures"] == result["warnings"] == []


CHANGES = [
    change(">f+++++++++", size=100),
    change("<f.st......", size=20),
    change(".f...p....."),
    change("cd+++++++++", "d/"),
    change(".d..t......", "e/"),
    change("cL+++++++++"),
    change(".L..t......"),
    change("cS+++++++++"),
    change("hf+++++++++"),
    change("hL+++++++++"),
    change("*deleting"),
    change("*deleting", "d/"),
]


def test_what_is_counted() -> None:
    outcome = Outcome()
    for one in CHANGES:
        outcome.count(one)
    found = {name: number for name, number in stats(outcome).items() if number and name != "seconds"}
    found.pop("bytes_per_second", None)
    assert found == {
        "files": 2,
        "transferred_bytes": 120,
        "directories": 2,
        "links": 2,
        "hard_links": 2,
        "deletions": 2,
    }
    assert outcome.as_result()["changed"]
    assert [entry["path"] for entry in outcome.as_result()["deleted"]] == ["a", "d/"]


def test_many_files_count_like_each_of_them() -> None:
    single, many = Outcome(lambda: 0.0), Outcome(lambda: 0.0)
    for name, size in ((b"a", 7), (b"b", 0), (b"c", 5)):
        single.count(Change(b">f+++++++++", size, b"d/" + name, False, None))
    many.count_files(Files(b"d/", (b"a", b"b", b"c"), (7, 0, 5)))
    assert many.changes == single.changes == 3
    assert stats(many) == stats(single)
    assert stats(many)["transferred_bytes"] == 12


def test_directories_count_as_the_scan_has_found_them() -> None:
    outcome = Outcome(diff=True)
    for number in range(1500):
        outcome.expect(change(".d..t......" if number % 2 else "cd+++++++++", f"d{number}/"))
    assert not outcome.as_result()["changed"]
    outcome.count_expected()
    outcome.count_expected()  # no more than once
    assert stats(outcome)["directories"] == outcome.changes == 1500
    assert outcome.as_result()["diff"]["prepared"].splitlines()[:2] == ["cd+++++++++ d0/", ".d..t...... d1/"]


def test_directories_that_have_failed_do_not_count() -> None:
    outcome = Outcome()
    for name in ("made/", "failed/", "failed/too/"):
        outcome.expect(change("cd+++++++++", name))
    failed(outcome, "failed", "failed/too")
    outcome.count_expected()
    assert stats(outcome)["directories"] == outcome.changes == 1


def test_numbers_of_rsync_add_up() -> None:
    outcome, report = Outcome(), heard("statistics")
    outcome.heard(report)
    outcome.heard(report)
    outcome.scanned(report)
    assert (
        stats(outcome).items()
        >= {
            "literal_bytes": 540,
            "matched_bytes": 2 * 9984,
            "sent_bytes": 200,
            "received_bytes": 200,
            "entries": 8,
            "total_bytes": 10257,
        }.items()
    )


def test_stages_and_their_seconds() -> None:
    clock = Clock()
    outcome = Outcome(clock)
    for stage, begin, end in (("scan", 101.0, 103.5), ("transfer", 102.0, 108.0)):
        clock.now = begin
        outcome.begin(stage)
        clock.now = end
        outcome.end(stage)
    outcome.count(change(">f+++++++++", size=1000))
    clock.now = 110.0
    assert stats(outcome)["seconds"] == {"scan": 2.5, "transfer": 6.0, "finalize": 0.0, "total": 10.0}
    assert stats(outcome)["bytes_per_second"] == 100
    assert outcome.as_result()["stage"] == "transfer"
    assert outcome.as_result()["msg"] == "transferred 1 file, 1000 bytes in 10.0 s"


def test_check_mode() -> None:
    outcome = Outcome(check=True)
    outcome.count(change(">f+++++++++", size=1000))
    assert outcome.as_result()["msg"] == "would transfer 1 file, 1000 bytes, and delete 0 names"
    outcome.count(change(">f+++++++++", size=1000))
    outcome.count(change("*deleting"))
    assert outcome.as_result()["msg"] == "would transfer 2 files, 2000 bytes, and delete 1 name"
    assert stats(outcome)["bytes_per_second"] == 0


def test_the_first_reason_to_fail_counts() -> None:
    outcome = Outcome()
    outcome.fail("the reason", 12)
    outcome.fail("what came of it", 11)
    assert outcome.as_result().items() >= {"failed": True, "msg": "the reason", "rc": 12}.items()


def test_a_failure_without_a_code_of_its_own() -> None:
    outcome = Outcome()
    outcome.fail("why", 0)
    assert outcome.as_result().items() >= {"failed": True, "msg": "why", "rc": 1}.items()


def test_a_run_that_was_attached_to_may_have_no_diff() -> None:
    outcome = Outcome(diff=True)
    outcome.adopted = {"changed": True, "warnings": ["w"]}
    found = outcome.as_result()
    assert (
        found["attached"] and found["warnings"][0] == "w" and "has kept no list of its changes" in found["warnings"][1]
    )
    outcome.adopted = {"diff": {"prepared": ""}, "warnings": ["w"]}
    assert outcome.as_result()["warnings"] == ["w"]


def test_names_that_did_not_arrive() -> None:
    outcome = Outcome()
    failed(outcome, "a", "b")
    result = outcome.as_result()
    assert result["msg"] == "2 paths did not arrive, the first is a (why a)"
    assert (result["failed"], result["rc"], result["stats"]["failures"]) == (True, 23, 2)
    assert result["failures"] == [{"path": "a", "reason": "why a"}, {"path": "b", "reason": "why b"}]


def test_lists_are_short_and_numbers_are_not() -> None:
    outcome = Outcome(diff=True)
    for number in range(2500):
        outcome.count(change("*deleting", f"{number}"))
        failed(outcome, f"{number}")
    result = outcome.as_result()
    assert len(result["failures"]) == len(result["deleted"]) == 1000
    assert result["stats"]["failures"] == result["stats"]["deletions"] == 2500
    assert result["diff"]["prepared"].splitlines()[-2:] == ["*deleting   999", "... and 1500 more"]


def test_diff() -> None:
    outcome = Outcome(diff=True)
    for one in (*CHANGES[:4], change("hf         ")):  # without -ii rsync does not show the last one
        outcome.count(one)
    assert outcome.as_result()["diff"] == {"prepared": ">f+++++++++ a\n<f.st...... a\n.f...p..... a\ncd+++++++++ d/\n"}
    assert "diff" not in Outcome().as_result()


# How one pass ended: whether the run has failed, its code, whether anything may still be deleted.
SETTLED = [
    ("fresh", False, 0, False),
    ("vanished", False, 24, False),
    ("vanished_in_list", False, 24, False),  # rsync says 23 of names in a list
    ("unreadable", True, 23, True),
    ("max_delete", True, 25, True),
]


@pytest.mark.parametrize(("case", "fails", "code", "broken"), SETTLED, ids=[row[0] for row in SETTLED])
def test_settled(case: str, fails: bool, code: int, broken: bool) -> None:
    outcome = Outcome()
    outcome.settle(heard(case))
    assert (outcome.failed, outcome.code, outcome.broken) == (fails, code, broken)


def test_a_lane_that_failed_in_part_leaves_it_open() -> None:
    outcome = Outcome()
    outcome.deferred = True
    assert outcome.broken and not outcome.failed


def test_names_that_vanished_are_listed_and_are_a_warning() -> None:
    outcome = Outcome()
    outcome.settle(heard("vanished_in_list"))
    result = outcome.as_result()
    assert result["warnings"] == ["3 names vanished at the source before being transferred"]
    assert [entry["path"] for entry in result["failures"]] == ["/src/gone", "/src/sub/gone", "/src/go\nne"]
    assert not result["failed"]


def test_the_caller_may_list_them_itself() -> None:
    outcome = Outcome()
    outcome.settle(heard("vanished_in_list"), named=True)
    assert outcome.as_result()["failures"] == []
    assert outcome.warnings == ["3 names vanished at the source before being transferred"]


def test_blame() -> None:
    outcome = Outcome()
    outcome.blame(heard("missing_source"))
    assert outcome.as_result()["failures"] == [
        {"path": "/src/nothing here", "reason": "change_dir: No such file or directory (2)"}
    ]


def test_what_a_later_pass_meets_again_is_named_once() -> None:
    outcome = Outcome()
    for _time in range(2):
        outcome.blame(heard("missing_source"))
    assert stats(outcome)["failures"] == 1


def test_links_that_lead_nowhere_are_named() -> None:
    outcome, report = Outcome(), heard("dangling")
    outcome.settle(report)
    outcome.blame(report)
    assert [entry["path"] for entry in outcome.as_result()["failures"]] == ["/src/dang\nling"]


def test_without_a_name_rsyncs_own_words_are_the_reason() -> None:
    outcome, report = Outcome(), Report()
    report.code = 23
    report.read_errors(b"rsync: [generator] something failed: Permission denied (13)\n")
    report.read_errors(b"rsync error: some files/attrs were not transferred (see previous errors) (code 23)\n")
    outcome.settle(report)
    outcome.blame(report)
    assert outcome.as_result()["msg"] == "rsync: [generator] something failed: Permission denied (13)"


def test_max_delete() -> None:
    outcome = Outcome()
    outcome.count(change("*deleting"))
    outcome.settle(heard("max_delete"))
    assert outcome.as_result()["msg"] == "max_delete, or what the scan had found, stopped the deletions after 1"


def test_messages_of_rsync_are_warnings_once() -> None:
    outcome = Outcome()
    for _time in range(2):
        outcome.settle(heard("skipped"))
    assert outcome.warnings == ['skipping non-regular file "fi\\#012fo"', 'skipping non-regular file "link"']
    assert Outcome().warnings == []


def test_that_a_directory_is_made_is_no_warning() -> None:
    outcome = Outcome()
    outcome.settle(heard("created"))
    assert outcome.warnings == []


def test_many_warnings() -> None:
    outcome = Outcome()
    for number in range(30):
        outcome.warn(f"note {number}")
    assert len(outcome.warnings) == 21
    assert outcome.warnings[-1] == "... and 10 more messages of rsync"


def test_any_name_is_json() -> None:
    outcome = Outcome(diff=True)
    for name in (b"\xff", b"new\nline", b"\xed\xa0\x80"):
        outcome.count(Change(b"*deleting", 0, name, False, None))
        outcome.failures.add(Failure(name, "why"))
    result = json.loads(json.dumps(outcome.as_result()))
    assert [("path_b64" in entry) for entry in result["deleted"]] == [True, False, True]
