# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Compare the module with plain rsync and with other tools: wall time, processor time, memory.

Prints a Markdown table. Each work is done by each runner in turn, round after round, always from the same state; after
every run plain rsync must find nothing left to do. A tool of others that makes a wrong tree says so in its cell; where
plain rsync or the module do, there is no number, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import itertools
import json
import os
import signal
import subprocess
import sys
import time
import typing as t

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.join(ROOT, ".cache", "collections")]

from tests.bench.case import Case  # noqa: E402
from tests.bench.data import SEED  # noqa: E402
from tests.bench.measure import BenchError, adopt_orphans, measure  # noqa: E402
from tests.bench.report import Single, rows, table  # noqa: E402
from tests.bench.runners import RUNNERS, Runner  # noqa: E402
from tests.bench.setting import Setting, say  # noqa: E402
from tests.bench.works import SHAPES, WORKS, Work  # noqa: E402

_ROUNDS = 3
# By default all but plain rsync and the module have one round where they or plain rsync take longer than this.
_LONG_SECONDS = 5
# A tool of others is ended when it takes several times as long as plain rsync, and some time besides.
_PATIENCE = 3
_PATIENCE_SECONDS = 20


def main() -> int:
    arguments = _parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    adopt_orphans()
    runners = [runner for runner in arguments.runners if runner.present]
    for runner in arguments.runners:
        if runner not in runners:
            say("%s is left out: there is no %s" % (runner.name, runner.program))
    singles: list[Single] = []
    errors: list[str] = []
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        setting = Setting(stack, arguments.work, arguments.scale, arguments.target)
        works = list(arguments.work)
        for group in _groups(works):
            try:
                with contextlib.closing(setting.case(group[0])) as case:
                    singles += _do(case, group, runners, arguments.rounds)
            except BenchError as error:
                errors.append("%s: %s" % (group[0].name, error))
                say("ERROR " + errors[-1])
            del works[: len(group)]
            setting.keep(works)
    about = {**_about(arguments), "minutes": round((time.monotonic() - started) / 60, 1)}
    names = [runner.name for runner in runners]
    found = rows(singles, names)
    data = {name: size._asdict() for name, size in setting.sizes.items()}
    if arguments.json:
        with open(arguments.json, "w") as stream:
            document = {"about": about, "data": data, "rows": found, "errors": errors, "runs": singles}
            json.dump(document, stream, indent=1)
    print(table(found, names))
    for name, size in setting.sizes.items():
        print("- data %s: %d files in %d directories, %.1f MB" % (name, size.files, size.directories, size.bytes / 1e6))
    print("- " + ", ".join("%s %s" % item for item in about.items()))
    for error in errors:
        print("- no number for %.200s" % error.splitlines()[0])
    return 1 if errors else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the module with plain rsync and with other tools.")
    names, more = (", ".join(work.name for work in works) for works in (WORKS, SHAPES))
    known = "of %s; all of these by default; and of %s" % (names, more)
    parser.add_argument("--work", type=_some((*WORKS, *SHAPES)), metavar="NAME,NAME", help=known)
    names = ", ".join(runner.name for runner in RUNNERS)
    parser.add_argument("--runners", type=_some(RUNNERS), metavar="NAME,NAME", help="of %s; all by default" % names)
    rounds = "of each runner and work; by default %d, fewer where that takes too long" % _ROUNDS
    parser.add_argument("--rounds", type=int, help=rounds)
    parser.add_argument("--target", metavar="USER@HOST:/PATH", help="the far end of all works over a network")
    lanes = "numbers of lanes to compare, or auto: each work once with each of them, instead of with its own"
    parser.add_argument("--jobs", type=_lanes, metavar="N,N,auto", help=lanes)
    parser.add_argument("--json", metavar="FILE", help="where to write all numbers")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="size of the data sets, %(default)s")
    arguments = parser.parse_args()
    if arguments.rounds is not None and arguments.rounds < _ROUNDS:
        parser.error("--rounds is %d: give %d or more, fewer have no median" % (arguments.rounds, _ROUNDS))
    if arguments.scale <= 0:
        parser.error("--scale is %s: give a number above 0" % arguments.scale)
    if arguments.target and ":/" not in arguments.target:
        parser.error("--target is %s: give user@host:/path" % arguments.target)
    arguments.work = arguments.work or [work for work in WORKS if not arguments.target or work.transport == "wan"]
    if arguments.jobs:
        pairs = itertools.product(arguments.work, arguments.jobs)
        arguments.work = [work._replace(name="%s/%s" % (work.name, jobs), jobs=jobs) for work, jobs in pairs]
    if not arguments.runners:
        arguments.runners = list(RUNNERS)
    else:  # whoever names them wants them all
        arguments.work = [work._replace(peers=None) for work in arguments.work]
    if RUNNERS[0] not in arguments.runners:
        arguments.runners.insert(0, RUNNERS[0])
    return arguments


def _lanes(text: str) -> list[int | str]:
    return [word if word == "auto" else int(word) for word in text.split(",")]


_Named = t.TypeVar("_Named", Work, Runner)


def _some(known: t.Sequence[_Named]) -> t.Callable[[str], list[_Named]]:
    """A type of arguments: names of these, in their order."""

    def parse(text: str) -> list[_Named]:
        names = {name.strip() for name in text.split(",")} - {""}
        unknown = names - {one.name for one in known}
        if unknown:
            raise argparse.ArgumentTypeError("unknown: %s" % ", ".join(sorted(unknown)))
        return [one for one in known if one.name in names]

    return parse


def _groups(works: t.Sequence[Work]) -> list[list[Work]]:
    """Neighbors that differ in nothing but the number of lanes share the runs of plain rsync."""
    same = itertools.groupby(works, key=lambda work: work._replace(name="", jobs=None))
    return [list(group) for _key, group in same]


def _do(case: Case, group: t.Sequence[Work], runners: t.Sequence[Runner], rounds: int | None) -> list[Single]:
    """Let each runner do a work in turn, round after round.

    Raises:
        BenchError: Plain rsync or the module failed, or made a wrong tree.
    """
    singles: list[Single] = []
    out: set[str] = set()
    took: dict[str, float] = {}
    for number in range(1, (rounds or case.work.rounds or _ROUNDS) + 1):
        for runner, works in _turns(group, runners):
            peer = not runner.ours and runner is not runners[0]
            base = took.get(runners[0].name, 0.0)
            long = max(base, took.get(runner.name, 0.0)) > _LONG_SECONDS
            if runner.name in out or (runner.spared and number > 1 and rounds is None and long):
                continue
            words = runner.words(case, works[0].jobs or case.transport.jobs)
            if words is None:
                continue
            single: Single = {"round": number, "runner": runner.name}
            try:
                limit = _PATIENCE * base + _PATIENCE_SECONDS if peer else None
                single.update(_measure(case, runner, words, limit=limit, content=number == 1))
                took[runner.name] = single["seconds"]
            except BenchError as error:
                if not peer:
                    raise BenchError("round %d, %s: %s" % (number, runner.name, error)) from None
                single["error"] = str(error)
                out.add(runner.name)
            names = [work.name for work in works]
            told = single["error"] if "error" in single else "%.3f s" % single["seconds"]
            say("%s, round %d, %s: %s" % (" and ".join(names), number, runner.name, told))
            singles += [{"work": name, **single} for name in names]
    return singles


def _turns(group: t.Sequence[Work], runners: t.Sequence[Runner]) -> list[tuple[Runner, list[Work]]]:
    """Which runner does which works at once: plain rsync all of them, the module each by itself."""
    turns = []
    for runner in runners:
        if runner is runners[0]:
            turns.append((runner, list(group)))
        elif runner.ours or group[0].peers is None or runner.name in group[0].peers:
            turns += [(runner, [work]) for work in group if runner.ours or work.jobs is None]
    return turns


def _measure(case: Case, runner: Runner, words: list[str], *, limit: float | None, content: bool) -> Single:
    case.reset()
    measured = measure([runner.program, *words], runner.env, server=case.transport.server, limit=limit)
    case.verify(content=content)
    numbers = {"seconds": measured.seconds, "processor_seconds": measured.processor_seconds}
    return {**runner.read(measured.output), **numbers}


def _about(arguments: argparse.Namespace) -> dict[str, t.Any]:
    """What the numbers depend on."""
    version = subprocess.run(["rsync", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    about: dict[str, t.Any] = {"rsync": version, "Python": sys.version.split()[0]}
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        about["ansible-core"] = importlib.metadata.version("ansible-core")
    about.update(scale=arguments.scale, processors=os.cpu_count(), seed=SEED)
    if arguments.target:
        about["target"] = arguments.target
    return about


if __name__ == "__main__":
    sys.exit(main())
