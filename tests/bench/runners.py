# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Runners: the programs that are compared. A new one is an entry in ``RUNNERS``; the first is the measure of all."""

from __future__ import annotations

import json
import os
import shutil
import sys
import typing as t

from tests.bench.works import Case

BENCH = os.path.dirname(os.path.abspath(__file__))
COLLECTIONS = os.path.join(BENCH, "..", "..", ".cache", "collections")


class Runner(t.NamedTuple):
    """One program that makes a tree out of another.

    Attributes:
        name: For the table.
        program: A name or a path; a runner whose program is missing is left out.
        words: Gives the program's words for a case.
        env: Variables beside those of this process.
        read: Gives what the program says about itself on stdout: ``memory_bytes`` and anything else of note.
    """

    name: str
    program: str
    words: t.Callable[[Case], list[str]]
    env: t.Mapping[str, str] = {}
    read: t.Callable[[str], dict[str, t.Any]] = lambda _output: {}

    @property
    def present(self) -> bool:
        return shutil.which(self.program) is not None

    def argv(self, case: Case) -> list[str]:
        return [self.program, *self.words(case)]


def _plain(case: Case) -> list[str]:
    return ["-a", *case.work.words, *case.transport.words, case.source, case.dest]


def _params(case: Case) -> str:
    """The module's parameters for a case, in JSON."""
    rest = {"src": case.source, "dest": case.dest, "jobs": case.jobs, "rsync_opts": case.work.words}
    return json.dumps({"archive": True, **rest, **case.transport.params})


def _module(case: Case) -> list[str]:
    return [os.path.join(BENCH, "alone.py"), _params(case)]


def _ansible(case: Case) -> list[str]:
    return ["localhost", "-m", "vgreb.jsync.parallel_rsync", "-a", _params(case)]


RUNNERS = (
    Runner("rsync", "rsync", _plain),
    Runner("module", sys.executable, _module, {"PYTHONPATH": COLLECTIONS}, json.loads),
    Runner(
        "ansible",
        os.path.join(os.path.dirname(sys.executable), "ansible"),
        _ansible,
        {"ANSIBLE_CONFIG": os.path.join(BENCH, "ansible.cfg")},
    ),
)
