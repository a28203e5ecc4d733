# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""The result of a job, as async_wrapper has written it. Pure."""

from __future__ import annotations

import json
import typing as t

# Ansible makes more of these than what is written: lines of the output, the cause of an error.
_MORE = ("failed", "exception", "stderr", "stdout")

# What Ansible adds when it starts a module: a Python that it has found, and what it says to that.
_OF_THE_START = ("ansible_facts", "warnings", "deprecations")

# Begins the name of what only Ansible understands, since ansible-core 2.19 warnings, too.
_INTERNAL = '"_'


def plain_result(text: str, started: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    """Give the result of a module that has ended well; None where there is more to it than is written.

    Args:
        text: What is in the job's file.
        started: What came of the job's start.
    """
    try:
        found = json.loads(text[text.index("{") :])
    except ValueError:
        return None
    if _INTERNAL in text or "started" in found or any(found.get(name) for name in _MORE):
        return None
    of_the_start = {name: started[name] for name in _OF_THE_START if started.get(name)}
    if set(of_the_start) & set(found):
        return None
    return {**{name: value for name, value in found.items() if value or name not in _OF_THE_START}, **of_the_start}


def was_killed(result: t.Mapping[str, t.Any]) -> bool:
    """Say whether async_wrapper tells of a module that has ended without a word: it only says what is no JSON."""
    said = result.get("data", "?") or result.get("stderr")
    return bool(result.get("failed")) and "stage" not in result and not said


__all__ = ("plain_result", "was_killed")
