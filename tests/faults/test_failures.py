# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What cannot arrive is named with its reason, nothing is deleted after an error, and a rerun ends right."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import subprocess
import typing as t

import pytest

from tests.faults.conftest import Tree, wrapper
from tests.support import engine, programs, servers, snapshot, trees
from tests.support.processes import mentioning, wait_for

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system or become another user")

# In each transfer, and in no other rsync of a run.
TRANSFERRING = 'case "$*" in *--dry-run*) ;; *--files-from=*/partition.* | *" --relative "*) %s;; esac'


def names(result: dict[str, t.Any]) -> set[str]:
    return {entry["path"] for entry in result["failures"]}


@needs_root
@pytest.mark.parametrize("remote", [False, True], ids=["local", "ssh"])
def test_disk_full(ssh: servers.Ssh, tree: Tree, tiny: str, remote: bool) -> None:
    dest = os.path.join(tiny, "dst")
    os.mkdir(dest)
    trees.write(os.path.join(os.fsencode(dest), b"extraneous"), b"must stay")
    params = tree.params(dest=dest, delete=True)
    if remote:
        params.update(ssh.options(), dest="%s:%s" % (ssh.host, dest))
    result = engine.run(params)
    assert result["failed"] and result["rc"] == 11, result
    assert (
        result["msg"] == "the destination is full: No space left on device; make room and run again, what arrived stays"
    )
    assert result["stats"]["retries"] == 0
    arrived = {name.decode() for name in snapshot.snapshot(dest)}
    missing = {
        name.decode() for name, entry in snapshot.snapshot(tree.source).items() if entry.kind == "file"
    } - arrived
    assert missing and missing <= names(result)
    assert "extraneous" in arrived
    assert not [name for name in arrived if os.path.basename(name).startswith(".file")]
    subprocess.run(["mount", "-o", "remount,size=40m", tiny], check=True)
    assert engine.run(tree.params(dest=dest, delete=True))["failed"] is False
    assert not snapshot.differences(snapshot.snapshot(tree.source), snapshot.snapshot(dest))


@needs_root
def test_a_full_disk_is_told_while_the_scan_still_runs(folder: str, tree: Tree, tiny: str) -> None:
    go, follow = os.path.join(folder, "go"), os.path.join(folder, "follow")
    waits = 'rsync "$@"; while [ -d %s ] && [ ! -d %s ]; do sleep 0.02; done; exit' % (tiny, go)
    program = wrapper(folder, 'case "$*" in *--dry-run*) %s;; esac' % waits)
    params = tree.params(dest=os.path.join(tiny, "dst"), rsync_path=program, follow=follow)
    started = engine.Started(params, folder, sizes=engine.SMALL._replace(scanners=1))

    def told() -> dict[str, t.Any] | None:
        with contextlib.suppress(OSError), open(os.path.join(follow, "status.json")) as stream:
            found = t.cast("dict[str, t.Any]", json.load(stream))
            return found if found["msg"] else None
        return None

    found = wait_for(told, "the run to say that it cannot go on")
    os.mkdir(go)
    result = started.result()
    assert (found["scanned"], found["msg"]) == (False, result["msg"]), result
    assert result["msg"].startswith("the destination is full") and result["failures"]


class Crowded:
    """A file system where what is new only fits when what is extraneous, or a ballast beside the trees, is gone."""

    def __init__(self, folder: str, tiny: str) -> None:
        self.tree = Tree(folder, files=4, size=1 << 19)
        self.tree.dest = os.path.join(tiny, "dst")
        self.ballast = os.path.join(tiny, "ballast")
        self.extraneous = os.path.join(self.tree.dest, "d0", "extraneous")
        self.fill()

    def fill(self) -> None:
        """Start over."""
        shutil.rmtree(self.tree.dest, ignore_errors=True)
        trees.write(os.fsencode(self.ballast), bytes(5 << 18))
        trees.write(os.fsencode(self.extraneous), bytes(7 << 18))


@needs_root
@pytest.mark.parametrize("jobs", [1, 4])
def test_delete_before_frees_space_first(folder: str, tiny: str, jobs: int) -> None:
    crowded = Crowded(folder, tiny)
    tree = crowded.tree
    argv = ["rsync", "-a", "--delete-before", tree.source + "/", tree.dest]
    assert subprocess.run(argv, check=False).returncode == 0
    expected = snapshot.snapshot(tree.dest)
    crowded.fill()
    result = engine.run(tree.params(jobs=jobs, rsync_opts=["--delete-before"]))
    assert (result["rc"], result["failures"], result["one_process"]) == (0, [], []), result
    assert result["deleted"] == [{"path": "d0/extraneous"}]
    assert not snapshot.differences(expected, snapshot.snapshot(tree.dest))


@needs_root
def test_without_it_a_full_disk_deletes_nothing_and_a_rerun_with_room_ends_right(folder: str, tiny: str) -> None:
    crowded = Crowded(folder, tiny)
    tree = crowded.tree
    result = engine.run(tree.params(delete=True))
    assert result["failed"] and result["rc"] == 11, result
    assert "No space left on device" in result["msg"]
    assert (result["stats"]["deletions"], os.path.getsize(crowded.extraneous)) == (0, 7 << 18)
    there = snapshot.snapshot(tree.dest)
    wanted = {name.decode() for name, entry in snapshot.snapshot(tree.source).items() if entry.kind == "file"}
    assert wanted - names(result) == wanted & {name.decode() for name in there} != wanted
    os.unlink(crowded.ballast)
    again = engine.run(tree.params(delete=True))
    assert (again["rc"], again["deleted"]) == (0, [{"path": "d0/extraneous"}]), again
    assert tree.arrived()


def test_vanished_names_are_a_warning(folder: str, tree: Tree) -> None:
    victim = os.path.join(tree.source, "d1", "file4")
    program = wrapper(folder, TRANSFERRING % ("rm -f '%s'" % victim))
    trees.write(os.path.join(os.fsencode(tree.dest), b"extraneous"), b"goes")
    result = engine.run(tree.params(rsync_path=program, delete=True))
    assert (result["failed"], result["rc"]) == (False, 24), result
    assert result["failures"] == [{"path": victim, "reason": "vanished"}] or names(result) == {victim}
    assert "1 name vanished at the source before being transferred" in result["warnings"]
    assert not os.path.exists(os.path.join(tree.dest, "extraneous"))
    assert engine.run(tree.params(delete=True))["rc"] == 0
    assert tree.arrived()


def test_a_name_that_seems_to_have_vanished_is_a_failure(folder: str, tree: Tree) -> None:
    """Some peers say so of files that they fail to open; then nothing has arrived, and nothing is ok."""
    lie = "echo 'file has vanished: \"/src/d1/file4\"' >&2; exit 24"
    program = wrapper(folder, TRANSFERRING % lie)
    result = engine.run(tree.params(rsync_path=program))
    assert (result["failed"], result["rc"]) == (True, 23), result
    assert {os.path.join("d%d" % (number % 3), "file%d" % number) for number in range(12)} <= names(result)


@needs_root
def test_unreadable_names(folder: str, tree: Tree) -> None:
    os.chmod(folder, 0o777)
    subprocess.run(["chown", "-R", "nobody:", tree.source], check=True)
    secret = os.path.join(tree.source, "d0", "file3")
    locked = os.path.join(tree.source, "d2")
    for path in (secret, locked):
        os.chown(path, 0, 0)
        os.chmod(path, 0o600)
    trees.write(os.path.join(os.fsencode(tree.dest), b"extraneous"), b"must stay")
    subprocess.run(["chown", "-R", "nobody:", tree.dest], check=True)
    params = tree.params(delete=True)
    result = engine.as_user("nobody", lambda: engine.run(params), folder)
    assert (result["failed"], result["rc"]) == (True, 23), result
    reasons = {entry["path"]: entry["reason"] for entry in result["failures"]}
    assert reasons["d0/file3"] == "send_files failed to open: Permission denied (13)"
    assert reasons[locked] == "opendir: Permission denied (13)"
    assert os.path.exists(os.path.join(tree.dest, "extraneous"))
    assert os.path.exists(os.path.join(tree.dest, "d0", "file0"))
    assert not os.path.exists(os.path.join(tree.dest, "d0", "file3"))
    forced = engine.as_user("nobody", lambda: engine.run(dict(params, ignore_errors=True)), folder)
    assert forced["rc"] == 23 and not os.path.exists(os.path.join(tree.dest, "extraneous"))


def test_refused_files(folder: str, tree: Tree) -> None:
    """The destination does not take some names; the others arrive."""
    os.makedirs(os.path.join(tree.dest, "d1", "file4", "in the way"))
    result = engine.run(tree.params())
    assert (result["failed"], result["rc"]) == (True, 23), result
    assert names(result) == {"d1/file4"}
    assert result["failures"][0]["reason"] == "could not make way for new regular file"
    assert os.path.exists(os.path.join(tree.dest, "d1", "file1"))


@pytest.mark.parametrize("code", [10, 12, 30])
def test_exhausted_retries(folder: str, tree: Tree, code: int) -> None:
    program = wrapper(folder, TRANSFERRING % ("echo 'rsync: broken on purpose' >&2; exit %d" % code))
    trees.write(os.path.join(os.fsencode(tree.dest), b"extraneous"), b"must stay")
    result = engine.run(tree.params(rsync_path=program, retries=1, jobs=2, delete=True))
    assert result["failed"] and result["rc"] == code
    assert result["msg"] == "rsync: broken on purpose"
    assert result["stage"] == "transfer"
    assert len(names(result)) == result["stats"]["failures"] == 12
    assert result["stats"]["retries"] == 2
    assert os.path.exists(os.path.join(tree.dest, "extraneous"))


# Once, an rsync that is given such words does its work, and nobody hears of it.
UNHEARD = 'case "$*" in %s) if mkdir "$0.once" 2>/dev/null; then rsync "$@" >/dev/null; exit 12; fi ;; esac'


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("*--dirs*--relative*|*--relative*--dirs*", []),
        ("*--files-from=*/directories.*", []),
        ("*--hard-links*/linked*", []),
        ("*--omit-dir-times*--existing*", ["--delete-before"]),
    ],
    ids=["files", "directories", "hard links", "deletions"],
)
def test_a_closed_directory_that_a_broken_rsync_has_opened(folder: str, words: str, options: list[str]) -> None:
    source, dest = (os.path.join(folder, name) for name in ("src", "dst"))
    for end, content in ((source, b"new"), (dest, b"older")):
        top = os.fsencode(end)
        trees.write(os.path.join(top, b"written", b"file"), content)
        os.makedirs(os.path.join(top, b"above", b"changed"))
        trees.write(os.path.join(top, b"leader"), b"linked")
        trees.write(os.path.join(top, b"linked", b"follower"), b"linked")
    os.unlink(os.path.join(source, "linked", "follower"))
    os.link(os.path.join(source, "leader"), os.path.join(source, "linked", "follower"))
    os.chmod(os.path.join(source, "above", "changed"), 0o750)
    if options:
        trees.write(os.path.join(os.fsencode(dest), b"extraneous"), b"")
    for end in (source, dest):
        trees.stamp(os.fsencode(end))
        for name in ("written", "above", "linked", "."):
            os.chmod(os.path.join(end, name), 0o555)
    program = wrapper(folder, UNHEARD % words)
    params = {"src": source + "/", "dest": dest, "hard_links": True, "rsync_opts": options}
    result = engine.run({**params, "rsync_path": program})
    assert result["failed"] is False and result["stats"]["retries"] == 1, result
    assert not snapshot.differences(snapshot.snapshot(source), snapshot.snapshot(dest))


def test_what_is_sent_again_counts_once(folder: str, tree: Tree) -> None:
    """A connection may break when an rsync has named a file whose data is still on its way."""
    lost = os.path.join(tree.dest, "d0", "file0")
    breaks = """[ -e %(mark)s ] || {
        rsync "$@"; code=$?
        [ ! -e %(lost)s ] || { rm %(lost)s; touch %(mark)s; code=12; }
        exit $code; }"""
    program = wrapper(folder, TRANSFERRING % (breaks % {"mark": os.path.join(folder, "mark"), "lost": lost}))
    result = engine.run(tree.params(rsync_path=program, jobs=1))
    stats = result["stats"]
    assert (result["failed"], stats["retries"], stats["files"], stats["transferred_bytes"]) == (False, 1, 12, 12 << 20)
    assert tree.arrived()


def test_more_lanes_than_a_process_may_have_files_open_at_first(folder: str) -> None:
    tree = Tree(folder, files=40, size=256 << 10)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/dev/fd")) + 40, hard))
    try:
        result = engine.run(tree.params(jobs=40, bwlimit="8m"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (result["failed"], result["stats"]["files"]) == (False, 40), result
    assert tree.arrived()


def test_more_logins_than_the_server_takes_at_once(folder: str) -> None:
    """sshd drops connections at random when too many are not logged in yet; no job may be lost for that."""
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    tree = Tree(folder, files=96, size=2000)
    with servers.sshd(place, extra="MaxStartups 4:60:8") as ssh:
        result = engine.run(tree.params(**ssh.options(), dest="%s:%s" % (ssh.host, tree.dest), jobs=24, retries=9))
        assert result["failed"] is False, result
        assert not result["warnings"]
        assert 4 < ssh.logins() <= 24  # the last ones may find nothing left
    assert tree.arrived()


def test_a_server_that_refuses_logins_gets_fewer_lanes(folder: str) -> None:
    """With ``jobs: auto`` the run goes on with those that are in, says so, and has not tried the others again."""
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    tree = Tree(folder, files=96, size=2000)
    with servers.sshd(place, extra="MaxStartups 1:100:1") as ssh:
        result = engine.run(tree.params(**ssh.options(), dest="%s:%s" % (ssh.host, tree.dest), jobs="auto"))
        assert result["failed"] is False, result
        logins = ssh.logins()
    working = [row["lane"] for row in result["lanes"] if row["partitions"]]
    refused = [row["lane"] for row in result["lanes"] if row["lane"] not in working]
    assert 1 <= len(working) <= logins < len(result["lanes"])
    assert {warning.partition(":")[0] for warning in result["warnings"]} >= {"lane %d" % lane for lane in refused}
    assert min(entry["lanes"] for entry in result["lanes_over_time"]) <= logins
    assert result["stats"]["retries"] == 0
    assert tree.arrived()


def test_a_peer_that_says_nothing_is_given_up(folder: str, ssh: servers.Ssh, tree: Tree) -> None:
    """With a time-out, a remote rsync that hangs ends the run instead of hanging it."""
    stuck = programs.shell(os.path.join(folder, "stuck rsync"), "exec cat > /dev/null")
    params = tree.params(**ssh.options(), remote_rsync_path=stuck, rsync_timeout=1, retries=0)
    result = engine.run(dict(params, dest="%s:%s" % (ssh.host, tree.dest)))
    assert result["failed"] and result["rc"] in (12, 30), result
    assert result["stage"] == "scan"
    assert not mentioning(ssh.config, name="ssh")


def test_a_daemon_that_takes_fewer_connections_than_there_are_lanes(folder: str) -> None:
    """Those that are turned away for good leave their work to the others, which are under way all the time."""
    place, source = os.path.join(folder, "rsyncd"), os.path.join(folder, "src")
    for path in (place, source):
        os.mkdir(path)
    for number in range(6):
        with open(os.path.join(source, "file%d" % number), "wb") as stream:
            stream.write(os.urandom(200_000))
    with servers.rsyncd(place) as daemon:
        params = {"src": source + "/", "dest": daemon.url + "double/dst", "bwlimit": "200k", "jobs": 4, "retries": 1}
        result = engine.run(params)
        assert not result["failed"], result
        assert all("max connections (2) reached" in text for text in result["warnings"]), result
        assert not snapshot.differences(snapshot.snapshot(source), snapshot.snapshot(os.path.join(daemon.top, "dst")))


def test_a_daemon_that_turns_away_whoever_is_to_make_directories(folder: str, tree: Tree) -> None:
    """They are new below one that is there, so that an rsync of their own makes them before files go in."""
    place = os.path.join(folder, "rsyncd")
    os.mkdir(place)
    for number in range(24):
        trees.write(b"%s/d%d/new%d/file" % (os.fsencode(tree.source), number % 3, number), os.urandom(100_000))
    with servers.rsyncd(place) as daemon:
        dest = os.path.join(daemon.top, "dst")
        for number in range(3):
            os.makedirs(os.path.join(dest, "d%d" % number))
        params = tree.params(dest=daemon.url + "double/dst", bwlimit="4m", jobs=4, retries=0)
        result = engine.run(params)
        assert not result["failed"], result
        assert any("max connections (2) reached" in text for text in result["warnings"]), result
        assert not snapshot.differences(snapshot.snapshot(tree.source), snapshot.snapshot(dest))


def test_a_daemon_that_takes_one_connection(folder: str, tree: Tree) -> None:
    """Lanes that are turned away come again; the work is done, on fewer connections."""
    place = os.path.join(folder, "rsyncd")
    os.mkdir(place)
    with servers.rsyncd(place) as daemon:
        result = engine.run(tree.params(dest=daemon.url + "single/dst", jobs=2, retries=8))
        assert result["failed"] is False, result
        assert not snapshot.differences(
            snapshot.snapshot(tree.source), snapshot.snapshot(os.path.join(daemon.top, "dst"))
        )
