# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What several scanners say of parts of a tree against what one rsync says of the whole: line for line the same."""

from __future__ import annotations

import collections
import os
import shlex
import shutil
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._division import Division
from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request, build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import find_rsync
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lanes import Lanes
from ansible_collections.vgreb.jsync.plugins.module_utils._scanners import may_divide

from tests.fidelity.conftest import Bench
from tests.support import servers
from tests.unit.real import PROGRAMS, within

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

WORDS = [
    "-a",
    "-a --delete",
    "-a --delete-before",
    "-a --delete-after --ignore-errors",
    "-a --delete-excluded --exclude=*.o --exclude=/z/file1",
    "-a --delete --force",
    "-a --exclude=*.o --exclude=/a/b --delete",
    "-a --exclude=/a/b/c/file1 --exclude=d7 --delete",
    "-a --include=*/ --include=file* --exclude=* --delete",
    "-a --include=/a/ --include=/a/** --exclude=*",
    "-a --filter='P *.bak' --filter='H file2' --delete",
    "-a --filter='P deep' --filter='R /a' --delete",
    "-a --filter='protect file?' --filter='hide /z/file3' --delete-excluded",
    "-ak --delete",
    "-a --safe-links",
    "-a --munge-links",
    "-aAX --delete",
    "-rlt",
    "-aOJ",
    "-a -c --delete",
    "-a --size-only --delete",
    "-a -I",
    "-a -u",
    "-a --max-size=5k --min-size=1 --delete",
    "-a --chmod=D0711,F4600",
    "-a --no-p --no-o --no-g",
    "-a --no-l --no-D --delete",
    "-a --compare-dest=../ref --delete",
    "-a --copy-dest=../ref",
    "-a --link-dest=../ref --delete",
    "-a -b --delete",
    "-a --backup-dir=../bak -b --delete",
    "-a --inplace",
    "-a --append",
    "-a --partial-dir=.part --delete",
    "-a --modify-window=1 --numeric-ids --chown=1:2",
]


class Scanned(t.NamedTuple):
    """What a scan has found.

    Attributes:
        changes: In the order in which they came.
        notes: Other lines.
        numbers: Of the whole tree, and the exit code.
        deletions: The directories that hold something to delete.
    """

    changes: list[Change]
    notes: list[bytes]
    numbers: tuple[int, int, int]
    deletions: list[bytes]


def scan(request: Request, folder: str, *, divided: bool) -> Scanned:
    changes: list[Change] = []
    notes: list[bytes] = []

    async def work(processes: Processes) -> tuple[int, int, int]:
        command = Command(request, await find_rsync(processes, request.rsync_path))
        lanes = Lanes(processes, request, folder, [].append)
        await lanes.first.open()
        lanes.begin()
        if divided:
            report = await Division(lanes, command, 4, folder, changes.append, notes.append, None).run()
        else:
            report = await lanes.first.carry(command.scan, changes.append, notes.append, listed=False)
        assert report is not None
        numbers = report.statistics
        return numbers["Number of files"], numbers["Total file size"], report.code

    numbers = within(work)
    changes = [change for change in changes if not change.unchanged]
    return Scanned(changes, notes, numbers, _deletions(request, folder, changes, notes))


def _deletions(request: Request, folder: str, changes: list[Change], notes: list[bytes]) -> list[bytes]:
    state = os.path.join(folder, "plan")
    os.mkdir(state)
    plan = Plan(state, request.roots or (), 2, hard_links=False, by_directory=False, sizes=Sizes())
    for line in notes:
        plan.note(line)
    for change in changes:
        plan.add(change)
    found = sorted(set(plan.deletion_directories()))
    plan.close()
    shutil.rmtree(state)
    return found


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("kinds", ["", " full"], ids=["", "full"])
def test_the_same_lines(bench: Bench, kinds: str, program: str, words: str) -> None:
    bench.prepare(source="new" + kinds, dest="dest" + kinds)
    place = os.path.join(bench.folder, "actual")
    params = {
        "src": place + "/src/",
        "dest": place + "/dst",
        "archive": False,
        "rsync_opts": shlex.split(words),
        "rsync_path": program,
    }
    _require_the_same(params, bench.folder)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("pull", [False, True], ids=["push", "pull"])
def test_the_same_lines_over_ssh(bench: Bench, ssh: servers.Ssh, pull: bool, words: str) -> None:
    bench.prepare(source="new full", dest="dest full")
    place = os.path.join(bench.folder, "actual")
    ends = {"src": place + "/src/", "dest": place + "/dst"}
    end = "src" if pull else "dest"
    ends[end] = f"{ssh.host}:{ends[end]}"
    _require_the_same(dict(ssh.options(), archive=False, rsync_opts=shlex.split(words), **ends), bench.folder)


def _require_the_same(params: dict[str, t.Any], folder: str) -> None:
    """Require of a scan by several scanners what one says."""
    assert may_divide(build_request(params))
    request = build_request(params, check=True)  # else one scanner lists what several compare
    one, many = (scan(request, folder, divided=divided) for divided in (False, True))
    missing, further = (
        collections.Counter(a.changes) - collections.Counter(b.changes) for a, b in ((one, many), (many, one))
    )
    assert (missing, further) == ({}, {})
    assert sorted(many.notes) == sorted(one.notes)
    assert many.numbers == one.numbers
    assert many.deletions == one.deletions
    _require_order(many.changes)


def _require_order(changes: list[Change]) -> None:
    """A directory stands before what it holds, what a deleted one holds right before it."""
    seen: set[bytes] = set()
    made = {change.name for change in changes if change.directory and not change.deletion}
    deleted: list[bytes] = []
    for change in changes:
        above = os.path.dirname(change.name)
        if change.deletion:
            if change.directory:
                while deleted and deleted[-1].startswith(change.name + b"/"):
                    deleted.pop()
            deleted.append(change.name)
        else:
            assert above not in made or above in seen, change
            seen.add(change.name)
    gone = {change.name for change in changes if change.deletion and change.directory}
    assert not [name for name in deleted if os.path.dirname(name) in gone]
