# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What a process has open is what it carries: with real files, and real rsyncs of every version that is here."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.underway import Places, Underway

from tests.support.processes import wait_for
from tests.unit.real import PROGRAMS

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/fdinfo"), reason="the kernel does not tell")

SIZE = 8 << 20


def places(path: t.Any, *, writing: bool, **other: t.Any) -> Places:
    return Places([os.fsencode(path)], writing=writing, **other)


@pytest.fixture
def big(tmp_path: t.Any) -> str:
    """A large file in a directory of its own."""
    path = tmp_path / "src" / "deep\n er" / "big"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x" * SIZE)
    return str(path)


@needs_proc
def test_a_file_that_is_read(big: str) -> None:
    top = os.path.dirname(big)
    with open(big, "rb", buffering=0) as stream:
        stream.read(1000)
        assert places(top, writing=False).look(os.getpid()) == Underway(b"big", 1000)
        assert places(top, writing=True).look(os.getpid()) is None
        assert places(top + "/other", writing=False).look(os.getpid()) is None
        assert places("/", writing=False).look(os.getpid()) is not None
    assert places(top, writing=False).look(os.getpid()) is None


@needs_proc
@pytest.mark.parametrize(("name", "shown"), [(".a.b.AbC123", b"a.b"), ("in place", b"in place")])
def test_a_file_that_is_written(tmp_path: t.Any, name: str, shown: bytes) -> None:
    with open(tmp_path / name, "wb", buffering=0) as stream:
        stream.write(b"12345")
        assert places(tmp_path, writing=True).look(os.getpid()) == Underway(shown, 5)


@needs_proc
def test_directories_and_pipes_are_no_files(tmp_path: t.Any) -> None:
    os.mkfifo(tmp_path / "fifo")
    opened = [os.open(tmp_path, os.O_RDONLY), os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)]
    assert places(tmp_path.parent, writing=False).look(os.getpid()) is None
    for fd in opened:
        os.close(fd)


@needs_proc
def test_what_a_child_carries(tmp_path: t.Any) -> None:
    code = "import sys; f = open(sys.argv[1], 'wb', 0); f.write(b'123'); print(flush=True); sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "file")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    assert places(tmp_path, writing=True).look(os.getpid()) == Underway(b"file", 3)
    child.communicate()


@pytest.mark.parametrize("proc", ["/nowhere", "/dev"])
def test_nothing_is_known_without_proc(big: str, proc: str) -> None:
    with open(big, "rb"):
        assert places(os.path.dirname(big), writing=False, proc=proc).look(os.getpid()) is None


def test_nothing_is_known_of_a_process_that_has_ended(tmp_path: t.Any) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    assert places(tmp_path, writing=True).look(child.pid) is None


@needs_proc
@pytest.mark.parametrize("options", [[], ["--inplace"], ["--sparse"], ["--no-whole-file"], ["--checksum"]], ids=str)
@pytest.mark.parametrize("program", PROGRAMS)
def test_how_far_rsync_has_come(tmp_path: t.Any, big: str, program: str, options: list[str]) -> None:
    """What the receiver writes is seen under its final name, and grows; on the sending side, what is read."""
    dest = tmp_path / "dst"
    source = str(tmp_path / "src")
    argv = [program, "-a", "--bwlimit=2m", *options, source + "/", str(dest)]
    running = subprocess.Popen(argv, start_new_session=True)
    try:
        for looked in (places(dest, writing=True), places(source, writing=False)):
            first = wait_for(lambda: looked.look(running.pid), "rsync to carry the file")  # noqa: B023
            assert first.path == b"deep\n er/big" and first.bytes <= SIZE
        looked = places(dest, writing=True)
        first = wait_for(lambda: looked.look(running.pid), "the file to be written")
        wait_for(lambda: (looked.look(running.pid) or first).bytes > first.bytes, "more of it to be written")
    finally:
        running.terminate()
        running.wait()
