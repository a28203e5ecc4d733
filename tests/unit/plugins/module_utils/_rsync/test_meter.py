# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What processes have read and written, from files like those of Linux."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.meter import Meter

_IO = "rchar: %d\nwchar: %d\nsyscr: 7\nsyscw: 7\nread_bytes: 7\nwrite_bytes: 7\ncancelled_write_bytes: 7\n"


def write(root: t.Any, pid: int, read: int, written: int, children: str = "") -> None:
    place = root / str(pid) / "task" / str(pid)
    place.mkdir(parents=True, exist_ok=True)
    (root / str(pid) / "io").write_text(_IO % (read, written))
    (place / "children").write_text(children)


def test_processes_and_their_children(tmp_path: t.Any) -> None:
    write(tmp_path, 10, 1, 2, "11 ")
    write(tmp_path, 11, 10, 20)
    write(tmp_path, 12, 100, 200)
    write(tmp_path, 13, 1000, 2000)
    assert Meter(str(tmp_path)).read([10, 12]) == 333


def test_what_ended_processes_have_moved_stays(tmp_path: t.Any) -> None:
    meter = Meter(str(tmp_path))
    write(tmp_path, 10, 5, 5)
    assert meter.read([10]) == 10
    write(tmp_path, 10, 50, 50)
    assert meter.read([10]) == 100
    write(tmp_path, 11, 1, 0)
    assert meter.read([11]) == 101
    assert meter.read([]) == 101


def test_without_counters_nothing_is_known(tmp_path: t.Any) -> None:
    meter = Meter(str(tmp_path))
    assert meter.read([10]) is None
    (tmp_path / "10").mkdir()
    assert meter.read([10]) is None


def test_without_lists_of_children(tmp_path: t.Any) -> None:
    write(tmp_path, 10, 1, 2)
    os.unlink(tmp_path / "10" / "task" / "10" / "children")
    assert Meter(str(tmp_path)).read([10]) == 3


@pytest.mark.skipif(not os.path.exists("/proc/self/io"), reason="this system counts nothing")
def test_a_real_process() -> None:
    words = [sys.executable, "-c", "import sys; print('x' * 100_000, flush=True); sys.stdin.read()"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(100_000)
        moved = Meter().read([process.pid])
        process.communicate()
    assert moved is not None and moved >= 100_000
