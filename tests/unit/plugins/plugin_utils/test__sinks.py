# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What becomes of snapshots on the controller."""

from __future__ import annotations

import json
import os
import typing as t

import pytest
from ansible.utils.display import Display
from ansible_collections.vgreb.jsync.plugins.plugin_utils._sinks import MARKER, Sinks, last_snapshot

from tests.support.snapshots import lane, message

SOURCE = {"host": "web01", "task": "uuid", "item": None}


def snapshot(seconds: float = 3.0, **other: t.Any) -> dict[str, t.Any]:
    """What the module says: no source is in it."""
    fields = message(seconds=seconds, lanes=[lane(1, path="secret/name")], **other)
    return {name: value for name, value in fields.items() if name not in (*SOURCE, "interval")}


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, t.Any]]]:
    """What is said to ``Display.display``, which goes from a worker to the main process."""
    words: list[tuple[str, dict[str, t.Any]]] = []
    monkeypatch.delenv(MARKER, raising=False)
    monkeypatch.setattr(Display(), "display", lambda text, **how: words.append((text, how)))
    return words


def test_lines(said: list[t.Any]) -> None:
    sinks = Sinks(SOURCE, shows=True)
    for seconds in (1.0, 3.0, 4.0):
        sinks.take(snapshot(seconds))
    sinks.take(snapshot(60.0, percent=100), last=True)
    sinks.close()
    assert said == [("web01: transfer 43% 12.1/28.0 GB 512 MB/s 1 lane 18,204/41,000 files ETA 0:31", {})]


def test_no_lines(said: list[t.Any]) -> None:
    sinks = Sinks(SOURCE, shows=False)
    sinks.take(snapshot())
    sinks.close()
    assert said == []


def test_messages_for_the_callback(said: list[t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARKER, str(os.getppid()))
    sinks = Sinks({**SOURCE, "item": "a"}, shows=True, interval=7.5)
    sinks.take(snapshot(0.1))
    sinks.take(snapshot(percent=100), last=True)
    sinks.close()
    assert {frozenset(how.items()) for _text, how in said} == {
        frozenset({"screen_only": True, "log_only": True}.items())
    }
    messages = []
    for text, _how in said:
        mark, _colon, body = text.partition(":")
        assert mark == "\0jsync"
        messages.append(json.loads(body))
    assert messages[0] == {**snapshot(0.1), **SOURCE, "item": "a", "interval": 7.5}
    assert messages[1]["percent"] == 100
    assert messages[2] == {"version": 1, **SOURCE, "item": "a", "ended": True}


def test_lines_where_the_callback_is_another_command_s(said: list[t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of Ansible that a task has started inherits the marker, not what shows its snapshots."""
    monkeypatch.setenv(MARKER, str(os.getpid()))
    sinks = Sinks(SOURCE, shows=True)
    sinks.take(snapshot())
    sinks.close()
    assert [text[:7] for text, _how in said] == ["web01: "]


def test_no_messages_where_progress_is_off(said: list[t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARKER, str(os.getppid()))
    sinks = Sinks(SOURCE, shows=False)
    sinks.take(snapshot())
    sinks.close()
    assert said == []


def test_the_log_has_every_snapshot_and_is_appended_to(said: list[t.Any], tmp_path: t.Any) -> None:
    path = tmp_path / "log"
    path.write_text("{}\n")
    for _run in range(2):
        sinks = Sinks(SOURCE, shows=False, log=str(path))
        sinks.take(snapshot(0.1))
        sinks.take(snapshot(0.2))
        sinks.close()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 5
    assert all(line.pop("time") > 1e9 for line in lines[1:])
    assert lines[1] == {**snapshot(0.1), **SOURCE}


def test_a_log_that_cannot_be_written(tmp_path: t.Any) -> None:
    with pytest.raises(FileNotFoundError):
        Sinks(SOURCE, shows=False, log=f"{tmp_path}/nowhere/log")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full disk here")
def test_a_log_on_a_full_disk_does_not_end_the_run(said: list[t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    monkeypatch.setattr(Display(), "warning", warnings.append)
    sinks = Sinks(SOURCE, shows=False, log="/dev/full")
    sinks.take(snapshot(0.1))
    sinks.take(snapshot(0.2))
    sinks.close()
    assert warnings == ["progress_log cannot be written any more: No space left on device"]


def test_paths_that_are_not_to_be_seen(said: list[t.Any], tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MARKER, str(os.getppid()))
    sinks = Sinks(SOURCE, shows=True, log=str(tmp_path / "log"), secret=True)
    sinks.take(snapshot(msg="cannot read secret/name"))
    sinks.close()
    assert "secret/name" not in str(said) + (tmp_path / "log").read_text()


# --- the last snapshot

RESULT = {
    "stage": "result",
    "stats": {
        "files": 2,
        "transferred_bytes": 30,
        "seconds": {"total": 4.5},
        "bytes_per_second": 6,
        "deletions": 1,
        "failures": 0,
    },
    "lanes": [{"lane": 1, "files": 2, "bytes": 30}],
}


def test_the_last_snapshot_of_a_run_that_ended() -> None:
    last = last_snapshot(RESULT, None)
    assert last == {
        "version": 1,
        "stage": "result",
        "seconds": 4.5,
        "scanned": True,
        "files": {"done": 2, "total": 2},
        "bytes": {"done": 30, "total": 30},
        "percent": 100,
        "rate": 6,
        "eta": 0,
        "deleted": 1,
        "failures": 0,
        "msg": None,
        "lanes": [{"lane": 1, "path": None, "files": 2, "bytes": 30, "busy": False}],
    }
    assert set(last) == set(snapshot())


def test_the_last_snapshot_of_a_run_that_found_most_of_it_equal() -> None:
    last = last_snapshot(RESULT, snapshot())
    assert last is not None and last["percent"] == 100
    assert last["files"] == {"done": 41_000, "total": 41_000}
    assert last["bytes"]["done"] == last["bytes"]["total"] == snapshot()["bytes"]["total"]


def test_the_last_snapshot_of_a_run_that_failed() -> None:
    """It says no less than the one before, and not that all is done."""
    last = last_snapshot({**RESULT, "stage": "transfer", "msg": "no space"}, snapshot())
    assert last is not None
    assert (last["percent"], last["eta"], last["bytes"]) == (43, None, snapshot()["bytes"])
    assert last["msg"] == "no space"


@pytest.mark.parametrize("result", [{}, {"failed": True, "msg": "Timeout exceeded"}])
def test_no_last_snapshot_where_the_module_returned_nothing(result: dict[str, t.Any]) -> None:
    assert last_snapshot(result, snapshot()) is None
