# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""When one rsync must do a stage alone. That the outcome is right either way is in tests/fidelity."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
from ansible_collections.vgreb.jsync.plugins.module_utils._strategy import alone_because, lanes_may_fail, whole_because

if t.TYPE_CHECKING:
    import pathlib

    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request

Params = t.Dict[str, t.Any]


def request(**params: t.Any) -> Request:
    return build_request({"src": "/src/", "dest": "/dst", "archive": True, **params})


def title(params: Params) -> str:
    return " ".join(f"{name}={value}" for name, value in params.items()) or "archive"


# The options, what the reason starts with where one rsync does it all, and where it finishes the tree.
ROWS: list[tuple[Params, str, str]] = [
    ({}, "", ""),
    ({"delete": True}, "", ""),
    ({"delete": True, "exclude": "*.o", "filter": "P *.bak"}, "", ""),
    ({"delete_excluded": True}, "", ""),
    ({"hard_links": True, "delete": True}, "", ""),
    ({"checksum": True, "acls": True, "xattrs": True}, "", ""),
    ({"src": ["/a/one", "/a/two"]}, "", ""),
    ({"src": "far:~/one"}, "", ""),
    ({"link_dest": "../ref"}, "", ""),
    ({"link_dest": "../ref", "ignore_times": True}, "", ""),
    ({"link_dest": "../ref", "ignore_times": True, "hard_links": True}, "link_dest or ", "hard_links with "),
    ({"link_dest": "../ref", "times": False, "src": ["/a/one", "/b/two"]}, "link_dest or compare_dest", "src: "),
    ({"link_dest": "../ref", "checksum": True, "hard_links": True}, "", "hard_links with "),
    ({"compare_dest": "../ref", "times": False}, "link_dest or compare_dest", "compare_dest: "),
    ({"filter": ": /.rules"}, "", ""),
    ({"cvs_exclude": True}, "", ""),
    ({"files_from": "/list"}, "", ""),
    ({"files_from": "/list", "rsync_opts": ["--no-implied-dirs"]}, "", "no-implied-dirs: "),
    ({"rsync_opts": ["-R"]}, "", ""),
    ({"rsync_opts": ["-R", "--no-implied-dirs"]}, "", "no-implied-dirs: "),
    ({"rsync_opts": ["--no-implied-dirs"]}, "", ""),  # it means nothing then
    ({"rsync_opts": ["--delete-before"]}, "", ""),
    *(
        ({"dest": dest, "backup": True, "backup_dir": backups, "delete": True}, "backup with delete: " * inside, "")
        for dest, backups, inside in (
            ("/", "/bak", True),
            ("/dst/", ".bak", True),
            ("rsync://far/tree/dst", "../bak", True),
            ("/dst", "/dst/../dst/.bak", True),
            ("/dst", "/dst", False),
            ("/dst", "../dst2", False),
            ("far:/dst", "/dst/.bak", True),
            ("far:/dst", "/bak", False),
            ("far:dst", "../bak", False),
            ("far:", ".bak", True),
            ("far:~/dst", "/bak", True),  # nobody here knows what lies in what
            ("far::dst", "/bak", True),
        )
    ),
    *(
        ({"backup": True, "delete": True, **rules}, "backup with delete: " if exposed else "", "")
        for rules, exposed in (
            ({"include": "/etc/***", "exclude": "*"}, True),
            ({"include": ["*/", "*.conf"], "exclude": "*"}, False),
            ({"include": "*.old", "suffix": ".old"}, True),
            ({"exclude": ["*.tmp", "- *"]}, False),
            ({"exclude": "+ *"}, True),
            ({"exclude_from": "/no such list"}, True),  # nobody can tell
            ({"filter": "+! a"}, True),
            ({"filter": "R,! *.txt"}, True),
            ({"include": "*d", "suffix": ".old"}, True),
            ({"filter": ["- *", "P *", "hide *", "protect,! *"]}, False),
            ({"filter": "R *"}, True),
            ({"filter": "+ a?"}, True),
            ({"backup": False, "include": "*"}, False),
        )
    ),
    ({"backup": True, "delete": True, "filter": ": /.rules"}, "backup with delete: ", "filter: "),
    ({"backup": True, "force": True, "dest": "far:dst"}, "force with backup: ", ""),
    ({"backup": True, "force": True, "delete": True, "dest": "far:dst"}, "", ""),
    ({"backup": True, "inplace": True}, "", ""),
    ({"backup": True, "inplace": True, "perms": False}, "backup with inplace, ", ""),
    ({"backup": True, "partial": True, "hard_links": True}, "backup with inplace, ", ""),
    ({"backup": True, "partial": True, "partial_dir": ".part", "hard_links": True}, "", ""),
    ({"backup": True, "temp_dir": "/tmp", "perms": False}, "backup with inplace, ", ""),
    ({"update": True, "temp_dir": "/tmp", "perms": False}, "inplace, partial or ", ""),
    ({"inplace": True, "link_dest": "../ref"}, "", ""),
    ({"inplace": True, "link_dest": "../ref", "hard_links": True}, "inplace or append, with ", "hard_links with "),
    ({"inplace": True, "update": True}, "", ""),
    ({"inplace": True, "update": True, "perms": False}, "inplace, partial or ", ""),
    ({"partial": True, "ignore_existing": True, "force": True, "max_delete": 9}, "inplace, partial or ", ""),
    ({"partial": True, "update": True, "perms": False}, "", ""),
    *(
        ({"partial": True, "partial_dir": place}, "partial_dir: " * shared, "")
        for place, shared in ((".part", False), (".a/..b", False), ("/var/part", True), ("../part", True), ("", False))
    ),
    ({"hard_links": True, "ignore_existing": True}, "hard_links with ignore_existing: ", ""),
    ({"delay_updates": True}, "delay_updates: ", ""),
    ({"rsync_opts": ["--iconv=utf8"]}, "iconv: ", ""),
    ({"rsync_opts": ["--delete-missing-args"]}, "delete-missing-args: ", ""),
    ({"src": ["/a/", "/b/"]}, "src: ", ""),
    ({"src": ["/a/x", "/b/x"]}, "src: ", ""),
    ({"src": "far:~al"}, "src: ", ""),
    ({"src": "far:/a*/b"}, "src: ", ""),
    ({"files_from": "/list", "rsync_opts": ["--no-relative"]}, "src: ", ""),
    ({"src": "far:/a", "files_from": ":/list"}, "files_from: ", ""),
    ({"src": ["/a/one", "/b/two"]}, "", "src: "),
    ({"delete": True, "filter": ": /.rules"}, "", "filter: "),
    ({"delete": True, "filter": " dir-merge /.rules"}, "", "filter: "),
    ({"delete": True, "filter": "merge /rules"}, "", "filter: "),
    ({"delete": True, "filter": ". /rules"}, "", "filter: "),
    ({"delete": True, "filter": "-C"}, "", "filter: "),
    ({"delete": True, "rsync_opts": ["-F"]}, "", "filter: "),
    ({"delete": True, "cvs_exclude": True}, "", "filter: "),
    ({"delete": True, "prune_empty_dirs": True}, "", "delete with prune-empty-dirs: "),
    ({"delete": True, "files_from": "/list", "recursive": True}, "", "delete with files-from: "),
    ({"delete": True, "rsync_opts": ["-R"]}, "", "delete with relative: "),
    ({"remove_source_files": True}, "", "remove_source_files: "),
    (
        {"remove_source_files": True, "ignore_existing": True},
        "remove_source_files with ignore_existing: ",
        "remove_source_files: ",
    ),
    ({"remove_source_files": True, "update": True}, "", "remove_source_files: "),
    (
        {"remove_source_files": True, "update": True, "modify_window": 1},
        "remove_source_files with update and modify_window: ",
        "remove_source_files: ",
    ),
    ({"remove_source_files": True, "times": False}, "remove_source_files without times: ", "remove_source_files: "),
    ({"compare_dest": "../ref"}, "", "compare_dest: "),
    ({"hard_links": True, "checksum": True}, "", "hard_links with checksum: "),
    ({"hard_links": True, "ignore_times": True}, "", "hard_links with ignore-times: "),
    ({"hard_links": True, "link_dest": "../ref"}, "", "hard_links with link-dest: "),
    ({"hard_links": True, "times": False}, "hard_links without times: ", ""),
    (
        {"rsync_opts": ["--delete-before"], "prune_empty_dirs": True},
        "delete-before: ",
        "delete with prune-empty-dirs: ",
    ),
]


@pytest.mark.parametrize(
    ("name", "rules", "exposed"),
    [
        ("exclude_from", "# all of *~\n*.tmp\n- *\n", False),
        ("exclude_from", "*.tmp\n+ *\n", True),
        ("include_from", "*/\r\n*.conf\r\n", False),
        ("include_from", "*/\n*~\n", True),
    ],
)
def test_rules_in_a_file_that_may_let_backups_go(tmp_path: pathlib.Path, name: str, rules: str, exposed: bool) -> None:
    (tmp_path / "rules").write_text(rules)
    given = {"backup": True, "delete": True, name: str(tmp_path / "rules"), "exclude": "*"}
    assert (alone_because(request(**given)) or "").startswith("backup with delete: ") == exposed
    by_nul = {**given, "rsync_opts": ["--from0"]}
    (tmp_path / "rules").write_bytes(b"*.conf\0*/\0")
    assert alone_because(request(**by_nul)) is None


@pytest.mark.parametrize(("params", "alone", "whole"), ROWS, ids=[title(row[0]) for row in ROWS])
def test_who_works_alone(params: Params, alone: str, whole: str) -> None:
    for reason, start in ((alone_because(request(**params)), alone), (whole_because(request(**params)), whole)):
        assert reason is None if not start else reason is not None and reason.startswith(start), reason


def test_a_group_without_its_leader_is_linked_by_one_rsync(tmp_path: t.Any) -> None:
    asked = request(hard_links=True)
    plan = Plan(str(tmp_path), asked.roots or (), 2, hard_links=True, by_directory=False, sizes=Sizes())
    assert whole_because(asked, plan) is None
    plan.unled = True
    assert (whole_because(asked, plan) or "").startswith("hard_links: ")
    plan.close()


@pytest.mark.parametrize(
    ("params", "may_fail"),
    [
        ({}, False),
        ({"delete": True}, False),
        ({"force": True}, False),
        ({"perms": False}, True),  # a directory that must stay closed to its owner cannot be opened to lanes
        ({"perms": False, "acls": True}, False),
        ({"archive": False, "recursive": True}, True),
        ({"filter": ": /.rules"}, False),
        ({"filter": ": /.rules", "force": True}, True),  # what may be cleared away stands in files of the tree
        ({"filter": ": /.rules", "delete": True}, True),
        ({"dest": "far:dst", "delete": True}, False),
        ({"dest": "far:dst", "delete": True, "exclude": "a"}, True),  # lanes tell a far receiver of no rule
        ({"dest": "far:dst", "delete": True, "backup": True}, True),
        ({"dest": "far:dst", "force": True, "exclude": "a"}, False),  # nor does rsync alone
        ({"remove_source_files": True}, True),
    ],
    ids=lambda value: title(value) if isinstance(value, dict) else "",
)
def test_lanes_that_may_fail_where_rsync_alone_may_not(params: Params, may_fail: bool) -> None:
    assert lanes_may_fail(request(**params)) == may_fail


@pytest.mark.parametrize(
    ("content", "alone"),
    [(b"a/b\n./c\n", False), (b"", False), (b"a/./b\n", True), (b"-" * ((1 << 20) - 1) + b"/./", True)],
    ids=["none", "empty", "one", "over the end of a block"],
)
def test_names_that_may_start_below(tmp_path: pathlib.Path, content: bytes, alone: bool) -> None:
    (tmp_path / "list").write_bytes(content)
    assert (alone_because(request(files_from=str(tmp_path / "list"))) is not None) == alone
