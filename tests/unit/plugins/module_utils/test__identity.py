# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Which tasks are the same."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._identity import directory_of
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request

TASK = {"src": "/a/", "dest": "/b", "archive": True}


def directory(**params: t.Any) -> str:
    return directory_of(build_request({**TASK, **params}))


@pytest.mark.parametrize(
    "params",
    [
        {"jobs": 9},
        {"retries": 1},
        {"bwlimit": "1m"},
        {"rsync_timeout": 9},
        {"follow": "/x"},
        {"lease": 1},
    ],
    ids=str,
)
def test_the_same_task(params: dict[str, t.Any]) -> None:
    assert directory(**params) == directory()


@pytest.mark.parametrize("params", [{"src": "/a"}, {"delete": True}, {"exclude": ["x"]}, {"checksum": True}], ids=str)
def test_another_task_into_the_same_dest(params: dict[str, t.Any]) -> None:
    assert directory(**params) != directory()
    assert directory(**params).rpartition("-")[0] == directory().rpartition("-")[0]


def test_the_umask_counts_however_it_came() -> None:
    """The action plugin gives the login's to a run that it follows, and to no other."""
    login = os.umask(0o077)
    try:
        strict = directory()
        assert directory(umask="0077") == strict
        os.umask(0o022)
        assert directory() != strict
    finally:
        os.umask(login)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("files_from", "%s"),
        ("include_from", "%s"),
        ("exclude_from", "%s"),
        ("filter", "merge %s"),
        ("filter", " . %s"),
        ("filter", "merge,-_%s"),
        ("filter", ".-n %s"),
    ],
)
def test_what_a_list_holds_counts(tmp_path: t.Any, option: str, value: str) -> None:
    path = tmp_path / "é"
    params = {option: value % path}
    missing = directory(**params)
    path.write_text("x\n")
    before = directory(**params)
    path.write_text("x\n")
    assert directory(**params) == before != missing
    path.write_text("x\ny\n")
    assert directory(**params) not in (before, missing)


def test_a_pipe_is_left_to_rsync(tmp_path: t.Any) -> None:
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    assert directory(files_from=path) == directory(files_from=path)


@pytest.mark.parametrize("params", [{"dest": "/c"}, {"dest": "h:/b"}, {"dest": "b"}], ids=str)
def test_another_dest(params: dict[str, t.Any]) -> None:
    assert directory(**params).rpartition("-")[0] != directory().rpartition("-")[0]


@pytest.mark.parametrize(
    "params", [{"ssh_args": "-J jump"}, {"ssh_args": "-o Port=23"}, {"private_key": "/k"}], ids=str
)
@pytest.mark.parametrize("ends", [{"dest": "h:/b"}, {"src": "h:/a/"}], ids=str)
def test_another_way_to_the_far_end(params: dict[str, t.Any], ends: dict[str, t.Any]) -> None:
    assert directory(**params, **ends) != directory(**ends)
    if ":" in ends.get("dest", ""):
        assert directory(**params, **ends).rpartition("-")[0] != directory(**ends).rpartition("-")[0]


def test_a_relative_path_starts_where_the_module_runs(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = directory(dest="b")
    monkeypatch.chdir(tmp_path)
    assert directory(dest="b") != before
    assert directory(dest="b") == directory(dest=f"{tmp_path}/b")
