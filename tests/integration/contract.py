# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Hold results against the module's RETURN documentation: the same keys, however a run ended."""

from __future__ import annotations

import ast
import os
import typing as t

import yaml

from tests.integration.runner import REPOSITORY

# What Ansible itself adds to a registered result.
_ADDED = {"changed", "failed", "invocation", "exception", "case", "ansible_loop_var"}
_ADDED |= {"failed_when_result", "failed_when_suppressed_exception"}

# What check mode foretells.
_FORETOLD = ("entries", "total_bytes", "files", "transferred_bytes", "directories", "links", "hard_links", "deletions")


def _returned() -> dict[str, t.Any]:
    with open(os.path.join(REPOSITORY, "plugins", "modules", "parallel_rsync.py")) as stream:
        module = ast.parse(stream.read())
    texts = {
        target.id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return t.cast("dict[str, t.Any]", yaml.safe_load(texts["RETURN"]))


_RETURNED = _returned()


def check_keys(result: dict[str, t.Any], *, diff: bool = False) -> None:
    """Require the documented keys, and no others, on every level."""
    needed = {name for name, row in _RETURNED.items() if row["returned"] == "always"}
    stats = _RETURNED["stats"]["contains"]
    assert needed <= set(result), needed - set(result)
    assert set(result) <= set(_RETURNED) | _ADDED, set(result) - set(_RETURNED) - _ADDED
    assert ("diff" in result) == diff, result
    assert set(result["stats"]) == set(stats), result
    assert set(result["stats"]["seconds"]) == set(stats["seconds"]["sample"]), result
    for part in ("lanes", "lanes_over_time", "failures", "largest", "deleted", "one_process"):
        known = _RETURNED[part]["contains"]
        needed = {name for name, row in known.items() if "returned" not in row}
        assert all(needed <= set(entry) <= set(known) for entry in result[part]), part


def check_foretold(checked: dict[str, t.Any], done: dict[str, t.Any]) -> None:
    """Require that what check mode said is what then was done."""
    stats = [{name: result["stats"][name] for name in _FORETOLD} for result in (checked, done)]
    assert stats[0] == stats[1], stats
    lines = [sorted(result["diff"]["prepared"].split("\n")) for result in (checked, done)]
    assert lines[0] == lines[1], set(lines[0]).symmetric_difference(lines[1])
