# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The status document, and the directory that it is in."""

from __future__ import annotations

import json
import os
import resource
import stat
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._status import (
    NAME,
    RESERVE,
    Status,
    follow_directory,
    parse_status,
)


@pytest.fixture
def path(tmp_path: t.Any) -> str:
    return os.path.join(str(tmp_path), "follow me")


def read(directory: str) -> t.Any:
    with open(os.path.join(directory, NAME)) as stream:
        return parse_status(stream.read())


def test_the_directory_is_private_and_goes_with_all_that_is_in_it(path: str) -> None:
    with follow_directory(path) as directory:
        assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
        os.mkdir(os.path.join(directory, "lease"))
    assert not os.path.exists(path)


def test_it_goes_also_when_the_run_fails(path: str) -> None:
    with pytest.raises(ZeroDivisionError), follow_directory(path):
        raise ZeroDivisionError
    assert not os.path.exists(path)


def test_it_keeps_room_for_the_result_which_is_written_when_it_is_gone(path: str) -> None:
    with follow_directory(path) as directory:
        assert os.stat(os.path.join(directory, RESERVE)).st_blocks * 512 >= 1 << 20
    assert not os.path.exists(path)


def test_it_keeps_no_room_where_there_is_none(path: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    try:
        with follow_directory(path) as directory:
            assert os.listdir(directory) == []
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_an_empty_one_of_ours_will_do(path: str) -> None:
    os.mkdir(path, 0o755)
    with follow_directory(path):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o700


def make_filled(path: str) -> None:
    os.makedirs(os.path.join(path, "work"))


def make_file(path: str) -> None:
    with open(path, "w"):
        pass


def make_link(path: str) -> None:
    os.mkdir(path + ".real")
    os.symlink(path + ".real", path)


@pytest.mark.parametrize("make", [make_filled, make_file, make_link])
def test_what_is_there_is_not_touched(path: str, make: t.Callable[[str], None]) -> None:
    make(path)
    before = os.lstat(path)
    with pytest.raises(RequestError, match="which is there already: name a directory that is not"), follow_directory(
        path
    ):
        pass
    assert os.lstat(path) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make somebody else's directory")
def test_somebody_elses_is_refused(path: str) -> None:
    os.mkdir(path)
    os.chown(path, 12345, 12345)
    with pytest.raises(RequestError, match="is there already"), follow_directory(path):
        pass


def test_one_that_cannot_be_made(path: str) -> None:
    with pytest.raises(RequestError, match=r"cannot be made: No such file"), follow_directory(path + "/below"):
        pass


def test_a_snapshot_is_read_as_it_was_written(path: str) -> None:
    os.mkdir(path)
    Status(path).publish({"version": 1, "stage": "scan", "lanes": [{"path": "ü"}]})
    assert read(path) == {"version": 1, "stage": "scan", "lanes": [{"path": "ü"}]}
    assert os.listdir(path) == [NAME]


def test_a_reader_never_sees_half_of_one(path: str) -> None:
    """Whoever has opened the document goes on to read the one that he opened."""
    os.mkdir(path)
    status = Status(path)
    status.publish({"version": 1, "rate": 1})
    with open(os.path.join(path, NAME)) as stream:
        status.publish({"version": 1, "rate": 2})
        assert json.loads(stream.read())["rate"] == 1
    assert read(path)["rate"] == 2


def test_only_news_are_written(path: str) -> None:
    os.mkdir(path)
    status = Status(path)
    status.publish({"version": 1, "seconds": 1.0, "rate": 1})
    status.publish({"version": 1, "seconds": 2.0, "rate": 1})
    assert read(path)["seconds"] == 1.0
    status.publish({"version": 1, "seconds": 3.0, "rate": 2})
    assert read(path)["seconds"] == 3.0


@pytest.mark.parametrize("text", ["", "{", "[]", '"a"', "null", '{"version": 2}', "{}", "motd\n{}"])
def test_what_is_no_status(text: str) -> None:
    assert parse_status(text) is None
