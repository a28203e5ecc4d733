# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Who gets a lock."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._claim import take


def test_one_gets_the_lock(tmp_path: t.Any) -> None:
    place = str(tmp_path / "place")
    lock = take(place)
    assert lock is not None and take(place) is None
    assert os.stat(place).st_mode & 0o777 == 0o700
    os.close(lock)
    again = take(place)
    assert again is not None
    os.close(again)


def test_a_lock_that_was_removed_is_none(tmp_path: t.Any) -> None:
    """Its holder removes it before its end; who had opened it before must not take it for the one that is there."""
    place = str(tmp_path / "place")
    lock = take(place)
    os.unlink(os.path.join(place, "lock"))
    other = take(place)
    assert lock is not None and other is not None
    os.close(lock)
    assert take(place) is None
    os.close(other)


def test_a_directory_of_somebody_else(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "place").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="is somebody else's"):
        take(str(tmp_path / "place"))
