# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The role, and the playbooks that wrap it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t

import pytest

from tests.integration.contract import check_keys
from tests.integration.hosts import Hosts
from tests.integration.runner import Ansible, Ended
from tests.integration.test_targets import Place
from tests.support import snapshot

MIGRATION = os.path.join(os.path.dirname(__file__), "migration")

# Variables, and what is said of them.
WRONG: list[dict[str, t.Any]] = [
    {"variables": {"jsync_options": {"detele": True}}, "says": "asks for detele; vgreb.jsync.parallel_rsync has acls,"},
    {"variables": {"jsync_items": [{"src": "/a", "too": "/b"}]}, "says": "asks for too;"},
    {"variables": {"jsync_dest": "", "jsync_items": [{"src": "/a"}]}, "says": "jsync_items: number 1 has no dest;"},
    {"variables": {"jsync_src": ""}, "says": "There is no src; set jsync_src and jsync_dest"},
    {"variables": {"jsync_delete": "perhaps"}, "says": "'jsync_delete'"},
    {"variables": {"jsync_options": {"jobs": 0}}, "says": "jobs is 0: give a number from 1 to 128"},
    {
        "variables": {"jsync_rsync_path": "/absent", "jsync_install": False},
        "says": "/absent is not there; set jsync_rsync_path to",
    },
    {
        "variables": {"jsync_options": {"src_host": "stranger"}},
        "says": "is stranger, which is no host of the inventory",
    },
    {"variables": {"jsync_rsync_path": "/bin/true"}, "says": "true is 0, but it must be 3.1 or newer"},
    {
        "variables": {"jsync_options": {"max_size": "0"}, "jsync_assert": ["stats.entries == `1`"]},
        "says": "expected stats.entries == `1`, found stats.entries: ",
    },
]

# Changes files, makes and removes some, at the pace of a busy mail server, until it is told to end.
WRITER = """
import itertools, os, sys, time
live, here = sys.argv[1:]
for number in itertools.count():
    for name in ("log", "file%d" % number):
        with open(os.path.join(live, name), "a") as stream:
            stream.write("%d\\n" % number)
    if number % 3:
        os.unlink(os.path.join(live, "file%d" % (number - 1)))
    time.sleep(0.002)
    if number == 100:
        print("writes", flush=True)
    if number > 100 and number % 100 == 0 and os.path.exists(os.path.join(here, "stop")):
        break
open(os.path.join(here, "stopped"), "w").close()
"""


def play(ansible: Ansible, name: str, variables: dict[str, t.Any], *words: str) -> Ended:
    """Run a playbook of the collection."""
    given = json.dumps(dict(variables, ansible_python_interpreter=ansible.python))
    return ansible.run("ansible-playbook", *words, "--extra-vars", given, "vgreb.jsync." + name)


def without(path: str, missing: str) -> str:
    """A directory for PATH with the usual programs but one."""
    os.makedirs(path)
    for directory in ("/usr/bin", "/bin"):
        for name in set(os.listdir(directory)) - {missing, *os.listdir(path)}:
            os.symlink(os.path.join(directory, name), os.path.join(path, name))
    return path


def test_role(ansible: Ansible) -> None:
    place = Place(ansible, "role_sync")
    rsync = shutil.which("rsync")
    assert rsync is not None
    variables = {
        "src": place.source,
        "here": place.here,
        "wrong": WRONG,
        "rsync": rsync,
        "without_rsync": without(place.path("bin"), "rsync"),
    }
    results, output = ansible.target("role_sync", variables)
    for result in results.values():
        check_keys({key: value for key, value in result.items() if key not in ("jsync__number", "ansible_loop_var")})
    place.same("src", "first")
    for name in ("second/z", "third/z", "fourth/z", "with the installed one/z"):
        place.same("src/z", name)
    assert sorted(os.listdir(place.path("second"))) == ["b", "z"]
    assert not os.path.exists(place.path("never/never")) and not os.path.lexists(place.path("installed later"))
    assert "would copy" in output and "2 lanes" in output
    ansible.check_clean()


def test_misspelt_variable(ansible: Ansible) -> None:
    variables = {"jsync_src": "/absent/", "jsync_dest": "/absent", "jsync_detele": True}
    ended = play(ansible, "sync", variables, "-i", "localhost,", "-c", "local")
    assert ended.code != 0
    assert "has no variable jsync_detele" in ended.output


def test_playbooks_sync_and_check(ansible: Ansible) -> None:
    place = Place(ansible, "playbooks")
    variables = {"jsync_src": place.source + "/", "jsync_dest": place.path("copy")}
    here = ("-i", "localhost,", "-c", "local")
    looked = play(ansible, "check", variables, *here)
    assert looked.code == 0 and "would copy" in looked.output, looked.output
    assert not os.path.exists(place.path("copy"))
    for changed in (1, 0):
        ended = play(ansible, "sync", variables, *here)
        assert ended.code == 0 and "changed=%d " % changed in ended.output, ended.output
        place.same("src", "copy")
    ansible.check_clean()


def migrate(ansible: Ansible, hosts: Hosts, place: Place, **further: str) -> Ended:
    """Move a path that is in use from one host to another."""
    live = place.path("live")
    os.mkdir(live)
    argv = [sys.executable, "-c", WRITER, live, place.here]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"writes\n"
        try:
            variables = {
                "migrate_old": "db",
                "migrate_new": "web",
                "migrate_path": live + "/",
                "migrate_dest": place.path("new") + "/",
                "migrate_stop": os.path.join(MIGRATION, "stop.yml"),
                "migrate_passes": 2,
                "migrate_left": 0,
                "here": place.here,
                **further,
            }
            return play(ansible, "migrate_path", variables, "-i", hosts.inventory)
        finally:
            writer.kill()


def test_migration_of_a_path_in_use(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "migration")
    ended = migrate(ansible, hosts, place, migrate_start=os.path.join(MIGRATION, "start.yml"))
    assert ended.code == 0, ended.output
    assert "was out of use for " in ended.output
    for name in ("new", "as started"):
        assert not snapshot.differences(snapshot.snapshot(place.path("live")), snapshot.snapshot(place.path(name)))
    ansible.check_clean()


@pytest.mark.parametrize(("start", "why"), [("fail", "it does not start"), ("lose", "web could not be reached")])
def test_migration_that_goes_back(ansible: Ansible, hosts: Hosts, start: str, why: str) -> None:
    place = Place(ansible, "no migration, " + start)
    hooks = {"start": start + ".yml", "rollback": "rollback.yml"}
    ended = migrate(ansible, hosts, place, **{f"migrate_{key}": os.path.join(MIGRATION, hooks[key]) for key in hooks})
    assert ended.code != 0
    assert f"has not moved: {why}. migrate_rollback was run." in " ".join(ended.output.split())
    assert os.path.exists(place.path("rolled back"))
    ansible.check_clean()


def test_migration_without_its_variables(ansible: Ansible, hosts: Hosts) -> None:
    ended = play(ansible, "migrate_path", {"migrate_old": "db"}, "-i", hosts.inventory)
    assert ended.code != 0
    assert "Set migrate_old and migrate_new to hosts of the inventory" in ended.output
