# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What somebody who follows a run sees, with real rsyncs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._options import argument_spec, build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._progress import Progress
from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
from ansible_collections.vgreb.jsync.plugins.module_utils._status import NAME, parse_status
from ansible_collections.vgreb.jsync.plugins.module_utils._sync import synchronize

from tests.support import engine
from tests.support.processes import wait_for
from tests.unit.real import script

SIZE = 6 << 20


@pytest.fixture
def params(tmp_path: t.Any) -> dict[str, t.Any]:
    """A run of about 24 seconds, most of them for one file: long enough to see what a test waits for."""
    source = tmp_path / "src" / "sub"
    source.mkdir(parents=True)
    (source / "big").write_bytes(b"x" * SIZE)
    (source / "small").write_bytes(b"y" * 10)
    follow = str(tmp_path / "follow")
    return {"src": f"{tmp_path}/src/", "dest": f"{tmp_path}/dst", "follow": follow, "jobs": 1, "bwlimit": "256k"}


def look(params: dict[str, t.Any]) -> dict[str, t.Any] | None:
    with contextlib.suppress(FileNotFoundError), open(os.path.join(params["follow"], NAME)) as stream:
        return parse_status(stream.read())
    return None


def follow(
    params: dict[str, t.Any], folder: t.Any, enough: t.Callable[[dict[str, t.Any]], bool] = lambda _snapshot: False
) -> list[dict[str, t.Any]]:
    """Run to the end, or until a snapshot says enough, and return what was seen."""
    seen: list[dict[str, t.Any]] = []
    started = engine.Started(params, str(folder))

    def seen_enough() -> bool:
        snapshot = look(params)
        if snapshot and snapshot not in seen:
            seen.append(snapshot)
        return started.process.poll() is not None or bool(snapshot and enough(snapshot))

    wait_for(seen_enough, "the end, or a snapshot that says enough")
    ended = started.process.poll() is not None
    started.process.terminate()
    assert started.result()["rc"] == (0 if ended else 20)
    assert not os.path.exists(params["follow"])
    return seen


@pytest.mark.skipif(not os.path.exists("/proc/self/fdinfo"), reason="the kernel does not tell")
@pytest.mark.parametrize("far", ["", "src", "dest"])
def test_a_large_file_is_seen_to_grow(params: dict[str, t.Any], tmp_path: t.Any, far: str) -> None:
    """On this host, pulled and pushed."""
    if far:
        params["rsh"] = script(tmp_path, 'shift\nexec "$@"\n')
        params[far] = "far:" + params[far]
    seen = follow(params, tmp_path, lambda snapshot: snapshot["scanned"] and snapshot["bytes"]["done"] > 10)
    done = [snapshot["bytes"]["done"] for snapshot in seen]
    assert done == sorted(done)
    assert any(10 < size < SIZE for size in done), done
    assert "sub/big" in {lane["path"] for snapshot in seen for lane in snapshot["lanes"]}
    known = [snapshot for snapshot in seen if snapshot["scanned"]]
    assert known and all(snapshot["bytes"]["total"] == SIZE + 10 for snapshot in known)
    assert all(0 <= snapshot["percent"] <= 99 for snapshot in known)


def test_what_is_compared_is_not_taken_for_what_is_sent(params: dict[str, t.Any], tmp_path: t.Any) -> None:
    """With --checksum the sender reads all files before it sends one."""
    params.update(dest="far:" + params["dest"], rsh=script(tmp_path, 'shift\nexec "$@"\n'), checksum=True)
    params["bwlimit"] = "3m"
    assert {snapshot["bytes"]["done"] for snapshot in follow(params, tmp_path)} <= {0, 10, SIZE, SIZE + 10}


@pytest.mark.parametrize("diff", [False, True], ids=["files", "lines"])
def test_what_lanes_find_equal_is_done(tmp_path: t.Any, diff: bool) -> None:
    """With --checksum one rsync that scans lists every file."""
    here = tmp_path / "src" / "sub"
    here.mkdir(parents=True)
    for size in range(1, 21):
        (here / f"file{size}").write_bytes(b"x" * size)
    (here / "link").symlink_to("file1")
    shutil.copytree(tmp_path / "src", tmp_path / "dst", symlinks=True)
    (tmp_path / "dst" / "sub" / "file7").write_bytes(b"another")
    (tmp_path / "dst" / "sub" / "file8").chmod(0o600)
    (tmp_path / "dst" / "sub" / "link").unlink()
    shell = script(tmp_path, 'shift\nexec "$@"\n')
    params = {"src": f"{tmp_path}/src/", "dest": f"far:{tmp_path}/dst", "rsh": shell, "checksum": True}
    defaults = {name: entry.get("default") for name, entry in argument_spec().items()}
    outcome = Outcome(diff=diff)
    synchronize(build_request({**defaults, **params}), outcome, sizes=engine.SMALL)
    result = outcome.as_result()
    assert (result["rc"], result["stats"]["files"]) == (0, 1)
    assert result["largest"] == [{"path": "sub/file7", "bytes": 7}]
    done = Progress().snapshot(outcome, {})
    assert (done["files"], done["bytes"]) == ({"done": 20, "total": 20}, {"done": 210, "total": 210})
    assert (outcome.done_files, outcome.done_bytes) == (20, 210)


def test_one_rsync_alone_is_followed_too(params: dict[str, t.Any], tmp_path: t.Any) -> None:
    params["src"] += "sub/big"
    seen = follow(params, tmp_path, lambda snapshot: bool(snapshot["lanes"] and snapshot["lanes"][0]["path"]))
    assert seen[-1]["lanes"][0]["path"] in ("dst", "big")
    assert seen[-1]["files"]["total"] == 1 and seen[-1]["bytes"]["total"] == SIZE


def test_the_directory_goes_when_the_run_is_stopped(params: dict[str, t.Any], tmp_path: t.Any) -> None:
    started = engine.Started(params, str(tmp_path))
    wait_for(lambda: look(params), "a first snapshot")
    started.process.send_signal(signal.SIGTERM)
    assert started.result()["msg"].startswith("stopped by SIGTERM")
    assert not os.path.exists(params["follow"])


def test_a_directory_that_is_there_ends_the_run_before_anything_is_touched(params: dict[str, t.Any]) -> None:
    os.makedirs(os.path.join(params["follow"], "work"))
    result = engine.run(params)
    assert result["msg"] == "follow is %r, which is there already: name a directory that is not" % params["follow"]
    assert not os.path.exists(params["dest"])


def test_nobody_follows(params: dict[str, t.Any]) -> None:
    assert engine.run({**params, "follow": None, "bwlimit": None})["rc"] == 0
