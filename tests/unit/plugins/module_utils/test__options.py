# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What the module's options add up to, and each sentence about a request that cannot be."""

from __future__ import annotations

import os
import shlex
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request, argument_spec, build_request, texts
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from hypothesis import given
from hypothesis import strategies as st


def request(**params: t.Any) -> Request:
    """What AnsibleModule would give: each option that is not set is None or has its default."""
    defaults = {name: entry.get("default") for name, entry in argument_spec().items()}
    return build_request({**defaults, "src": "/src/", "dest": "/dst", **params})


def refusal(**params: t.Any) -> str:
    with pytest.raises(RequestError) as caught:
        request(**params)
    return caught.value.message


OPTION = "a name that starts with '-' reads as an option; write"
RSH = "rsh is used as it is: put what port, private_key and ssh_args say into it"
RATE = "give a number of KiB a second, or one with a suffix as in 400k or 12m"
NO_DAEMON = "is for an rsync daemon, and neither src nor dest is one"
TEXT = "give a text or a list of texts"
FAR = {"dest": "far:/a"}

# The options, and the one sentence.
REFUSED: list[tuple[dict[str, t.Any], str]] = [
    ({"src": []}, "src is empty: name at least one path"),
    ({"src": ""}, "src is empty: name a path"),
    ({"src": ["/a", ""]}, "src is empty: name a path"),
    ({"dest": ""}, "dest is empty: name a path"),
    ({"src": {"a": 1}}, f"src holds {{'a': 1}}: {TEXT}"),
    ({"src": ["/a", None]}, f"src holds None: {TEXT}"),
    ({"src": True}, f"src holds True: {TEXT}"),
    ({"exclude": ["*.o", ["x"]]}, f"exclude holds ['x']: {TEXT}"),
    ({"rsync_opts": [{"a": 1}]}, f"rsync_opts holds {{'a': 1}}: {TEXT}"),
    ({"remote_rsync_path": [1, False]}, f"remote_rsync_path holds False: {TEXT}"),
    ({"dest": "/a\0b"}, "dest is '/a\\x00b': no program can be given a NUL byte"),
    ({"exclude": ["x", "a\0"]}, "exclude is 'a\\x00': no program can be given a NUL byte"),
    ({"src": "-rf"}, f"src is '-rf': {OPTION} './-rf'"),
    ({"src": "far:-x"}, f"src is 'far:-x': {OPTION} './-x'"),
    ({"src": "al@-oProxyCommand=x:/a"}, f"src is 'al@-oProxyCommand=x:/a': {OPTION} './-oProxyCommand=x'"),
    ({"dest": "-al@far:/a"}, f"dest is '-al@far:/a': {OPTION} './-al@far:/a'"),
    ({"dest": "rsync://far/"}, "dest is 'rsync://far/': name the daemon's module behind the host"),
    ({"src": "far::"}, "src is 'far::': name the daemon's module behind the host"),
    ({"src": "a:x", "dest": "b:y"}, "src 'a:x' and dest 'b:y' are both remote: run the module on one of the two hosts"),
    ({"src": ":/x"}, "src is ':/x': name the host before the colon"),
    ({"dest": "rsync:///m"}, "dest is 'rsync:///m': name the host before the colon"),
    ({"src": ["a:/x", "b:/x"]}, "src 'a:/x' and 'b:/x' are on different hosts: one rsync takes one"),
    ({"src": ["a:/x", "al@a:/x"]}, "src 'a:/x' and 'al@a:/x' are on different hosts: one rsync takes one"),
    ({"src": ["a:/x", "/y"]}, "src 'a:/x' and '/y' are on different hosts: one rsync takes one"),
    ({"src": ["/y", "a:/x"]}, "src '/y' and 'a:/x' are on different hosts: one rsync takes one"),
    ({"jobs": 0}, "jobs is 0: give a number from 1 to 128, or auto"),
    ({"jobs": 129}, "jobs is 129: give a number from 1 to 128, or auto"),
    ({"jobs": "many"}, "jobs is many: give a number from 1 to 128, or auto"),
    ({"jobs": True}, "jobs is True: give a number from 1 to 128, or auto"),
    ({"jobs": "-4"}, "jobs is -4: give a number from 1 to 128, or auto"),
    ({"nice": -21}, "nice is -21: give a number from -20 (first) to 19 (last)"),
    ({"nice": 20}, "nice is 20: give a number from -20 (first) to 19 (last)"),
    ({"ionice": "lazy"}, "ionice is 'lazy': give idle, best-effort, or best-effort:0 (first) to best-effort:7"),
    ({"ionice": "idle:1"}, "ionice is 'idle:1': give idle, best-effort, or best-effort:0 (first) to best-effort:7"),
    ({"jobs_max": 0}, "jobs_max is 0: give a number from 1 to 128"),
    ({"jobs": "auto", "jobs_max": 129}, "jobs_max is 129: give a number from 1 to 128"),
    ({"retries": -1}, "retries is -1: give 0 or more"),
    ({"umask": "18"}, "umask is '18': give up to four octal digits"),
    ({"umask": 0o27}, "umask is 23, a number: put it in quotes, as \"0027\""),
    ({"umask": ["0027"]}, "umask is ['0027']: give a text"),
    ({"chmod": 0o644}, "chmod is 420, a number: put it in quotes, as \"0644\""),
    ({"chmod": ["D755", 0o644]}, "chmod is 420, a number: put it in quotes, as \"0644\""),
    ({"chmod": True}, f"chmod holds True: {TEXT}"),
    ({"chown": 2013}, "chown is 2013, a number: put it in quotes, as \"33:33\""),
    ({"chown": {"user": "a"}}, "chown is {'user': 'a'}: give a text"),
    ({"usermap": 60033}, "usermap is 60033, a number: put it in quotes, as \"1000:33\""),
    ({"groupmap": 60033}, "groupmap is 60033, a number: put it in quotes, as \"1000:33\""),
    (
        {"rsync_opts": ["-a", "--chmod", 0o644]},
        "rsync_opts: --chmod is 420, a number: put it in quotes, as \"0644\"",
    ),
    ({"umask": ""}, "umask is '': give up to four octal digits"),
    ({"port": 65536}, "port is 65536: give a number from 1 to 65535"),
    ({"port": -22}, "port is -22: give a number from 1 to 65535"),
    ({"rsync_opts": ["--max-delete=0x2"]}, "max_delete is '0x2': give a number"),
    ({"rsync_opts": ["--max-delete="]}, "max_delete is '': give a number"),
    ({"rsync_opts": ["--port=ssh"]}, "port is ssh: give a number from 1 to 65535"),
    ({"contimeout": -1}, "contimeout is -1: give a number from 0 to 1048576"),
    ({"rsync_timeout": -1}, "rsync_timeout is -1: give a number from 0 to 1048576"),
    ({"rsync_opts": ["--protocol=29"]}, "protocol is 29: give a number from 30 to 40"),
    ({"rsync_opts": ["--timeout=1m"]}, "rsync_timeout is 1m: give a number from 0 to 1048576"),
    ({"ssh_args": "-o 'x"}, 'ssh_args is "-o \'x": no closing quotation'),
    ({"bwlimit": "fast"}, f"bwlimit is 'fast': {RATE}"),
    ({"bwlimit": "100b"}, "bwlimit is '100b': rsync's least is 512 bytes a second"),
    ({"rsync_opts": ["--bwlimit=x"]}, f"bwlimit is 'x': {RATE}"),
    ({"rsync_opts": ["--nonsense"]}, "rsync_opts: rsync has no option --nonsense"),
    ({"rsync_opts": "-n"}, "rsync_opts: -n cannot be used: ask for it with Ansible's check mode"),
    ({**FAR, "rsh": "ssh", "port": 22}, RSH),
    ({**FAR, "rsh": "ssh", "private_key": "/k"}, RSH),
    ({**FAR, "rsync_opts": ["-e", "ssh"], "ssh_args": "-v"}, RSH),
    ({"password": "x"}, f"password {NO_DAEMON}"),
    ({**FAR, "password": "x"}, f"password {NO_DAEMON}"),
    ({"password_file": "/x"}, f"password_file {NO_DAEMON}"),
    (
        {"dest": "far::m", "password": "x", "password_file": "/x"},
        "password and password_file are both given: leave one out",
    ),
    ({"src": ["/a", "/b"], "files_from": "/l"}, "files_from takes one src, the directory that its names lie below"),
    ({"files_from": "-"}, "files_from is '-': the module has no standard input, name a file"),
    ({"exclude_from": "/dev/stdin"}, "exclude_from is '/dev/stdin': the module has no standard input, name a file"),
    ({"rsync_opts": ["--include-from=-"]}, "include_from is '-': the module has no standard input, name a file"),
]


@pytest.mark.parametrize(("params", "sentence"), REFUSED, ids=[sentence[:60] for _params, sentence in REFUSED])
def test_refused(params: dict[str, t.Any], sentence: str) -> None:
    assert refusal(**params) == sentence


VALUES = [row.option for row in table.OPTIONS if row.option and row.kind == table.VALUE]
LISTS = [row.option for row in table.OPTIONS if row.option and row.kind in (table.LIST, table.FILTER)]


@pytest.mark.parametrize(
    ("option", "empty"),
    [
        *((option, "") for option in VALUES),
        *((option, []) for option in LISTS),
        ("remote_rsync_path", []),
    ],
)
def test_options_left_empty_change_nothing(option: str, empty: t.Any) -> None:
    """That is what a template makes of a variable that is not there."""
    plain, asked = request().settings, request(**{option: empty}).settings
    assert (asked.values, asked.filters) == (plain.values, plain.filters)


def test_defaults() -> None:
    asked = request()
    assert (asked.jobs, asked.retries, asked.rsync_path, asked.bwlimit, asked.check) == (4, 3, "rsync", 0, False)
    archive = {"recursive", "links", "perms", "times", "owner", "group", "devices", "specials"}
    assert {name for name in asked.settings.values if asked.settings.on(name)} == archive
    assert asked.far is None and not asked.uses_ssh and not asked.deletes


@pytest.mark.parametrize(
    ("option", "value", "name", "setting"),
    [
        ("delete", True, "delete", True),
        ("delete", False, "delete", False),
        ("whole_file", False, "whole-file", False),
        ("existing_only", True, "existing", True),
        ("numeric_ids", True, "numeric-ids", True),
        ("rsync_timeout", 5, "timeout", 5),
        ("rsync_timeout", 0, "timeout", None),
        ("max_delete", 0, "max-delete", 0),
        ("modify_window", -1, "modify-window", -1),
        ("suffix", "~", "suffix", "~"),
        ("chmod", "F600", "chmod", ["F600"]),
        ("chmod", "0644", "chmod", ["0644"]),
        ("usermap", "1000:33", "usermap", "1000:33"),
        ("chmod", ["D755", "F644"], "chmod", ["D755", "F644"]),
        ("chmod", "D755,F644", "chmod", ["D755,F644"]),
        ("link_dest", ["../a", "../b"], "link-dest", ["../a", "../b"]),
        ("perms", False, "perms", False),
        ("recursive", False, "recursive", False),
        ("compress", True, "compress", 1),
        ("one_file_system", True, "one-file-system", 1),
        ("backup_dir", 7, "backup-dir", 7),
        ("remote_rsync_path", "/opt/my rsync", "rsync-path", "'/opt/my rsync'"),
        ("remote_rsync_path", ["sudo", "-n", "rsync"], "rsync-path", "sudo -n rsync"),
        ("remote_rsync_path", ["env", "A=$B", "rsync"], "rsync-path", "env 'A=$B' rsync"),
        ("remote_rsync_path", "~/bin/rs ync", "rsync-path", "~/'bin/rs ync'"),
    ],
)
def test_settings(option: str, value: t.Any, name: str, setting: t.Any) -> None:
    assert request(**{option: value}).settings[name] == setting


def test_archive_off_and_parts_of_it() -> None:
    assert not request(archive=False).settings.on("recursive", "links", "perms", "times", "owner", "group", "devices")
    parts = request(archive=False, recursive=True, times=True).settings
    assert {name for name in parts.values if parts.on(name)} == {"recursive", "times"}


def test_the_command_line_comes_later() -> None:
    asked = request(
        delete=False, chmod="a", exclude="first", rsync_opts=["--delete", "--chmod=b", "--exclude=last", "--no-t"]
    )
    assert asked.deletes and not asked.settings.on("times")
    assert asked.settings["chmod"] == ["a", "b"]
    assert asked.settings.filters == [("exclude", "first"), ("exclude", "last")]


def test_filters_in_the_documented_order() -> None:
    names = ["filter", "include", "include_from", "exclude", "exclude_from"]
    asked = request(**dict.fromkeys(reversed(names), "x"), rsync_opts=["--include=last"])
    assert [name.replace("-", "_") for name, _text in asked.settings.filters] == [*names, "include"]


@pytest.mark.parametrize(
    ("params", "recursive"),
    [
        ({}, False),
        ({"recursive": True}, True),
        ({"rsync_opts": ["-r"]}, True),
        ({"rsync_opts": ["-a"]}, False),
        ({"archive": False, "rsync_opts": ["-a", "-r"]}, True),
        ({"archive": False, "rsync_opts": ["-r", "-a"]}, True),
        ({"recursive": True, "rsync_opts": ["-a"]}, True),
        ({"recursive": False, "rsync_opts": ["-a"]}, False),
    ],
)
def test_files_from_takes_back_the_recursion_of_archive(params: dict[str, t.Any], recursive: bool) -> None:
    """rsync(1), --files-from: --archive does not imply --recursive, so specify that explicitly, if you want it."""
    assert request(files_from="/list", **params).settings.on("recursive") == recursive


def test_texts_are_taken_as_they_are() -> None:
    assert request(src="/a,b").sources[0].path == "/a,b"
    assert [source.path for source in request(src=["/a", "/b"]).sources] == ["/a", "/b"]
    assert texts("exclude", [1, 2.5, "x"]) == ["1", "2.5", "x"]


def test_home_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/al")
    asked = request(src="~/a", dest="far:~/b", rsync_path="~/bin/rsync")
    assert (asked.sources[0].path, asked.dest.path, asked.rsync_path) == ("/home/al/a", "~/b", "/home/al/bin/rsync")
    assert request(src="a~", dest="./~").dest.path == "./~"
    assert request(src="~nobody \u00e9/a").sources[0].path == "~nobody \u00e9/a"


@pytest.mark.parametrize(
    ("src", "dest", "far", "pull"),
    [
        ("/a", "/b", None, False),
        ("/a", "al@far:/b", "al@far:/b", False),
        ("far:/a", "/b", "far:/a", True),
        ("rsync://far/m", "/b", "rsync://far/m", True),
        (["/a", "/c"], "far::m", "far::m", False),
    ],
)
def test_directions(src: t.Any, dest: str, far: str | None, pull: bool) -> None:
    asked = request(src=src, dest=dest)
    assert (asked.far.text if asked.far else None, asked.pull) == (far, pull)


def test_a_host_left_out_is_that_of_the_first_source() -> None:
    """rsync(1), ADVANCED USAGE: further sources may start with a colon."""
    asked = request(src=["al@far:/a", ":/b", "al@far:/c"])
    assert [source.text for source in asked.sources] == ["al@far:/a", "al@far:/b", "al@far:/c"]
    daemon = request(src=["far::m/a", "::m/b"])
    assert [source.text for source in daemon.sources] == ["far::m/a", "far::m/b"]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, ()),
        ({"port": 2222}, ("-p", "2222")),
        ({"private_key": "/k y"}, ("-i", "/k y")),
        ({"private_key": "/50% k"}, ("-o", 'IdentityFile="/50%% k"')),  # ssh would expand the sign
        ({"ssh_args": "-o 'A=b c' -J jump"}, ("-o", "A=b c", "-J", "jump")),
        ({"port": 1, "private_key": "k", "ssh_args": "-v"}, ("-p", "1", "-i", "k", "-v")),
    ],
)
def test_words_for_ssh(params: dict[str, t.Any], words: tuple[str, ...]) -> None:
    asked = request(dest="far:/b", **params)
    assert asked.ssh == words and asked.uses_ssh


@pytest.mark.parametrize("params", [{"dest": "far::m"}, {"dest": "/b"}, {"dest": "far:/b", "rsh": "ssh -p 2"}])
def test_no_ssh_of_ours(params: dict[str, t.Any]) -> None:
    assert not request(**params).uses_ssh


def test_the_password_stays_out_of_the_settings() -> None:
    asked = request(dest="far::m", password="open sesame")
    assert asked.password == "open sesame"
    assert "open sesame" not in str(asked.settings.values)
    assert argument_spec()["password"]["no_log"] is True


@pytest.mark.parametrize(
    "word", ["--delete", "--del", "--delete-before", "--delete-after", "--delete-delay", "--delete-excluded"]
)
def test_every_mode_of_deletion_deletes(word: str) -> None:
    assert request(rsync_opts=[word]).deletes


@pytest.mark.parametrize(
    ("rule", "merges"),
    [
        (": /.rules", True),
        (" : .rules", True),
        ("dir-merge .rules", True),
        ("dir-merge,- .rules", True),
        (":C", True),
        (". /rules", True),
        ("merge /rules", True),
        ("-C", True),
        ("- *.o", False),
        ("-_*.o", False),
        ("+ C", False),
        ("P merge", False),
        ("exclude .x", False),
        ("hide merge", False),
    ],
)
def test_rules_that_stand_in_files(rule: str, merges: bool) -> None:
    assert request(filter=rule).merges_filters == merges


def test_rules_of_cvs_stand_in_files() -> None:
    assert request(cvs_exclude=True).merges_filters and request(rsync_opts=["-F"]).merges_filters
    assert not request(exclude=": /.rules").merges_filters


@pytest.mark.parametrize(
    ("params", "lists"),
    [
        ({}, True),
        ({"exclude": "*.o", "filter": "P *.bak", "include_from": "/rules", "max_size": "5m"}, True),
        ({"delete": True, "force": True, "checksum": True}, True),
        ({"filter": ": /.rules"}, False),  # the filters stand where only rsync's own walk finds them
        ({"cvs_exclude": True}, False),
        ({"rsync_opts": ["-F"]}, False),
        ({"rsync_opts": ["-R"]}, False),
        ({"files_from": "/list"}, False),
        ({"delete_excluded": True}, False),  # then filters are no longer given as they are
        ({"link_dest": "../ref"}, False),
        ({"copy_dest": "../ref"}, False),
        ({"compare_dest": "../ref"}, False),
        ({"hard_links": True}, False),  # followers that lie in it would go over as files
        ({"one_file_system": True}, False),  # -xx leaves out what a list brings
        ({"prune_empty_dirs": True}, False),
    ],
    ids=str,
)
def test_where_a_list_may_name_a_directory(params: dict[str, t.Any], lists: bool) -> None:
    assert request(**params).lists_directories == lists


def _roots(**params: t.Any) -> list[tuple[str, bool]] | None:
    roots = request(**params).roots
    return None if roots is None else [(root.directory.text, root.contents) for root in roots]


@pytest.mark.parametrize(
    ("params", "directories"),
    [
        ({"src": "/a/"}, [("/a/", True)]),
        ({"src": ["/a/x", "/a/y"]}, [("/a/", False)]),  # names below one directory are one list
        ({"src": ["/a/x", "/b/y"]}, [("/a/", False), ("/b/", False)]),
        ({"src": ["/a/x", "/a/y", "/b/z"]}, [("/a/", False), ("/a/", False), ("/b/", False)]),
        ({"src": ["/a/x", "/b/x"]}, None),  # both make a name "x": which one is it?
        ({"src": ["/a/", "/b/"]}, None),
        ({"src": ["/a/", "/a/"]}, [("/a/", True)]),
        ({"src": ["/a/x", "/a/"]}, [("/a/", True)]),  # the destination itself becomes as the source is
        ({"src": "far:~"}, None),
        ({"src": "/a", "files_from": "/l"}, [("/a/", False)]),
        ({"src": "/a", "files_from": "/l", "rsync_opts": ["--no-R"]}, None),
        ({"src": ["/a/x", "/b/y"], "rsync_opts": ["-R"]}, [("/", False)]),
    ],
)
def test_where_lists_start(params: dict[str, t.Any], directories: list[tuple[str, bool]] | None) -> None:
    assert _roots(**params) == directories


@given(st.lists(st.text(st.characters(min_codepoint=1)), min_size=1))
def test_the_words_of_a_remote_command_survive_its_shell(words: list[str]) -> None:
    words = [word for word in words if not word.startswith("~/")]
    if words:
        assert shlex.split(str(request(remote_rsync_path=words).settings["rsync-path"])) == words


@given(st.text("-:/@[]a~\0", min_size=1), st.text("-:/@[]a~", min_size=1))
def test_any_text_is_a_request_or_a_sentence(src: str, dest: str) -> None:
    try:
        asked = request(src=src, dest=dest)
    except RequestError as error:
        sentence = error.message
    else:
        ends = [*asked.sources, asked.dest]
        sentence = ""
        assert not [end for end in ends if end.text.startswith("-") or end.host.startswith("-")]
        assert not [end for end in ends if end.remote and not end.host]
    assert "\n" not in sentence


def test_paths_with_bytes_that_are_no_text() -> None:
    assert os.fsencode(request(src="/a\udcff").sources[0].text) == b"/a\xff"


def test_a_relative_follow_starts_where_the_module_runs(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guardian, which removes it, runs elsewhere."""
    monkeypatch.chdir(tmp_path)
    assert build_request({"src": "/a", "dest": "/b", "follow": "shown"}).follow == f"{tmp_path}/shown"
    assert build_request({"src": "/a", "dest": "/b", "follow": ""}).follow is None
