# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Where rsync runs: hosts of an inventory, each an ssh server of its own on a loopback address."""

from __future__ import annotations

import json
import os
import typing as t

from tests.integration.contract import check_foretold, check_keys
from tests.integration.hosts import ASKING, Hosts, other_user
from tests.integration.runner import Ansible
from tests.integration.test_targets import Place
from tests.support import servers

TARGET = "module_parallel_rsync_place"

# Notes the address that the host was reached at; none on the controller.
NOTING = """#!/bin/sh
echo "${SSH_CONNECTION:-- - controller}" >> "${NOTES:-$0 notes}"
exec rsync "$@"
"""

# Options, and what the refusal says.
IMPOSSIBLE: list[dict[str, t.Any]] = [
    {"options": {"src_host": "nobody"}, "says": "src_host is 'nobody', which is no host of the inventory"},
    {"options": {"src_host": "windows"}, "says": "windows is reached over 'winrm', and rsync goes over ssh: use"},
    {"options": {"src_host": "localhost"}, "says": "localhost is the controller (ansible_connection=local)"},
    {"options": {"src_host": "db", "dest_host": "gate"}, "says": "are both other hosts than web: delegate_to one"},
    {"options": {"mode": "push", "dest_host": "db"}, "says": "dest_host is for mode=target"},
    {"options": {"mode": "sideways"}, "says": "mode is 'sideways': give target, push, pull"},
    {"options": {"mode": "push", "dest": "db:/a"}, "says": "dest is 'db:/a', which names a host itself"},
    {"options": {"mode": "push", "src": "absent/"}, "says": "src is 'absent/', which is not there: it is looked up"},
    {"options": {"mode": "pull", "src": ""}, "says": "src is empty: name a path"},
]


def notes(path: str) -> set[str]:
    """The addresses of the hosts that an rsync ran on."""
    with open(path) as stream:
        return {line.split()[2] for line in stream}


def test_place(ansible: Ansible, hosts: Hosts, daemon: servers.Rsyncd) -> None:
    place = Place(ansible, TARGET)
    noting = place.text("rsync that", NOTING, 0o755)
    variables = {"hosts": ":".join(hosts.names), "here": place.here, "src": place.source, "noting": noting}
    variables.update(impossible=IMPOSSIBLE, ansible_async_dir=os.path.join(ansible.folder, "async"))
    below = ansible.name + "-" + TARGET
    os.mkdir(os.path.join(daemon.top, below))
    variables["daemon"] = "%stree/%s" % (daemon.url, below)
    variables["other_user"] = other = other_user()
    place.open_to_all()
    place.text("sudo", ASKING, 0o755)
    results, _output = ansible.target(TARGET, variables, "--inventory", hosts.inventory)
    assert sorted(results) == sorted(hosts.names)
    for name, kept in results.items():
        check_keys(kept["pushed"], diff=True)
        check_keys(kept["pulled"])
        place.same("src", "pushed to " + name)
        place.same("src", "pulled from %s/pushed to %s" % (name, name))
        assert notes(place.path("far of " + name)) == {hosts.addresses[name]}
    web = results["web"]
    check_foretold(web["checked"], web["pushed"])
    for path in ("of the role/sub/file", "sub/file"):
        assert os.path.exists(place.path("role on web", path))
    assert os.path.exists(os.path.join(daemon.top, below, "role", "sub", "file"))
    assert "add delegate_to: localhost" in web["no background"]["msg"]
    for name in ("from db", "from db to web", "on web", "in the background"):
        place.same("src", name)
    for name in ("to db", "from gated", *(["from six"] if "six" in hosts.names else [])):
        place.same("src/z", name + "/z")
    assert notes(noting + " notes") == {"controller", hosts.addresses["web"], hosts.addresses["db"]}
    assert notes(place.path("far of db")) == {hosts.addresses["db"]}
    assert notes(place.path("far of web from db")) == {hosts.addresses["web"]}
    if other:
        assert place.owners("open to all/hostile") == place.owners("open to all/by variables") == {other}
        assert web["asks password"]["stats"]["retries"] == 0
        assert "does not run rsync as another user without a password" in web["asks password"]["msg"]
        with open(place.path("sudo words")) as stream:
            assert stream.read().startswith("sudo -n -H -u %s rsync --server" % other)
    for row, asked in zip(IMPOSSIBLE, web["asked"]["results"]):
        assert asked["failed"] and row["says"] in asked["msg"], asked["msg"]
        check_keys({key: value for key, value in asked.items() if key != "item"})
    assert not os.path.exists(place.path("never"))
    ansible.check_clean()


def test_nothing_of_the_delegate_counts_for_the_other_end(ansible: Ansible, hosts: Hosts) -> None:
    """Not its address, port, user or key, where the task's own host has none."""
    place = Place(ansible, "delegated")
    task = {
        "vgreb.jsync.parallel_rsync": {
            "mode": "push",
            "src": place.source + "/",
            "dest": place.path("dest"),
            "hard_links": True,
            "remote_rsync_path": ["env", "NOTES=" + place.path("far"), place.text("rsync that", NOTING, 0o755)],
        },
        "delegate_to": "db",
    }
    playbook = place.text("play.json", json.dumps([{"hosts": "bare", "gather_facts": False, "tasks": [task]}]))
    ended = ansible.run("ansible-playbook", "--inventory", hosts.inventory, playbook)
    assert ended.code == 0, ended.output
    place.same("src", "dest")
    assert notes(place.path("far")) == {hosts.addresses["web"]}
    ansible.check_clean()


def test_push_by_a_python_in_a_path_with_spaces(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "push by another path")
    os.symlink(os.path.dirname(ansible.programs), place.path("environment"))
    words = "mode=push src={{ here }}/src/ dest={{ here }}/dest hard_links=true"
    ended = ansible.run(
        place.path("environment", "bin", "python"),
        *("-m", "ansible", "adhoc", "web", "--inventory", hosts.inventory),
        *("-m", "vgreb.jsync.parallel_rsync", "-a", words, "-e", json.dumps({"here": place.here})),
    )
    assert ended.code == 0, ended.output
    place.same("src", "dest")
    ansible.check_clean()
