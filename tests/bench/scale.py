# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Measure the memory of the module's process, its processor time and its lists, on trees that are too large to make.

A stand-in prints what rsync would print (tests/support/stand_in.py), so no file is moved. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import typing as t

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_COLLECTIONS = os.path.join(ROOT, ".cache", "collections")
sys.path[:0] = [ROOT, _COLLECTIONS]

from tests.bench import alone  # noqa: E402
from tests.support import programs, stand_in  # noqa: E402

_LOOK_SECONDS = 0.2


class Row(t.NamedTuple):
    """One tree: a kind of the stand-in, its directories, the files in each, and whether it is pulled."""

    kind: str
    directories: int
    files: int
    pull: bool = False


ROWS = (
    Row(stand_in.NEW, 100, 100),
    Row(stand_in.NEW, 1000, 100),
    Row(stand_in.NEW, 10_000, 100),
    Row(stand_in.NEW, 1_000_000, 10),
    Row(stand_in.CHANGED, 1_000_000, 10),
    Row(stand_in.CHANGED, 10_000, 100, pull=True),
    Row(stand_in.NEW, 1_000_000, 0),
    Row(stand_in.DELETED, 10_000, 100),
    Row(stand_in.STAYING, 1_000_000, 1),
    Row(stand_in.LINKED, 10_000, 100),
    Row(stand_in.FAILING, 10_000, 100),
)


class Measured(t.NamedTuple):
    """What one run took.

    Attributes:
        memory_bytes: The most memory of the module's process.
        processor_seconds: Of that process alone.
        spool_bytes: The most that its lists took on disk.
        left: What it left there.
        result: The module's result.
    """

    memory_bytes: int
    processor_seconds: float
    spool_bytes: int
    left: list[str]
    result: dict[str, t.Any]


def measure(row: Row, folder: str) -> Measured:
    """Let the module copy a tree that is not there, in a process of its own.

    Args:
        row: The tree.
        folder: An empty one, for its lists and for what stands for the two ends.
    """
    source, dest, lists = (os.path.join(folder, name) for name in ("src", "dst", "tmp"))
    for path in (source, dest, lists):
        os.mkdir(path)
    if row.kind in (stand_in.DELETED, stand_in.STAYING):  # the module looks whether they are directories
        for number in range(row.directories):
            os.makedirs(os.path.join(os.fsencode(source), stand_in.directory(number)))
    params = {
        "src": "rsync://127.0.0.1/src/" if row.pull else source + "/",
        "dest": dest + "/",
        "rsync_path": programs.python(os.path.join(folder, "rsync"), stand_in.__file__),
        "archive": True,
        "delete": row.kind in (stand_in.DELETED, stand_in.STAYING),
        "hard_links": row.kind == stand_in.LINKED,
    }
    env = dict(os.environ, TMPDIR=lists, PYTHONPATH=os.pathsep.join((ROOT, _COLLECTIONS)))
    env.update(stand_in.environment(row.kind, row.directories, row.files))
    argv = [sys.executable, os.path.abspath(alone.__file__), json.dumps(params)]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE) as process:
        peak = [0]
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(lists, peak, ended))
        watcher.start()
        output, _errors = process.communicate()
        ended.set()
        watcher.join()
    said = json.loads(output)
    return Measured(said["memory_bytes"], said["own_processor_seconds"], peak[0], os.listdir(lists), said["result"])


def _watch(folder: str, peak: list[int], ended: threading.Event) -> None:
    """Note the most that the files below a folder take."""
    while not ended.wait(_LOOK_SECONDS):
        size = 0
        for path, _directories, names in os.walk(folder):
            for name in names:
                try:
                    size += os.path.getsize(os.path.join(path, name))
                except FileNotFoundError:  # its partition has been carried
                    continue
        peak[0] = max(peak[0], size)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure memory and lists on trees that are too large to make.")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="number of directories, %(default)s")
    arguments = parser.parse_args()
    print("| tree | directories | files in each | peak MB | processor s | microseconds a file | lists MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in ROWS:
        row = row._replace(directories=max(round(row.directories * arguments.scale), 1))
        with tempfile.TemporaryDirectory(prefix="jsync-scale-") as folder:
            took = measure(row, folder)
        entries = row.directories * max(row.files, 1)
        cells = [row.kind + ", pulled" * row.pull, "%d" % row.directories, "%d" % row.files]
        cells += ["%.1f" % (took.memory_bytes / 1e6), "%.1f" % took.processor_seconds]
        cells += ["%.1f" % (took.processor_seconds / entries * 1e6), "%.0f" % (took.spool_bytes / 1e6)]
        print("| " + " | ".join(cells) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
