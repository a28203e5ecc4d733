# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The words of a lane's ssh, and what it gives an rsync. Logins and lost connections are in tests/faults."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RsyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Listing
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import Verdict
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

from tests.unit.real import script, within

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

T = t.TypeVar("T")


def with_lanes(work: t.Callable[[Lanes], t.Awaitable[T]], heard: list[Report] | None = None, **params: t.Any) -> T:
    """Let lanes do something; they are for a copy on this host unless told otherwise."""

    async def conduct(processes: Processes) -> T:
        request = build_request({"src": "/src/", "dest": "/dst", "retries": 0, **params})
        return await work(Lanes(processes, request, "/sockets", [].append if heard is None else heard.append))

    return within(conduct)


def shells(**params: t.Any) -> list[str | None]:
    """What each lane gives rsync as its remote shell."""

    async def work(lanes: Lanes) -> list[str | None]:
        lanes.begin()
        return [lane.shell for lane in lanes.all]

    return with_lanes(work, dest="al@far:/dst", **params)


def test_each_lane_has_a_connection_of_its_own() -> None:
    found = shells(jobs=3)
    assert [shell.split()[:3] for shell in found if shell] == [["ssh", "-S", f"/sockets/{n}"] for n in (1, 2, 3)]


def test_our_words_then_the_users_then_defaults() -> None:
    """ssh takes the first value of an option (ssh_config(5)): the user's may not undo ours, and do undo defaults."""
    (shell,) = shells(jobs=1, port=2222, private_key="/k y", ssh_args="-o ConnectTimeout=3 -o BatchMode=no -J jump")
    assert shell == (
        'ssh -S /sockets/1 -o BatchMode=yes -o ControlMaster=no -p 2222 -i "/k y"'
        " -o ConnectTimeout=3 -o BatchMode=no -J jump"
        " -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=8"
    )


@pytest.mark.skipif(shutil.which("ssh") is None, reason="there is no ssh")
def test_ssh_takes_it_so() -> None:
    (shell,) = shells(jobs=1, port=2222, contimeout=7, ssh_args="-F none -o BatchMode=no -o ServerAliveInterval=3")
    said = subprocess.run([*shell.split(), "-G", "far"], capture_output=True, check=True).stdout.decode().splitlines()
    wanted = {"batchmode yes", "controlpath /sockets/1", "controlmaster false", "port 2222", "connecttimeout 7"}
    assert wanted | {"serveraliveinterval 3", "serveralivecountmax 8"} <= set(said)


@pytest.mark.parametrize(
    "params", [{"dest": "/dst"}, {"dest": "rsync://far/m"}, {"dest": "far::m"}, {"dest": "far:/dst", "rsh": "ssh -p 2"}]
)
def test_no_shell_of_ours(params: dict[str, t.Any]) -> None:
    async def work(lanes: Lanes) -> str | None:
        await lanes.first.open()  # there is nothing to log in to
        return lanes.first.shell

    assert with_lanes(work, **params) is None


def carried(program: str, **params: t.Any) -> tuple[Report, list[Report], list[t.Any]]:
    """Let the first lane run a program in the place of rsync."""
    heard: list[Report] = []
    given: list[t.Any] = []

    async def work(lanes: Lanes) -> Report:
        def build(shell: str | None, rate: int) -> list[bytes]:
            given.append((shell, rate))
            return [program.encode()]

        report = await lanes.first.carry(build, given.append, given.append)
        given.append(dict(lanes.first.codes))
        return report

    return with_lanes(work, heard, **params), heard, given


def test_what_is_carried_is_heard(tmp_path: object) -> None:
    program = script(
        tmp_path, "printf '>f+++++++++ rw-r--r-- 0 7 a//\\na note\\nLiteral data: 5 bytes\\n'; echo why >&2; exit 23\n"
    )
    report, heard, given = carried(program)
    assert (report.code, report.verdict, report.words) == (23, Verdict.PARTIAL, [b"why"])
    assert heard == [report] and report.statistics == {"Literal data": 5}
    assert given[0] == (None, 0)
    assert given[1].name == b"a" and given[2:] == [b"a note", {23: 1}]


def test_a_last_line_without_an_end_is_heard(tmp_path: object) -> None:
    report, _heard, _given = carried(script(tmp_path, "printf 'a note'; printf 'last words' >&2\n"))
    assert (sorted(report.notes.entries), report.words) == (["a note", "last words"], [b"last words"])


def test_what_runs_alone_has_the_whole_rate(tmp_path: object) -> None:
    _report, _heard, given = carried(script(tmp_path, ""), jobs=3, bwlimit="4m")
    assert given[0] == (None, 4 << 20)


def test_the_password_is_in_the_environment_of_rsync_alone(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RSYNC_PASSWORD", "of the user's shell")
    program = script(tmp_path, 'echo "<$RSYNC_PASSWORD>"\n')
    for params, expected in (({"password": "open sesame"}, "<open sesame>"), ({}, "<>")):
        report, _heard, _given = carried(program, dest="rsync://al@far/m", **params)
        assert report.notes.entries == [expected]
    assert os.environ["RSYNC_PASSWORD"] == "of the user's shell"


@pytest.mark.parametrize(("code", "attempts"), [(0, 1), (11, 1), (23, 1), (12, 3), (255, 3)])
def test_another_attempt_only_where_it_may_help(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, code: int, attempts: int
) -> None:
    pauses: list[int] = []

    async def pause(attempt: int) -> None:
        pauses.append(attempt)

    monkeypatch.setattr("ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane.pause", pause)
    report, heard, given = carried(script(tmp_path, f"exit {code}\n"), retries=2)
    assert report is heard[-1] and report.code == code
    assert given[-1] == {code: attempts} and len(heard) == attempts
    assert pauses == list(range(1, attempts))


FULL = "@ERROR: max connections (2) reached -- try again later"


@pytest.mark.parametrize(("words", "code", "repeated"), [(FULL, 5, False), ("why", 12, True)])
def test_who_was_turned_away_has_done_nothing(
    tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch, words: str, code: int, repeated: bool
) -> None:
    """So that the attempt after it does no work a second time."""

    async def pause(attempt: int) -> None:
        (tmp_path / "paused").touch()

    monkeypatch.setattr("ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane.pause", pause)
    program = script(tmp_path, f"test -e {tmp_path}/paused && exit; echo '{words}' >&2; exit {code}\n")
    report, heard, _given = carried(program, retries=1)
    assert ([one.code for one in heard], report.repeated) == ([code, 0], repeated)


def test_a_place_at_a_daemon_that_its_own_last_one_holds(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon counts a connection until its own process ends, which is after the rsync here: that costs no retry."""

    async def pause(attempt: int) -> None:
        (tmp_path / "full").unlink()

    monkeypatch.setattr("ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane.pause", pause)
    program = script(tmp_path, f"test -e {tmp_path}/full || exit 0; echo '{FULL}' >&2; exit 5\n")

    async def work(lanes: Lanes) -> list[int]:
        codes = []
        for lane in (lanes.first, lanes.first, lanes.add()):
            codes.append((await lane.carry(lambda *_given: [program.encode()])).code)
            (tmp_path / "full").touch()
        return codes

    assert with_lanes(work) == [0, 0, 5]


def handed(tmp_path: t.Any, waiter: str, other: str, *, ended: bool = False, **params: t.Any) -> tuple[t.Any, ...]:
    """Let the first lane carry a list with one program that waits for it, and with another where that does not do.

    Args:
        waiter, other: What the programs do.
        ended: The first has ended before there is a list.

    Returns:
        The report, the notes that were passed on, and how often a program ended with each code.
    """
    (tmp_path / "list").write_bytes(b"./a\0./b\0")
    programs = [script(tmp_path, text, name) for text, name in ((waiter, "waiter"), (other, "other"))]
    notes: list[bytes] = []

    async def work(lanes: Lanes) -> tuple[t.Any, ...]:
        lane = lanes.first
        waiting = await lane.prepare(lambda _shell, _rate: [programs[0].encode()])
        assert waiting.process.running
        if ended:
            await waiting.process.ended
        report = await lane.carry(
            lambda _shell, _rate: [programs[1].encode()],
            None,
            notes.append,
            waiting=waiting,
            list_path=str(tmp_path / "list"),
        )
        return report, notes, dict(lane.codes)

    return with_lanes(work, **params)


READ = "tr '\\0' '\\n'\n"


def test_what_waits_is_given_the_list(tmp_path: t.Any) -> None:
    report, notes, codes = handed(tmp_path, "echo 'a warning' >&2\n" + READ, "echo other\n")
    assert (report.code, notes, codes) == (0, [b"./a", b"./b"], {0: 1})
    assert not report.repeated
    assert report.words == [b"a warning"]  # it counts whenever it was said


@pytest.mark.parametrize("code", [0, 12, 23])
def test_what_ended_before_its_list_was_there_is_started_anew(tmp_path: t.Any, code: int) -> None:
    """That is no attempt: nothing had been asked of it."""
    report, notes, codes = handed(tmp_path, f"echo early; exit {code}\n", "echo other\n", ended=True)
    assert (report.code, notes, codes) == (0, [b"other"], {0: 1})


def test_a_connection_that_was_lost_while_it_waited_costs_no_attempt(tmp_path: t.Any) -> None:
    """The local rsync learns of it only when it goes on."""
    report, notes, codes = handed(tmp_path, "cat > /dev/null; exit 12\n", "echo other\n", retries=0)
    assert (report.code, notes, codes) == (0, [b"other"], {12: 1, 0: 1})
    assert report.repeated  # it may have done something that it could not tell any more


def test_another_attempt_reads_the_list_itself(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pause(attempt: int) -> None:
        assert attempt == 1

    monkeypatch.setattr("ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane.pause", pause)
    report, notes, codes = handed(tmp_path, READ + "exit 12\n", "echo other\n", retries=1)
    assert (report.code, notes, codes) == (0, [b"./a", b"./b", b"other"], {12: 1, 0: 1})
    assert report.repeated


@pytest.mark.parametrize(
    ("params", "prepares"),
    [
        ({"dest": "far:/dst"}, True),
        ({"dest": "far:/dst", "rsync_timeout": 60}, False),  # it would run out while there is no list
        ({"dest": "far:/dst", "bwlimit": "4m"}, False),  # the shares of the rate are not known yet
        ({"dest": "far:/dst", "rsh": "ssh -p 2"}, False),
        ({"dest": "far::m"}, False),
        ({"dest": "/dst"}, False),
    ],
    ids=str,
)
def test_where_an_rsync_may_wait_for_its_list(params: dict[str, t.Any], prepares: bool) -> None:
    async def work(lanes: Lanes) -> bool:
        return lanes.prepares

    assert with_lanes(work, **params) == prepares


COMPARED = """cat << 'END'
>f.st...... rw-r--r-- 0 7 sub/a//
.d..t...... rwxr-xr-x 0 9 sub///
*deleting   --------- 0 0 x//
.f          rw-r--r-- 0 7 same//
>f+++++++++ rw-r--r-- 0 7 new\\#012line//
END
"""


def test_names_that_still_differ_with_their_reasons(tmp_path: object) -> None:
    failed = Report()
    failed.read_errors(b'rsync: [sender] send_files failed to open "/src/sub/a": Permission denied (13)\n')
    failed.read_errors(b'rsync: [sender] opendir "/src/locked" failed: Permission denied (13)\n')
    program, failures = script(tmp_path, COMPARED), Listing(10)

    async def work(lanes: Lanes) -> int:
        comparison = await lanes.first.compare(lambda _shell, _rate: [program.encode()], failed, failures)
        return comparison.differing

    assert with_lanes(work) == 2
    assert [(failure.path, failure.reason) for failure in failures.entries] == [
        (b"sub/a", "send_files failed to open: Permission denied (13)"),
        (b"new\nline", "still differs from the source"),
        (b"/src/locked", "opendir: Permission denied (13)"),
    ]


def test_a_login_that_is_refused(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One ssh, not more: another attempt would meet the same."""
    script(
        tmp_path, f'echo "$*" >> {tmp_path}/log; echo "al@far: Permission denied (publickey)." >&2; exit 255\n', "ssh"
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    async def work(lanes: Lanes) -> None:
        await lanes.first.open()

    with pytest.raises(RsyncError, match=r"^far refused the login \(it takes publickey\)") as caught:
        with_lanes(work, dest="al@far:/dst", retries=3, ssh_args="-v")
    assert caught.value.code == 255
    (words,) = (tmp_path / "log").read_text().splitlines()
    assert words.startswith("-S /sockets/1 -o BatchMode=yes -o ControlMaster=yes -o ControlPersist=no ")
    assert words.endswith(" -l al -- far") and " -N -T -v " in words
