# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A far rsync without an option: refused before anything is touched, and only where it would be told of the option."""

from __future__ import annotations

import os
import typing as t

import pytest

from tests.faults.conftest import Tree, wrapper
from tests.support import engine, servers

# What a far rsync does that has no --fsync, no --mkpath and no --compress-choice.
REFUSES = """echo "$*" >> '{log}'
case "$*" in *--server*--fsync*|*--server*--mkpath*|*--server*--compress-choice*)
    echo 'rsync: --new: unknown option' >&2; exit 1;;
esac
"""
LISTS = """if [ "$*" = --help ]; then
    rsync --help | sed 's/version [0-9.]*/version 3.1.3/; /^--fsync/d; /^--mkpath/d; /^--compress-choice/d'
    exit
fi
"""

SENTENCE = (
    "{}: the rsync on {} is version 3.1.3 and has no option --{}: install {} or newer there or leave the option out"
)


class Far(t.NamedTuple):
    """The options that reach a far rsync, and what it was started with."""

    options: dict[str, t.Any]
    host: str
    log: str

    def asked(self) -> int:
        return self._lines().count("--help")

    def served(self) -> int:
        return sum(line.startswith("--server ") for line in self._lines())

    def _lines(self) -> list[str]:
        if not os.path.exists(self.log):
            return []
        with open(self.log) as stream:
            return stream.read().splitlines()


def far(folder: str, ssh: servers.Ssh, answer: str, *, rsh: bool = False) -> Far:
    log = os.path.join(folder, "log")
    program = wrapper(folder, REFUSES.format(log=log) + answer)
    options: dict[str, t.Any] = {"rsh": ssh.rsh()} if rsh else ssh.options()
    return Far(dict(options, remote_rsync_path=program, retries=0), ssh.host, log)


def run(at: Far, tree: Tree, *, pull: bool = False, **params: t.Any) -> dict[str, t.Any]:
    ends = {"src" if pull else "dest": "%s:%s" % (at.host, tree.source + "/" if pull else tree.dest)}
    return engine.run(tree.params(**at.options, **params, **ends))


@pytest.mark.parametrize("rsh", [False, True], ids=["ssh", "rsh"])
@pytest.mark.parametrize(
    ("name", "since", "params"),
    [
        ("fsync", "3.2.4", {"fsync": True}),
        ("mkpath", "3.2.3", {"mkpath": True}),
        ("compress-choice", "3.2.0", {"rsync_opts": ["--zc=zstd"]}),
    ],
    ids=["fsync", "mkpath", "compress-choice"],
)
def test_refused_before_anything_is_touched(
    folder: str, ssh: servers.Ssh, tree: Tree, name: str, since: str, params: dict[str, t.Any], rsh: bool
) -> None:
    at = far(folder, ssh, LISTS, rsh=rsh)
    result = run(at, tree, **params)
    option = next(iter(params))
    assert (result["failed"], result["msg"]) == (True, SENTENCE.format(option, ssh.host, name, since)), result
    assert (at.asked(), at.served()) == (1, 0)
    assert not os.path.exists(tree.dest)


@pytest.mark.parametrize("params", [{"fsync": True, "mkpath": True}, {"rsync_opts": ["-z", "--zc=zlibx"]}, {}])
def test_not_asked_about_what_it_will_not_be_told(
    folder: str, ssh: servers.Ssh, tree: Tree, params: dict[str, t.Any]
) -> None:
    at = far(folder, ssh, LISTS)
    result = run(at, tree, pull=True, **params)
    assert not result["failed"], result
    assert at.served() and not at.asked()
    assert tree.arrived()


@pytest.mark.parametrize(
    "answer",
    [
        'case "$*" in --help) exit 1;; esac\n',
        "case \"$*\" in --help) echo 'openrsync: protocol version 29'; exit 1;; esac\n",
        "case \"$*\" in --help) echo 'rsync  version 3.1.3  protocol version 31'; exit;; esac\n",
        "case \"$*\" in --help) rsync --help | head -n 40; exit 255;; esac\n",
    ],
    ids=["silent", "another program", "no list", "cut short"],
)
def test_no_answer_is_no_refusal(folder: str, ssh: servers.Ssh, tree: Tree, answer: str) -> None:
    at = far(folder, ssh, answer)
    result = run(at, tree, rsync_opts=["--max-alloc=2G"])
    assert not result["failed"], result
    assert at.asked() == 1
    assert tree.arrived()
