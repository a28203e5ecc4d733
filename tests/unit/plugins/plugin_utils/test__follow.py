# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Follow a job with a real shell on this host, a clock that is set by hand, and connections that fail."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import typing as t

import pytest
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible_collections.vgreb.jsync.plugins.plugin_utils._follow import Follower, ending_with_parent, find_place

from tests.support.processes import wait_for

RESULT = '{"changed": true}'


def shell(command: str, **env: str) -> dict[str, t.Any]:
    """Run a command as a connection does."""
    ended = subprocess.run(
        ["sh", "-c", command], capture_output=True, env={**os.environ, **env}, text=True, check=False
    )
    return {"rc": ended.returncode, "stdout": ended.stdout, "stderr": ended.stderr}


class Target:
    """A target host with a job, and what happens there from poll to poll.

    Attributes:
        now: Seconds; a pause makes time go on.
        events: What happens before each command, in turn.
        pauses: How long each was.
    """

    def __init__(self, folder: t.Any) -> None:
        self.now = 0.0
        self.directory = os.path.join(str(folder), "it's\tfollowed")
        self.file = os.path.join(str(folder), "j123.4 5")
        self.events: list[t.Callable[[], None]] = []
        self.pauses: list[float] = []
        os.mkdir(self.directory)
        self.write(self.file, '{"started": true, "finished": false, "ansible_job_id": "j123.45"}')

    def write(self, path: str, text: str) -> None:
        with open(path, "w") as stream:
            stream.write(text)

    def publish(self, number: int) -> t.Callable[[], None]:
        text = json.dumps({"version": 1, "number": number})
        return lambda: self.write(os.path.join(self.directory, "status.json"), text)

    def end(self) -> None:
        """The module ends as it does: it removes its directory, then its result is written."""
        for name in os.listdir(self.directory):
            os.unlink(os.path.join(self.directory, name))
        os.rmdir(self.directory)
        self.write(self.file, RESULT)

    def execute(self, command: str) -> dict[str, t.Any]:
        if self.events:
            self.events.pop(0)()
        return shell(command)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def follower(self, lease: float = 180) -> Follower:
        follower = Follower(self.execute, self.directory, lease=lease, clock=lambda: self.now, sleep=self.sleep)
        follower.file = self.file
        return follower

    @property
    def left(self) -> list[str]:
        return sorted(name for name in (self.directory, self.file) if os.path.exists(name))

    def has(self, name: str) -> bool:
        return os.path.exists(os.path.join(self.directory, name))


@pytest.fixture
def target(tmp_path: t.Any) -> Target:
    return Target(tmp_path)


def nothing() -> None:
    pass


def lost() -> None:
    raise AnsibleConnectionFailure("ssh: connection reset")


def numbers(follower: Follower) -> list[int]:
    """The snapshots that are seen, by their numbers."""
    seen: list[int] = []
    follower.follow(lambda snapshot: seen.append(snapshot["number"]))
    return seen


def test_from_start_to_end(target: Target) -> None:
    target.events = [nothing, target.publish(1), target.publish(2), target.end]
    follower = target.follower()
    assert numbers(follower) == [1, 2]
    assert follower.over and follower.result == RESULT
    follower.clean()
    assert target.left == []


def test_every_poll_touches_the_lease(target: Target) -> None:
    assert not target.has("lease")

    def expire() -> None:
        assert target.has("lease")
        os.utime(os.path.join(target.directory, "lease"), (0, 0))

    def fresh() -> None:
        assert os.stat(os.path.join(target.directory, "lease")).st_mtime > 0

    target.events = [nothing, expire, fresh, target.end]
    target.follower().follow(lambda _snapshot: None)


def test_before_the_module_has_made_its_directory(target: Target) -> None:
    os.rmdir(target.directory)
    target.events = [nothing, lambda: os.mkdir(target.directory), target.publish(1), target.end]
    assert numbers(target.follower()) == [1]


def test_pauses_grow_with_the_run(target: Target) -> None:
    """What has taken a second is not noticed a second later, and what takes hours is not asked about all the time."""
    ends: list[float] = []
    target.events = [lambda: ends.append(target.now)] * 100 + [target.end]
    target.follower().follow(lambda _snapshot: None)
    steps = [later - earlier for earlier, later in zip(ends, ends[1:], strict=False)]
    assert steps[0] == pytest.approx(0.1) and steps[-1] == pytest.approx(2.0)
    assert all(step <= max(0.1, end / 10) + 0.001 for step, end in zip(steps, ends, strict=False))


def test_a_connection_that_comes_back(target: Target) -> None:
    target.events = [target.publish(1), lost, lost, target.publish(2), lost, target.end]
    follower = target.follower(lease=60)
    assert numbers(follower) == [1, 2]
    assert follower.over


@pytest.mark.parametrize("failure", [AnsibleConnectionFailure, AnsibleError])
def test_a_connection_that_does_not_come_back(target: Target, failure: type[Exception]) -> None:
    def away() -> None:
        raise failure("no route to host")

    target.events = [target.publish(1)] + [away] * 1000
    with pytest.raises(
        AnsibleConnectionFailure, match=r"^the connection to the target host was lost for 3\d seconds.*no route to host"
    ):
        target.follower(lease=30).follow(lambda _snapshot: None)
    assert 30 <= target.now < 40


def test_an_answer_that_is_none(target: Target) -> None:
    """A shell that says something else has not polled."""
    follower = target.follower(lease=10)
    follower._execute = lambda _command: {"rc": 1, "stdout": "", "stderr": "sudo: a password is required"}
    with pytest.raises(AnsibleConnectionFailure, match="sudo: a password is required"):
        follower.follow(lambda _snapshot: None)


def test_words_of_the_login_do_not_disturb(target: Target) -> None:
    follower = target.follower()
    target.events = [target.publish(1), target.end]

    def noisy(command: str) -> dict[str, t.Any]:
        answer = target.execute(command)
        return {**answer, "stdout": "Welcome!\r\n" + answer["stdout"] + "bye\n"}

    follower._execute = noisy
    assert numbers(follower) == [1]


def on_terminal(answer: dict[str, t.Any]) -> dict[str, t.Any]:
    return {**answer, "stdout": answer["stdout"].replace("\n", "\r\n")}


def test_a_terminal_does_not_disturb(target: Target, tmp_path: t.Any) -> None:
    follower = target.follower()
    target.events = [target.publish(1), target.publish(2), target.end]
    follower._execute = lambda command: on_terminal(target.execute(command))
    assert numbers(follower) == [1, 2]
    place = find_place(lambda command: on_terminal(shell(command)), f"{tmp_path}/jobs")
    assert place is not None and place.directory == f"{tmp_path}/jobs" and int(place.umask, 8) >= 0


def test_a_file_that_is_lost_is_no_end(target: Target) -> None:
    """Nor is one that cannot be read for a moment, or is not there yet: the result takes its place."""
    target.events = [nothing, lambda: os.unlink(target.file), target.publish(1), nothing, target.end]
    follower = target.follower()
    assert numbers(follower)[0] == 1
    assert follower.result == RESULT


def test_a_program_that_is_killed_is_no_end(target: Target) -> None:
    """As the kernel does that is out of memory."""
    follower = target.follower()
    target.events = [target.publish(1), nothing, target.publish(2), target.end]

    def execute(command: str) -> dict[str, t.Any]:
        killed = len(target.events) == 3
        return target.execute(f"cat() {{ sh -c 'kill -KILL $$'; }}; {command}" if killed else command)

    follower._execute = execute
    assert numbers(follower)[-1] == 2
    assert follower.result == RESULT


KILLED = "was killed, and left no result: run the task again"


def test_a_job_that_was_killed(target: Target) -> None:
    """Its guardian removes the directory, and nobody writes a result."""
    gone: list[float] = []
    target.events = [nothing, target.publish(1), lambda: (shutil.rmtree(target.directory), gone.append(target.now))]
    follower = target.follower()
    with pytest.raises(AnsibleActionFail, match=KILLED):
        follower.follow(lambda _snapshot: None)
    assert follower.over and 10 <= target.now - gone[0] <= 14
    follower.clean()
    assert target.left == []


def test_a_job_that_was_killed_before_it_had_a_directory(target: Target) -> None:
    os.rmdir(target.directory)
    with pytest.raises(AnsibleActionFail, match=KILLED):
        target.follower(lease=60).follow(lambda _snapshot: None)
    assert 60 <= target.now <= 64


def test_a_result_may_come_a_moment_after_the_directory_has_gone(target: Target) -> None:
    """Also where nobody could look in between."""
    gone = functools.partial(shutil.rmtree, target.directory)
    ended = functools.partial(target.write, target.file, RESULT)
    target.events = [nothing, *[lost] * 10, gone, ended]
    follower = target.follower()
    follower.follow(lambda _snapshot: None)
    assert follower.over


def test_a_host_that_has_started_anew(target: Target) -> None:
    """Its disk keeps the directory."""
    boots = ["jsync-boot 1"] * 3 + ["jsync-boot 2"]

    def execute(command: str) -> dict[str, t.Any]:
        answer = target.execute(command)
        said = [line for line in answer["stdout"].splitlines() if not line.startswith("jsync-boot ")]
        return {**answer, "stdout": "\n".join([boots.pop(0), *said])}

    follower = target.follower()
    follower._execute = execute
    with pytest.raises(AnsibleActionFail, match=KILLED):
        follower.follow(lambda _snapshot: None)
    assert follower.over and boots == [] and target.has("lease")


NUMBERS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def heeded() -> t.Iterator[None]:
    """No signal is ignored, though the tests may have been started so (nohup, background)."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_ends_the_job_first(target: Target, number: int) -> None:
    handlers = [signal.getsignal(number) for number in NUMBERS]

    def end_if_told() -> None:
        if target.has("cancel"):
            target.end()

    target.events = [nothing, lambda: os.kill(os.getpid(), number)] + [end_if_told] * 5
    follower = target.follower()
    with follower.heeding_signals():
        follower.follow(lambda _snapshot: None)
    assert follower.over and follower.unwanted
    assert [signal.getsignal(number) for number in NUMBERS] == handlers
    follower.clean()
    assert target.left == []


def test_a_signal_that_is_ignored_stays_so(target: Target) -> None:
    """As with nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with target.follower().heeding_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_process_ends_when_its_parent_has(monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: came.append(number))
    try:
        with ending_with_parent():
            assert came == []
            monkeypatch.setattr(os, "getppid", lambda: 1)
            wait_for(lambda: came, "the signal")
    finally:
        signal.signal(signal.SIGTERM, before)


def test_nobody_waits_any_more(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    follower = target.follower()

    def end_if_told() -> None:
        if target.has("cancel"):
            target.end()

    target.events = [nothing, lambda: monkeypatch.setattr(os, "getppid", lambda: 1)] + [end_if_told] * 5
    follower.follow(lambda _snapshot: None)
    assert follower.over


def test_a_job_is_told_to_end_although_the_connection_is_shaky(target: Target) -> None:
    target.events = [lost, nothing, lost, nothing, lambda: target.has("cancel") and target.end()]
    follower = target.follower()
    follower.cancel()
    assert follower.over


def test_a_job_is_told_to_end_as_soon_as_it_can_be(target: Target) -> None:
    """Python takes its time to start, and the directory is the module's."""
    os.rmdir(target.directory)
    target.events = [nothing] * 4 + [
        lambda: os.mkdir(target.directory),
        *[lambda: target.has("cancel") and target.end()] * 3,
    ]
    follower = target.follower()
    follower.cancel()
    assert follower.over and target.now < 2


def test_a_job_that_does_not_end_keeps_its_file(target: Target) -> None:
    """It is told so by the file, and its result may still come."""
    follower = target.follower()
    follower.cancel()
    assert not follower.over and 30 <= target.now < 40
    follower.clean()
    assert target.has("cancel") and target.left == sorted([target.directory, target.file])


def test_cleaning_up_never_fails(target: Target) -> None:
    follower = target.follower()
    follower.over = True
    target.events = [lost, nothing]
    follower.clean()
    assert target.left == []
    target.events = [lost] * 10
    follower.clean()


def test_a_result_is_fetched_again(target: Target) -> None:
    tries: list[int] = []

    def fetch() -> str:
        tries.append(1)
        if len(tries) < 3:
            lost()
        return RESULT

    assert target.follower().insist(fetch) == RESULT


def test_a_result_that_is_none_is_not_fetched_again(target: Target) -> None:
    def fetch() -> None:
        raise AnsibleActionFail("the result of the run cannot be read")

    with pytest.raises(AnsibleActionFail, match="cannot be read"):
        target.follower().insist(fetch)
    assert target.pauses == []


# --- the place for jobs


@pytest.mark.parametrize("name", ["jobs", "a 'b' $(c)", "~jobs", "-r"])
def test_the_place_is_made(tmp_path: t.Any, name: str) -> None:
    path = os.path.join(str(tmp_path), name, "below")
    place = find_place(lambda command: shell("umask 027; " + command), path)
    assert place is not None and place.directory == path and int(place.umask, 8) == 0o027


def test_a_place_in_the_home(tmp_path: t.Any) -> None:
    place = find_place(lambda command: shell(command, HOME=str(tmp_path)), "~/.ansible $(async)")
    assert place is not None and place.directory == f"{tmp_path}/.ansible $(async)"


@pytest.mark.parametrize("home", ["/nonexistent", "/dev/null"])
@pytest.mark.skipif(os.geteuid() == 0, reason="root can make any directory")
def test_no_place_for_one_without_a_home(home: str) -> None:
    assert find_place(lambda command: shell(command, HOME=home), "~/.ansible_async") is None


def test_no_place_where_a_file_is_in_the_way(tmp_path: t.Any) -> None:
    (tmp_path / "jobs").write_text("")
    assert find_place(shell, f"{tmp_path}/jobs") is None
