# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Run Ansible as a user does, in a folder of its own: nothing of this user's configuration counts."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t

from tests.support.processes import mentioning, wait_for

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGETS = os.path.join(REPOSITORY, "tests", "integration", "targets")
COLLECTIONS = os.path.join(REPOSITORY, ".cache", "collections")

LIMIT_SECONDS = 600

# A quote of each kind and spaces: whatever lies in here has a name that shells and parsers stumble over.
ODD = 'it\'s an "odd" name'

# Directories of Python's multiprocessing, which ansible-core uses since 2.21.
_OF_KILLED_ANSIBLE = "pymp-"

_INHERITED = ("PATH", "LD_LIBRARY_PATH", "USER", "LOGNAME")


class Ended(t.NamedTuple):
    """A command of Ansible that has ended."""

    code: int
    output: str


class Ansible(t.NamedTuple):
    """One ansible-core, and the Python that the module runs on.

    Attributes:
        name: Which one it is.
        programs: The directory with its commands.
        python: The interpreter on the target host.
        folder: For its home and temporary files.
    """

    name: str
    programs: str
    python: str
    folder: str

    @property
    def temporary(self) -> str:
        """TMPDIR: what the module keeps while it runs is in here."""
        return os.path.join(self.folder, ODD)

    def run(self, program: str, *words: str, collections: str = COLLECTIONS) -> Ended:
        """Run one of Ansible's commands to its end."""
        ended = subprocess.run(
            [os.path.join(self.programs, program), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self.environment(collections),
            timeout=LIMIT_SECONDS,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout.decode("utf-8", "replace"))

    def environment(self, collections: str = COLLECTIONS) -> dict[str, str]:
        """The environment of a command."""
        os.makedirs(self.temporary, exist_ok=True)
        env = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        env.update(
            HOME=self.folder,
            TMPDIR=self.temporary,
            LC_ALL="C.UTF-8",
            ANSIBLE_REMOTE_TMP=os.path.join(self.folder, ".ansible", "remote"),
            ANSIBLE_CONFIG=os.path.join(TARGETS, os.pardir, "ansible.cfg"),
            ANSIBLE_COLLECTIONS_PATH=collections,
        )
        return env

    def target(self, name: str, variables: dict[str, t.Any], *words: str) -> tuple[dict[str, t.Any], str]:
        """Run one of targets/, and return the results that it kept, by name, and the output."""
        given = os.path.join(self.folder, name + ".vars.json")
        results = os.path.join(self.folder, name + ".results.json")
        with open(given, "w") as stream:
            json.dump(dict(variables, target=name, results=results, python=self.python), stream)
        playbook = os.path.join(TARGETS, os.pardir, "target.yml")
        ended = self.run("ansible-playbook", "--extra-vars", "@" + given, *words, playbook)
        assert ended.code == 0, ended.output
        with open(results) as stream:
            return json.load(stream), ended.output

    def check_clean(self) -> None:
        """Require that no run has left a process or a temporary file behind."""
        wait_for(lambda: not _left_over(self.folder), "all processes to end")
        left = [name for name in os.listdir(self.temporary) if not name.startswith(_OF_KILLED_ANSIBLE)]
        assert left == [], left


def _left_over(folder: str) -> dict[int, str]:
    """Processes of rsync and ssh that work in a folder, without the servers."""
    found = {**mentioning(folder, name="rsync"), **mentioning(folder, name="ssh")}
    return {pid: line for pid, line in found.items() if "--daemon" not in line and "sshd" not in line.split()[0]}
