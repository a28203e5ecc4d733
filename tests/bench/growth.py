# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Measure how what each stage costs grows with the number of files: trees of small new files on this host.

Prints a Markdown table. Stages overlap, so that their seconds add up to more than the whole; processor seconds of the
scan are those of a run in check mode, of the partitioning those of the module's own process (its start, and counting
what arrives, included), of the transfer all others.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import typing as t

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.join(ROOT, ".cache", "collections")]

from tests.bench.case import Case  # noqa: E402
from tests.bench.measure import Measured, adopt_orphans, measure  # noqa: E402
from tests.bench.runners import RUNNERS  # noqa: E402
from tests.bench.setting import Setting  # noqa: E402
from tests.bench.works import Work  # noqa: E402

_WORK = Work("small", "small")
_SCALES = (0.01, 0.1, 1.0)
_RUNNERS = {runner.name: runner for runner in RUNNERS}
_HEAD = ("files", "scan s", "transfer s", "total s", "peak MB", "processor s: scan", "partition", "transfer")
_HEAD += ("microseconds a file: scan", "partition", "transfer", "rsync s", "its processor s", "microseconds a file")


def _run(case: Case, name: str, *further: str) -> Measured:
    runner = _RUNNERS[name]
    case.reset()
    words = runner.words(case, case.transport.jobs) or []
    return measure([runner.program, *words, *further], runner.env)


def row(case: Case, files: int) -> list[str]:
    """The cells of one tree."""
    plain = _run(case, "rsync")
    check = _run(case, "module", "check")
    whole = _run(case, "module")
    case.verify(content=True)
    said = json.loads(whole.output)
    seconds = said["result"]["stats"]["seconds"]
    own = said["own_processor_seconds"]
    scan = check.processor_seconds - json.loads(check.output)["own_processor_seconds"]
    stages = (scan, own, whole.processor_seconds - own - scan)
    cells = ["%d" % files, *("%.2f" % seconds[stage] for stage in ("scan", "transfer", "total"))]
    cells += ["%.1f" % (said["memory_bytes"] / 1e6), *_spent(files, *stages)]
    return [*cells, "%.2f" % plain.seconds, *_spent(files, plain.processor_seconds)]


def _spent(files: int, *stages: float) -> t.Iterator[str]:
    """Processor seconds of stages, and then microseconds a file."""
    yield from ("%.2f" % stage for stage in stages)
    yield from ("%.1f" % (stage / files * 1e6) for stage in stages)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure how the cost of each stage grows with the number of files.")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="size of all trees, %(default)s")
    arguments = parser.parse_args()
    adopt_orphans()
    print("| %s |\n|%s" % (" | ".join(_HEAD), " ---: |" * len(_HEAD)), flush=True)
    for scale in _SCALES:
        with contextlib.ExitStack() as stack:
            setting = Setting(stack, [_WORK], scale * arguments.scale, None)
            with contextlib.closing(setting.case(_WORK)) as case:
                print("| %s |" % " | ".join(row(case, setting.sizes[_WORK.data].files)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
