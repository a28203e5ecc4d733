# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What a killed run has left; tests/faults/test_killed.py has it with real rsyncs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _left
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/environ"), reason="the kernel does not tell")


def start(mark: str) -> t.Any:
    with _left.marked(mark):
        return subprocess.Popen(["sleep", "100"])


@needs_proc
def test_only_what_has_the_mark_is_ended(tmp_path: t.Any) -> None:
    (tmp_path / "state" / "lists").mkdir(parents=True)
    one, other = start("0123"), start("01234")
    asyncio.run(_left.clear({"mark": "0123", "made": [str(tmp_path / "state"), str(tmp_path / "none")]}))
    assert one.wait() == -signal.SIGTERM
    assert other.poll() is None
    other.kill()
    other.wait()
    assert os.listdir(tmp_path) == []


def test_what_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_left, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(_left, "_find", lambda _mark: [1 << 30])
    with pytest.raises(RequestError, match=r"^the last run of the same task was killed.* pid 1073741824 does not end"):
        asyncio.run(_left.clear({"mark": "0123", "made": []}))


def test_a_run_that_has_left_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_left, "_find", lambda _mark: pytest.fail("nobody is to be looked for"))
    asyncio.run(_left.clear({}))
