# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What a tree seldom holds: hard-link groups that change, holes, mounts, paths too long, names that look the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import typing as t

import pytest

from tests.fidelity.conftest import OLDER, OTHER_USER, Bench, needs_older, needs_root
from tests.fidelity.test_options import IDS, ROWS
from tests.support import engine, trees

OLD, NEW = 1_500_000_000_000_000_000, 1_600_000_000_000_000_000

Make = t.Callable[[bytes, bytes], None]


def _group(top: bytes, *names: bytes, content: bytes = b"one", mtime: int = OLD) -> None:
    """Write names that share an inode."""
    leader, *followers = (os.path.join(top, name) for name in names)
    trees.write(leader, content, mtime=mtime)
    for follower in followers:
        os.makedirs(os.path.dirname(follower), exist_ok=True)
        os.link(leader, follower)


def _leader_changed(source: bytes, dest: bytes) -> None:
    _group(source, b"a/1", b"b/2", b"c/3", content=b"new", mtime=NEW)
    _group(dest, b"a/1", b"b/2", b"c/3")


def _grown(source: bytes, dest: bytes) -> None:
    _group(source, b"a/1", b"b/2", b"c/3", b"0", b"z")
    _group(dest, b"b/2", b"c/3")


def _split(source: bytes, dest: bytes) -> None:
    _group(source, b"a/1", b"c/3")
    _group(source, b"b/2", b"d/4", content=b"two")
    _group(dest, b"a/1", b"b/2", b"c/3", b"d/4")


def _joined(source: bytes, dest: bytes) -> None:
    _group(source, b"a/1", b"b/2", b"c/3", b"d/4")
    _group(dest, b"a/1", b"c/3")
    _group(dest, b"b/2", b"d/4", content=b"two")


def _apart(source: bytes, dest: bytes) -> None:
    """Equal files that are linked at one end alone."""
    _group(source, b"a/1", b"b/2")
    trees.write(os.path.join(dest, b"a/1"), b"one", mtime=OLD)
    trees.write(os.path.join(dest, b"b/2"), b"one", mtime=OLD)
    trees.write(os.path.join(source, b"c/3"), b"one", mtime=OLD)
    trees.write(os.path.join(source, b"d/4"), b"one", mtime=OLD)
    _group(dest, b"c/3", b"d/4")


def _member_excluded(source: bytes, dest: bytes) -> None:
    _group(source, b"a/excluded", b"b/2", b"c/3", content=b"new", mtime=NEW)
    _group(dest, b"a/excluded", b"b/2", b"c/3")


def _all_gone(source: bytes, dest: bytes) -> None:
    _group(source, b"other")
    _group(dest, b"a/1", b"b/2", b"other also")


GROUPS: list[Make] = [_leader_changed, _grown, _split, _joined, _apart, _member_excluded, _all_gone]


LINKING = ["-aH", "-aH --delete", "-aHc", "-aH --inplace", "-aHb", "-a", "-aH --link-dest=../ref"]


@pytest.mark.parametrize("options", LINKING)
@pytest.mark.parametrize("make", GROUPS, ids=lambda make: make.__name__)
def test_hard_links(bench: Bench, make: Make, options: str) -> None:
    def build(source: str, dest: str) -> None:
        make(os.fsencode(source), os.fsencode(dest))
        shutil.copytree(source, os.path.join(os.path.dirname(source), "ref"))
        for top in (source, dest):
            trees.stamp(os.fsencode(top))

    bench.prepare_trees(build)
    bench.compare_words(options + " --exclude=excluded")


@pytest.mark.parametrize("user", [None, pytest.param(OTHER_USER, marks=needs_root)])
def test_a_closed_directory_that_gets_nothing_but_a_link(bench: Bench, user: str | None) -> None:
    """It looks unchanged to the scan, and is open no longer than the link needs."""

    def build(source: str, dest: str) -> None:
        _apart(os.fsencode(source), os.fsencode(dest))
        for top in (source, dest):
            trees.stamp(os.fsencode(top))
            os.chmod(os.path.join(top, "b"), 0o555)

    bench.prepare_trees(build)
    bench.compare(["-aH"], {"hard_links": True}, user=user)


@pytest.mark.parametrize("options", ["-aHby", "-aHby --remove-source-files"])
def test_a_group_beside_what_looks_like_it(bench: Bench, options: str) -> None:
    """None of its names is made from a file that was not there before the run, and then linked to the others."""

    def build(source: str, dest: str) -> None:
        os.mkdir(dest)
        trees.write(os.path.join(os.fsencode(source), b"b/file.1"), b"one")
        _group(os.fsencode(source), b"b/file.2", b"c/3")
        trees.stamp(os.fsencode(source))

    bench.prepare_trees(build)
    bench.compare_words(options)


def test_names_that_look_the_same(bench: Bench) -> None:
    """What rsync prints for one is how another is spelled."""

    def build(source: str, dest: str) -> None:
        alike = [b"a\nb", b"a\\#012b", b"a\\#134#012b", b"a\xffb", b"a\\#377b", b"a\xef\xbf\xbdb"]
        for number, name in enumerate(alike):
            trees.write(os.path.join(os.fsencode(source), name), b"%d" % number)
            trees.write(os.path.join(os.fsencode(dest), name + b"!"), b"extraneous")

    bench.prepare_trees(build)
    bench.compare_words("-a --delete")


def test_a_warning_names_a_file_as_it_is(bench: Bench) -> None:
    """What is not UTF-8 stands there in rsync's own notation, as does what a terminal would act upon."""

    def build(source: str, _dest: str) -> None:
        trees.write(os.path.join(os.fsencode(source), b"\xc3\xa4"), b"")
        os.mkfifo(os.path.join(os.fsencode(source), b"f\xc3\xa4\xff\n\xc2\x9b"))

    bench.prepare_trees(build)
    assert 'skipping non-regular file "f\xe4\\#377\\#012\\#302\\#233"' in bench.compare_words("-rt")["warnings"]


def test_a_path_that_no_system_call_takes(bench: Bench) -> None:
    """Longer than PATH_MAX in all: rsync says so, and takes the rest."""

    ends = {}
    for place in ("expected", "actual"):
        source, dest = (os.path.join(bench.folder, place, end) for end in ("src", "dst"))
        ends[place] = [source + "/", dest]
        trees.write(os.path.join(os.fsencode(source), b"beside"), b"arrives")
        here = os.open(source, os.O_RDONLY)
        for _depth in range(25):
            os.mkdir("d" * 200, dir_fd=here)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)

    code = subprocess.run(["rsync", "-a", *ends["expected"]], stderr=subprocess.DEVNULL, check=False).returncode
    result = engine.run(dict(zip(("src", "dest"), ends["actual"])))
    assert result["rc"] == code == 23
    assert all(failure["path"] for failure in result["failures"]), result
    assert {*os.listdir(ends["expected"][1])} == {*os.listdir(ends["actual"][1])} == {"beside", "d" * 200}


@pytest.mark.parametrize("options", ["-aS", "-aS --inplace", "-aHS"])
def test_holes(bench: Bench, options: str) -> None:
    def build(source: str, dest: str) -> None:
        for name in ("hole", "beside"):
            path = os.path.join(os.fsencode(source), os.fsencode(name))
            trees.write(path, b"start")
            os.truncate(path, 8 << 20)
            os.utime(path, ns=(NEW, NEW))

    bench.prepare_trees(build)
    bench.compare_words(options)
    os.sync()
    for name in ("hole", "beside"):
        blocks = [os.stat(os.path.join(bench.folder, end, "dst", name)).st_blocks for end in ("expected", "actual")]
        assert blocks[0] == blocks[1] < 100


@needs_root
@pytest.mark.parametrize("options", ["-ax --delete", "-axx --delete", "-a --delete"])
def test_mounts(bench: Bench, options: str) -> None:
    """With -x a mount point is an empty directory, with -xx nothing, and what is mounted is not deleted."""

    def build(source: str, dest: str) -> None:
        trees.build(source)
        trees.build(dest, seed=2)
        for top in (source, dest):
            os.mkdir(os.path.join(top, "mounted"))

    bench.prepare_trees(build)
    ends = ["expected/src", "expected/dst", "actual/src", "actual/dst"]
    mounts = [os.path.join(bench.folder, end, "mounted") for end in ends]
    try:
        for end, path in zip(ends, mounts):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", path], check=True)
            trees.write(os.path.join(os.fsencode(path), b"below", os.fsencode(os.path.basename(end))), b"on it")
        for path in mounts:
            trees.stamp(os.fsencode(path))
        bench.compare_words(options)
    finally:
        for path in mounts:
            subprocess.run(["umount", path], check=False)


@needs_root
@pytest.mark.parametrize(("closed", "there"), [("closed", "closed"), ("closed", ""), ("", None)])
def test_directories_that_lanes_would_close_to_each_other(bench: Bench, closed: str, there: str | None) -> None:
    """One of them would find its temporary file in a closed directory, and leave it there."""

    def build(source: str, dest: str) -> None:
        for number in range(24):
            trees.write(os.path.join(os.fsencode(source), closed.encode(), b"%d" % number), os.urandom(30_000))
            if there:
                trees.write(os.path.join(os.fsencode(dest), b"closed/%d" % number), b"old", mtime=OLD)
        if there is not None:
            os.makedirs(dest, exist_ok=True)
        for top in (source, dest)[: 1 + (there is not None)]:
            trees.stamp(os.fsencode(top))
            if os.listdir(top):
                os.chmod(os.path.join(top, closed), 0o555)

    bench.prepare_trees(build)
    result = bench.compare(["-rlt"], {"archive": False, "rsync_opts": ["-rlt"]}, user=OTHER_USER)
    assert [row["reason"].partition(":")[0] for row in result["one_process"]] == ["perms"]
    assert result["stats"]["files"] == 24


@needs_older
@pytest.mark.parametrize(("_name", "words", "params"), ROWS, ids=IDS)
def test_another_rsync(bench: Bench, _name: str, words: list[str], params: dict[str, object]) -> None:
    """The same with an rsync of another version, unpacked beside the one of this host."""
    bench.prepare()
    bench.compare(words, params, rsync=OLDER)


@needs_root
@pytest.mark.parametrize("ignoring", ["", " --ignore-errors"], ids=["", "ignoring errors"])
@pytest.mark.parametrize(
    "options", ["--delete", "--delete-before", "--delete-excluded --exclude=*.o", "--delete -C", "-H --delete -R"]
)
def test_a_directory_that_cannot_be_read(bench: Bench, options: str, ignoring: str) -> None:
    """After an error in the scan nothing is deleted; told to ignore it, rsync deletes even what it could not see."""
    bench.prepare()
    for place in ("expected", "actual"):
        os.chmod(os.path.join(bench.folder, place, "src", "z"), 0)
    # Reading on while it deletes, rsync deletes until it meets the error.
    words = "-a %s%s" % (options, ignoring)
    sources = ["src/./" if "-R" in options else "src/"]
    bench.compare_words(words, sources=sources, user=OTHER_USER, connect=["--no-inc-recursive"])


@needs_root
@pytest.mark.parametrize("words", ["", "--no-p", "-H", "--max-delete=9", "--ignore-errors"])
def test_a_link_in_the_place_of_a_closed_directory(bench: Bench, words: str) -> None:
    """What it points to stays as it is, also where deletions come first."""

    def build(source: str, dest: str) -> None:
        above = os.path.dirname(dest)
        trees.write(os.fsencode(os.path.join(above, "linked", "file")), b"reached through a link")
        for name in ("new", "open", "closed"):
            trees.write(os.fsencode(os.path.join(source, "d", name, "file")), b"same")
            os.chmod(os.path.join(source, "d", name), 0o555)
        for name in ("open", "closed", "extraneous"):
            trees.write(os.fsencode(os.path.join(dest, "d", name, "file")), b"same")
        trees.write(os.fsencode(os.path.join(dest, "extraneous")), b"")
        os.symlink("../../linked", os.path.join(dest, "d", "new"))
        os.chmod(os.path.join(dest, "d", "closed"), 0o555)
        os.chmod(os.path.join(above, "linked"), 0o700)
        trees.stamp(os.fsencode(above))

    bench.prepare_trees(build)
    bench.compare_words("-a --delete-before " + words, user=OTHER_USER)


@needs_root
@pytest.mark.parametrize("words", ["-a", "-a --ignore-errors", "-aH --max-delete=9", "-rt"])
def test_what_a_closed_directory_keeps_where_deletions_come_first(bench: Bench, words: str) -> None:
    """rsync has not opened it yet; what it holds is a failure."""

    def build(source: str, dest: str) -> None:
        for name in ("closed", "open"):
            trees.write(os.fsencode(os.path.join(source, name, "file")), b"new")
            trees.write(os.fsencode(os.path.join(dest, name, "extraneous")), b"")
        for top in (source, dest):
            trees.stamp(os.fsencode(top))
            os.chmod(os.path.join(top, "closed"), 0o555)

    bench.prepare_trees(build)
    result = bench.compare_words(words + " --delete-before", user=OTHER_USER)
    assert [failure["path"] for failure in result["failures"]] == ["closed/extraneous"]
    assert result["stats"]["deletions"] == 1


@needs_root
@pytest.mark.parametrize("words", ["-a", "-a --delete", "-a -O"])
def test_nothing_is_made_below_a_closed_directory(bench: Bench, words: str) -> None:
    """The dry run cannot see what is not there, and says that it makes it."""

    def build(source: str, dest: str) -> None:
        os.makedirs(os.path.join(source, "closed", "new"))
        trees.write(os.fsencode(os.path.join(source, "closed", "below", "file")), b"new")
        for top in (source, dest):
            trees.write(os.fsencode(os.path.join(top, "closed", "file")), os.fsencode(top))
            trees.stamp(os.fsencode(top))
        os.chmod(os.path.join(dest, "closed"), 0)

    bench.prepare_trees(build)
    bench.compare_words(words + " --existing", user=OTHER_USER)


@needs_root
@pytest.mark.parametrize("words", ["-a", "-aH --existing", "-a --max-delete=9"])
def test_what_a_closed_directory_hides_where_deletions_come_first(bench: Bench, words: str) -> None:
    """The dry run cannot look into it, and the lanes would open it before it deletes anything."""

    def build(source: str, dest: str) -> None:
        for name in ("above", "closed", "hidden"):
            trees.write(os.fsencode(os.path.join(source, name, "file")), b"new")
            trees.write(os.fsencode(os.path.join(dest, name, "extraneous")), b"")
        for top in (source, dest):
            trees.stamp(os.fsencode(top))
        os.chmod(os.path.join(dest, "closed"), 0o555)
        os.chmod(os.path.join(dest, "hidden"), 0)

    bench.prepare_trees(build)
    result = bench.compare_words(words + " --delete-before", user=OTHER_USER)
    assert result["stats"]["deletions"] == 1 and result["rc"] == 23


@pytest.mark.parametrize("words", ["--delete", "--delete-excluded --exclude=*.o"])
@pytest.mark.parametrize("directory", ["../dst/.bak", "../link/.bak", ".bak"])
def test_backups_in_a_destination_behind_a_link(bench: Bench, directory: str, words: str) -> None:
    """Deletions after the transfers would take them."""
    bench.prepare()
    for place in ("expected", "actual"):
        os.symlink("dst", os.path.join(bench.folder, place, "link"))
    options = ["-ab", "--ignore-errors", *words.split(), "--backup-dir=" + directory]
    result = bench.compare(options, {"archive": False, "rsync_opts": options}, dest="link/")
    assert [row["stage"] for row in result["one_process"]] == ["transfer"]
