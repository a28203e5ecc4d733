# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What each rsync of a run is given, so that together they do what one does."""

from __future__ import annotations

import os
import re
import subprocess
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Part
from ansible_collections.vgreb.jsync.plugins.module_utils._options import argument_spec, build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command

from tests.unit.real import PROGRAMS, find, recorded

LISTED = ["transfer", "verify", "links", "deletions", "make_directories", "close_directories"]
PASSES = ["scan", *LISTED, "finish_root", "whole", "verify_whole"]


def vector(which: str, *, check: bool = False, **params: t.Any) -> list[str]:
    """The words of one pass."""
    request = build_request({"src": "/src/", "dest": "/dst", "archive": True, **params}, check=check)
    command = Command(request, recorded("3.5.0"))
    assert request.roots
    root = request.roots[0].root
    few = {"finish_root": [root], "scan": [], "whole": [], "verify_whole": [], "deletions": [root, "/list", 10]}
    ends = few.get(which, [root, "/list"])
    shell = "the shell" if request.uses_ssh else None
    return [os.fsdecode(word) for word in getattr(command, which)(*ends, shell, 0)]


def options(which: str, **params: t.Any) -> list[str]:
    words = vector(which, **params)
    return words[1 : words.index("--")]


def ends(which: str, **params: t.Any) -> list[str]:
    words = vector(which, **params)
    return words[words.index("--") + 1 :]


RECURSIVE, DRY, LINKED = "--recursive", "--dry-run", "--hard-links"


@pytest.mark.parametrize("which", PASSES)
def test_every_pass_reports_in_the_same_form(which: str) -> None:
    words = options(which)
    assert words[-4:] == ["--no-human-readable", "--8-bit-output", "--stats", "--out-format=%i %B %b %l %n//%L"]
    assert vector(which)[0] == "rsync"


@pytest.mark.parametrize("which", PASSES)
def test_which_passes_only_look(which: str) -> None:
    """None but these may leave anything untouched, and these must."""
    assert (DRY in options(which, delete=True)) == (which in ("scan", "verify", "verify_whole"))


@pytest.mark.parametrize("which", LISTED)
def test_lists(which: str) -> None:
    words = options(which, files_from="/names", recursive=True)
    assert [word for word in words if word.startswith("--files-from")] == ["--files-from=/list"]
    assert "--from0" in words
    assert RECURSIVE not in words  # with it a listed directory brings all that it holds
    assert ends(which) == ["/src/", "/dst/"]


@pytest.mark.parametrize("which", ["scan", "whole", "verify_whole"])
def test_what_walks_the_tree(which: str) -> None:
    words = options(which, files_from="/names", recursive=True)
    assert RECURSIVE in words and "--files-from=/names" in words and "--from0" not in words
    assert ends(which, src=["/a", "/b"]) == ["/a", "/b", "/dst"]


@pytest.mark.parametrize("which", PASSES)
def test_who_deletes(which: str) -> None:
    deleting = [word for word in options(which, delete=True) if word.startswith("--delete")]
    assert deleting == (["--delete"] if which in ("scan", "deletions", "whole") else [])
    assert not [word for word in options(which) if word.startswith("--delete")] or which == "deletions"


@pytest.mark.parametrize("mode", ["before", "during", "after", "delay", "excluded"])
def test_any_mode_of_deletion(mode: str) -> None:
    word = "--delete-" + mode
    assert "--delete" in options("scan", rsync_opts=[word])  # so that the scan finds what is extraneous
    assert word in options("whole", rsync_opts=[word])


def test_deletions_touch_nothing_else() -> None:
    words = options("deletions", delete=True, exclude="*.o", max_delete=5)
    assert {"--dirs", "--delete", "--existing", "--ignore-existing", "--exclude=*.o", "--max-delete=5"} <= set(words)


@pytest.mark.parametrize(("limit", "most"), [(None, 10), (5, 5), (20, 10), (0, 0), (-1, 0), (-5, 0)])
def test_no_more_is_deleted_than_the_scan_has_found(limit: int | None, most: int) -> None:
    words = options("deletions", delete=True, max_delete=limit)
    assert [word for word in words if word.startswith(("--max-delete", "--dry-run"))] == [f"--max-delete={most}"]


@pytest.mark.parametrize("which", ["transfer", "links", "make_directories"])
def test_directories_stay_open_to_other_lanes(which: str) -> None:
    words = options(which, chmod="D0500")
    assert words.index("--chmod=D0500") < words.index("--chmod=Du+rwx")
    assert "--chmod=Du+rwx" not in options(which, perms=False)
    assert "--chmod=Du+rwx" in options(which, perms=False, acls=True)


@pytest.mark.parametrize("which", ["deletions", "close_directories", "finish_root", "whole"])
def test_who_leaves_directories_as_the_user_wants_them(which: str) -> None:
    words = options(which, chmod="D0500")
    assert "--chmod=D0500" in words and "--chmod=Du+rwx" not in words


@pytest.mark.parametrize("which", PASSES)
def test_every_pass_gives_directories_their_metadata(which: str) -> None:
    """The last one that writes into a directory leaves what the user asked for; no pass comes after it for that."""
    assert {"--perms", "--times", "--owner", "--group"} <= set(options(which))
    assert ("--omit-dir-times" in options(which)) == (which == "verify")  # lanes that go on change them
    assert "--omit-dir-times" in options(which, omit_dir_times=True)


def test_the_destination_itself_is_named_without_its_content() -> None:
    assert {"--dirs", "--exclude=*"} <= set(options("finish_root"))
    assert RECURSIVE not in options("finish_root")


def test_hard_links_are_made_in_their_own_pass() -> None:
    with_links = [which for which in PASSES if LINKED in options(which, hard_links=True)]
    assert with_links == ["scan", "links", "whole", "verify_whole"]


@pytest.mark.parametrize(
    ("params", "scanned", "transferred"),
    [
        ({}, set(), set()),
        ({"checksum": True}, {"--ignore-times"}, {"--checksum"}),
        ({"ignore_times": True}, {"--ignore-times"}, {"--ignore-times"}),
        ({"size_only": True}, {"--size-only"}, {"--size-only"}),
        ({"checksum": True, "check": True}, {"--checksum"}, {"--checksum"}),
    ],
    ids=["quick", "checksum", "all", "size", "check mode"],
)
def test_who_compares_content(params: dict[str, t.Any], scanned: set[str], transferred: set[str]) -> None:
    """The scan reads no content, for it would read all of it in one stream; the transfers do, in many."""
    comparing = {"--checksum", "--ignore-times", "--size-only"}
    assert comparing & set(options("scan", **params)) == scanned
    assert comparing & set(options("transfer", **params)) == transferred


def test_content_that_has_arrived_is_not_compared_again_to_confirm_it() -> None:
    assert "--ignore-times" not in options("verify", ignore_times=True)
    assert "--checksum" in options("verify", checksum=True)
    assert "--remove-source-files" not in options("verify_whole", remove_source_files=True)


@pytest.mark.parametrize("guard", ["--update", "--existing", "--ignore-existing"])
def test_what_a_broken_attempt_left_does_not_look_finished(guard: str) -> None:
    """A file left half written under its final name is newer, and there."""
    assert guard in options("transfer", rsync_opts=[guard])
    assert guard in options("transfer", rsync_opts=[guard], inplace=True)
    request = build_request({"src": "/src/", "dest": "/dst", "rsync_opts": [guard], "inplace": True})
    assert request.roots
    again = Command(request, recorded("3.5.0")).transfer(request.roots[0].root, "/list", None, 0, again=True)
    assert guard.encode() not in again
    assert (b"--no-implied-dirs" in again) == (guard == "--ignore-existing")  # a list would replace what is on its way
    assert guard not in options("verify", rsync_opts=[guard])


def test_what_a_broken_attempt_left_does_not_look_newer_with_partial() -> None:
    request = build_request({"src": "/src/", "dest": "/dst", "update": True, "partial": True})
    assert request.roots
    again = Command(request, recorded("3.5.0")).transfer(request.roots[0].root, "/list", None, 0, again=True)
    assert b"--update" in again


FILTERS: dict[str, t.Any] = {
    "exclude": ["*.o", "/x"],
    "include": "a",
    "filter": "P *.bak",
    "rsync_opts": ["--exclude=last"],
}
FILTER_WORDS = ["--filter=P *.bak", "--include=a", "--exclude=*.o", "--exclude=/x", "--exclude=last"]


# What a list implies at its top is no name to choose.
TOP = "--include=."


@pytest.mark.parametrize("which", ["scan", "deletions", "whole", "verify_whole"])
def test_filters_in_the_order_that_counts(which: str) -> None:
    found = [word for word in options(which, **FILTERS) if re.match(r"--(filter|include|exclude)=", word)]
    assert found == [TOP] * (which == "deletions") + FILTER_WORDS


def test_the_top_stays_where_a_rule_clears_those_before() -> None:
    found = [word for word in options("transfer", filter=["- a", "!", "- .*"]) if "filter=" in word or word == TOP]
    assert found == [TOP, "--filter=- a", "--filter=!", TOP, "--filter=- .*"]


CHOICE_WORDS = [TOP, *FILTER_WORDS, "--max-size=5m", "--min-size=1"]


def choosing(which: str, **params: t.Any) -> list[str]:
    """The words of one pass that choose among names; the user gives all of them."""
    words = options(which, **{**FILTERS, "max_size": "5m", "min_size": "1", **params})
    return sorted(word for word in words if re.match(r"--(filter|include|exclude|max-size|min-size)=", word))


@pytest.mark.parametrize("which", ["links", "make_directories", "close_directories"])
def test_lists_of_names_need_no_filters(which: str) -> None:
    """The scan has chosen the names already."""
    assert choosing(which) == []


@pytest.mark.parametrize("which", ["transfer", "verify"])
@pytest.mark.parametrize("params", [{}, {"delete": True}, {"force": True}], ids=str)
def test_within_a_listed_directory_the_users_filters_choose(which: str, params: dict[str, t.Any]) -> None:
    assert choosing(which, **params) == sorted(CHOICE_WORDS)
    found = [word for word in options(which, **FILTERS, **params) if word in FILTER_WORDS]
    assert found == FILTER_WORDS  # in the order that counts


def test_what_lists_no_directory_needs_no_filters() -> None:
    for which in ("transfer", "verify"):
        assert choosing(which, link_dest="../ref") == []
    assert choosing("transfer", link_dest="../ref", delete=True) == sorted([TOP, *FILTER_WORDS])  # they protect


def test_a_file_takes_the_place_of_a_directory_only_where_the_user_lets_rsync_delete() -> None:
    assert "--force" not in options("transfer")
    assert {"--force", *FILTER_WORDS} <= set(options("transfer", **FILTERS, force=True))
    assert {"--force", *FILTER_WORDS} <= set(options("transfer", **FILTERS, delete=True))
    for further in ({"filter": ": .rules"}, {"max_delete": 2}):
        assert "--force" not in options("transfer", delete=True, force=True, **further)
        assert "--force" in options("whole", force=True, **further)


def test_files_of_patterns_are_read_as_the_user_wrote_them() -> None:
    """--from0 holds for those that stand behind it, too (options.c): only with NUL bytes they stand there."""
    words = options("deletions", delete=True, exclude_from="/patterns", include_from="/more")
    assert {"--exclude-from=/patterns", "--include-from=/more"} <= set(words[: words.index("--from0")])


@pytest.mark.parametrize("name", ["link_dest", "copy_dest"])
def test_files_taken_from_elsewhere_are_listed(name: str) -> None:
    for which in ("scan", "transfer", "whole"):
        assert options(which, **{name: "../ref"}).count("--itemize-changes") == 2


@pytest.mark.parametrize("which", PASSES)
def test_the_whole_rate_is_shared_by_code(which: str) -> None:
    assert not [word for word in options(which, bwlimit="5m") if word.startswith("--bwlimit")]


@pytest.mark.parametrize(("rate", "word"), [(1 << 20, "--bwlimit=1024K"), (3 << 10, "--bwlimit=3K")])
def test_a_share_of_the_rate(rate: int, word: str) -> None:
    command = Command(build_request({"src": "/a", "dest": "/b"}), recorded("3.5.0"))
    assert word.encode() in command.scan(None, rate)


SSH, URL = {"dest": "al@far:dst"}, {"dest": "rsync://al@far/m/dst"}


@pytest.mark.parametrize("which", PASSES)
def test_over_ssh(which: str) -> None:
    words = options(which, **SSH, port=2222, contimeout=9)
    assert "--rsh=the shell" in words
    assert not [word for word in words if word.startswith(("--port", "--contimeout"))]  # ssh has them
    assert ends(which, **SSH)[-1] == ("al@far:dst/" if which in [*LISTED, "finish_root"] else "al@far:dst")


@pytest.mark.parametrize("which", PASSES)
def test_to_a_daemon(which: str) -> None:
    words = options(which, **URL, port=8730, contimeout=9, password_file="/secret")
    assert {"--no-motd", "--port=8730", "--contimeout=9", "--password-file=/secret"} <= set(words)
    assert not [word for word in words if word.startswith("--rsh")]


@pytest.mark.parametrize("which", PASSES)
def test_on_this_host(which: str) -> None:
    names = {word.partition("=")[0] for word in options(which, port=22, contimeout=9)}
    assert not names & {"--rsh", "--port", "--contimeout", "--no-motd", "--password-file", "--protect-args"}


def test_the_password_is_on_no_command_line() -> None:
    for which in PASSES:
        assert not [word for word in vector(which, **URL, password="sesame") if "sesame" in word]


@pytest.mark.parametrize("which", PASSES)
def test_the_users_own_shell_is_used_as_it_is(which: str) -> None:
    assert "--rsh=ssh -p 2222" in options(which, **SSH, rsh="ssh -p 2222")


@pytest.mark.parametrize(("number", "old"), [((3, 1, 3), True), ((3, 2, 3), True), ((3, 2, 4), False)])
def test_old_versions_are_told_to_keep_names_from_the_remote_shell(number: tuple[int, int, int], old: bool) -> None:
    for dest, expected in ((SSH["dest"], old), (URL["dest"], False), ("/dst", False)):
        request = build_request({"src": "/src/", "dest": dest})
        command = Command(request, recorded("3.2.7")._replace(number=number))
        assert (b"--protect-args" in command.scan("ssh", 0)) == expected


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        ({"src": "/src/", "dest": "host:/d\nst"}, True),
        ({"src": ["host:/a", "host:/b\n"], "dest": "/dst"}, True),
        ({"src": "/src/", "dest": "host:/dst", "link_dest": ["/x\ny"]}, True),
        ({"src": "/s\nrc/", "dest": "host:/dst"}, False),
        ({"src": "/src/", "dest": "rsync://host/d\nst"}, False),
        ({"src": "/src/", "dest": "/d\nst"}, False),
    ],
)
def test_no_version_shows_the_remote_shell_the_end_of_a_line(params: dict[str, t.Any], kept: bool) -> None:
    command = Command(build_request(params), recorded("3.2.7")._replace(number=(3, 4, 1)))
    assert (b"--protect-args" in command.scan("ssh", 0)) == kept


def test_a_scan_over_a_network_reads_the_tree_at_once() -> None:
    assert "--no-inc-recursive" in options("scan", **SSH)
    assert "--no-inc-recursive" not in options("scan")
    assert "--no-inc-recursive" not in options("scan", **SSH, rsync_opts=["--inc-recursive"])


def test_a_part_is_read_at_once_where_its_names_fit() -> None:
    def scan(at_once: bool, **params: t.Any) -> list[bytes]:
        request = build_request({"src": "/src/", "dest": "/dst", **params})
        return Command(request, recorded("3.2.7")).scan(None, 0, Part((b"a",), deep=True, at_once=at_once))

    assert b"--no-inc-recursive" in scan(True)
    assert b"--no-inc-recursive" in scan(True, rsync_timeout=60)
    assert b"--no-inc-recursive" not in scan(False)
    assert b"--no-inc-recursive" not in scan(True, rsync_opts=["--inc-recursive"])


@pytest.mark.parametrize("which", ["scan", "whole", "verify_whole"])
@pytest.mark.parametrize(
    "further", [{"checksum": True}, {"rsync_timeout": 60}, {"checksum": True, "rsync_timeout": 60}]
)
def test_no_receiver_waits_for_all_names_while_files_are_read(which: str, further: dict[str, t.Any]) -> None:
    words = options(which, **SSH, **further, check=True)
    starves = "--checksum" in words and "--timeout=60" in words
    assert starves == (len(further) == 2)
    assert ("--no-inc-recursive" in words) != starves


def test_names_are_bytes_whatever_they_are() -> None:
    words = vector("scan", src="/s\udcff/", dest="/d\N{LATIN SMALL LETTER A WITH DIAERESIS}")
    assert words[-2:] == ["/s\udcff/", "/d\N{LATIN SMALL LETTER A WITH DIAERESIS}"]


@pytest.mark.parametrize("delete", [False, True])
def test_the_users_own_rsync_after_the_lanes(delete: bool) -> None:
    """It is the user's command line, but may be told not to delete."""
    request = build_request(
        {"src": "/src/", "dest": "/dst", "archive": True, "delete": True, "rsync_opts": ["--mkpath"]}
    )
    words = [os.fsdecode(word) for word in Command(request, recorded("3.5.0")).whole(None, 0, delete=delete)]
    assert {"--recursive", "--links", "--perms", "--times", "--owner", "--group", "--mkpath"} <= set(words)
    assert ("--delete" in words) == delete


# --- against real rsyncs

GIVEN_VALUES = {
    "chmod": "F600",
    "usermap": "*:1",
    "groupmap": "*:1",
    "chown": "1:1",
    "filter": "P x",
    "exclude_from": os.devnull,
    "include_from": os.devnull,
    "bwlimit": "10m",
    "max_size": "1.5g",
    "min_size": "1",
    "remote_rsync_path": ["sudo", "-n", "rsync"],
}
OPTIONS = {
    name: GIVEN_VALUES.get(name, {"bool": True, "int": 5}.get(entry["type"], "value"))
    for name, entry in argument_spec().items()
    if name in table.BY_OPTION and name != "password_file"
}


def test_what_this_rsync_has_not_is_refused_before_any_pass() -> None:
    """The scan is not given it: nothing must be made before a transfer is built."""
    request = build_request({"src": "/src/", "dest": "/dst", "fsync": True})
    with pytest.raises(RequestError, match=r"^fsync: this rsync has no option --fsync; "):
        Command(request, recorded("3.2.3"))


@pytest.mark.parametrize(
    ("version", "dest", "asked"),
    [
        ("3.2.3", "/dst", True),
        ("3.2.7", "/dst", False),
        ("3.5.0", "/dst", False),
        ("3.5.0", "far:/dst", True),
        ("3.2.3", "rsync://far/m", False),
    ],
)
def test_a_receiver_that_may_be_older_is_asked_for_the_directory_that_it_makes(
    version: str, dest: str, asked: bool
) -> None:
    request = build_request({"src": "/src/", "dest": dest})
    assert (b"--info=name" in Command(request, recorded(version)).scan("ssh", 0)) == asked


@pytest.mark.parametrize("program", PROGRAMS, ids=[find(path).version for path in PROGRAMS])
@pytest.mark.parametrize("name", OPTIONS)
def test_rsync_can_read_what_an_option_becomes(program: str, name: str, tmp_path: object) -> None:
    """rsync reads all words before it says its version, and ends otherwise where it cannot."""
    request = build_request({"src": "/src/", "dest": "far:dst", "archive": name != "archive", name: OPTIONS[name]})
    row = table.BY_OPTION[name]
    if not {row.name, *row.aliases} & find(program).options:
        with pytest.raises(RequestError, match=f"^{name}: this rsync has no option"):
            Command(request, find(program))
        return
    command = Command(request, find(program))
    for build in (command.scan, command.whole):
        words = build("ssh", 1 << 20)
        ended = subprocess.run(
            [*words[: words.index(b"--")], "--version"], capture_output=True, cwd=str(tmp_path), check=False
        )
        assert (ended.returncode, ended.stderr) == (0, b"")
