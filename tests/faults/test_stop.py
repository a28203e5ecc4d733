# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A run that is stopped or whose processes are killed: nothing stays behind, and a rerun ends right."""

from __future__ import annotations

import contextlib
import glob
import os
import pathlib
import signal
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import DIFFERS, UNCONFIRMED

from tests.faults.conftest import Tree, wrapper
from tests.support import engine, servers, trees
from tests.support.processes import mentioning, on_their_way, temporary_files, wait_for

SLOW = {"bwlimit": "2m", "retries": 2}


def assert_clean(started: engine.Started, tree: Tree, folder: str) -> None:
    """No process, no temporary file, no state directory."""
    wait_for(
        lambda: not mentioning(folder, name="rsync") and not mentioning(folder, name="ssh"), "all processes to end"
    )
    assert os.listdir(started.state) == []
    assert temporary_files(tree.dest) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("remote", [False, True], ids=["local", "ssh"])
def test_stopped_by_a_signal(folder: str, ssh: servers.Ssh, tree: Tree, number: signal.Signals, remote: bool) -> None:
    params = tree.params(**SLOW)
    if remote:
        params.update(ssh.options(), dest="%s:%s" % (ssh.host, tree.dest))
    started = engine.Started(params, folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    started.process.send_signal(number)
    result = started.result()
    assert result["failed"] and result["changed"] and result["rc"] == 20
    assert result["msg"] == "stopped by %s in the transfer stage" % number.name
    assert result["stage"] == "transfer"
    assert_clean(started, tree, folder)
    assert engine.run(tree.params())["failed"] is False
    assert tree.arrived()


def test_stopped_while_it_logs_in(folder: str, tree: Tree) -> None:
    """An ssh that never gets through is ended, too."""
    with servers.silent() as (host, port):
        started = engine.Started(tree.params(dest="%s:%s" % (host, tree.dest), port=port), folder)
        wait_for(lambda: mentioning("-p %d" % port, name="ssh"), "ssh to start")
        started.process.send_signal(signal.SIGTERM)
        assert started.result()["rc"] == 20
        wait_for(lambda: not mentioning("-p %d" % port, name="ssh"), "ssh to end")
    assert os.listdir(started.state) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_a_killed_rsync_is_tried_again(folder: str, tree: Tree, number: signal.Signals) -> None:
    started = engine.Started(tree.params(**SLOW), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    victim = min(pid for pid, line in mentioning(folder, name="rsync").items() if "--relative" in line)
    os.kill(victim, number)
    result = started.result()
    assert result["failed"] is False and result["stats"]["retries"] >= 1, result
    assert tree.arrived()
    assert_clean(started, tree, folder)


def test_a_killed_connection_is_made_again(folder: str, ssh: servers.Ssh, tree: Tree) -> None:
    params = tree.params(**SLOW, **ssh.options())
    started = engine.Started(dict(params, dest="%s:%s" % (ssh.host, tree.dest), jobs=2), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    there = masters(folder)
    assert len(there) == 2
    os.kill(there[1], signal.SIGKILL)
    result = started.result()
    assert result["failed"] is False and result["stats"]["retries"] >= 1, result
    assert ssh.logins() == 3
    assert tree.arrived()
    assert_clean(started, tree, folder)


def absent(tree: Tree) -> set[str]:
    """The names of the tree's twelve files that are not at the destination."""
    names = {os.path.join("d%d" % (number % 3), "file%d" % number) for number in range(12)}
    return {name for name in names if not os.path.exists(os.path.join(tree.dest, name))}


def masters(folder: str) -> dict[int, int]:
    """The connections of a run: the number of each lane and its process."""
    found = mentioning("ControlMaster=yes", name="ssh")
    return {lane_of(line): pid for pid, line in found.items() if folder in line}


def lane_of(line: str) -> int:
    """The number of a lane, from the command line of what it carries."""
    return int(line.partition(" -o BatchMode")[0].rpartition("/")[2])


def lose(lanes: t.Iterable[int], folder: str, ssh: servers.Ssh) -> None:
    """Kill the connections of lanes, which nobody can make again; others may be about to log in still."""
    wait_for(lambda: ssh.logins() >= len(masters(folder)), "all lanes to log in")
    os.rename(ssh.key + ".pub", ssh.key + ".locked")
    there = masters(folder)
    for lane in lanes:
        os.kill(there[lane], signal.SIGKILL)


@pytest.mark.parametrize(("lane", "far"), [(1, "dest"), (2, "dest"), (3, "dest"), (1, "src")])
def test_others_go_on_for_a_lane_that_is_lost(folder: str, ssh: servers.Ssh, tree: Tree, lane: int, far: str) -> None:
    """They carry what it had begun, and do what one rsync does at the end, even for the first one."""
    trees.write(os.path.join(os.fsencode(tree.dest), b"extraneous"), b"must go")
    params = tree.params(**SLOW, **ssh.options(), jobs=3, delete=True)
    started = engine.Started(dict(params, **{far: "%s:%s" % (ssh.host, params[far])}), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    assert sorted(masters(folder)) == [1, 2, 3]
    lose([lane], folder, ssh)
    result = started.result()
    assert (result["failed"], result["failures"]) == (False, []), result
    assert [warning.partition(":")[0] for warning in result["warnings"]] == ["lane %d" % lane]
    assert result["lanes_over_time"][-1]["lanes"] == 2
    assert (ssh.logins(), result["stats"]["files"]) == (3, 12)
    assert tree.arrived()
    assert_clean(started, tree, folder)


@pytest.mark.parametrize("lane", [1, 2])
def test_others_go_on_while_rsyncs_wait_for_their_lists(folder: str, ssh: servers.Ssh, lane: int) -> None:
    """A lane that is lost has one that sends and one that waits; new directories are made by the way."""
    tree = Tree(folder, files=48, size=8 << 20)
    for number in range(100):
        os.makedirs(os.path.join(tree.source, "empty", "e%d" % number))
    params = tree.params(**ssh.options(), jobs=2, retries=1)
    started = engine.Started(dict(params, dest="%s:%s" % (ssh.host, tree.dest)), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    lose([lane], folder, ssh)
    result = started.result()
    assert (result["failed"], result["failures"]) == (False, []), result
    assert [warning.partition(":")[0] for warning in result["warnings"]] == ["lane %d" % lane]
    assert (result["stats"]["files"], result["stats"]["directories"]) == (48, 105)
    assert tree.arrived()
    assert_clean(started, tree, folder)


def test_another_lane_comes_back_for_the_last_partition(folder: str, ssh: servers.Ssh) -> None:
    """It had ended, because nothing was left for it."""
    tree = Tree(folder, size=2000)
    trees.write(os.path.join(os.fsencode(tree.source), b"large"), os.urandom(6 << 20))
    trees.stamp(os.fsencode(tree.source))
    params = tree.params(**SLOW, **ssh.options(), jobs=2)
    started = engine.Started(dict(params, dest="%s:%s" % (ssh.host, tree.dest)), folder)

    def last() -> list[str]:
        carrying = [line for line in mentioning(" -o BatchMode", name="rsync").values() if folder in line]
        arrived = sum(len(names) for _path, _directories, names in os.walk(tree.dest))
        return carrying if arrived == 13 and len(carrying) == 1 and on_their_way(tree.dest) else []

    lose([lane_of(wait_for(last, "the last file alone on its way")[0])], folder, ssh)
    result = started.result()
    assert (result["failed"], len(result["warnings"]), result["stats"]["files"]) == (False, 1, 13), result
    assert tree.arrived()
    assert_clean(started, tree, folder)


# The user's own rsync at the end fails for a path that it does not name, once the test has seen that it runs.
NAMELESS = """case "$*" in *--dry-run*) [ ! -d %(begun)s ] || %(compare)s;; *--files-from*) ;; *--delete*)
mkdir %(begun)s; while [ -d %(begun)s ] && [ ! -d %(go)s ]; do sleep 0.02; done
echo "rsync: it cannot be done" >&2; exit 23;; esac"""


def start_nameless(folder: str, params: dict[str, t.Any], compare: str = "true") -> tuple[engine.Started, str]:
    """Start a run with such an rsync at its end, and wait for that; give the directory that lets it go on."""
    begun, go = os.path.join(folder, "begun"), os.path.join(folder, "go")
    program = wrapper(folder, NAMELESS % {"begun": begun, "go": go, "compare": compare})
    started = engine.Started(dict(params, delete=True, prune_empty_dirs=True, rsync_path=program), folder)
    wait_for(lambda: os.path.isdir(begun), "the last rsync to run")
    return started, go


@pytest.mark.parametrize("lost", [[1], [1, 2]], ids=["the first", "all"])
def test_lanes_are_lost_where_rsync_names_nothing(folder: str, ssh: servers.Ssh, tree: Tree, lost: list[int]) -> None:
    """Another lane looks what differs; where there is none, the result says that nobody has."""
    params = tree.params(**ssh.options(), dest="%s:%s" % (ssh.host, tree.dest), jobs=2, bwlimit="8m")
    started, go = start_nameless(folder, params)
    assert sorted(masters(folder)) == [1, 2]
    lose(lost, folder, ssh)
    os.unlink(os.path.join(tree.dest, "d0", "file0"))
    os.mkdir(go)
    result = started.result()
    (failure,) = result["failures"]
    if lost == [1]:
        assert (result["rc"], failure["path"], failure["reason"]) == (23, "d0/file0", DIFFERS), result
    else:
        assert result["rc"] == 255 and "refused the login" in result["msg"], result
        assert failure["reason"] == UNCONFIRMED + result["msg"], result
    assert_clean(started, tree, folder)


@pytest.mark.parametrize("compare", ["exit 12", '{ echo "rsync: it cannot be looked at" >&2; exit 23; }'])
def test_a_comparison_that_fails_where_rsync_names_nothing(folder: str, tree: Tree, compare: str) -> None:
    """The result says that names may be missing in it, and what rsync has said."""
    started, go = start_nameless(folder, tree.params(retries=1), compare)
    os.mkdir(go)
    result = started.result()
    assert (result["failed"], result["rc"], len(result["failures"])) == (True, 23, 1), result
    assert "it cannot be done" in result["msg"]
    assert result["failures"][0]["reason"].startswith(UNCONFIRMED), result


@pytest.mark.parametrize("lost", [[1], [1, 2]], ids=["the first", "all"])
def test_lanes_are_lost_while_a_comparison_starts(folder: str, ssh: servers.Ssh, tree: Tree, lost: list[int]) -> None:
    """Its ssh logs in by itself then, and is refused: that is the end of the lane, not of the comparison."""
    victims = os.path.join(folder, "victims")
    compare = "{ [ ! -f %(v)s ] || { kill -9 $(cat %(v)s); mv %(v)s %(v)s.gone; }; }" % {"v": victims}
    params = tree.params(**ssh.options(), dest="%s:%s" % (ssh.host, tree.dest), jobs=2, bwlimit="8m", retries=1)
    started, go = start_nameless(folder, params, compare)
    there = masters(folder)
    trees.write(os.fsencode(victims), " ".join(str(there[lane]) for lane in lost).encode())
    os.rename(ssh.key + ".pub", ssh.key + ".locked")
    os.unlink(os.path.join(tree.dest, "d0", "file0"))
    os.mkdir(go)
    result = started.result()
    (failure,) = result["failures"]
    if lost == [1]:
        assert (result["rc"], failure["path"], failure["reason"]) == (23, "d0/file0", DIFFERS), result
    else:
        assert result["rc"] == 255 and "refused the login" in result["msg"], result
        assert failure["reason"] == UNCONFIRMED + result["msg"], result
    assert_clean(started, tree, folder)


def test_a_comparison_that_breaks_off_is_run_again(folder: str, tree: Tree) -> None:
    started, go = start_nameless(folder, tree.params(retries=1), "{ ! mkdir %s/again || exit 12; }" % folder)
    os.unlink(os.path.join(tree.dest, "d0", "file0"))
    os.mkdir(go)
    result = started.result()
    assert [(each["path"], each["reason"]) for each in result["failures"]] == [("d0/file0", DIFFERS)], result
    assert result["stats"]["retries"] == 1


# The first rsync that carries files says that one failed, and waits when a dry run is to look which did.
FAILING = """case "$*" in
*--dry-run*) if [ -d %(failed)s ] && mkdir %(looks)s; then
    echo "$*" > %(looks)s/new; mv %(looks)s/new %(looks)s/words
    while [ -d %(looks)s ] && [ ! -d %(go)s ]; do sleep 0.02; done
fi;;
*--files-from=*/partition.* | *" --relative "*) ! mkdir %(failed)s || {
    rsync "$@"; echo 'rsync: [generator] failed to set times on "file0": Operation not permitted (1)' >&2; exit 23; };;
esac"""


@pytest.mark.parametrize("backup", [True, False])
def test_a_lane_is_lost_while_it_looks_what_arrived(folder: str, ssh: servers.Ssh, tree: Tree, backup: bool) -> None:
    """Another one carries all of that again: it is neither backed up nor counted."""
    for number in range(12):
        trees.write(os.fsencode(tree.dest) + b"/d%d/file%d" % (number % 3, number), b"old")
    places = {name: os.path.join(folder, name) for name in ("failed", "looks", "go")}
    params = tree.params(**ssh.options(), dest="%s:%s" % (ssh.host, tree.dest), jobs=2, bwlimit="8m", retries=1)
    params.update(times=False, backup=backup, rsync_path=wrapper(folder, FAILING % places))
    started = engine.Started(params, folder)
    words = os.path.join(places["looks"], "words")
    wait_for(lambda: os.path.exists(words), "a dry run to look")
    with open(words) as stream:
        lose([lane_of(stream.read())], folder, ssh)
    os.mkdir(places["go"])
    result = started.result()
    assert (result["failed"], result["stats"]["files"]) == (False, 12), result
    backups = [path.read_bytes() for path in pathlib.Path(tree.dest).rglob("*~")]
    assert backups == [b"old"] * 12 * backup
    assert_clean(started, tree, folder)


# What the first one has carried is half there, as it is where the source cannot be read.
HALVED = FAILING.replace(
    "; echo 'rsync: ", """; find %(dest)s -name 'file*' -size 2048 -exec truncate -s 1000 {} \\;; echo 'rsync: """
)


def test_a_half_is_not_backed_up_where_a_lane_is_lost(folder: str, ssh: servers.Ssh, tree: Tree) -> None:
    """Nobody carries again what was on it then."""
    for number in range(12):
        trees.write(os.fsencode(tree.dest) + b"/d%d/file%d" % (number % 3, number), b"old")
    places = {name: os.path.join(folder, name) for name in ("failed", "looks", "go")}
    params = tree.params(**ssh.options(), dest="%s:%s" % (ssh.host, tree.dest), jobs=2, bwlimit="8m", retries=1)
    params.update(inplace=True, backup=True, rsync_path=wrapper(folder, HALVED % {**places, "dest": tree.dest}))
    started = engine.Started(params, folder)
    words = os.path.join(places["looks"], "words")
    wait_for(lambda: os.path.exists(words), "a dry run to look")
    with open(words) as stream:
        lose([lane_of(stream.read())], folder, ssh)
    os.mkdir(places["go"])
    result = started.result()
    assert result["failed"] and "refused the login" in result["msg"], result
    missing = {entry["path"] for entry in result["failures"]}
    there = {path for path in pathlib.Path(tree.dest).rglob("file*") if path.suffix != "~"}
    halves = {str(path.relative_to(tree.dest)) for path in there if path.stat().st_size == 1000}
    assert halves & missing, result
    assert {path.read_bytes() for path in pathlib.Path(tree.dest).rglob("*~")} == {b"old"}
    assert_clean(started, tree, folder)


# The dry run that looks what did not arrive waits.
LOOKING = """case "$*" in *--dry-run*--files-from=*/partition.*) if mkdir %(looks)s 2>/dev/null; then
    echo "$*" > %(looks)s/new; mv %(looks)s/new %(looks)s/words
    while [ -d %(looks)s ] && [ ! -d %(go)s ]; do sleep 0.02; done
fi;; esac"""


def test_backups_in_the_way_stay_where_a_lane_is_lost(folder: str, ssh: servers.Ssh, tree: Tree) -> None:
    """An rsync that waits for its list takes none that was carried before: it would clear the backups away."""
    trees.write(os.fsencode(tree.dest) + b"/d0/file0/inside", b"what was there")
    places = {name: os.path.join(folder, name) for name in ("looks", "go")}
    params = tree.params(**ssh.options(), src="%s:%s/" % (ssh.host, tree.source), jobs=2, retries=1)
    params.update(backup=True, force=True, rsync_path=wrapper(folder, LOOKING % places))
    started = engine.Started(params, folder)
    words = os.path.join(places["looks"], "words")
    wait_for(lambda: os.path.exists(words), "a dry run to look")
    with open(words) as stream:
        lose([lane_of(stream.read())], folder, ssh)
    os.mkdir(places["go"])
    result = started.result()
    assert (result["rc"], [entry["path"] for entry in result["failures"]]) == (23, ["d0/file0"]), result
    assert pathlib.Path(tree.dest, "d0/file0/inside~").read_bytes() == b"what was there"
    assert_clean(started, tree, folder)


def test_no_lane_is_left(folder: str, ssh: servers.Ssh, tree: Tree) -> None:
    params = tree.params(**SLOW, **ssh.options(), jobs=3)
    started = engine.Started(dict(params, dest="%s:%s" % (ssh.host, tree.dest)), folder)
    wait_for(lambda: on_their_way(tree.dest), "files on their way")
    lose([1, 2, 3], folder, ssh)
    result = started.result()
    assert (result["failed"], result["rc"], result["stage"]) == (True, 255, "transfer"), result
    assert "refused the login" in result["msg"]
    assert absent(tree) <= {entry["path"] for entry in result["failures"]}
    assert_clean(started, tree, folder)
    assert engine.run(tree.params())["failed"] is False
    assert tree.arrived()


def test_a_server_that_goes_away(folder: str, tree: Tree) -> None:
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    with servers.sshd(place) as ssh:
        params = tree.params(**ssh.options(), bwlimit="2m", retries=1)
        started = engine.Started(dict(params, dest="%s:%s" % (ssh.host, tree.dest)), folder)
        wait_for(lambda: on_their_way(tree.dest), "files on their way")
        for pid in [ssh.pid, *servers.sessions(ssh.pid)]:
            with contextlib.suppress(ProcessLookupError):  # it has ended with the one above it
                os.kill(pid, signal.SIGKILL)
        result = started.result()
    assert result["failed"] and result["rc"] not in (0, 23, 24), result
    missing = {entry["path"] for entry in result["failures"]}
    assert absent(tree) <= missing, "a name that did not arrive is not listed"
    assert_clean(started, tree, folder)
    assert engine.run(tree.params())["failed"] is False
    assert tree.arrived()


# A scan that goes on when it has said all, and transfers that take a while to end and note what they are told.
_SLOWLY = """case " $* " in
*" --help "* | *probe*) ;;
*" --dry-run "*) rsync "$@"; exec sleep 1000 ;;
*/./*)
    trap 'echo told >> "%s.$$"; sleep 2; exit 20' TERM
    echo begun >> "%s.$$"
    while :; do sleep 0.05; done ;;
esac"""


def test_nobody_is_told_twice_to_end(folder: str, tree: Tree) -> None:
    """The scan ends first, and the transfers must not be told again while they clean up."""
    log = os.path.join(folder, "log")
    started = engine.Started(tree.params(jobs=2, rsync_path=wrapper(folder, _SLOWLY % (log, log))), folder)
    wait_for(lambda: len(glob.glob(log + ".*")) == 2, "transfers to begin")
    started.process.send_signal(signal.SIGTERM)
    assert started.result()["rc"] == 20
    assert [open(path).read() for path in glob.glob(log + ".*")] == ["begun\ntold\n"] * 2
    assert_clean(started, tree, folder)
