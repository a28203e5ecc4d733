# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Which results can be taken as they are written; tests/integration/test_progress.py has real ones."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.plugin_utils._job import plain_result, was_killed

RESULT = {"changed": True, "rc": 0, "invocation": {"module_args": {"src": "/a {b}"}}}
FACTS = {"discovered_interpreter_python": "/usr/bin/python3"}


def taken(result: t.Any, before: str = "", after: str = "", **started: t.Any) -> dict[str, t.Any] | None:
    return plain_result(before + json.dumps(result) + after, started)


@pytest.mark.parametrize(("before", "after"), [("", ""), ("Welcome!\r\n", "\r\n")])
def test_a_result_is_taken(before: str, after: str) -> None:
    assert taken(RESULT, before, after) == RESULT


def test_warnings_are_kept() -> None:
    """So ansible-core 2.18 and older write them."""
    assert taken({**RESULT, "warnings": ["Mind the gap."]}) == {**RESULT, "warnings": ["Mind the gap."]}
    assert taken({**RESULT, "warnings": [], "stderr": ""}) == {**RESULT, "stderr": ""}


def test_what_the_start_has_found_is_kept() -> None:
    assert taken(RESULT, ansible_facts=FACTS, warnings=["Which Python?"], changed=False) == {
        **RESULT,
        "ansible_facts": FACTS,
        "warnings": ["Which Python?"],
    }


@pytest.mark.parametrize(
    "more",
    [
        {"failed": True, "msg": "no"},
        {"exception": "Traceback"},
        {"stderr": "locale: no"},
        {"warnings": [{"__ansible_type": "WarningSummary", "event": {"msg": "Mind the gap."}}]},
        {"_ansible_no_log": False},
        {"started": 1, "finished": 0},
    ],
    ids=str,
)
def test_there_is_more_to_it(more: dict[str, t.Any]) -> None:
    assert taken({**RESULT, **more}) is None


def test_warnings_of_both() -> None:
    assert taken({**RESULT, "warnings": ["Mind the gap."]}, warnings=["Which Python?"]) is None


@pytest.mark.parametrize(
    "text", ["", "cat: no such file", '{"changed": tr', "Welcome {all}!\n{}", '{"changed": true} bye']
)
def test_what_cannot_be_read(text: str) -> None:
    assert plain_result(text, {}) is None


WITHOUT_A_WORD = {"failed": True, "cmd": "python x.py", "data": "", "stderr": "", "msg": "Traceback ...: no JSON"}


@pytest.mark.parametrize(
    ("result", "killed"),
    [
        (WITHOUT_A_WORD, True),
        ({**WITHOUT_A_WORD, "stderr": "Traceback: a fault of the module"}, False),
        ({**WITHOUT_A_WORD, "data": "no room for Python"}, False),
        ({"failed": True, "msg": "src does not exist", "stage": "request"}, False),
        ({"failed": True, "msg": "Could not find job"}, False),
        (RESULT, False),
    ],
)
def test_who_was_killed(result: dict[str, t.Any], killed: bool) -> None:
    assert was_killed(result) is killed
