# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The guardian, with processes that it did not start."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.guardian import Guardian

from tests.support.processes import ended, wait_for

# Says that it is ready, and writes a line to the file $1 when it gets SIGTERM; with $2 it goes on then.
NOTES = 'trap "echo term >>\\"$1\\"; [ $2 ] || exit 0" TERM; echo; while :; do sleep 0.01; done'


# Two processes that say so, and write a line to the file $1 when they get SIGTERM, the leader half a second later.
FAMILY = """
(trap 'echo child >>"$1"; exit' TERM; echo; while :; do sleep 0.01; done) &
trap 'sleep 0.5; echo leader >>"$1"; exit' TERM; echo; while :; do sleep 0.01; done
"""


@contextlib.contextmanager
def noting(path: t.Any, script: str = NOTES, *, stays: bool = False) -> t.Iterator[subprocess.Popen[bytes]]:
    """A group of processes, whose leader is waited for when it ends, as init does it for a module that was killed."""
    argv = ["sh", "-c", script, "sh", str(path), "stays" if stays else ""]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        threading.Thread(target=process.wait).start()
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


# Tells a guardian what $1 lists, and is killed; the guardian keeps $2 open.
TELLS = """
import json, os, signal, sys
from %s import Guardian
guardian = Guardian(keeps=[int(sys.argv[2])])
for method, value in json.loads(sys.argv[1]):
    getattr(guardian, method)(value)
os.kill(os.getpid(), signal.SIGKILL)
""" % (Guardian.__module__,)


def killed(*told: tuple[str, t.Any]) -> None:
    """Have a process tell a guardian something and be killed, and wait for what the guardian does."""
    here, there = os.pipe()
    argv = [sys.executable, "-c", TELLS, json.dumps(told), str(there)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(argv, env=env, pass_fds=[there], check=False).returncode == -signal.SIGKILL
    os.close(there)
    assert os.read(here, 1) == b"", "the guardian keeps it open until its end"
    os.close(here)


def test_it_ends_what_runs_and_nothing_else(tmp_path: t.Any) -> None:
    with noting(tmp_path / "1") as one, noting(tmp_path / "2") as two, noting(tmp_path / "3") as three:
        started = [("started", process.pid) for process in (one, two, three)]
        killed(*started, ("ended", two.pid), ("ended", 1))
        assert (one.wait(), two.poll(), three.wait()) == (0, None, 0)
    assert sorted(os.listdir(tmp_path)) == ["1", "3"]


def test_a_group_that_was_told_to_end_is_not_told_again(tmp_path: t.Any) -> None:
    """It gets SIGKILL when it takes too long."""
    with noting(tmp_path / "1", stays=True) as one, noting(tmp_path / "2", stays=True) as two:
        killed(("started", one.pid), ("started", two.pid), ("stopping", two.pid))
        assert (one.wait(), two.wait()) == (-signal.SIGKILL, -signal.SIGKILL)
    assert os.listdir(tmp_path) == ["1"]
    assert (tmp_path / "1").read_text() == "term\n"


def test_what_a_leader_has_started_is_told_after_it(tmp_path: t.Any) -> None:
    """rsync tells its children itself, and one that is interrupted while it cleans up leaves its temporary file."""
    with noting(tmp_path / "1", FAMILY) as leader:
        assert leader.stdout is not None
        assert leader.stdout.readline() == b"\n"
        killed(("started", leader.pid))
        assert leader.wait() == 0
    assert (tmp_path / "1").read_text().splitlines() == ["leader", "child"]


def test_directories_go_whatever_their_names(tmp_path: t.Any) -> None:
    names = ["plain", "two  words", "-rf", "a'b\"$(c)`d`\\e", "ends in space ", "*"]
    for name in names:
        (tmp_path / name / "sub").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    killed(*(("made", str(tmp_path / name)) for name in names))
    left = os.listdir(tmp_path)
    assert left == ["kept"], left


def test_after_a_goodbye_it_does_nothing(tmp_path: t.Any) -> None:
    with noting(tmp_path / "1") as process:
        with Guardian() as guardian:
            guardian.started(process.pid)
            guardian.made(str(tmp_path))
        assert process.poll() is None
    assert tmp_path.is_dir()


def test_a_terminal_and_a_shell_leave_it_alone(tmp_path: t.Any) -> None:
    """Only SIGKILL ends it early, and then nobody fails."""
    with Guardian() as guardian:
        pid = guardian.pid
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            os.kill(pid, number)
        guardian.made(str(tmp_path))
        assert os.getsid(pid) == pid
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: ended(pid), "the guardian to end")
        guardian.started(1)
