# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Compare the module with plain rsync: wall time, processor time, memory.

Prints a Markdown table. Each work is done by each runner in turn, round after round, always from the same state; after
every run plain rsync must find nothing left to do, else there is no number and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import tempfile
import typing as t

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.join(ROOT, ".cache", "collections")]

from tests.bench.data import DATA, SEED, Size  # noqa: E402
from tests.bench.measure import BenchError, adopt_orphans, measure  # noqa: E402
from tests.bench.report import Single, table  # noqa: E402
from tests.bench.runners import RUNNERS, Runner  # noqa: E402
from tests.bench.works import TRANSPORTS, WORKS, Case, Work  # noqa: E402

_LEAST_ROUNDS = 3
_ROOM_BYTES = 3 << 30
_MEMORY_FOLDER = "/dev/shm"


def main() -> int:
    arguments = _parse_arguments()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    adopt_orphans()
    runners = [runner for runner in RUNNERS if runner.present]
    for runner in RUNNERS:
        if runner not in runners:
            _say("%s is left out: there is no %s" % (runner.name, runner.program))
    singles: list[Single] = []
    errors: list[str] = []
    place = arguments.folder or _place(arguments.scale)
    with tempfile.TemporaryDirectory(prefix="jsync-bench-", dir=place) as folder, contextlib.ExitStack() as stack:
        setting = _Setting(folder, arguments.scale, arguments.jobs, stack)
        for work in arguments.work:
            try:
                singles += _do(setting.case(work), runners, arguments.rounds)
            except BenchError as error:
                errors.append("%s: %s" % (work.name, error))
                _say("ERROR " + errors[-1])
        sizes = setting.sizes
    about = _about(arguments)
    if arguments.json:
        document = {"about": about, "data": {name: size._asdict() for name, size in sizes.items()}}
        with open(arguments.json, "w") as stream:
            json.dump({**document, "errors": errors, "runs": singles}, stream, indent=1)
    print(table(singles, [runner.name for runner in runners]))
    for name, size in sizes.items():
        print("- %s: %d files in %d directories, %.1f MB" % (name, size.files, size.directories, size.bytes / 1e6))
    print("- " + ", ".join("%s %s" % item for item in about.items()))
    for error in errors:
        print("- no number for %.200s" % error.splitlines()[0])
    return 1 if errors else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare the module with plain rsync.")
    names = "of %s; all by default" % ", ".join(work.name for work in WORKS)
    parser.add_argument("--work", type=_works, default=list(WORKS), metavar="NAME,NAME", help=names)
    parser.add_argument("--rounds", type=int, default=_LEAST_ROUNDS, help="of each runner and work, %(default)s")
    parser.add_argument("--json", metavar="FILE", help="where to write all single runs")
    parser.add_argument("--jobs", type=int, default=4, metavar="N", help="lanes of the module, %(default)s")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="size of the data sets, %(default)s")
    parser.add_argument("--folder", metavar="DIR", help="where to make the data; removed at the end")
    arguments = parser.parse_args()
    if arguments.rounds < _LEAST_ROUNDS:
        parser.error("--rounds is %d: give %d or more, fewer have no median" % (arguments.rounds, _LEAST_ROUNDS))
    if arguments.scale <= 0:
        parser.error("--scale is %s: give a number above 0" % arguments.scale)
    return arguments


def _works(text: str) -> list[Work]:
    known = {work.name: work for work in WORKS}
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError("%r is none of %s" % (name, ", ".join(known)))
    return [known[name] for name in names]


def _place(scale: float) -> str:
    """Memory if it has room, so that no disk is measured; else the usual place for temporary files."""
    with contextlib.suppress(OSError):
        status = os.statvfs(_MEMORY_FOLDER)
        if status.f_bavail * status.f_frsize > _ROOM_BYTES * scale and os.access(_MEMORY_FOLDER, os.W_OK):
            return _MEMORY_FOLDER
    return tempfile.gettempdir()


class _Setting:
    """Data sets and transports, made when the first work needs them.

    Attributes:
        sizes: Of the data sets made so far.
    """

    def __init__(self, folder: str, scale: float, jobs: int, stack: contextlib.ExitStack) -> None:
        self._folder = folder
        self._scale = scale
        self._jobs = jobs
        self._stack = stack
        self._transports: dict[str, t.Any] = {}
        self.sizes: dict[str, Size] = {}

    def case(self, work: Work) -> Case:
        """Make what a work needs."""
        if work.transport not in self._transports:
            self._transports[work.transport] = self._stack.enter_context(TRANSPORTS[work.transport](self._folder))
        before = self._data(work.before) if work.before else None
        return Case(
            work, self._transports[work.transport], self._folder, self._data(work.data), before, jobs=self._jobs
        )

    def _data(self, name: str) -> str:
        path = os.path.join(self._folder, name)
        if name not in self.sizes:
            _say("making the data set " + name)
            self.sizes[name] = DATA[name](path, self._scale)
        return path


def _do(case: Case, runners: t.Sequence[Runner], rounds: int) -> list[Single]:
    """Let each runner do a work in turn, round after round.

    Raises:
        BenchError: A runner failed, or made a wrong tree.
    """
    singles = []
    for number in range(1, rounds + 1):
        for runner in runners:
            case.reset()
            try:
                measured = measure(runner.argv(case), runner.env, server=case.transport.server)
                case.verify()
            except BenchError as error:
                raise BenchError("round %d, %s: %s" % (number, runner.name, error)) from None
            _say("%s, round %d, %s: %.3f s" % (case.work.name, number, runner.name, measured.seconds))
            single = {"work": case.work.name, "round": number, "runner": runner.name, "seconds": measured.seconds}
            single["processor_seconds"] = measured.processor_seconds
            singles.append({**single, **runner.read(measured.output)})
    case.remove()
    return singles


def _about(arguments: argparse.Namespace) -> dict[str, t.Any]:
    """What the numbers depend on."""
    version = subprocess.run(["rsync", "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    about: dict[str, t.Any] = {"rsync": version, "Python": sys.version.split()[0]}
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        about["ansible-core"] = importlib.metadata.version("ansible-core")
    about.update({name: getattr(arguments, name) for name in ("jobs", "rounds", "scale")})
    about.update(processors=os.cpu_count(), seed=SEED)
    return about


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
