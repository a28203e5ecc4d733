# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A scanner, one of several, that is killed in the middle, and a directory that goes while others are scanned."""

from __future__ import annotations

import os
import shutil
import typing as t

import pytest

from tests.faults.conftest import Tree, wrapper
from tests.faults.test_stop import lane_of, lose
from tests.support import engine, servers, trees
from tests.support.processes import wait_for

# The scanner of a part of the tree: it is the only rsync that is given all of this.
SCANNING = 'case "$*" in *--dry-run*--recursive*--no-implied-dirs*/./%s/*) %s;; esac'
# The pass over the top of the tree alone.
LOOKING = 'case "$*" in *--dry-run*--debug=deltasum*/src/\\ *) %s;; esac'
KILLED = 'if mkdir %s 2>/dev/null; then rsync "$@"; kill -9 $$; fi'
PARTS = ("d0", "d1", "d2")


@pytest.fixture
def deep(tree: Tree) -> Tree:
    """A tree deeper than the levels that are looked at alone, copied once; then what lies deep has changed."""
    for part in PARTS:
        for name in ("e0", "e1", "e2"):
            trees.write(os.fsencode(f"{tree.source}/{part}/a/b/{name}/file"), b"old")
    assert not engine.run(tree.params())["failed"]
    for part in PARTS:
        trees.write(os.fsencode(f"{tree.source}/{part}/a/b/e1/file"), b"and new")
    return tree


def scan_with(folder: str, deep: Tree, *cases: str) -> dict[str, t.Any]:
    return engine.run(deep.params(rsync_path=wrapper(folder, "\n".join(cases))))


def test_one_that_nobody_has_heard_yet_starts_again(folder: str, deep: Tree) -> None:
    """The one that is heard first goes on when the other has started again."""
    mark, again = os.path.join(folder, "killed"), os.path.join(folder, "again")
    waits = SCANNING % ("d0", "while [ ! -d %s ]; do sleep 0.02; done" % again)
    result = scan_with(folder, deep, waits, SCANNING % ("d2", "%s; mkdir %s" % (KILLED % mark, again)))
    assert os.path.isdir(again)
    assert (result["failed"], result["stats"]["retries"], result["stats"]["files"]) == (False, 1, 3), result
    assert deep.arrived()


def test_one_that_was_heard_ends_the_run(folder: str, deep: Tree) -> None:
    """What lanes carry meanwhile shows that it was."""
    mark, name = os.path.join(folder, "killed"), "d0/a/b/e%d/file"
    trees.write(os.fsencode(os.path.join(deep.source, name % 2)), b"new as well")
    heard = "while ! cmp -s %s %s; do sleep 0.02; done" % tuple(
        os.path.join(top, name % 1) for top in (deep.source, deep.dest)
    )
    result = scan_with(folder, deep, SCANNING % ("d0", 'mkdir %s; rsync "$@"; %s; kill -9 $$' % (mark, heard)))
    assert os.path.isdir(mark)
    assert (result["failed"], result["rc"], result["stage"]) == (True, -9, "transfer"), result
    assert not engine.run(deep.params())["failed"]
    assert deep.arrived()


@pytest.mark.parametrize("check", [True, False])
def test_scanners_do_not_wait_for_the_end_of_the_pass_that_names_directories(
    folder: str, deep: Tree, check: bool
) -> None:
    mark = os.path.join(folder, "scans")
    looks = LOOKING % ('rsync "$@"; while [ ! -e %s ]; do sleep 0.02; done; exit 0' % mark)
    program = wrapper(folder, looks + "\n" + SCANNING % ("d0", "touch " + mark))
    result = engine.run(deep.params(rsync_path=program), check=check)
    assert (result["failed"], result["stats"]["files"], result["warnings"]) == (False, 3, []), result
    assert deep.arrived() is not check


def test_nobody_scans_what_a_pass_names_that_breaks_off(folder: str, deep: Tree) -> None:
    """It is the only rsync that scans at all."""
    log = os.path.join(folder, "log")
    looks = LOOKING % 'rsync "$@" | grep -v "^total:"; exit 11'
    result = scan_with(folder, deep, 'case "$*" in *--dry-run*) echo >> %s;; esac' % log, looks)
    assert (result["failed"], result["rc"], result["stage"]) == (True, 11, "scan"), result
    with open(log) as stream:
        assert stream.read() == "\n"


def test_no_lane_logs_in_to_scan_nothing(folder: str, tree: Tree, ssh: servers.Ssh) -> None:
    def connections() -> int:
        with open(ssh.log) as said:
            return said.read().count("Connection from")

    os.mkdir(tree.dest)
    before, log = connections(), os.path.join(folder, "log")
    program = wrapper(folder, 'case "$*" in *--debug=deltasum*) echo >> %s;; esac' % log)
    params = tree.params(src=tree.source + "/d0/", dest="%s:%s" % (ssh.host, tree.dest), **ssh.options())
    result = engine.run(dict(params, rsync_path=program), check=True)
    assert (result["failed"], result["stats"]["files"], connections() - before) == (False, 4, 1), result
    assert os.path.exists(log)


def test_a_pass_that_dies_when_it_has_named_them_ends_the_run(folder: str, deep: Tree) -> None:
    """Whoever scans them then is ended, and nothing of that is passed on."""
    mark = os.path.join(folder, "scans")
    looks = LOOKING % ('rsync "$@"; while [ ! -e %s ]; do sleep 0.02; done; kill -9 $$' % mark)
    result = scan_with(folder, deep, looks, SCANNING % ("d0", "touch %s; sleep 60" % mark))
    assert os.path.exists(mark)
    assert (result["failed"], result["rc"], result["stage"], result["stats"]["files"]) == (True, -9, "scan", 0), result
    assert not engine.run(deep.params())["failed"]
    assert deep.arrived()


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("jobs", [4, "auto"])
def test_others_scan_for_a_lane_that_cannot_log_in(folder: str, deep: Tree, jobs: int | str, check: bool) -> None:
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    with servers.sshd(place, extra="MaxStartups 1:100:1") as ssh:
        mark = os.path.join(folder, "divided")
        program = wrapper(folder, SCANNING % ("d0", "touch " + mark))
        params = deep.params(**ssh.options(), dest="%s:%s" % (ssh.host, deep.dest), rsync_path=program)
        params.update(jobs=jobs, retries=0)
        result = engine.run(params, check=check)
        assert ssh.logins() < len(result["lanes"])  # of which auto begins with more where a login takes long
    assert (result["failed"], result["stats"]["files"]) == (False, 3), result
    assert os.path.exists(mark)
    assert deep.arrived() is not check


def test_others_scan_for_a_lane_that_is_lost(folder: str, deep: Tree, ssh: servers.Ssh) -> None:
    """Its connection goes while it scans, and cannot be made again."""
    said, go = os.path.join(folder, "said"), os.path.join(folder, "go")
    waits = """if mkdir %(said)s; then
        echo "$*" > %(said)s/new; mv %(said)s/new %(said)s/words
        while [ -d %(said)s ] && [ ! -d %(go)s ]; do sleep 0.02; done
    fi"""
    program = wrapper(folder, SCANNING % ("d2", waits % {"said": said, "go": go}))
    params = deep.params(**ssh.options(), dest="%s:%s" % (ssh.host, deep.dest), rsync_path=program, jobs=4, retries=1)
    started = engine.Started(params, folder)
    words = os.path.join(said, "words")
    wait_for(lambda: os.path.exists(words) and ssh.logins() == 4, "a scanner on its lane")
    with open(words) as stream:
        lose([lane_of(stream.read())], folder, ssh)
    os.mkdir(go)
    result = started.result()
    assert (result["failed"], result["stats"]["files"]) == (False, 3), result
    assert deep.arrived()


@pytest.mark.parametrize("bwlimit", [None, "1m"], ids=["while lanes carry", "before they begin"])
def test_one_alone_that_was_heard_names_what_no_lane_carries(folder: str, tree: Tree, bwlimit: str | None) -> None:
    """What a lane carries at that moment arrives, or is named as well. Nothing is deleted."""
    trees.write(os.path.join(os.fsencode(tree.dest), b"extraneous"), b"must stay")
    program = wrapper(folder, 'case "$*" in *--dry-run*) rsync "$@"; kill -9 $$;; esac')
    result = engine.run(tree.params(rsync_path=program, jobs=1, retries=0, delete=True, bwlimit=bwlimit))
    assert (result["failed"], result["rc"], result["msg"]) == (True, -9, "rsync: killed by signal 9"), result
    names = {"d%d/file%d" % (number % 3, number) for number in range(12)}
    missing = {name for name in names if not os.path.exists(os.path.join(tree.dest, name))}
    named = {failure["path"]: failure["reason"] for failure in result["failures"]}
    assert missing <= {*named} <= names
    assert missing == names or bwlimit is None
    assert all(named[name] == "not attempted: " + result["msg"] for name in missing)
    assert os.path.exists(os.path.join(tree.dest, "extraneous"))
    assert not engine.run(tree.params(delete=True))["failed"]
    assert tree.arrived()


def test_a_directory_that_goes_meanwhile_is_a_warning(folder: str, deep: Tree) -> None:
    gone = os.path.join(deep.source, "d1", "a", "b")
    result = scan_with(folder, deep, SCANNING % ("d1", "rm -rf '%s'" % gone))
    assert (result["failed"], result["rc"], result["stats"]["files"]) == (False, 24, 2), result
    shutil.rmtree(os.path.join(deep.dest, "d1"))
    assert not engine.run(deep.params())["failed"]
    assert deep.arrived()
