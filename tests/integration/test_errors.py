# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Bad input ends in one clear sentence, and nothing is touched: see targets/module_parallel_rsync_errors."""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t

import pytest
import yaml

from tests.integration.contract import check_keys
from tests.integration.environments import NAMES
from tests.integration.runner import ODD, TARGETS, Ansible
from tests.support import programs, servers, snapshot, trees

# One process asks for all: each would ask once more.
pytestmark = pytest.mark.xdist_group("errors")

TARGET = "module_parallel_rsync_errors"

with open(os.path.join(TARGETS, TARGET, "vars", "main.yml")) as _stream:
    CASES = yaml.safe_load(_stream)["cases"]

RUNS = [(name, case["name"]) for name in NAMES for case in CASES if name == NAMES[0] or "everywhere" in case]

# Ansible's own words, before the module's code runs.
BY_ANSIBLE = ("missing required arguments: ",)

PROGRAMS = {
    "old rsync": "echo 'rsync  version 3.0.9  protocol version 30'",
    "openrsync": "echo 'openrsync: protocol version 29'; echo 'rsync version 2.6.9 compatible'",
    "rsync 3.2.2": (
        "case \"$*\" in *--server*--fsync*|*--server*--mkpath*) echo '--new: unknown option' >&2; exit 1;; esac; "
        '[ "$1" = --help ] || exec rsync "$@"; '
        "rsync --help | sed 's/version [0-9.]*/version 3.2.2/; /^--fsync/d; /^--mkpath/d'"
    ),
    "broken": "echo 'broken: error while loading shared libraries: libpopt.so.0' >&2; exit 127",
}


class Asked(t.NamedTuple):
    """The answers to all cases, by name, and what became of the place.

    Attributes:
        results: What the module returned, and with it the case, as Ansible filled it in.
        touched: How the directories that the cases name differ from what they were.
    """

    results: dict[str, dict[str, t.Any]]
    touched: list[str]


def _bound(ansible: Ansible) -> str:
    """A Python for which permissions count: for root, one that has lost the power to pass them over."""
    if os.geteuid() != 0:
        return ansible.python
    words = "exec setpriv --bounding-set=-dac_override,-dac_read_search '%s' \"$@\"" % ansible.python
    path = programs.shell(os.path.join(ansible.folder, "python"), words)
    return path if subprocess.run([path, "-c", ""], check=False).returncode == 0 else ""


def _prepare(here: str) -> None:
    trees.build(os.path.join(here, "src"))
    for name, script in PROGRAMS.items():
        programs.shell(os.path.join(here, name), script)
    for name, content in (("file", b"a/file0\n"), ("secret", b"a/file0\n"), ("list", b"a/file0\nabsent\n")):
        trees.write(os.fsencode(os.path.join(here, name)), content)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(here, "another key")], check=True)
    _lock(os.path.join(here, "locked"))


def _lock(path: str) -> None:
    """Make a directory of somebody else's that nobody but root may write to."""
    if os.geteuid() == 0:
        os.mkdir(path, 0o555)
        os.chown(path, 65534, 65534)
    else:
        os.symlink("/", path)


@pytest.fixture(scope="session")
def known(folder: str, ssh: servers.Ssh, daemon: servers.Rsyncd) -> t.Iterator[dict[str, t.Any]]:
    """The servers that the cases name."""
    places = [os.path.join(folder, name) for name in ("asking", "chatty")]
    for place in places:
        os.mkdir(place)
    asking = "Match all\nPasswordAuthentication yes\nPubkeyAuthentication no"
    chatty = 'ForceCommand echo "Welcome!"; sh -c "$SSH_ORIGINAL_COMMAND"'
    with servers.sshd(places[0], extra=asking) as one, servers.sshd(places[1], extra=chatty) as other:
        running = {"ssh": ssh, "asking": one, "chatty": other}
        variables: dict[str, t.Any] = {
            name: {"host": server.host, "options": server.options()} for name, server in running.items()
        }
        variables["daemon"] = {"url": daemon.url, "host": daemon.host, "port": daemon.port}
        yield dict(variables, closed=servers.free_port(ssh.host))


@contextlib.contextmanager
def small_place(folder: str) -> t.Iterator[str]:
    """A directory on a file system of 256 KiB; an empty text where none can be mounted."""
    path = os.path.join(folder, "full")
    os.mkdir(path)
    argv = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", path]
    if os.geteuid() != 0 or subprocess.run(argv, stderr=subprocess.DEVNULL, check=False).returncode != 0:
        yield ""
        return
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


@pytest.fixture(scope="session")
def answers() -> dict[str, Asked | None]:
    """What was asked already, by the environment: each asks once."""
    return {}


@pytest.fixture
def asked(ansible: Ansible, known: dict[str, t.Any], daemon: servers.Rsyncd, answers: dict[str, Asked | None]) -> Asked:
    """The answers of one environment."""
    if ansible.name not in answers:
        answers[ansible.name] = None
        answers[ansible.name] = _ask(ansible, known, daemon)
    answer = answers[ansible.name]
    assert answer, "the playbook could not be run: see the first of these tests"
    return answer


def _ask(ansible: Ansible, known: dict[str, t.Any], daemon: servers.Rsyncd) -> Asked:
    """Run the cases in one playbook."""
    here = os.path.join(ansible.folder, TARGET, ODD)
    _prepare(here)
    before = [snapshot.snapshot(top) for top in (here, daemon.top)]
    with small_place(ansible.folder) as full:
        own = {name: os.path.join(here, name) for name in ("src", "new")}
        own.update(here=here, other=os.path.join(ansible.folder, "other"), full=full)
        os.mkdir(own["other"])
        choice = {"all_cases": ansible.name == NAMES[0], "bound": _bound(ansible)}
        os.chmod(os.path.join(here, "secret"), 0)
        results, _output = ansible.target(TARGET, {**known, **own, **choice})
        os.chmod(os.path.join(here, "secret"), 0o644)
    after = [snapshot.snapshot(top) for top in (here, daemon.top)]
    return Asked(
        {result["case"]["name"]: result for result in t.cast("list[dict[str, t.Any]]", results)},
        [line for pair in zip(before, after) for line in snapshot.differences(*pair)],
    )


@pytest.mark.parametrize(("ansible", "name"), RUNS, indirect=["ansible"])
def test_bad_input(asked: Asked, name: str) -> None:
    result = asked.results[name]
    case = result["case"]
    if case.get("python") == "":
        pytest.skip("setpriv cannot take root's powers away here")
    if case["options"].get("dest") == "/new":
        pytest.skip("only root can mount a small file system, and not everywhere")
    message = result["msg"]
    assert result["failed"] and (not result.get("changed") or case.get("moves")), result
    assert case["says"] in message
    assert "\n" not in message and "rsync error:" not in message and len(message) < 400, message
    assert "Traceback" not in str(result)
    if not message.startswith(BY_ANSIBLE):
        assert result["rc"] != 0
        check_keys(result)


def test_bad_input_touches_nothing(ansible: Ansible, asked: Asked) -> None:
    assert not asked.touched
    assert not os.path.exists(os.path.join(ansible.folder, "owned")), "a name was run as a command"
    ansible.check_clean()
