# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The tests with each ansible-core, and those of the module with each Python of a target host.

============== ==================================================================================================
Row            Tests
============== ==================================================================================================
``2.17``       all integration tests with this ansible-core, and the unit tests of what imports it
``python3.9``  the unit tests of what runs on the target host with this Python, and real runs of the module on it
============== ==================================================================================================

A row is there where ``tests/setup/setup.sh matrix`` has made its environment.
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys
import typing as t
import xml.etree.ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
REPORTS = os.path.join(TOP, ".cache", "matrix")

_IMPORTS_ANSIBLE = ("action", "filter", "modules", "plugin_utils")
CONTROLLER = [*("tests/unit/plugins/" + name for name in _IMPORTS_ANSIBLE), "tests/integration"]
TARGET = ["tests/unit/plugins/module_utils"]
REAL_RUNS = ["tests/integration/test_targets.py"]

# The newest ansible-core that still supports a Python on target hosts, where that is not the newest of all.
LAST_CORE = {"python3.7": "2.17", "python3.8": "2.19"}

COUNTED = ("tests", "failures", "errors", "skipped")


class Run(t.NamedTuple):
    """One run of pytest.

    Attributes:
        row: Its row.
        core: Of the environment that pytest and Ansible run in; or, for unit tests, that of the Python.
        tests: What it runs.
        ansible: JSYNC_ANSIBLE.
    """

    row: str
    core: str
    tests: list[str]
    ansible: str


class Ended(t.NamedTuple):
    """How a run ended: its exit code, what pytest counted, and the seconds that it took."""

    run: Run
    code: int
    counts: dict[str, int]
    seconds: float


def _number(name: str) -> list[int]:
    return [int(part) for part in name.replace("python", "").split(".")]


def plan() -> list[Run]:
    """All runs for which there is an environment."""
    made = [os.path.basename(path)[len(".venv-") :] for path in glob.glob(os.path.join(TOP, ".venv-*"))]
    cores = sorted((name for name in made if name.startswith("2.")), key=_number)
    pythons = sorted((name for name in made if name.startswith("python")), key=_number)
    runs = [Run(core, core, CONTROLLER, core) for core in cores]
    for python in pythons:
        runs.append(Run(python, python, TARGET, ""))
        core = LAST_CORE.get(python, cores[-1])
        if core in cores:
            runs.append(Run(python, core, REAL_RUNS, "%s-%s" % (core, python)))
    return runs


def carry_out(run: Run) -> Ended:
    report = os.path.join(REPORTS, "%s-%s.xml" % (run.row, run.core))
    if os.path.exists(report):
        os.unlink(report)
    program = os.path.join(TOP, ".venv-" + run.core, "bin", "python")
    argv = [program, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup", "--junit-xml", report, *run.tests]
    print("JSYNC_ANSIBLE=%s" % run.ansible, *argv, flush=True)
    code = subprocess.run(argv, cwd=TOP, env={**os.environ, "JSYNC_ANSIBLE": run.ansible}, check=False).returncode
    if not os.path.exists(report):
        return Ended(run, code, dict.fromkeys(COUNTED, 0), 0.0)
    (suite,) = xml.etree.ElementTree.parse(report).getroot().iter("testsuite")
    return Ended(run, code, {name: int(suite.get(name, 0)) for name in COUNTED}, float(suite.get("time", 0)))


def table(all_ended: list[Ended]) -> str:
    """The runs as a table in Markdown."""
    lines = ["| Row | ansible-core | Tests | Passed | Failed | Skipped | Minutes |", "|" + "---|" * 7]
    for run, _code, counts, seconds in all_ended:
        failed = counts["failures"] + counts["errors"]
        passed = counts["tests"] - failed - counts["skipped"]
        core = "" if run.core == run.row and not run.ansible else run.core
        cells = (run.row, core, counts["tests"], passed, failed, counts["skipped"], "%.1f" % (seconds / 60))
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main(rows: list[str]) -> int:
    runs = plan()
    unknown = set(rows) - {run.row for run in runs}
    if unknown:
        known = " ".join(dict.fromkeys(run.row for run in runs))
        sys.exit("There is no row %s; there are %s." % (" ".join(sorted(unknown)), known))
    os.makedirs(REPORTS, exist_ok=True)
    all_ended = [carry_out(run) for run in runs if not rows or run.row in rows]
    print("\n" + table(all_ended))
    return int(any(ended.code for ended in all_ended))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
