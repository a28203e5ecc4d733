# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""How many rsyncs share a scan. That they find what one finds is in tests/fidelity/test_division.py."""

from __future__ import annotations

import asyncio
import os
import types
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _scanners
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._scanners import choose_scanners, may_divide, names_fit


@pytest.fixture
def source(tmp_path: t.Any) -> str:
    """Ten names in all."""
    for directory in ("a", "b/c"):
        (tmp_path / directory).mkdir(parents=True)
    for name in range(7):
        (tmp_path / "b" / "c" / str(name)).touch()
    return f"{tmp_path}/"


@pytest.mark.parametrize(
    ("large", "further", "divided"), [(10, {}, True), (11, {}, False), (11, {"checksum": True}, True)]
)
def test_a_small_tree_gets_one(
    monkeypatch: pytest.MonkeyPatch, source: str, large: int, further: dict[str, t.Any], divided: bool
) -> None:
    monkeypatch.setattr(_scanners, "_LARGE", large)
    request = build_request({"src": source, "dest": "/dst", "jobs": 2, **further})
    assert asyncio.run(choose_scanners(request)) == (2 if divided else 1)


@pytest.mark.parametrize(
    ("large", "further", "distant", "divided"),
    [
        (10, {}, False, True),
        (11, {}, False, False),
        (10, {"checksum": True}, False, False),
        (10, {"bwlimit": "1m"}, False, False),
        (10, {}, True, False),
    ],
)
def test_to_a_host_that_is_near(
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    large: int,
    further: dict[str, t.Any],
    distant: bool,
    divided: bool,
) -> None:
    monkeypatch.setattr(_scanners, "_LARGE_FAR", large)
    request = build_request({"src": source, "dest": "far:/dst", "jobs": 2, **further})
    assert asyncio.run(choose_scanners(request, distant=distant)) == (2 if divided else 1)


def test_no_more_than_lanes(source: str) -> None:
    request = build_request({"src": source, "dest": "/", "jobs": 1, "checksum": True})
    assert asyncio.run(choose_scanners(request)) == 1


@pytest.mark.parametrize(
    ("params", "divided"),
    [
        ({}, True),
        ({"delete": True, "exclude": "*.o", "filter": "P *.bak"}, True),
        ({"checksum": True, "link_dest": "../ref", "xattrs": True}, True),
        ({"jobs": 1}, False),
        ({"dest": "/not/there"}, False),
        ({"dest": "far:/"}, True),
        ({"dest": "far:/", "rsync_opts": ["--rsh=ssh -x"]}, False),
        ({"dest": "rsync://far/tree"}, False),
        ({"src": "far:/src/"}, True),
        ({"src": "far:/src/", "exclude": "*.o"}, True),
        ({"src": "far:/src/", "exclude_from": "/rules"}, False),
        ({"src": "far:/s*/"}, False),
        ({"src": "/src"}, False),
        ({"src": "/a/./src/"}, False),
        ({"src": ["/a/", "/b/"]}, False),
        ({"recursive": False}, False),
        ({"hard_links": True}, False),
        ({"cvs_exclude": True}, False),
        ({"filter": "dir-merge .rules"}, False),
        ({"delay_updates": True}, False),
        ({"rsync_opts": ["--iconv=utf8"]}, False),
    ],
    ids=str,
)
def test_whose_scan_may_be_divided(params: dict[str, t.Any], divided: bool) -> None:
    assert may_divide(build_request({"src": "/src/", "dest": "/", "archive": True, **params})) is divided


@pytest.mark.parametrize(
    ("params", "divided"),
    [
        ({}, True),
        ({"delete": True}, False),
        ({"delete": True, "ignore_errors": True}, True),
        ({"delete": True, "ignore_errors": True, "max_delete": 3}, False),
    ],
    ids=str,
)
def test_whose_scan_may_be_divided_in_check_mode(params: dict[str, t.Any], divided: bool) -> None:
    asked = {"src": "/src/", "dest": "/", "archive": True, **params}
    assert may_divide(build_request(asked, check=True)) is divided


@pytest.mark.parametrize(
    ("names", "free", "fit"),
    [(30_000_000, 20_000_000, True), (30_000_001, 20_000_000, False), (0, 0, False), (None, None, False)],
)
def test_many_names_are_not_kept_in_memory(
    monkeypatch: pytest.MonkeyPatch, names: int | None, free: int, fit: bool
) -> None:
    def numbers(_path: bytes) -> types.SimpleNamespace:
        if names is None:
            raise FileNotFoundError
        return types.SimpleNamespace(f_files=names, f_ffree=free)

    monkeypatch.setattr(os, "statvfs", numbers)
    assert names_fit(b"/src/") is fit
