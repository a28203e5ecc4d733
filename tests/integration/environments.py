# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The environments to test in: each an ansible-core and the Python that the module runs on.

===================== ===================================================================
Name                  ansible-core
===================== ===================================================================
``newest``            the one that pytest runs with
``2.17``              the one in ``.venv-2.17``, which ``tests/setup/setup.sh`` makes
``2.17-python3.7``    the same, and the module runs on Python 3.7
===================== ===================================================================

The environment variable ``JSYNC_ANSIBLE`` names those to use, with commas between them.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys

import pytest

from tests.integration.runner import REPOSITORY, Ansible

NEWEST = "newest"

NAMES = tuple((os.environ.get("JSYNC_ANSIBLE") or "newest,2.16").split(","))

# For what takes long and depends little on ansible-core: "make test-all" does it with each.
in_one = pytest.mark.parametrize("ansible", NAMES[:1], indirect=True)

# The oldest Python of a target host that both ansible-core and the module support; since 2.20 it is 3.9.
_OLDEST_PYTHON = {"2.16": "3.7", "2.17": "3.7", "2.18": "3.8", "2.19": "3.8"}


def _with_oldest_python(name: str) -> str:
    return name if "python" in name else "%s-python%s" % (name, _OLDEST_PYTHON.get(name, "3.9"))


# The two ends of what is supported, where the last name is that of the oldest ansible-core.
ENDS = tuple(dict.fromkeys((*NAMES, _with_oldest_python(NAMES[-1]))))


def find_python(version: str) -> str | None:
    """A Python that works; a shim of pyenv in PATH may stand for one that is switched off."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    name = "python" + version
    found = [shutil.which(name), *glob.glob(os.path.join(pyenv, "versions", version + ".*", "bin", name))]
    for path in filter(None, found):
        told = subprocess.run(
            [path, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False
        )
        if told.returncode == 0:
            return told.stdout.strip()
    return None


def environment(name: str, folder: str) -> Ansible:
    """One of the environments, with a place below a folder; skips the test where it is not at hand."""
    core, _sign, version = name.partition("-python")
    top = sys.prefix if core == NEWEST else os.path.join(REPOSITORY, ".venv-" + core)
    programs = os.path.join(top, "bin")
    if not os.path.exists(os.path.join(programs, "ansible-playbook")):
        pytest.skip("no ansible-playbook in %s" % programs)
    python = os.path.realpath(os.path.join(programs, "python"))
    if version:
        python = find_python(version) or pytest.skip("no Python %s, in PATH or from pyenv" % version)
    place = os.path.join(folder, name)
    os.makedirs(place, exist_ok=True)
    return Ansible(name, programs, python, place)
