# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Signs of life in a real directory."""

from __future__ import annotations

import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._beat import beating

from tests.support.processes import wait_for


def number(directory: t.Any) -> int:
    """The latest beat; -1 before the first."""
    return max((int(name[5:]) for name in os.listdir(directory)), default=-1)


def test_it_beats_whatever_the_module_does(tmp_path: t.Any) -> None:
    with beating(str(tmp_path), 0.04):
        first = wait_for(lambda: number(tmp_path) + 1, "a beat")
        deadline = time.monotonic() + 60
        while number(tmp_path) < first + 3:  # never gives way by itself
            assert time.monotonic() < deadline
    assert len(os.listdir(tmp_path)) == 1


def test_a_directory_that_is_gone_disturbs_nobody(tmp_path: t.Any) -> None:
    with beating(str(tmp_path / "none"), 0.04):
        pass
    assert not os.path.exists(tmp_path / "none")
