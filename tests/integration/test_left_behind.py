# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What becomes of a run whose controller, or the way to it, is gone: it does not go on for longer than its lease."""

from __future__ import annotations

import contextlib
import filecmp
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import typing as t

import pytest

from tests.faults.conftest import Tree
from tests.integration.environments import in_one
from tests.integration.runner import LIMIT_SECONDS, Ansible
from tests.support import servers
from tests.support.processes import (
    children,
    descendants,
    mentioning,
    on_their_way,
    take_terminal,
    temporary_files,
    wait_for,
)

LEASE = 8

# A run that would take two minutes, and one that may go on to its end.
SLOW, SLOWLY = "100k", "1m"
SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") or "sshd"


class Play:
    """ansible-playbook with one task, on a target host that is reached over ssh, with a terminal of its own."""

    def __init__(self, ansible: Ansible, folder: str, ssh: servers.Ssh, **task: t.Any) -> None:
        self.folder, self.ssh, self.tree = folder, ssh, Tree(folder)
        pushed = task.get("mode") == "push"
        self.state = os.path.join(folder, "tmp")
        self.jobs = os.path.join(ansible.folder, ".ansible_async") if pushed else os.path.join(folder, "jobs")
        os.mkdir(self.state)
        self._ansible = ansible
        self._terminal: int | None
        self.process, self._terminal = self._start(**{"bwlimit": SLOW, "lease": LEASE, **task})
        self._options = {"mode": "push"} if pushed else {}

    def _start(self, *, keywords: t.Mapping[str, t.Any] | None = None, **options: t.Any) -> tuple[t.Any, int]:
        host = {
            "ansible_host": self.ssh.host,
            "ansible_port": self.ssh.port,
            "ansible_ssh_private_key_file": self.ssh.key,
            "ansible_ssh_common_args": self.ssh.args + " -o ConnectTimeout=5",
            "ansible_python_interpreter": self._ansible.python,
            "ansible_async_dir": self.jobs,
        }
        task = {"vgreb.jsync.parallel_rsync": self.tree.params(**options), **(keywords or {})}
        play = {"hosts": "all", "gather_facts": False, "environment": {"TMPDIR": self.state}, "tasks": [task]}
        for name, content in (("hosts", {"all": {"hosts": {"target": host}}}), ("play", [play])):
            with open(os.path.join(self.folder, name + ".yml"), "w") as stream:
                json.dump(content, stream)
        terminal, controlled = os.openpty()
        words = ["-i", os.path.join(self.folder, "hosts.yml"), os.path.join(self.folder, "play.yml")]
        with open(os.path.join(self.folder, "output"), "w") as output:
            process = subprocess.Popen(
                [os.path.join(self._ansible.programs, "ansible-playbook"), *words],
                stdin=controlled,
                stdout=output,
                stderr=output,
                cwd=self.folder,
                env=self._ansible.environment(),
                start_new_session=True,
                preexec_fn=take_terminal,
            )
        os.close(controlled)
        return process, terminal

    def wait_for_files(self) -> None:
        wait_for(lambda: on_their_way(self.tree.dest) or self.process.poll() is not None, "files on their way")
        assert self.process.poll() is None, self.output()

    def interrupt(self) -> None:
        """Ctrl-C."""
        assert self._terminal is not None
        os.write(self._terminal, b"\x03")

    def hang_up(self) -> None:
        """Close the terminal's window."""
        assert self._terminal is not None
        os.close(self._terminal)
        self._terminal = None

    def worker(self) -> int:
        with open("/proc/%d/comm" % self.process.pid) as stream:  # its path may have a space
            (worker,) = children(self.process.pid, name=stream.read().strip())
        return worker

    def attach(self) -> tuple[t.Any, int]:
        """Start another run, and wait until it shows what this one does."""
        started = self._start()
        shown = os.path.join(self.jobs, "jsync-*", "status.json")
        wait_for(lambda: len(glob.glob(shown)) == 2, "the other run to attach")
        return started

    def kill_job(self) -> None:
        """Kill the module, its guardian and async_wrapper at once."""
        lines = mentioning("AnsiballZ_parallel_rsync").items()
        job = [pid for pid, line in lines if self._ansible.folder in line]
        (guardian,) = [child for pid in job for child in children(pid, name="sh")]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in (*job, guardian):
                os.kill(pid, number)

    def output(self) -> str:
        with open(os.path.join(self.folder, "output")) as stream:
            return stream.read()

    def end(self) -> str:
        """Wait for the end of ansible-playbook; give its output."""
        self.process.wait(LIMIT_SECONDS)
        return self.output()

    def assert_gone(self) -> None:
        """Nothing is left of the run, and the next one works at once."""
        wait_for(lambda: not mentioning(self.tree.dest, name="rsync"), "the rsyncs to end, " + self.output())
        wait_for(lambda: not mentioning(self.folder, name="ssh"), "each ssh to end, " + self.output())
        for directory in (self.state, self.jobs):
            ours = os.path.join(directory, "jsync-*")
            wait_for(lambda ours=ours: not glob.glob(ours), "%s to go" % ours)
        self.assert_works()

    def assert_broken_off(self) -> None:
        """The run was ended before its time, what it has left is whole, and nothing else is left of it."""
        wait_for(lambda: not mentioning(self.tree.dest, name="rsync"), "the rsyncs to end, " + self.output())
        assert not self.tree.arrived(), "the run has gone on to its end"
        broken = set(temporary_files(self.tree.dest))
        for top, _directories, names in os.walk(self.tree.dest):
            for path in {os.path.join(top, name) for name in names} - broken:
                source = os.path.join(self.tree.source, os.path.relpath(path, self.tree.dest))
                assert filecmp.cmp(path, source, shallow=False), path
        self.assert_gone()

    def assert_works(self) -> None:
        """The next run works at once, and nothing is left of either."""
        again, terminal = self._start(**self._options)
        assert again.wait(LIMIT_SECONDS) == 0, self.output()
        os.close(terminal)
        assert self.tree.arrived()
        assert temporary_files(self.tree.dest) == []
        assert [glob.glob(os.path.join(one, "jsync-*")) for one in (self.state, self.jobs)] == [[], []]
        wait_for(lambda: not mentioning(self.tree.dest, name="rsync"), "the rsyncs to end")

    def close(self) -> None:
        for pid in descendants(self.process.pid, name="ansible-playboo"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        if self._terminal is not None:
            os.close(self._terminal)
        wait_for(lambda: not mentioning(self.tree.dest, name="rsync"), "the rsyncs to end")


@pytest.fixture
def place() -> t.Iterator[str]:
    """A short path: ansible keeps sockets below it."""
    with tempfile.TemporaryDirectory(prefix="jsync-left-") as path:
        os.chmod(path, 0o755)
        yield path


@pytest.fixture
def play(request: pytest.FixtureRequest, ansible: Ansible, place: str) -> t.Iterator[Play]:
    """A play at work; the parameter is for its task."""
    os.mkdir(os.path.join(place, "sshd"))
    with servers.sshd(os.path.join(place, "sshd")) as ssh:
        made = Play(ansible, place, ssh, **getattr(request, "param", {}))
        try:
            made.wait_for_files()
            yield made
        finally:
            made.close()


FOREGROUND = {"progress": False}
PUSHED = {"mode": "push"}
both_ways = pytest.mark.parametrize("play", [{}, FOREGROUND], ids=["followed", "foreground"], indirect=True)
all_ways = pytest.mark.parametrize(
    "play", [{}, FOREGROUND, PUSHED], ids=["followed", "foreground", "pushed"], indirect=True
)


@all_ways
def test_interrupted_at_a_terminal(play: Play) -> None:
    play.interrupt()
    play.end()
    play.assert_broken_off()


@pytest.mark.parametrize("play", [{"lease": 100}, FOREGROUND], ids=["followed", "foreground"], indirect=True)
def test_the_terminal_is_gone(play: Play) -> None:
    play.hang_up()
    play.end()
    play.assert_broken_off()


@in_one
@all_ways
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_the_controller_is_killed(play: Play, number: signal.Signals) -> None:
    play.process.send_signal(number)
    play.end()
    play.assert_broken_off()


PIPELINED = {**FOREGROUND, "keywords": {"vars": {"ansible_pipelining": True}}}


@in_one
@pytest.mark.parametrize(
    "play",
    [{}, FOREGROUND, PIPELINED, PUSHED],
    ids=["followed", "foreground", "pipelined", "pushed"],
    indirect=True,
)
def test_the_worker_is_killed(play: Play) -> None:
    os.kill(play.worker(), signal.SIGKILL)
    wait_for(lambda: not mentioning(play.tree.dest, name="rsync"), "the rsyncs to end")
    play.process.kill()
    play.end()
    play.assert_broken_off()


@in_one
@pytest.mark.parametrize("play", [{"lease": 100}], indirect=True)
def test_interrupted_when_attached_to_a_run_that_has_lost_its_controller(play: Play) -> None:
    for pid in (play.worker(), play.process.pid):
        os.kill(pid, signal.SIGKILL)
    other, terminal = play.attach()
    os.write(terminal, b"\x03")
    other.wait(LIMIT_SECONDS)
    assert not mentioning(play.tree.dest, name="rsync"), "the other run must end first"
    os.close(terminal)
    play.assert_broken_off()


@in_one
def test_all_that_could_tell_is_killed(play: Play) -> None:
    """The module, its guardian and async_wrapper, as when a container is started anew: its disk stays as it was."""
    play.kill_job()
    output = play.end()
    assert "given no sign of life for %d s" % LEASE in output and "failed=1" in output, output
    assert os.listdir(play.jobs) == []
    play.assert_works()


TIMEOUT = {"keywords": {"timeout": 60}}
ASYNC_TIMEOUT = {"keywords": {"async": 60, "poll": 1}}


@in_one
@pytest.mark.parametrize(
    "play",
    [TIMEOUT, {**TIMEOUT, **FOREGROUND}, ASYNC_TIMEOUT],
    ids=["followed", "foreground", "async"],
    indirect=True,
)
def test_the_task_takes_too_long(play: Play) -> None:
    assert "failed=1" in play.end(), play.output()
    play.assert_broken_off()


def cut(ssh: servers.Ssh) -> None:
    """End the server's side of every connection."""
    for pid in servers.sessions(ssh.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("play", [{"bwlimit": SLOWLY}], indirect=True)
def test_the_session_is_cut(play: Play) -> None:
    """The run goes on, and the next poll finds it."""
    cut(play.ssh)
    assert "failed=0" in play.end(), play.output()
    assert play.tree.arrived()
    play.assert_gone()


@pytest.mark.parametrize("play", [FOREGROUND], indirect=True)
def test_the_session_of_a_run_without_progress_is_cut(play: Play) -> None:
    cut(play.ssh)
    play.end()
    play.assert_broken_off()


@pytest.mark.parametrize(
    "play",
    [{"bwlimit": SLOWLY, **FOREGROUND}, {"bwlimit": SLOWLY, "keywords": {"async": 300, "poll": 1}}],
    ids=["foreground", "async"],
    indirect=True,
)
def test_a_run_without_progress_comes_to_its_end(play: Play) -> None:
    """What it says meanwhile, so that an ssh notices that nobody reads on, disturbs nobody."""
    output = play.end()
    assert "failed=0" in output and "junk" not in output, output
    assert play.tree.arrived()
    play.assert_gone()


@in_one
@pytest.mark.parametrize("play", [{"bwlimit": SLOWLY}], indirect=True)
@pytest.mark.parametrize("lasts", ["shorter", "longer"])
def test_an_outage(play: Play, lasts: str) -> None:
    """The server stops, and comes back while the run is on or after it has ended itself."""
    os.kill(play.ssh.pid, signal.SIGSTOP)
    cut(play.ssh)
    os.kill(play.ssh.pid, signal.SIGKILL)
    if lasts == "longer":
        wait_for(lambda: not mentioning(play.tree.dest, name="rsync"), "the lease to end")
        assert not play.tree.arrived()
    argv = [SSHD, "-D", "-e", "-f", play.ssh.config]
    with servers.running(argv, play.ssh.host, play.ssh.port, play.ssh.log):
        output = play.end()
        assert ("failed=0" in output and "unreachable=0" in output) is (lasts == "shorter"), output
        play.assert_gone()
