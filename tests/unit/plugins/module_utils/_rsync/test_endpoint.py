# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Endpoints as rsync reads them, and the names that lists below them begin with."""

from __future__ import annotations

import re
import subprocess

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import (
    DAEMON,
    LOCAL,
    SSH,
    Endpoint,
    parse_endpoint,
    split_list,
    split_relative,
    split_source,
)
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.real import PROGRAMS, script

# Text, kind, user, host, port, path.
ENDPOINTS = [
    ("/a/b", LOCAL, "", "", None, "/a/b"),
    ("a/b:c", LOCAL, "", "", None, "a/b:c"),
    ("./a:b", LOCAL, "", "", None, "./a:b"),
    ("plain", LOCAL, "", "", None, "plain"),
    ("al@home", LOCAL, "", "", None, "al@home"),
    ("h:/a", SSH, "", "h", None, "/a"),
    ("h:", SSH, "", "h", None, ""),
    ("h:a:b", SSH, "", "h", None, "a:b"),
    ("h: a b\n", SSH, "", "h", None, " a b\n"),
    ("h:rsync://x/y", SSH, "", "h", None, "rsync://x/y"),
    ("al@h:a", SSH, "al", "h", None, "a"),
    ("al@corp@h:a", SSH, "al@corp", "h", None, "a"),
    ("[::1]:/a", SSH, "", "::1", None, "/a"),
    ("al@[fe80::1%eth0]:a", SSH, "al", "fe80::1%eth0", None, "a"),
    ("rsync:a", SSH, "", "rsync", None, "a"),
    ("h::m/a", DAEMON, "", "h", None, "m/a"),
    ("al@h::m", DAEMON, "al", "h", None, "m"),
    ("[::1]::m/a", DAEMON, "", "::1", None, "m/a"),
    ("rsync://h/m/a", DAEMON, "", "h", None, "m/a"),
    ("RSYNC://h/m/a", DAEMON, "", "h", None, "m/a"),
    ("rsync://al@h:8730/m/a b", DAEMON, "al", "h", 8730, "m/a b"),
    ("rsync://[::1]:8730/m/", DAEMON, "", "::1", 8730, "m/"),
    ("rsync://h/", DAEMON, "", "h", None, ""),
    ("rsync://h", DAEMON, "", "h", None, ""),
    ("rsync://h:/m", DAEMON, "", "h", None, "m"),
    ("rsync://h:87x/m", SSH, "", "rsync", None, "//h:87x/m"),
    ("[::1]x:/a", LOCAL, "", "", None, "[::1]x:/a"),
]


@pytest.mark.parametrize(("text", "kind", "user", "host", "port", "path"), ENDPOINTS, ids=[row[0] for row in ENDPOINTS])
def test_endpoint(text: str, kind: str, user: str, host: str, port: int | None, path: str) -> None:
    end = parse_endpoint(text)
    assert (end.kind, end.user, end.host, end.port, end.path) == (kind, user, host, port, path)
    assert end.remote == (kind != LOCAL)


def asked_of_a_remote_shell(text: str, folder: object) -> list[str]:
    """``[-l user] host rsync --server ...``, and ``--daemon`` where the far end is to be one; nothing for a path."""
    argv = [PROGRAMS[0], "-s", "-e", script(folder, 'printf "%s\\0" "$@" >&2\n'), text, str(folder)]
    words = subprocess.run(argv, capture_output=True, cwd=str(folder), check=False).stderr.decode().split("\0")
    return words if "--server" in words else []


@pytest.mark.parametrize(
    ("text", "kind", "user", "host", "_port", "_path"), ENDPOINTS, ids=[row[0] for row in ENDPOINTS]
)
def test_rsync_reads_it_so(
    text: str, kind: str, user: str, host: str, _port: int | None, _path: str, tmp_path: object
) -> None:
    asked = asked_of_a_remote_shell(text, tmp_path)
    words = [*(["-l", user] if user else []), host, "rsync", "--server"]
    assert asked[: len(words)] == (words if kind != LOCAL else [])
    assert ("--daemon" in asked) == (kind == DAEMON)


BRACKETS = pytest.mark.parametrize("text", ["data[1]:old", "al@x[1]:old"])


@BRACKETS
def test_rsync_takes_a_bracket_within_a_name_for_a_path(text: str, tmp_path: object) -> None:
    assert not asked_of_a_remote_shell(text, tmp_path)


@BRACKETS
def test_a_bracket_within_a_name_makes_a_path(text: str) -> None:
    assert parse_endpoint(text).kind == LOCAL


NAMES = st.text(st.characters(min_codepoint=1).filter(re.compile(r"[^/:@\[\]\ud800-\udfff]").match), min_size=1)
PATHS = st.text(st.characters(min_codepoint=1))
ADDRESSES = st.ip_addresses(v=6).map("[{}]".format)


@given(st.one_of(st.just(""), NAMES), st.one_of(NAMES, ADDRESSES), PATHS.filter(lambda path: not path.startswith(":")))
def test_ssh_endpoint_of_any_parts(user: str, host: str, path: str) -> None:
    prefix = f"{user}@{host}:" if user else f"{host}:"
    end = parse_endpoint(prefix + path)
    if prefix.lower() + path[:2] != "rsync://":
        assert end == Endpoint(SSH, prefix, path, user, host.strip("[]"))


@given(NAMES, st.one_of(NAMES, ADDRESSES), st.one_of(st.none(), st.integers(1, 65535)), PATHS)
def test_url_of_any_parts(user: str, host: str, port: int | None, path: str) -> None:
    prefix = f"rsync://{user}@{host}:{port}/" if port else f"rsync://{user}@{host}/"
    assert parse_endpoint(prefix + path) == Endpoint(DAEMON, prefix, path, user, host.strip("[]"), port)


@given(st.one_of(PATHS, st.text("ab:/@[]*.")))
def test_no_character_is_lost(text: str) -> None:
    """What rsync is given is what the user wrote; only a URL without a path gets its slash."""
    end = parse_endpoint(text)
    assert end.text in (text, text + "/")
    assert end.text == text or (end.kind == DAEMON and not end.path)


@given(st.text("ab:/@."))
@example("a/b:c")
def test_a_slash_before_any_colon_makes_a_path(text: str) -> None:
    before, slash, _behind = text.partition("/")
    if not text.startswith("rsync:") and (":" not in before if slash else ":" not in text):
        assert parse_endpoint(text) == Endpoint(LOCAL, "", text)


@pytest.mark.parametrize(
    ("text", "directory"),
    [("/a", "/a/"), ("/a/", "/a/"), ("h:", "h:./"), ("h:a", "h:a/"), ("h::m", "h::m/"), (".", "./"), ("", "./")],
)
def test_as_directory(text: str, directory: str) -> None:
    assert parse_endpoint(text).as_directory().text == directory


@pytest.mark.parametrize("text", ["rsync://h", "rsync://h/", "rsync://h/m/x", "RSYNC://h/m"])
def test_the_same_daemon_with_another_path(text: str) -> None:
    assert parse_endpoint(text).at("m/a").text.lower() == "rsync://h/m/a"


@pytest.mark.parametrize(
    ("text", "wildcard"), [("/a*", False), ("h:/a*", True), ("h:[ab]", True), ("h::m/?", True), ("h:/a", False)]
)
def test_wildcards_are_the_far_ends(text: str, wildcard: bool) -> None:
    assert parse_endpoint(text).has_wildcard == wildcard


# Source, the directory that the names lie below, their first component, whether "." is among them, where lists start,
# what stands before a name in a list. Without a slash at the end names start with that of the source; with one, or
# behind "." and "..", its content is meant (rsync(1), USAGE).
SPLIT = [
    ("/a/b/", "/a/b/", None, True, "/a/b/", b"./"),
    ("/a/b", "/a/", b"b", False, "/a/", b"././"),
    ("b", "./", b"b", False, "./", b"././"),
    ("a/.", "a/./", None, True, "a/./", b"./"),
    ("a/..", "a/../", None, True, "a/../", b"./"),
    ("..", "../", None, True, "../", b"./"),
    ("/", "/", None, True, "/", b"./"),
    ("/a", "/", b"a", False, "/", b"././"),
    ("h:b", "h:./", b"b", False, "h:./", b"././"),
    ("h:a/b", "h:a/", b"b", False, "h:a/", b"././"),
    ("h:", "h:./", None, True, "h:./", b"./"),
    ("h:~/b", "h:~/", b"b", False, "h:~/", b"././"),
    ("h:/a/*", "h:/a/", None, False, "h:/a/", b"././"),
    ("/a/*", "/a/", b"*", False, "/a/", b"././"),
    ("h::m", "h::m/", None, True, "h::m/", b"./"),
    ("h::m/", "h::m/", None, True, "h::m/", b"./"),
    ("h::m/b", "h::m/", b"b", False, "h::m/", b"././"),
    ("h::m/a/b", "h::m/a/", b"b", False, "h::m/", b"./a/./"),
    ("h::m/a/b/", "h::m/a/b/", None, True, "h::m/", b"./a/b/././"),
    ("rsync://h/m/a//b", "rsync://h/m/a//", b"b", False, "rsync://h/m/", b"./a/./"),
    ("/\udcff/b", "/\udcff/", b"b", False, "/\udcff/", b"././"),
    ("/a/\udcff", "/a/", b"\xff", False, "/a/", b"././"),
]


@pytest.mark.parametrize(
    ("text", "directory", "base", "contents", "root", "lead"), SPLIT, ids=[row[0] for row in SPLIT]
)
def test_split_source(text: str, directory: str, base: bytes | None, contents: bool, root: str, lead: bytes) -> None:
    split = split_source(parse_endpoint(text))
    assert split is not None
    assert (split.directory.text, split.base, split.contents) == (directory, base, contents)
    assert (split.root.text, split.lead) == (root, lead)


@pytest.mark.parametrize("text", ["h:/a*/b", "h:/a*/", "h:~al", "h::m*/b", "h:[ab]/"])
def test_only_the_far_end_can_split_it(text: str) -> None:
    assert split_source(parse_endpoint(text)) is None


@pytest.mark.parametrize(
    ("text", "root", "lead", "contents"),
    [
        ("/a/b", "/", b"././", False),
        ("a/b", "./", b"././", False),
        (".a", "./", b"././", False),
        ("./a", "./", b"./", True),
        (".", "./", b"./", True),
        (".//", "./", b"./", True),
        ("/./", "/", b"./", True),
        ("/a/./b/c", "/a/", b"././", False),
        ("/a/.//b", "/a/", b"././", False),
        ("/a/././b", "/a/", b"./", True),
        ("/a/.//", "/a/", b"./", True),
        ("h:a/b", "h:./", b"././", False),
        ("h:", "h:./", b"./", True),
        ("h:/a/./b", "h:/a/", b"././", False),
        ("h::m", "h::m/", b"./", True),
        ("h::m/a/b", "h::m/", b"././", False),
        ("h::m/./a", "h::m/", b"./", True),
        ("h::m/a/./b", "h::m/", b"./a/./", False),
        ("h::m/a/./", "h::m/", b"./a/././", True),
    ],
)
def test_split_relative(text: str, root: str, lead: bytes, contents: bool) -> None:
    """With --relative a name keeps its whole path, or what stands behind ``/./``."""
    split = split_relative(parse_endpoint(text))
    assert split is not None
    assert (split.root.text, split.lead, split.base, split.contents) == (root, lead, None, contents)


@pytest.mark.parametrize("text", ["/", "/.", "h:/", "h:/a/*", "~/a", "h:~/a"])
def test_only_the_far_end_can_split_it_with_relative(text: str) -> None:
    assert split_relative(parse_endpoint(text)) is None


@pytest.mark.parametrize(
    ("text", "root", "lead"),
    [("/a", "/a/", b"././"), ("h:a", "h:a/", b"././"), ("h::m/a", "h::m/", b"./a/./")],
)
def test_split_list(text: str, root: str, lead: bytes) -> None:
    split = split_list(parse_endpoint(text))
    assert (split.root.text, split.lead, split.contents) == (root, lead, False)


@given(st.one_of(st.just(""), st.just("h:"), st.just("h::m/")), st.text("ab./~ #;"))
def test_names_of_a_list_lead_to_the_source(prefix: str, path: str) -> None:
    """Where the list starts, and an entry of it, are together the path of the source, and no entry is a comment."""
    source = parse_endpoint(prefix + path)
    split = split_source(source)
    if split is None or (source.kind == LOCAL and not path):
        return
    entry = split.lead + (split.base or b"")
    assert entry[:1] not in (b"#", b";")
    start = split.root.path + entry.decode()
    parts = [part for part in start.split("/") if part not in ("", ".")]
    assert parts == [part for part in source.path.split("/") if part not in ("", ".")]
    assert start.startswith("/") == source.path.startswith("/") or source.kind == DAEMON


@pytest.mark.parametrize(
    ("source", "name", "path"),
    [
        ("/src/", b"a/b", b"/src/././a/b"),
        ("/src", b"src/a", b"/./src/a"),
        ("src", b"src/-a", b"././src/-a"),
        ("/s\u00e9/", b"\xe9", b"/s\xc3\xa9/././\xe9"),
        ("/x/./src/", b"a", None),
        ("/src/", b"a" * 3989, b"/src/././" + b"a" * 3989),
        ("/src/", b"a" * 3992, None),
        ("far:/src/", b"a", None),
    ],
)
def test_names_as_paths_on_a_command_line(source: str, name: bytes, path: bytes | None) -> None:
    split = split_source(parse_endpoint(source))
    assert split is not None
    assert split.paths([name]) == ([] if path is None else [path])


def test_a_command_line_is_not_too_long() -> None:
    split = split_source(parse_endpoint("/src/"))
    assert split is not None
    names = [b"name%d" % number for number in range(50_000)]
    assert split.paths(names) == [] and len(split.paths(names[:4000])) == 4000


@pytest.mark.parametrize("source", ["/src/", "/src", "/" + "long" * 30 + "/"])
@pytest.mark.parametrize("most", [1, 4000])
def test_so_many_names_always_fit_on_a_command_line(source: str, most: int) -> None:
    split = split_source(parse_endpoint(source))
    assert split is not None
    number, length = split.line(most)
    assert 0 < number <= most
    names = [b"n" * (min(length // number, 2000) - 1)] * number
    assert len(split.paths(names)) == number


@pytest.mark.parametrize("source", ["far:/src/", "far::m/src", "/src/"])
@pytest.mark.parametrize(
    ("name", "misread"),
    [(b"a\\[b", True), (b"d?/a\\b", True), (b"a\\]", True), (b"*\\", True), (b"a\\b", False), (b"*?[a]", False)],
)
def test_names_that_no_list_of_a_pull_can_hold(source: str, name: bytes, misread: bool) -> None:
    split = split_source(parse_endpoint(source))
    assert split is not None
    assert split.misread(name) == (misread and source != "/src/")


@pytest.mark.parametrize(("source", "misread"), [("far:/src/", True), ("/src/", False)])
def test_a_backslash_at_the_end_of_a_directory(source: str, misread: bool) -> None:
    split = split_source(parse_endpoint(source))
    assert split is not None
    assert split.misread_below(b"a\\") == misread
    assert not split.misread(b"a\\") and not split.misread_below(b"a\\b")
