# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Runners: the programs that are compared. A new one is an entry in ``RUNNERS``; the first is the measure of all."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import typing as t

from tests.bench.case import Case

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(BENCH))

# An rsync for each name at the top of the source, and one for the top itself, before them and after them.
_XARGS = """
set -e
source=$1 dest=$2 jobs=$3 list=$4; shift 4
rsync "$@" --exclude='/*' "$source" "$dest"
sh -c "$list" | xargs -0 -P "$jobs" -I'{}' rsync "$@" "$source{}" "$dest"
rsync "$@" --exclude='/*' "$source" "$dest"
"""


class Runner(t.NamedTuple):
    """One program that makes a tree out of another.

    Attributes:
        name: For the table.
        program: A name or a path; a runner whose program is missing is left out.
        words: Gives the program's words for a case and a number of lanes; None where it cannot do that.
        env: Variables beside those of this process.
        read: Gives what the program says about itself on stdout: ``memory_bytes`` and anything else of note.
        ours: It is the module: it does works with one lane, too, and must not fail.
        spared: By default it has one round where plain rsync takes long.
    """

    name: str
    program: str
    words: t.Callable[[Case, t.Any], list[str] | None]
    env: t.Mapping[str, str] = {}
    read: t.Callable[[str], dict[str, t.Any]] = lambda _output: {}
    ours: bool = False
    spared: bool = True

    @property
    def present(self) -> bool:
        return shutil.which(self.program) is not None


def _options(case: Case) -> list[str]:
    return ["-a", *case.work.words, *case.transport.words]


def _plain(case: Case, _jobs: int) -> list[str]:
    return [*_options(case), case.source, case.dest]


def _not_incremental(case: Case, _jobs: int) -> list[str]:
    return ["--no-inc-recursive", *_options(case), case.source, case.dest]


def _mprsync(case: Case, jobs: int) -> list[str]:
    return ["-j", str(jobs), "--silent", *_options(case), case.source, case.dest]


def _xargs(case: Case, jobs: int) -> list[str]:
    names = "cd %s && find . -mindepth 1 -maxdepth 1 -printf '%%P\\0'" % shlex.quote(case.source_path)
    if case.work.pull:
        names = shlex.join([*case.transport.shell, names])
    return ["-c", _XARGS, "sh", case.source, case.dest, str(jobs), names, *_options(case)]


def _fpsync(case: Case, jobs: int) -> list[str] | None:
    if case.work.pull or case.transport.words:
        return None
    words = " ".join(["-lptgoD", *case.work.words])
    return ["-n", str(jobs), "-t", os.path.join(case.folder, "fpsync"), "-o", words, case.source, case.dest]


def _rclone(case: Case, jobs: int) -> list[str] | None:
    if case.transport.prefix:
        return None
    words = ["copy", "--metadata", "--links", "--config", os.devnull, "--transfers", str(jobs), "--checkers", str(jobs)]
    return [*words, *case.work.words, case.source, case.dest]


def _params(case: Case, jobs: int | str) -> str:
    """The module's parameters for a case, in JSON."""
    rest = {"src": case.source, "dest": case.dest, "jobs": jobs, "rsync_opts": case.work.words}
    return json.dumps({"archive": True, **rest, **case.transport.params})


def _module(case: Case, jobs: int | str) -> list[str]:
    return [os.path.join(BENCH, "alone.py"), _params(case, jobs)]


def _ansible(case: Case, jobs: int | str) -> list[str]:
    return ["localhost", "-m", "vgreb.jsync.parallel_rsync", "-a", _params(case, jobs)]


# The others are installed with their byte code, and so is this one; within Ansible there is none.
_BYTE_CODE = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": os.path.join(ROOT, ".cache", "byte-code")}

RUNNERS = (
    Runner("rsync", "rsync", _plain, spared=False),
    Runner("no-inc", "rsync", _not_incremental),
    Runner("mprsync", os.path.join(ROOT, ".venv-peers", "bin", "mprsync"), _mprsync),
    Runner("xargs", "sh", _xargs),
    Runner("fpsync", "fpsync", _fpsync),
    Runner("rclone", "rclone", _rclone),
    Runner(
        "module",
        sys.executable,
        _module,
        {"PYTHONPATH": os.path.join(ROOT, ".cache", "collections"), **_BYTE_CODE},
        json.loads,
        ours=True,
        spared=False,
    ),
    Runner(
        "ansible",
        os.path.join(os.path.dirname(sys.executable), "ansible"),
        _ansible,
        {"ANSIBLE_CONFIG": os.path.join(BENCH, "ansible.cfg")},
        ours=True,
    ),
)
