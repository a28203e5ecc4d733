# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The priority of what a run starts."""

from __future__ import annotations

import os
import re
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.priority import find_priority, parse_ionice

from tests.support import engine, programs, trees
from tests.unit.real import within

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes


def found(nice: int | None, ionice: str = "") -> tuple[str, ...]:
    async def work(processes: Processes) -> tuple[str, ...]:
        return await find_priority(processes, nice, ionice)

    return within(work)


def program(folder: t.Any, name: str, script: str) -> None:
    programs.shell(str(folder / name), script)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("idle", ("-c", "3")),
        ("best-effort", ("-c", "2")),
        ("best-effort:0", ("-c", "2", "-n", "0")),
        ("best-effort:7", ("-c", "2", "-n", "7")),
    ],
)
def test_ionice_in_words(text: str, words: tuple[str, ...]) -> None:
    assert parse_ionice(text) == words


@pytest.mark.parametrize("text", ["realtime", "3", "best-effort:", "best-effort:8", "best-effort:-1", "Idle", "idle "])
def test_no_such_class(text: str) -> None:
    with pytest.raises(RequestError, match="^ionice is " + re.escape(repr(text)) + ": give idle, "):
        parse_ionice(text)


def test_nothing_asked_for_nothing_before() -> None:
    assert found(None) == found(os.getpriority(os.PRIO_PROCESS, 0)) == ()


def test_nice_counts_from_zero(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program adds to what the module has."""
    monkeypatch.setattr(os, "getpriority", lambda *_which: 7)
    program(tmp_path, "nice", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found(10) == (str(tmp_path / "nice"), "-n", "3")
    assert found(7) == ()


@pytest.mark.parametrize(("option", "asked"), [("nice", (19, "")), ("ionice", (None, "idle"))])
def test_a_missing_program(
    tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch, option: str, asked: tuple[int | None, str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RequestError, match=f"^{option} is .*, and there is no program {option} on this host"):
        found(*asked)


@pytest.mark.parametrize("script", ["echo 'cannot set niceness: Permission denied' >&2", "exit 1"])
def test_what_the_user_may_not(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program(tmp_path, "nice", script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RequestError, match=r"^nice: the user that the module runs as may not do that here \("):
        found(19)


def test_every_rsync_of_a_run(tmp_path: t.Any) -> None:
    """The scan, the transfers and their children; the one that is asked for its version is not one of them."""
    tree, dest, log = tmp_path / "src", tmp_path / "dst", tmp_path / "log"
    for number in range(20):
        trees.write(os.fsencode(tree / ("d%d" % number) / "file"), b"x")
    say = f'case "$1" in --version|--help) ;; *) nice >> {log}; ionice >> {log};; esac'
    program(tmp_path, "wrapper", say + '\nexec rsync "$@"')
    params = {"src": f"{tree}/", "dest": str(dest), "rsync_path": str(tmp_path / "wrapper")}
    result = engine.run({**params, "nice": 11, "ionice": "best-effort:6"})
    assert result["failed"] is False, result
    lines = log.read_text().split("\n")[:-1]
    assert len(lines) > 4 and set(lines) == {"11", "best-effort: prio 6"}


def test_nothing_is_touched_before(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "rsync", 'PATH=/usr/local/bin:/usr/bin:/bin exec rsync "$@"')
    trees.write(os.fsencode(tmp_path / "src" / "file"), b"x")
    monkeypatch.setenv("PATH", str(tmp_path))
    result = engine.run({"src": f"{tmp_path}/src/", "dest": f"{tmp_path}/dst", "ionice": "idle"})
    assert result["failed"] and result["msg"].startswith("ionice is 'idle', and there is no program ionice")
    assert not (tmp_path / "dst").exists()
