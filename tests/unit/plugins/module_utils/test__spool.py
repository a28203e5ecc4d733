# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Lists of paths on disk: all that goes in comes out, forwards and backwards, and nothing stays."""

from __future__ import annotations

import io
import os
import stat
import tempfile
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils import _spool
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import StateError
from ansible_collections.vgreb.jsync.plugins.module_utils._spool import (
    Spool,
    records,
    socket_directory,
    state_directory,
)
from hypothesis import given
from hypothesis import strategies as st

RECORDS = st.lists(st.binary(min_size=1, max_size=9).map(lambda name: name.replace(b"\0", b"0")))
BLOCKS = [3, 1 << 16]


@pytest.fixture(params=BLOCKS)
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Read so many bytes at once: records lie across the ends of blocks, and end where they do."""
    monkeypatch.setattr(_spool, "_BLOCK", request.param)
    return request.param


def filled(folder: str, names: t.Iterable[bytes]) -> Spool:
    spool = Spool(os.path.join(folder, "spool"))
    for name in names:
        spool.append(name)
    return spool


@given(names=RECORDS)
def test_all_comes_back_in_either_order(block: int, names: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = filled(folder, names)
        assert list(spool) == names
        assert list(spool.backwards()) == names[::-1]
        assert (spool.count, spool.size) == (len(names), sum(len(name) + 1 for name in names))
        place = os.path.join(folder, "list")
        assert spool.cut(0, len(names) + 1, place) == (spool.count, spool.size)
        assert list(records(place)) == names
        spool.close()


@given(names=RECORDS, data=st.data())
def test_a_range_of_it(block: int, names: list[bytes], data: st.DataObject) -> None:
    """A partition is made of ranges; what is appended meanwhile does not disturb."""
    with tempfile.TemporaryDirectory() as folder:
        spool = filled(folder, names)
        whole = b"".join(name + b"\0" for name in names)
        start = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(start, len(whole)))
        target = io.BytesIO(b"before")
        target.seek(0, os.SEEK_END)
        spool.append(b"later")
        spool.copy(start, end - start, target)
        spool.close()
        assert target.getvalue() == b"before" + whole[start:end]


@given(names=RECORDS, later=RECORDS, data=st.data())
def test_what_another_one_holds_from_some_record_on(
    block: int, names: list[bytes], later: list[bytes], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(names)))
    with tempfile.TemporaryDirectory() as folder:
        other, spool = filled(folder, names), Spool(os.path.join(folder, "more"))
        spool.append(b"before")
        spool.extend(other, sum(len(name) + 1 for name in names[:place]))
        for name in later:
            spool.append(name)
        expected = [b"before", *names[place:], *later]
        assert list(spool) == expected
        assert (spool.count, spool.size) == (len(expected), sum(len(name) + 1 for name in expected))
        assert list(other) == names
        spool.close()
        other.close()


@given(names=RECORDS, data=st.data())
def test_records_of_a_range(block: int, names: list[bytes], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(names)))
    end = data.draw(st.integers(start, len(names)))
    before, length = (sum(len(name) + 1 for name in part) for part in (names[:start], names[start:end]))
    with tempfile.TemporaryDirectory() as folder:
        spool = filled(folder, names)
        assert list(spool.records(before, length)) == names[start:end]
        spool.append(b"later")
        assert list(spool.records(before, length)) == names[start:end]
        spool.close()


def work_and_fail() -> None:
    with state_directory() as state:
        assert os.path.dirname(state) == tempfile.tempdir
        assert stat.S_IMODE(os.stat(state).st_mode) == 0o700
        os.mkdir(os.path.join(state, "sub"))
        raise KeyError


def test_the_state_directory_is_private_and_goes_away(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KeyError):
        work_and_fail()
    assert os.listdir(tmp_path) == []


def test_no_state_directory(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = str(tmp_path / "missing")
    monkeypatch.setattr(tempfile, "tempdir", missing)
    with pytest.raises(StateError) as caught, state_directory():
        pass
    assert caught.value.message == f"cannot make a state directory in {missing}: No such file or directory; set TMPDIR"
    assert caught.value.code == 11


@pytest.mark.parametrize("length", [20, 79, 80, 81, 86, 87, 90, 100, 200])
def test_sockets_have_short_paths(length: int) -> None:
    """A socket's path has at most 107 bytes, and ssh appends a dot and 16 letters while it makes one."""
    state = "/" + "s" * (length - 1)
    with socket_directory(state) as sockets:
        assert len(f"{sockets}/128." + "x" * 16) <= 107
        assert sockets == state or (length > 80 and stat.S_IMODE(os.stat(sockets).st_mode) == 0o700)
    assert not os.path.exists(sockets)


class Disk(t.NamedTuple):
    """What a file system says of itself, as :func:`os.fstatvfs` does."""

    f_bavail: int
    f_blocks: int
    f_frsize: int = 1 << 10


@pytest.mark.parametrize(
    ("disk", "fits"),
    [
        (Disk(1 << 17, 1 << 30), True),  # 128 MiB are free
        (Disk(1 << 16, 1 << 30), False),  # 64 MiB
        (Disk(1 << 10, 1 << 14), True),  # 1 MiB of 16
        (Disk(800, 1 << 14), False),  # less than a twentieth
        (Disk(0, 0), True),  # it does not tell
    ],
)
def test_a_reserve_stays_free(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch, disk: Disk, fits: bool) -> None:
    monkeypatch.setattr(os, "fstatvfs", lambda _fd: disk)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = [b"x" * 4095] * 300  # the first ones are always written
    spool = Spool(str(tmp_path / "spool"))

    def fill() -> None:
        for name in names:
            spool.append(name)

    if fits:
        fill()
    else:
        with pytest.raises(StateError, match=f"no room for the lists of this run in {tmp_path}: {disk.f_bavail} KiB"):
            fill()
    assert list(spool) == names[: spool.count] and spool.count > 16
    place = str(tmp_path / "list")
    if fits:
        spool.cut(0, spool.count, place)
        assert list(records(place)) == names
    else:
        with pytest.raises(StateError):
            spool.cut(0, spool.count, place)
    spool.close()


def test_what_is_not_written_yet_can_be_read(tmp_path: t.Any) -> None:
    """A full disk must not keep a run from naming what has not arrived."""
    spool = filled(str(tmp_path), [b"a", b"b"])
    assert os.path.getsize(spool.path) == 0
    assert list(spool) == [b"a", b"b"] and list(spool.backwards()) == [b"b", b"a"]
    spool.close()
