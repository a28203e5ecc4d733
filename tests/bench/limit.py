# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Measure how a limit for the whole run is held: bytes that arrive, second by second.

Run it as ``python -m tests.bench.limit`` with the collection in PYTHONPATH (``make bench-limit`` does); prints a
Markdown table.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import parse_rate

from tests.bench.data import DATA
from tests.bench.setting import in_memory
from tests.bench.works import TRANSPORTS, Transport

_ALONE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "alone.py")
_DATA = {"e1": 0.5, "e2": 1.0}
_TRANSPORTS = ("local", "loopback")
_WINDOW_SECONDS = 1.0
_HELD = 0.9


def arrived(top: str) -> int:
    """Bytes of all files below a directory, also of those on their way."""
    total = 0
    for path, _directories, names in os.walk(top):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_size
            except FileNotFoundError:  # it has got its name meanwhile
                continue
    return total


def _read(dest: str, started: float) -> tuple[float, int]:
    """Take a reading at the middle of the time that it takes."""
    before = time.monotonic()
    size = arrived(dest)
    return (before + time.monotonic()) / 2 - started, size


def watch(argv: t.Sequence[str], dest: str) -> list[tuple[float, int]]:
    """Run a program, and note when how many bytes had arrived."""
    started = time.monotonic()
    readings = [(0.0, 0)]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(max(started + len(readings) * _WINDOW_SECONDS - time.monotonic(), 0))
                    break
                readings.append(_read(dest, started))
        finally:
            process.terminate()
    readings.append(_read(dest, started))
    if process.returncode:
        raise SystemExit("%s ended with %d" % (" ".join(argv), process.returncode))
    return readings


def row(readings: t.Sequence[tuple[float, int]], limit: int) -> list[str]:
    """What the limit allows, and what came: over the whole run, in the windows, and how long the tail was."""
    rates = [(size - last) / (now - then) / limit for (then, last), (now, size) in zip(readings, readings[1:])]
    full = [number for number, rate in enumerate(rates) if rate >= _HELD]
    first, last = (full[0], full[-1] + 1) if full else (0, len(rates))
    end, total = readings[-1]
    begin = readings[first][0]
    between = (readings[last][1] - readings[first][1]) / (readings[last][0] - begin) / limit
    tail = end - readings[last][0]
    cells = ["%.1f" % end, "%.2f" % (total / end / limit), "%.2f" % between]
    return [*cells, "%.2f" % statistics.median(rates[first:last]), "%.2f" % max(rates), "%.1f" % begin, "%.1f" % tail]


def _scale(name: str) -> float:
    return _DATA.get(name, 0.1)


def measure(transport: Transport, source: str, dest: str, jobs: str, limit: str) -> list[str]:
    params = {"archive": True, "src": source + "/", "dest": transport.prefix + dest, "jobs": jobs, "bwlimit": limit}
    argv = [sys.executable, _ALONE, json.dumps({**params, **transport.params})]
    readings = watch(argv, dest)
    shutil.rmtree(dest)
    return row(readings, parse_rate(limit))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how bwlimit is held.")
    parser.add_argument("--bwlimit", default="8m", help="the limit, %(default)s")
    parser.add_argument("--jobs", default="1,4,8,auto", help="numbers of lanes, %(default)s")
    parser.add_argument("--data", default=",".join(_DATA), help="data sets, %(default)s")
    arguments = parser.parse_args()
    print("| data | transport | lanes | s | whole run | between | median | most | start s | tail s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    names = arguments.data.split(",")
    room = sum(DATA[name].room(_scale(name)) for name in names)
    with tempfile.TemporaryDirectory(prefix="jsync-limit-", dir=in_memory(2 * room)) as folder:
        for name in names:
            source = os.path.join(folder, name)
            DATA[name].make(source, _scale(name))
            for place in _TRANSPORTS:
                with tempfile.TemporaryDirectory(dir=folder) as here, TRANSPORTS[place](here) as transport:
                    for jobs in arguments.jobs.split(","):
                        cells = measure(transport, source, os.path.join(here, "dest"), jobs, arguments.bwlimit)
                        print("| %s |" % " | ".join([name, place, jobs, *cells]), flush=True)


if __name__ == "__main__":
    main()
