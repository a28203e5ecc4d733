# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Small real processes: what they say arrives, and none is left behind."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import processes as all_processes
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.guardian import Guardian
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.process import environment

from tests.support.processes import ended, take_terminal, wait_for
from tests.unit.real import within

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

FOREVER = "sleep 1000"


def shell(text: str) -> list[str]:
    return ["sh", "-c", text]


class Said:
    """Takes in what a process says, and tells when it has said something."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.heard = asyncio.Event()

    def __call__(self, data: bytes) -> None:
        self.pieces.append(data)
        self.heard.set()

    @property
    def text(self) -> bytes:
        return b"".join(self.pieces)


def run(argv: t.Sequence[str | bytes], env: t.Mapping[str, str] | None = None) -> tuple[int, bytes, bytes]:
    """Run one process to its end."""

    async def work(processes: Processes) -> tuple[int, bytes, bytes]:
        out, err = Said(), Said()
        code = await processes.finish(processes.start(argv, out, err, env=env))
        assert out.pieces[-1] == err.pieces[-1] == b"", "an empty string ends each stream"
        assert b"" not in out.pieces[:-1] + err.pieces[:-1]
        return code, out.text, err.text

    return within(work)


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("true", (0, b"", b"")),
        ("printf out; printf err >&2; exit 7", (7, b"out", b"err")),
        ("kill -KILL $$", (-9, b"", b"")),
        ("exec >&-; echo x >&2", (0, b"", b"x\n")),
    ],
)
def test_what_it_said_and_how_it_ended(text: str, ended: tuple[int, bytes, bytes]) -> None:
    assert run(shell(text)) == ended


def test_much_output_arrives_whole_and_in_order() -> None:
    text = "import sys; sys.stdout.write(''.join('%d\\n' % n for n in range(300000)))"
    code, out, _err = run([sys.executable, "-c", text])
    assert code == 0
    assert out.split() == [b"%d" % number for number in range(300_000)]


def test_arguments_are_bytes_and_no_shell_sees_them() -> None:
    words = [b"new\nline", b"\xff", b"$(exit 1)", b"*", b"", b"a b"]
    assert run([b"printf", b"<%s>", *words])[1] == b"".join(b"<%s>" % word for word in words)


def test_nothing_to_read_and_a_group_of_its_own() -> None:
    text = "import os, sys; print(repr(sys.stdin.read()), os.getpgid(0) == os.getpid())"
    assert run([sys.executable, "-c", text])[1] == b"'' True\n"


CHILD = """if True:
    import os
    try:
        os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        print(error.strerror)
    print("one session" if os.getsid(0) == os.getsid(os.getppid()) else "two sessions")
"""

PARENT = """if True:
    import asyncio, signal, sys
    from tests.unit.real import within

    async def work(processes):
        interrupted = asyncio.Event()
        asyncio.get_event_loop().add_signal_handler(signal.SIGINT, interrupted.set)
        show = lambda data: sys.stdout.write(data.decode())
        await processes.run([sys.executable, "-c", sys.argv[1]], show, show)
        print("done", flush=True)
        await interrupted.wait()
        print("interrupted")

    within(work)
"""


@pytest.mark.parametrize(
    ("before", "take", "shares"),
    [
        pytest.param([], take_terminal, False, id="leads the session of a terminal"),
        pytest.param(["sh", "-c", '"$@"; exit $?', "sh"], take_terminal, True, id="a job on a terminal"),
        pytest.param([], None, True, id="no terminal"),
    ],
)
def test_no_terminal_to_ask_on_and_one_session_where_it_can_be(
    before: list[str], take: t.Callable[[], None] | None, shares: bool
) -> None:
    """A question would stop a process in the background for ever. Ctrl-C still comes to us."""
    keyboard, terminal = os.openpty()
    with subprocess.Popen(
        [*before, sys.executable, "-c", PARENT, CHILD],
        stdin=terminal,
        stdout=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path), LC_ALL="C"),
        universal_newlines=True,
        start_new_session=True,
        preexec_fn=take,
    ) as process:
        os.close(terminal)
        said = t.cast("t.TextIO", process.stdout)
        sessions = "one session" if shares and sys.version_info >= (3, 11) else "two sessions"
        assert [said.readline() for _line in range(3)] == [f"{os.strerror(errno.ENXIO)}\n", f"{sessions}\n", "done\n"]
        if take:
            os.write(keyboard, b"\x03")
        else:
            process.send_signal(signal.SIGINT)
        assert said.read() == "interrupted\n"
    os.close(keyboard)


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RSYNC_RSH", "RSYNC_PASSWORD", "RSYNC_ICONV", "RSYNC_OLD_ARGS", "RSYNC_PARTIAL_DIR"):
        monkeypatch.setenv(name, "of the user")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/socket")
    text = 'echo "[$RSYNC_RSH$RSYNC_PASSWORD$RSYNC_ICONV$RSYNC_OLD_ARGS$RSYNC_PARTIAL_DIR]" $LC_ALL $SSH_AUTH_SOCK'
    assert run(shell(text))[1] == b"[] C /socket\n"
    assert run(shell(text), environment({"RSYNC_PASSWORD": "ours"}))[1] == b"[ours] C /socket\n"


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(RsyncError) as caught:
        run(["/no/such/program"])
    assert caught.value.message == "cannot start /no/such/program: No such file or directory"


def test_many_at_once() -> None:
    async def work(processes: Processes) -> list[int]:
        runs = [processes.run(shell(f"exit {code}"), Said(), Said()) for code in range(50)]
        return await asyncio.gather(*runs)

    assert within(work) == list(range(50))


def test_what_is_left_in_the_background_is_not_waited_for() -> None:
    """A pipe that a child holds open does not keep the run waiting: a connection in the background is such a child."""

    async def work(processes: Processes) -> tuple[int, int]:
        out = Said()
        code = await processes.run(shell(f"{FOREVER} & echo $!"), out, Said())
        return code, int(out.text)

    code, child = within(work)
    assert code == 0
    assert not ended(child)  # all went well: what it has left it has left on purpose
    os.kill(child, signal.SIGKILL)


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "], ids=["polite", "rude"])
def test_what_a_failed_process_has_started_is_ended(monkeypatch: pytest.MonkeyPatch, trap: str) -> None:
    """Before anything else is run: another attempt must not meet it at work."""
    monkeypatch.setattr(all_processes, "GRACE_SECONDS", 0.5)

    async def work(processes: Processes) -> tuple[int, bool]:
        out = Said()
        code = await processes.run(shell(f"{trap}{FOREVER} & echo $!; exit 3"), out, Said())
        return code, ended(int(out.text))

    assert within(work) == (3, True)


def test_what_a_failed_process_has_started_may_finish(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An rsync that cleans up and is interrupted leaves its temporary file."""
    monkeypatch.setattr(all_processes, "GRACE_SECONDS", 2)
    child = f"trap 'echo interrupted >> {tmp_path}/log; exit' TERM; sleep 0.1; echo finished >> {tmp_path}/log"
    assert run(shell(f"({child}) & exit 3"))[0] == 3
    assert (tmp_path / "log").read_text() == "finished\n"


def test_what_has_failed_and_left_nothing_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has waited for it, and by the end of the run its number may be another's."""
    told: list[int] = []

    async def work(processes: Processes) -> int:
        process = processes.start(shell("exit 255"), Said(), Said())
        await asyncio.wait((process.ended,))
        await asyncio.sleep(0.1)
        monkeypatch.setattr(os, "killpg", lambda group, _number: told.append(group))
        return process.pid

    assert within(work) not in told


def test_cancelling_ends_all_it_started() -> None:
    async def work(processes: Processes) -> list[int]:
        out = Said()
        task = asyncio.ensure_future(processes.run(shell(f"({FOREVER} & echo $!); echo $$; {FOREVER}"), out, Said()))
        while out.text.count(b"\n") < 2:
            out.heard.clear()
            await out.heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return [int(pid) for pid in out.text.split()]

    for pid in within(work):
        wait_for(lambda pid=pid: ended(pid), "the processes to end")


def test_what_a_process_tells_its_children_is_all_they_are_told(tmp_path: t.Any) -> None:
    """As rsync tells its own to clean up; one that is interrupted then leaves its temporary file."""
    child = f"trap 'echo interrupted >> {tmp_path}/log' TERM; trap 'echo told >> {tmp_path}/log; exit' USR1"
    parent = "trap 'sleep 0.3; kill -USR1 $!; wait $!; exit 20' TERM"

    async def work(processes: Processes) -> None:
        out = Said()
        text = f"({child}; echo; while :; do sleep 0.1; done) & {parent}; echo; wait"
        task = asyncio.ensure_future(processes.run(shell(text), out, Said()))
        while out.text != b"\n\n":
            out.heard.clear()
            await out.heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    within(work)
    assert (tmp_path / "log").read_text() == "told\n"


class Given(t.NamedTuple):
    """What came of a process that was given a list."""

    code: int
    out: bytes
    logged: list[dict[str, t.Any]]
    opened: int


def give(text: str, path: str, *, late: bool = False) -> Given:
    """Run a process that waits for its standard input, and give it a file.

    Args:
        text: What it does.
        path: The file.
        late: It has ended by then, but nobody knows yet.

    Returns:
        How it ended, what it said, what the event loop had to log, and how many more descriptors are open than before.
    """

    async def work(processes: Processes) -> Given:
        logged: list[dict[str, t.Any]] = []
        asyncio.get_event_loop().set_exception_handler(lambda _loop, context: logged.append(context))
        before, out = len(os.listdir("/proc/self/fd")), Said()
        child = processes.start(shell(text), out, Said(), waits=True)
        if late:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        child.give(path)
        code = await processes.finish(child)
        return Given(code, out.text, logged, len(os.listdir("/proc/self/fd")) - before)

    return within(work)


LARGE = b"".join(b"./%d\0" % number for number in range(500_000))  # many times what a pipe holds


@pytest.mark.parametrize("content", [b"", b"./a\0", LARGE], ids=["empty", "short", "large"])
def test_a_list_that_is_given_later_arrives_whole(tmp_path: t.Any, content: bytes) -> None:
    (tmp_path / "list").write_bytes(content)
    assert give(f"cat > {tmp_path}/copy; echo end", str(tmp_path / "list")) == (0, b"end\n", [], 0)
    assert (tmp_path / "copy").read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"./a\0", LARGE], ids=["empty", "short", "large"])
@pytest.mark.parametrize(
    ("text", "late"),
    [
        ("exit 7", False),
        ("exit 7", True),
        ("head -c 9 > /dev/null; exit 7", False),
        ("exec <&-; exit 7", False),
    ],
)
def test_a_process_that_ends_without_reading_its_list(tmp_path: t.Any, text: str, late: bool, content: bytes) -> None:
    """Its exit code says why; nothing is logged, and nothing stays open."""
    (tmp_path / "list").write_bytes(content)
    assert give(text, str(tmp_path / "list"), late=late) == (7, b"", [], 0)


def test_what_waits_in_vain_is_ended() -> None:
    async def work(processes: Processes) -> tuple[int, int]:
        before = len(os.listdir("/proc/self/fd"))
        child = processes.start(["cat"], Said(), Said(), waits=True)
        await processes.stop(child)
        return await child.ended, len(os.listdir("/proc/self/fd")) - before

    assert within(work) == (-signal.SIGTERM, 0)


def test_leaving_ends_what_runs() -> None:
    async def work(processes: Processes) -> int:
        out = Said()
        processes.start(shell(f"echo $$; exec {FOREVER}"), out, Said())
        await out.heard.wait()
        return int(out.text)

    pid = within(work)
    wait_for(lambda: ended(pid), "the process to end")


@pytest.mark.parametrize("rude", [False, True])
def test_terminated_first_and_killed_if_that_does_not_help(monkeypatch: pytest.MonkeyPatch, rude: bool) -> None:
    monkeypatch.setattr(all_processes, "GRACE_SECONDS", 0.2 if rude else 60)
    reaction = "" if rude else "echo tidied; exit 5"

    async def work(processes: Processes) -> tuple[int, bytes]:
        out = Said()
        child = processes.start(shell(f"trap '{reaction}' TERM; echo ready; while :; do sleep 0.01; done"), out, Said())
        await out.heard.wait()
        await processes.stop(child)
        return await child.ended, out.text

    assert within(work) == ((-9, b"ready\n") if rude else (5, b"ready\ntidied\n"))


def test_running() -> None:
    async def work(processes: Processes) -> list[bool]:
        child = processes.start(shell(FOREVER), Said(), Said())
        before = child.running
        child.signal(signal.SIGKILL)
        await child.ended
        return [before, child.running]

    assert within(work) == [True, False]


def test_what_a_reader_raises_ends_the_process_and_is_raised() -> None:
    """The event loop would only log it, and go on without the rest of the output."""

    def fail(data: bytes) -> None:
        raise OSError(28, "No space left on device")

    async def work(processes: Processes) -> None:
        await processes.run(shell("echo one; exec " + FOREVER), fail, Said())

    with pytest.raises(OSError, match="No space left"):
        within(work)


def test_what_ended_last_is_no_error_once_the_guardian_is_gone() -> None:
    errors: list[dict[str, t.Any]] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
        with Guardian() as guardian:
            async with all_processes.Processes(guardian) as processes:
                process = processes.start(["true"], Said(), Said())
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
                for _turn in range(2):  # the loop has taken the signal in, and not called anybody yet
                    await asyncio.sleep(0)
        await asyncio.sleep(0.1)

    asyncio.run(main())
    assert not errors
