# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""How many scanners a tree gets. That they find what one finds is in tests/fidelity/test_division.py."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _division
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request


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
    monkeypatch.setattr(_division, "_LARGE", large)
    request = build_request({"src": source, "dest": "/dst", "jobs": 2, **further})
    assert _division.choose_scanners(request) == (2 if divided else 1)


def test_no_more_than_lanes(source: str) -> None:
    assert _division.choose_scanners(build_request({"src": source, "dest": "/", "jobs": 1, "checksum": True})) == 1
