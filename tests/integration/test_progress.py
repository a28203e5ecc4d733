# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What people see of a run, and what is kept of it: see targets/action_parallel_rsync."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import tempfile
import typing as t

import pytest

from tests.integration.contract import check_keys
from tests.integration.environments import in_one
from tests.integration.hosts import PUBLIC_PYTHON
from tests.integration.runner import ODD, TARGETS, Ansible
from tests.support import servers, snapshot, trees

# One process makes what all look at: each would make it once more.
pytestmark = pytest.mark.xdist_group("progress")

TARGET = "action_parallel_rsync"

# Of the large file.
HALF = 2 << 20

LINE = re.compile(
    r"[\w ()]+: (?:request|scanning: [\d,]+ files, [\d.]+ \w?B so far"
    r"|(?:transfer|finalize) \d+% [\d.]+/[\d.]+ \w?B(?: [\d.]+ \w?B/s)?(?: \d+ lanes?)?"
    r" [\d,]+/[\d,]+ files(?: ETA [\d:]+)?)"
)

# docs/progress.md
KINDS: dict[str, t.Any] = {
    "time": float,
    "version": int,
    "host": str,
    "task": str,
    "item": (str, type(None)),
    "stage": str,
    "seconds": float,
    "scanned": bool,
    "files": dict,
    "bytes": dict,
    "percent": (int, type(None)),
    "rate": int,
    "eta": (int, type(None)),
    "deleted": int,
    "failures": int,
    "msg": (str, type(None)),
    "lanes": list,
}
LANE_KINDS = {"lane": int, "path": (str, type(None)), "files": int, "bytes": int, "busy": bool}


def sections(output: str) -> dict[str, list[str]]:
    """The lines of progress of each task, by the task's name."""
    found: dict[str, list[str]] = {}
    for part in output.split("\nTASK [")[1:]:
        name = part.partition("]")[0].rpartition(" : ")[2]
        found[name] = [line for line in part.split("\n")[1:] if LINE.fullmatch(line)]
    return found


def read_log(path: str) -> list[list[dict[str, t.Any]]]:
    """The snapshots of a log, one list for each run."""
    runs: dict[tuple[str, str | None], list[dict[str, t.Any]]] = {}
    with open(path) as stream:
        for text in stream:
            found = json.loads(text)
            runs.setdefault((found["host"], found["item"]), []).append(found)
    return list(runs.values())


def turns(path: str) -> list[str]:
    """The hosts that have written to a log, in turn."""
    with open(path) as stream:
        return [host for host, _lines in itertools.groupby(stream, lambda text: json.loads(text)["host"])]


def check_log(run: list[dict[str, t.Any]]) -> None:
    """Require what docs/progress.md promises."""
    for found in run:
        assert set(found) == set(KINDS)
        assert all(isinstance(found[name], kind) for name, kind in KINDS.items()), found
        assert found["version"] == 1
        for name in ("files", "bytes"):
            assert set(found[name]) == {"done", "total"} and 0 <= found[name]["done"] <= found[name]["total"]
        for lane in found["lanes"]:
            assert set(lane) == set(LANE_KINDS)
            assert all(isinstance(lane[name], kind) for name, kind in LANE_KINDS.items()), lane
    for earlier, later in zip(run, run[1:]):
        assert all(earlier[name]["done"] <= later[name]["done"] for name in ("files", "bytes"))
        assert earlier["time"] <= later["time"] and earlier["seconds"] <= later["seconds"]
        assert not (earlier["scanned"] and earlier["bytes"]["total"] != later["bytes"]["total"])
    assert all((found["percent"] is None) != found["scanned"] for found in run)
    assert all(found["percent"] != 100 and found["stage"] != "result" for found in run[:-1])
    assert (run[-1]["percent"], run[-1]["stage"], run[-1]["eta"]) == (100, "result", 0)


class Seen(t.NamedTuple):
    """What a run of the target has left.

    Attributes:
        here: Where its files are.
        public: Where everybody's are.
        job: The file of the job that the user has started.
        results: What the module returned.
        lines: The lines of progress of each task.
        output: All that was printed.
    """

    here: str
    public: str
    job: str
    results: dict[str, dict[str, t.Any]]
    lines: dict[str, list[str]]
    output: str


@pytest.fixture(scope="module")
def seen(ansible: Ansible, ssh: servers.Ssh) -> Seen:
    here = os.path.join(ansible.folder, TARGET, ODD)
    public = tempfile.mkdtemp(prefix="jsync-public-", dir=ansible.folder)
    os.chmod(public, 0o777)
    small = os.path.join(public, "small")
    trees.write(os.fsencode(os.path.join(small, "file")), b"x")
    source = os.path.join(here, "src")
    data = os.urandom(4 << 20)
    trees.write(os.fsencode(os.path.join(source, "big one")), data)
    trees.write(os.fsencode(os.path.join(here, "matched", "big one")), data[:HALF] + os.urandom(HALF))
    trees.write(os.fsencode(os.path.join(source, "sub", "small one")), b"x")
    variables = {"here": here, "src": source, "small": small, "public": public, "root": os.geteuid() == 0}
    variables["method"] = "sudo" if shutil.which("sudo") else "su"
    variables["ssh"] = {**ssh._asdict(), "user": servers.user_name()}
    variables["public_python"] = PUBLIC_PYTHON or ansible.python
    results, output = ansible.target(TARGET, variables)
    job = os.path.basename(results.pop("started")["results_file"])
    return Seen(here, public, job, results, sections(output), output)


def log(seen: Seen, name: str) -> list[list[dict[str, t.Any]]]:
    return read_log(os.path.join(seen.here, name + ".jsonl"))


def test_results_are_those_of_the_module(seen: Seen) -> None:
    for name, result in seen.results.items():
        result.pop("item", None)
        check_keys(result, diff=name == "checked")
        assert result["changed"] and result["rc"] == 0


@pytest.mark.parametrize(
    "name",
    [
        "shown",
        "of its own accord",
        "silent",
        "one",
        "two",
        "pipelined",
        "delegated",
        "over ssh",
        "over ssh pipelined",
        "matched",
    ],
)
def test_what_was_copied_is_there(seen: Seen, name: str) -> None:
    trees_of = [snapshot.snapshot(os.path.join(seen.here, one)) for one in ("src", name)]
    assert not snapshot.differences(*trees_of)


@pytest.mark.parametrize("task", ["Show and log", "Pipeline", "Delegate"])
def test_lines(seen: Seen, task: str) -> None:
    lines = seen.lines[task]
    assert any(re.match(r"localhost: transfer [1-9]\d?% ", line) for line in lines), seen.output
    assert "100%" not in "".join(lines)


def test_lines_of_a_loop_name_the_item(seen: Seen) -> None:
    names = {line.partition(": ")[0] for line in seen.lines["Loop"]}
    assert names == {"localhost (the one)", "localhost (the two)"}


def test_the_loop_of_an_include_is_not_the_task_s(seen: Seen) -> None:
    """Its items may hold what is nobody's business."""
    (run,) = log(seen, "included")
    check_log(run)
    assert {found["item"] for found in run} == {None}


def test_lines_are_few_unless_asked_for(seen: Seen) -> None:
    assert len(seen.lines["Show what is named only when asked"]) <= 2 < len(seen.lines["Show and log"])


@pytest.mark.parametrize(
    "task", ["Show nothing", "Only log", "Check", "Wait for a job", "Start a job", "Find no place for jobs"]
)
def test_no_lines(seen: Seen, task: str) -> None:
    assert seen.lines[task] == []


@pytest.mark.parametrize("name", ["shown", "logged", "delegated"])
def test_log(seen: Seen, name: str) -> None:
    (run,) = log(seen, name)
    check_log(run)
    assert {(found["host"], found["item"]) for found in run} == {("localhost", None)}
    assert any(0 < found["bytes"]["done"] < 4 << 20 for found in run), run
    assert "big one" in {lane["path"] for found in run for lane in found["lanes"]}
    assert run[-1]["bytes"] == {"done": (4 << 20) + 1, "total": (4 << 20) + 1}


def test_what_is_matched_counts_as_done(seen: Seen) -> None:
    (run,) = log(seen, "matched")
    check_log(run)
    assert seen.results["matched"]["stats"]["literal_bytes"] <= HALF + 1
    assert any(HALF < found["bytes"]["done"] < 2 * HALF for found in run), run
    assert run[-1]["bytes"] == {"done": 2 * HALF + 1, "total": 2 * HALF + 1}


def test_log_of_a_loop(seen: Seen) -> None:
    runs = log(seen, "loop")
    for run in runs:
        check_log(run)
    assert [run[0]["item"] for run in runs] == ["the one", "the two"]


@pytest.mark.parametrize("name", ["ssh", "ssh pipelined"])
def test_log_over_ssh(seen: Seen, name: str) -> None:
    """With a terminal at the far end, and without one, where Ansible pipelines."""
    (run,) = log(seen, name)
    check_log(run)
    assert any(0 < found["bytes"]["done"] < 4 << 20 for found in run)
    assert os.listdir(os.path.join(seen.public, "jobs over ssh")) == []


def test_what_is_secret_is_not_logged(seen: Seen) -> None:
    (run,) = log(seen, "secret")
    check_log(run)
    assert {lane["path"] for found in run for lane in found["lanes"]} == {None}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
@pytest.mark.parametrize("name", ["root", "place"])
def test_other_users_are_followed(seen: Seen, name: str) -> None:
    (run,) = log(seen, name)
    check_log(run)


def test_where_nothing_can_be_followed_nothing_is_logged(seen: Seen) -> None:
    for name in ("nothing", "nobody"):
        path = os.path.join(seen.here, name + ".jsonl")
        assert not os.path.exists(path) or os.path.getsize(path) == 0


def test_nothing_is_left_behind(seen: Seen, ansible: Ansible) -> None:
    """But for the one job that the user has started."""
    assert os.listdir(os.path.join(ansible.folder, ".ansible_async")) == []
    assert os.listdir(os.path.join(seen.public, "jobs of the user")) == [seen.job]
    assert os.geteuid() != 0 or os.listdir(os.path.join(seen.public, "jobs")) == []
    ansible.check_clean()


# --- several hosts

PLAYS = ("All at once", "Each at its own pace", "One after the other")


@in_one
@pytest.mark.parametrize("forks", ["1", "20"])
def test_several_hosts(ansible: Ansible, forks: str) -> None:
    here = os.path.join(ansible.folder, "hosts", forks)
    trees.write(os.fsencode(os.path.join(here, "src", "file")), b"x")
    hosts = ["alpha", "beta", "gamma"]
    known = {"ansible_connection": "local", "ansible_python_interpreter": ansible.python}
    variables = {**known, "here": here, "src": os.path.join(here, "src")}
    words = ["-i", ",".join(hosts) + ",", "--forks", forks, "-e", json.dumps(variables)]
    ended = ansible.run("ansible-playbook", *words, os.path.join(TARGETS, os.pardir, "hosts.yml"))
    assert ended.code == 0, ended.output
    for play in PLAYS:
        runs = read_log(os.path.join(here, play + ".jsonl"))
        for run in runs:
            check_log(run)
        assert sorted(run[0]["host"] for run in runs) == hosts
        assert all(os.path.exists(os.path.join(here, "%s %s" % (host, play), "file")) for host in hosts)
    assert sorted(turns(os.path.join(here, PLAYS[-1] + ".jsonl"))) == hosts
    (once,) = read_log(os.path.join(here, "once.jsonl"))
    check_log(once)
    ansible.check_clean()
