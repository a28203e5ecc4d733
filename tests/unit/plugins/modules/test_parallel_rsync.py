# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The documentation says what the module takes and returns, and no more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t

import pytest
import yaml
from ansible_collections.vgreb.jsync.plugins.module_utils._options import (
    CONTROLLER_OPTIONS,
    argument_spec,
    build_request,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._sync import run
from ansible_collections.vgreb.jsync.plugins.modules import parallel_rsync

from tests.support import servers

DOCUMENTED = yaml.safe_load(parallel_rsync.DOCUMENTATION)
OPTIONS = DOCUMENTED["options"]
RETURNED = yaml.safe_load(parallel_rsync.RETURN)
EXAMPLES = yaml.safe_load(parallel_rsync.EXAMPLES)
SPEC = argument_spec()
NAME = "vgreb.jsync.parallel_rsync"


def test_every_option_is_documented() -> None:
    assert sorted(OPTIONS) == sorted(SPEC)


@pytest.mark.parametrize("name", SPEC)
def test_option_is_as_documented(name: str) -> None:
    keys = ("type", "required", "default", "choices", "elements")
    written = {key: OPTIONS[name][key] for key in keys if key in OPTIONS[name]}
    meant = {key: SPEC[name][key] for key in keys if key in SPEC[name]}
    assert written == meant


@pytest.mark.parametrize("name", SPEC)
def test_option_says_what_it_does(name: str) -> None:
    text = OPTIONS[name]["description"]
    for sentence in [text] if isinstance(text, str) else text:
        assert sentence[0].isupper() or sentence[0] == "~" or sentence.startswith("C(")
        assert sentence.endswith(".")


def test_secrets_are_not_logged() -> None:
    hidden = {name for name, entry in SPEC.items() if entry.get("no_log")}
    assert hidden == {"password"}
    assert SPEC["password_file"]["no_log"] is False  # a path, though it is called a password


def test_options_that_the_text_names_are_there() -> None:
    text = parallel_rsync.DOCUMENTATION + parallel_rsync.RETURN
    named = re.findall(r"\bO\(([a-z0-9_]+)", text)
    assert named and not set(named) - set(SPEC)
    values = re.findall(r"\bRV\(([a-z0-9_.]+)", text)
    assert values
    for path in values:
        found: t.Any = {"contains": RETURNED}
        for part in path.split("."):
            found = found["contains"][part]


# --- results


def shape(value: t.Any, documented: t.Any) -> list[str]:
    """Say where a value is not as documented; keys, types and elements."""
    kinds = {"str": str, "int": int, "float": (int, float), "list": list, "dict": dict, "bool": bool}
    if not isinstance(value, kinds[documented["type"]]) or (isinstance(value, bool) and documented["type"] != "bool"):
        return [f"{value!r} is no {documented['type']}"]
    wrong = []
    for inner in value if isinstance(value, list) else []:
        wrong += shape(inner, {**documented, "type": documented["elements"]})
    if isinstance(value, dict) and "contains" in documented:
        optional = {key for key, entry in documented["contains"].items() if "returned" in entry}
        wrong += [f"{key} is not documented" for key in set(value) - set(documented["contains"])]
        wrong += [f"{key} is missing" for key in set(documented["contains"]) - set(value) - optional]
        wrong += [
            line
            for key in value
            if key in documented["contains"]
            for line in shape(value[key], documented["contains"][key])
        ]
    return wrong


@pytest.fixture
def tree(tmp_path: t.Any) -> dict[str, t.Any]:
    """Options for a copy in which much happens."""
    for name in ("src/sub/a", "src/b", "dst/gone/c"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    os.mkdir(os.fsencode(tmp_path) + b"/dst/gone \xff")
    os.link(tmp_path / "src/b", tmp_path / "src/linked")
    os.symlink("b", tmp_path / "src/link")
    defaults = {name: entry.get("default") for name, entry in SPEC.items()}
    return {
        **defaults,
        "src": f"{tmp_path}/src/",
        "dest": f"{tmp_path}/dst",
        "delete": True,
        "hard_links": True,
        "jobs": 2,
    }


def in_the_way(params: dict[str, t.Any]) -> dict[str, t.Any]:
    os.makedirs(os.path.join(params["dest"], "b/in the way"))
    return {**params, "delete": False}


def unreachable(params: dict[str, t.Any]) -> dict[str, t.Any]:
    port = servers.free_port("127.0.0.1")
    return {**params, "src": f"rsync://127.0.0.1:{port}/m/", "retries": 0}


# What is asked for, how it runs, and whether it fails.
RUNS: dict[str, tuple[t.Callable[[dict[str, t.Any]], dict[str, t.Any]], dict[str, bool], bool]] = {
    "success": (dict, {"check": False, "diff": False}, False),
    "diff": (dict, {"check": False, "diff": True}, False),
    "check": (dict, {"check": True, "diff": True}, False),
    "refused": (lambda params: {**params, "jobs": 0}, {"check": False, "diff": False}, True),
    "failed in part": (in_the_way, {"check": False, "diff": False}, True),
    "failed": (unreachable, {"check": False, "diff": True}, True),
    "one process": (lambda params: {**params, "remove_source_files": True}, {"check": False, "diff": False}, False),
}


@pytest.mark.parametrize("name", RUNS)
def test_result_is_as_documented(tree: dict[str, t.Any], name: str) -> None:
    change, how, fails = RUNS[name]
    result = json.loads(json.dumps(run(change(tree), **how)))
    assert result.pop("failed") is fails and isinstance(result.pop("changed"), bool)
    assert set(result) == set(RETURNED) - (set() if how["diff"] else {"diff"})
    given = {key: value for key, value in result.items() if key != "rsync" or value is not None}
    assert shape(given, {"type": "dict", "contains": RETURNED}) == []
    assert f"V({result['stage']})" in RETURNED["stage"]["description"]
    assert (result["stage"] == "result") == (not fails)


def test_a_refused_request_says_why(tree: dict[str, t.Any]) -> None:
    result = run({**tree, "jobs": 0}, check=False, diff=False)
    assert (result["msg"], result["rc"]) == ("jobs is 0: give a number from 1 to 128, or auto", 1)


def test_what_happens_is_what_the_sample_run_says(tree: dict[str, t.Any]) -> None:
    """The numbers of a run in which each thing happens once or twice."""
    before, after = run(tree, check=True, diff=True), run(tree, check=False, diff=True)
    for result in (before, after):
        stats = result["stats"]
        assert [stats[key] for key in ("entries", "files", "links", "hard_links", "deletions")] == [6, 2, 1, 1, 3]
        assert stats["total_bytes"] == 20 and stats["transferred_bytes"] == 14
        assert {entry["path"] for entry in result["deleted"]} == {"gone/", "gone/c", "gone \N{REPLACEMENT CHARACTER}/"}
        assert [entry["path_b64"] for entry in result["deleted"] if "path_b64" in entry] == ["Z29uZSD/Lw=="]
    again = run(tree, check=False, diff=True)
    assert (before["changed"], after["changed"], again["changed"]) == (True, True, False)
    assert again["diff"]["prepared"] == ""


@pytest.mark.parametrize("key", RETURNED)
def test_samples_have_the_documented_type(key: str) -> None:
    def walk(entry: dict[str, t.Any]) -> None:
        if "sample" in entry:
            plain = {name: value for name, value in entry.items() if name != "contains"}
            assert shape(entry["sample"], plain) == []
        for inner in entry.get("contains", {}).values():
            walk(inner)

    walk(RETURNED[key])


# --- examples and the module itself


@pytest.mark.parametrize("task", EXAMPLES, ids=[task["name"] for task in EXAMPLES])
def test_example(task: dict[str, t.Any]) -> None:
    assert set(task) - {"become"} == {"name", NAME}
    assert not set(task[NAME]) - set(SPEC)
    defaults = {name: entry.get("default") for name, entry in SPEC.items()}
    given = {name: value for name, value in task[NAME].items() if name not in CONTROLLER_OPTIONS}
    build_request({**defaults, **given})


@pytest.mark.parametrize(("name", "value"), [("mode", "push"), ("mode", "pull"), ("src_host", "h"), ("dest_host", "h")])
def test_what_is_up_to_the_controller_is_refused(tree: dict[str, t.Any], name: str, value: str) -> None:
    code, result = module({**tree, name: value})
    assert code == 1 and result["stage"] == "request" and not os.path.exists(os.path.join(tree["dest"], "b"))
    assert result["msg"].startswith(f"{name} is '{value}', which only the action plugin vgreb.jsync")


def module(params: dict[str, t.Any], **internal: t.Any) -> tuple[int, dict[str, t.Any]]:
    """Run the module as Ansible does on a target host: its exit code and what it prints."""
    asked = {name: value for name, value in params.items() if value is not None}
    arguments = json.dumps(
        {"ANSIBLE_MODULE_ARGS": {**asked, **{f"_ansible_{key}": value for key, value in internal.items()}}}
    )
    argv = [sys.executable, "-m", parallel_rsync.__name__]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(argv, input=arguments.encode(), capture_output=True, env=env, check=False)
    return ended.returncode, json.loads(ended.stdout)


def test_the_module_prints_its_result(tree: dict[str, t.Any]) -> None:
    code, result = module(tree, check_mode=True, diff=True)
    assert code == 0 and result["changed"] and result["msg"].startswith("would transfer 2 files")
    assert not os.path.exists(os.path.join(tree["dest"], "b"))
    code, result = module(tree)
    assert code == 0 and result["changed"] and result["stats"]["files"] == 2


def test_the_module_fails_with_its_result(tree: dict[str, t.Any]) -> None:
    code, result = module(in_the_way(tree))
    assert code == 1 and result["failed"] and result["rc"] == 23
    assert "cannot delete non-empty directory: b" in json.dumps(result["warnings"])
    assert [entry["path"] for entry in result["failures"]] == ["b"]


def test_the_module_works_with_a_umask(tree: dict[str, t.Any]) -> None:
    code, _result = module({**tree, "perms": False, "umask": "0027"})
    assert code == 0 and os.stat(os.path.join(tree["dest"], "b")).st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("option", "number"), [("chmod", 0o644), ("chown", 2013), ("umask", 0o27), ("usermap", 60033)])
def test_the_module_refuses_numbers_for_what_yaml_reads_otherwise(
    tree: dict[str, t.Any], option: str, number: int
) -> None:
    code, result = module({**tree, option: number})
    assert code == 1 and result["msg"].startswith(f"{option} is {number}, a number: put it in quotes, as ")
    assert not os.path.exists(os.path.join(tree["dest"], "b"))


def test_the_module_ignores_what_is_the_action_plugins(tree: dict[str, t.Any]) -> None:
    code, result = module({**tree, "progress": True, "progress_interval": 0.1, "progress_log": "/nowhere/log"})
    assert code == 0 and result["stats"]["files"] == 2


def test_the_module_shows_no_password(tree: dict[str, t.Any]) -> None:
    _code, result = module({**tree, "password": "open sesame"})
    assert result["failed"] and "open sesame" not in json.dumps(result)
