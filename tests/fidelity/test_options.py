# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Option by option: the tree after the module against the tree after one rsync with the same options."""

from __future__ import annotations

import shlex

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.settings import Settings
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.table import OPTIONS

from tests.fidelity.conftest import OTHER_USER, Bench, needs_root

# Each row: what a user writes for rsync, and the same for the module.
ROWS = [
    ("archive", ["-a"], {}),
    ("hard links", ["-aH"], {"hard_links": True}),
    ("all", ["-aHAX"], {"hard_links": True, "acls": True, "xattrs": True}),
    ("auto", ["-aH", "--delete"], {"jobs": "auto", "hard_links": True, "delete": True}),
    ("delete", ["-a", "--delete"], {"delete": True}),
    ("delete links", ["-aH", "--delete"], {"delete": True, "hard_links": True}),
    ("force", ["-a", "--force"], {"force": True}),
    ("no perms", ["-a", "--no-p"], {"perms": False}),
    ("no times", ["-a", "--no-t"], {"times": False}),
    ("no links", ["-a", "--no-l"], {"links": False}),
    ("no owner", ["-a", "--no-o", "--no-g"], {"owner": False, "group": False}),
    ("no devices", ["-a", "--no-D"], {"devices": False, "specials": False}),
    ("not recursive", ["-a", "--no-r"], {"recursive": False}),
    ("recursive only", ["-r"], {"archive": False, "recursive": True}),
    ("times only", ["-rt"], {"archive": False, "recursive": True, "times": True}),
    ("checksum", ["-a", "-c"], {"checksum": True}),
    ("checksum links", ["-aH", "-c", "--delete"], {"checksum": True, "hard_links": True, "delete": True}),
    ("size only", ["-a", "--size-only"], {"size_only": True}),
    ("ignore times", ["-aH", "-I"], {"ignore_times": True, "hard_links": True}),
    ("update", ["-a", "-u"], {"update": True}),
    ("existing", ["-a", "--existing", "--delete"], {"existing_only": True, "delete": True}),
    ("ignore existing", ["-a", "--ignore-existing"], {"ignore_existing": True}),
    ("copy links", ["-a", "-L", "--safe-links"], {"copy_links": True, "safe_links": True}),
    ("copy dirlinks", ["-a", "-k"], {"copy_dirlinks": True}),
    ("keep dirlinks", ["-a", "-K", "--delete"], {"keep_dirlinks": True, "delete": True}),
    ("safe links", ["-a", "--safe-links"], {"safe_links": True}),
    ("munge links", ["-a", "--munge-links"], {"munge_links": True}),
    ("omit times", ["-a", "-O", "-J"], {"omit_dir_times": True, "omit_link_times": True}),
    (
        "executability",
        ["-rltE"],
        {"archive": False, "recursive": True, "links": True, "times": True, "executability": True},
    ),
    ("inplace", ["-a", "--inplace"], {"inplace": True}),
    ("append", ["-a", "--append"], {"append": True}),
    ("sparse", ["-a", "-S"], {"sparse": True}),
    ("preallocate", ["-a", "--preallocate"], {"preallocate": True}),
    ("whole file", ["-a", "--no-W"], {"whole_file": False}),
    ("compress", ["-az"], {"compress": True}),
    ("fuzzy", ["-a", "-y"], {"fuzzy": True}),
    ("delay updates", ["-a", "--delay-updates", "--delete"], {"delay_updates": True, "delete": True}),
    ("partial dir", ["-a", "--partial", "--partial-dir=.part"], {"partial": True, "partial_dir": ".part"}),
    ("backup", ["-a", "-b", "--delete"], {"backup": True, "delete": True}),
    ("backup suffix", ["-a", "-b", "--suffix=.b k"], {"backup": True, "suffix": ".b k"}),
    (
        "backup dir",
        ["-a", "-b", "--backup-dir=../b u", "--delete"],
        {"backup": True, "backup_dir": "../b u", "delete": True},
    ),
    ("chmod", ["-a", "--chmod=D0710,F640"], {"chmod": ["D0710", "F640"]}),
    ("chown", ["-a", "--chown=1:2"], {"chown": "1:2"}),
    ("maps", ["-a", "--usermap=*:3", "--groupmap=*:4"], {"usermap": "*:3", "groupmap": "*:4"}),
    ("numeric ids", ["-a", "--numeric-ids"], {"numeric_ids": True}),
    ("link dest", ["-a", "--link-dest=../ref"], {"link_dest": "../ref"}),
    (
        "link dest links",
        ["-aH", "--link-dest=../ref", "--delete"],
        {"link_dest": ["../ref"], "hard_links": True, "delete": True},
    ),
    ("copy dest", ["-a", "--copy-dest=../ref"], {"copy_dest": "../ref"}),
    ("compare dest", ["-a", "--compare-dest=../ref"], {"compare_dest": "../ref"}),
    ("sizes", ["-a", "--max-size=5k", "--min-size=1"], {"max_size": "5k", "min_size": "1"}),
    ("modify window", ["-a", "--modify-window=1"], {"modify_window": 1}),
    ("temp dir", ["-a", "--temp-dir=../ref"], {"temp_dir": "../ref"}),
    ("fsync", ["-a", "--fsync"], {"fsync": True}),
    ("remove source files", ["-aH", "--remove-source-files"], {"remove_source_files": True, "hard_links": True}),
    ("one file system", ["-ax", "--delete"], {"one_file_system": True, "delete": True}),
    ("atimes", ["-aU"], {"atimes": True}),
    ("exclude", ["-a", "--exclude=*.o", "--exclude=/z", "--delete"], {"exclude": ["*.o", "/z"], "delete": True}),
    ("delete excluded", ["-a", "--exclude=*.o", "--delete-excluded"], {"exclude": "*.o", "delete_excluded": True}),
    (
        "include",
        ["-a", "--include=*/", "--include=file*", "--exclude=*", "--delete"],
        {"include": ["*/", "file*"], "exclude": "*", "delete": True},
    ),
    ("protect", ["-a", "--filter=P *.bak", "--delete"], {"filter": "P *.bak", "delete": True}),
    ("protected in the way", ["-a", "--filter=P deep", "--delete"], {"filter": "P deep", "delete": True}),
    ("merge", ["-a", "--filter=: /.rules", "--delete"], {"filter": ": /.rules", "delete": True}),
    ("cvs", ["-a", "-C", "--delete"], {"cvs_exclude": True, "delete": True}),
    ("prune", ["-am", "--exclude=file*", "--delete"], {"prune_empty_dirs": True, "exclude": "file*", "delete": True}),
    ("max delete", ["-a", "--delete", "--max-delete=100"], {"delete": True, "max_delete": 100}),
]
IDS = [row[0] for row in ROWS]

# What only rsync_opts can ask for.
WORDS = [
    "-aH --delete-before --ignore-errors",
    "-a --delete-during --del",
    "-a --delete-delay",
    "-aH --delete-after",
    "-a --no-implied-dirs",
    "-d",
    "-dD --delete",
    "-aF --delete",
    "-aFF --delete-excluded",
    "-a --copy-unsafe-links",
    "-a --insecure-links",
    "-a --confine-root=/",
    "-a --copy-devices --no-specials",
    "-a --no-p -A",
    "-aA --no-p",
    "-a --super",
    "-aX --fake-super",
    "-a --copy-as=root",
    "-a --drop-D",
    "-ac --checksum-choice=md5 --checksum-seed=7",
    "-a --ignore-missing-args",
    "-a --delete-missing-args",
    "-a --append-verify",
    "-a --open-noatime",
    "-a --no-W --block-size=700",
    "-az --compress-choice=zlib --compress-level=9 --skip-compress=gz",
    "-az --compress-choice=zstd --compress-threads=2",
    "-a --old-compress",
    "-a --new-compress",
    "-a --log-file=/dev/null",
    "-a --iconv=utf-8,utf-8",
    "-aH --inc-recursive --stats",
    "-a --no-inc-recursive",
    "-a --trust-sender --max-alloc=2g --qsort --protocol=31",
    "-as --timeout=60 --blocking-io",
    "-a --remote-option=--fake-super",
    "-a --inplace --partial-dir=.part",
    "-a --mkpath --fsync --preallocate",
]

# They are about a connection (tests/integration) or about names (test_ends.py), or Linux has no such thing (crtimes).
ELSEWHERE = {
    "address",
    "bwlimit",
    "contimeout",
    "crtimes",
    "early-input",
    "exclude-from",
    "from0",
    "files-from",
    "include-from",
    "ipv4",
    "ipv6",
    "motd",
    "password-file",
    "port",
    "relative",
    "rsh",
    "rsync-path",
    "sockopts",
    "write-devices",
}


@pytest.mark.parametrize(("_name", "words", "params"), ROWS, ids=IDS)
def test_incremental(bench: Bench, _name: str, words: list[str], params: dict[str, object]) -> None:
    bench.prepare()
    bench.compare(words, params)


@pytest.mark.parametrize(("_name", "words", "params"), ROWS, ids=IDS)
def test_fresh_from_the_command_line(bench: Bench, _name: str, words: list[str], params: dict[str, object]) -> None:
    bench.prepare(dest=None)
    bench.compare(words, {"archive": False, "rsync_opts": words})


@pytest.mark.parametrize("words", WORDS)
def test_what_has_no_option_of_the_module(bench: Bench, words: str) -> None:
    bench.prepare()
    bench.compare_words(words)


def test_every_option_has_a_row() -> None:
    asked = {"archive", "D", "chown"}
    for words in [*(row[1] for row in ROWS), *map(shlex.split, WORDS)]:
        settings = Settings()
        settings.parse(words)
        asked.update(settings.values, (name for name, _text in settings.filters))
    known = {row.name for row in OPTIONS if not row.refused}
    assert known - asked == ELSEWHERE


@needs_root
@pytest.mark.parametrize(("_name", "words", "params"), ROWS, ids=IDS)
def test_as_another_user(bench: Bench, _name: str, words: list[str], params: dict[str, object]) -> None:
    bench.prepare()
    bench.compare(words, params, user=OTHER_USER)
