# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Paths are bytes: a target whose locale cannot write them gets the same tree."""

from __future__ import annotations

import os
import subprocess
import typing as t

import pytest

from tests.support import engine, servers, snapshot, trees

if t.TYPE_CHECKING:
    import pathlib

NAMES = ["\u00e9".encode(), b"\xe9", b"plain"]


@pytest.mark.parametrize("way", ["local", "push", "pull"])
def test_an_ascii_locale(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """Names that are no ASCII at both ends, at the top of the tree and in directories, one by one in each list."""
    source, dest, plain = (str(tmp_path / name) for name in ("s\u00e9", "d\u00e9", "pl\u00e9"))
    for number in range(40):
        for name in NAMES:
            trees.write(os.path.join(source.encode(), b"%s%d" % (name, number)), name)
            trees.write(os.path.join(source.encode(), name, b"%s%d" % (name, number)), name)
    for path in (dest, plain):
        trees.write(os.path.join(path.encode(), NAMES[1], b"extraneous \xe9"), b"must go")
    subprocess.run(["rsync", "-a", "--delete", source + "/", plain], check=True)

    for name, value in {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}.items():
        monkeypatch.setenv(name, value)
    params: dict[str, t.Any] = {"src": source + "/", "dest": dest, "delete": True, "follow": str(tmp_path / "follow")}
    with servers.sshd(str(tmp_path)) as ssh:
        if way != "local":
            end = "dest" if way == "push" else "src"
            params.update(ssh.options(), **{end: "%s:%s" % (ssh.host, params[end])})
        result = engine.Started(params, str(tmp_path)).result()
    assert (result["failed"], result["stats"]["files"], result["stats"]["deletions"]) == (False, 240, 1), result
    assert not snapshot.differences(snapshot.snapshot(plain), snapshot.snapshot(dest))
