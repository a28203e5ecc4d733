# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What is looked at on this host before anything is touched."""

from __future__ import annotations

import os
import tempfile
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._check import check_ends, check_nesting, set_apart
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command

from tests.support import engine
from tests.unit.real import PROGRAMS, find, within

# Root may write and read everywhere.
OTHER_USER = "nobody" if os.geteuid() == 0 else None


@pytest.fixture
def top(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[str]:
    """A directory with a tree, a file, a link to each and one to nothing; relative paths start there."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        monkeypatch.chdir(folder)
        for name in ("tree/sub", "full/src"):
            os.makedirs(name)
        with open("file", "w") as stream:
            stream.write("x")
        os.chmod("file", 0o600)
        for target in ("tree", "file", "nowhere"):
            os.symlink(target, f"to {target}")
        yield folder
        os.chmod("full", 0o755)
        monkeypatch.undo()


def refusal(**params: t.Any) -> str:
    """The sentence about a request that cannot be; empty for one that can."""
    try:
        check(**params)
    except RequestError as error:
        return error.message
    return ""


def check(**params: t.Any) -> None:
    asked = {"src": "tree/", "dest": "dst", "archive": True, **params}
    check_ends(build_request(asked, check=asked.pop("check", False)))


GOOD: list[dict[str, t.Any]] = [
    {},
    {"src": "tree"},
    {"src": "file"},
    {"src": "to nowhere"},  # it is a link, and copied as one
    {"src": "to tree/"},
    {"src": ["file", "tree"], "dest": "full"},
    {"dest": "full"},
    {"dest": "dst/"},
    {"dest": "to tree"},
    {"src": "file", "dest": "to file"},
    {"src": "file", "dest": "file"},
    {"src": "to tree", "dest": "file"},  # a link in the place of a file
    {"dest": "above/dst", "mkpath": True},
    {"dest": "above/it/dst", "rsync_opts": ["--mkpath"]},
    {"src": "far:missing", "dest": "full"},
    {"dest": "far:missing/dst"},
    {"exclude_from": "file", "include_from": ["file"], "files_from": "file"},
    {"src": "far:x", "files_from": ":list"},  # at the other end
    {"dest": "far:x", "private_key": "file"},
    {"dest": "far::x", "private_key": "missing"},  # no ssh, no key
    {"dest": "far::x", "password_file": "file"},
]


@pytest.mark.parametrize("params", GOOD, ids=str)
def test_what_can_be(top: str, params: dict[str, t.Any]) -> None:
    check(**params)


BAD: list[tuple[dict[str, t.Any], str]] = [
    ({"src": "missing"}, "src 'missing' does not exist on this host"),
    ({"src": ["tree", "missing/"]}, "src 'missing/' does not exist on this host"),
    ({"src": "to nowhere/"}, "src 'to nowhere/' is not a directory: leave out the slash at its end"),
    ({"src": "file/"}, "src 'file/' is not a directory: leave out the slash at its end"),
    ({"src": "to file/"}, "src 'to file/' is not a directory: leave out the slash at its end"),
    ({"dest": "file"}, "dest 'file' is a file, and src is not a single file: name a directory"),
    ({"src": "tree", "dest": "file"}, "dest 'file' is a file, and src is not a single file: name a directory"),
    (
        {"src": ["file", "file"], "dest": "file"},
        "dest 'file' is a file, and src is not a single file: name a directory",
    ),
    ({"dest": "above/dst"}, "dest 'above/dst': the directory above it does not exist; create it or set mkpath=true"),
    ({"dest": "file/dst"}, "dest 'file/dst': the directory above it does not exist; create it or set mkpath=true"),
    ({"exclude_from": "missing"}, "exclude_from is 'missing' and cannot be read: No such file or directory"),
    ({"include_from": ["file", "tree"]}, "include_from is 'tree' and cannot be read: Is a directory"),
    ({"files_from": "missing"}, "files_from is 'missing' and cannot be read: No such file or directory"),
    (
        {"dest": "far:x", "private_key": "missing"},
        "private_key is 'missing' and cannot be read: No such file or directory",
    ),
    ({"dest": "far::x", "password_file": "missing"}, "password_file is 'missing' and cannot be read: No such file"),
    ({"files_from": "some:file"}, "files_from is 'some:file' and cannot be read: No such file or directory"),
]


@pytest.mark.parametrize(("params", "sentence"), BAD, ids=[str(params) for params, _sentence in BAD])
def test_what_cannot_be(top: str, params: dict[str, t.Any], sentence: str) -> None:
    assert refusal(**params).startswith(sentence)


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o666])
def test_a_password_that_others_may_read_or_write(top: str, mode: int) -> None:
    """rsync refuses it, too (rsync(1), --password-file)."""
    os.chmod("file", mode)
    assert refusal(dest="far::x", password_file="file") == "password_file is 'file' and open to others: chmod 600 it"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_password_of_another_user(top: str) -> None:
    os.chown("file", 65534, 65534)
    sentence = "password_file is 'file' and not owned by root, as whom the module runs: chown it"
    assert refusal(dest="far::x", password_file="file") == sentence


@pytest.mark.parametrize(
    ("dest", "sentence"),
    [
        ("full", "dest 'full' is not writable for the user that the module runs as"),
        ("full/dst", "dest 'full/dst' cannot be created: the directory above it is not writable"),
    ],
)
def test_what_may_not_be_written(top: str, dest: str, sentence: str) -> None:
    os.chmod("full", 0o555)
    assert engine.as_user(OTHER_USER, lambda: refusal(dest=dest), top) == sentence
    assert engine.as_user(OTHER_USER, lambda: refusal(dest=dest, check=True), top) == ""  # check mode writes nothing


def test_what_may_not_be_read(top: str) -> None:
    os.chmod("file", 0)
    sentence = engine.as_user(OTHER_USER, lambda: refusal(dest="far:x", exclude_from="file"), top)
    assert sentence == "exclude_from is 'file' and cannot be read: Permission denied"


def test_names_that_are_no_text(top: str) -> None:
    os.mkdir(b"\xff")
    check(src=os.fsdecode(b"\xff"))


def nest(src: t.Any, dest: str, **params: t.Any) -> str:
    """The sentence about ends that lie inside each other; empty where there is none."""
    request = build_request({"src": src, "dest": dest, "archive": True, **params})
    state = os.path.abspath("state")
    command = Command(request, find(PROGRAMS[0]))
    os.mkdir(state)

    async def work(processes: t.Any) -> None:
        await check_nesting(request, command, processes, state)

    try:
        within(work)
    except RequestError as error:
        return error.message
    finally:
        assert not os.listdir("state")
        os.rmdir("state")
    return ""


INTO_ITSELF = "dest {!r} is inside src {!r} and would be copied into itself: exclude it or name another dest"
DELETED = "src {!r} is inside dest {!r}, and delete would delete it: name another dest or leave delete out"

NESTED: list[tuple[str, str, dict[str, t.Any], str]] = [
    ("tree/", "dst", {}, ""),
    ("tree/", "tree", {}, ""),  # nothing to do, as rsync finds
    ("tree/", "tree/sub/dst", {}, INTO_ITSELF.format("tree/sub/dst", "tree/")),
    ("tree", "tree/sub", {}, INTO_ITSELF.format("tree/sub", "tree")),
    ("tree", "tree", {}, INTO_ITSELF.format("tree", "tree")),
    ("tree/", "to tree/dst", {}, INTO_ITSELF.format("to tree/dst", "tree/")),
    ("tree/", "treetop", {}, ""),
    ("tree/", "tree/sub", {"exclude": "/sub"}, ""),
    ("tree/", "tree/sub/dst", {"filter": "- dst/"}, ""),
    ("tree/", "tree/sub", {"exclude": "/other"}, INTO_ITSELF.format("tree/sub", "tree/")),
    ("tree", "tree/sub", {"exclude": "/sub"}, INTO_ITSELF.format("tree/sub", "tree")),  # it would be /tree/sub
    ("tree", "tree/sub", {"exclude": "/tree/sub"}, ""),
    ("tree/", "tree/sub", {"recursive": False, "rsync_opts": ["-d"]}, INTO_ITSELF.format("tree/sub", "tree/")),
    ("full/src/", "full", {}, ""),
    ("full/src/", "full", {"delete": True}, DELETED.format("full/src/", "full")),
    ("full/src", "full", {"delete": True}, ""),  # it is its own copy
    ("far:tree/", "tree/sub", {"delete": True}, ""),
]


@pytest.mark.parametrize(
    ("src", "dest", "params", "sentence"), NESTED, ids=[f"{row[0]} {row[1]} {row[2]}" for row in NESTED]
)
def test_nesting(top: str, src: str, dest: str, params: dict[str, t.Any], sentence: str) -> None:
    assert nest(src, dest, **params) == sentence


def test_nothing_is_touched_where_the_request_is_refused(top: str) -> None:
    before = sorted(os.walk(top))
    result = engine.run({"src": "tree/", "dest": "tree/sub/dst"})
    assert result["failed"] and result["stage"] == "request" and result["rc"] == 1
    assert sorted(os.walk(top)) == before


@pytest.mark.parametrize(
    ("params", "rules"),
    [
        ({}, []),
        ({"src": "/"}, ["H jsync-x/"]),
        ({"src": "/", "dest": "far:/"}, ["H jsync-x/"]),
        ({"src": "far:/", "dest": "/"}, ["P jsync-x/"]),
        ({"src": ["file", "full"], "dest": "."}, ["H jsync-x/", "P jsync-x/"]),
        ({"src": "to tree", "dest": "tree/sub"}, []),
        ({"src": "full/src/jsync-x"}, []),  # nobody else has such a name
        ({"copy_links": True, "src": "far:/"}, ["P jsync-x/"]),  # a link of the tree may lead there
        ({"keep_dirlinks": True, "dest": "far:/"}, ["H jsync-x/"]),
    ],
    ids=str,
)
def test_what_the_run_makes_is_kept_apart(top: str, params: dict[str, t.Any], rules: list[str]) -> None:
    asked = build_request({"src": "tree/", "dest": "dst", "archive": True, **params})
    apart = set_apart(asked, [os.path.join(top, "full", "src", "jsync-x"), os.path.join(top, "full", "of the user")])
    assert [text for _name, text in apart.settings.filters] == rules
    assert not asked.settings.filters


def test_what_is_kept_apart_stays_so_when_a_rule_clears_those_before_it(top: str) -> None:
    params = {"src": "/", "dest": "dst", "archive": True, "exclude": ["a", "!"], "exclude_from": "/names"}
    apart = set_apart(build_request(params), [os.path.join(top, "jsync-x")])
    own = "H jsync-x/"
    assert [text for _name, text in apart.settings.filters] == [own, "a", "!", own, "/names", own]
