# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A small network in which what the documents say can be done word for word: host names, ports, users and paths.

It has namespaces of its own for processes, mounts and the network, so nothing of it touches this machine, and nothing
of it is left when it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import typing as t

from tests.docs import network_init

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = os.path.join(REPOSITORY, ".venv", "bin")
COLLECTIONS = os.path.join(REPOSITORY, ".cache", "collections")

_APART = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=SIGKILL"]


def is_possible() -> bool:
    """Only root may make it, and not everywhere."""
    if os.geteuid() != 0:
        return False
    with contextlib.suppress(OSError):
        return subprocess.run([*_APART, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return False


class Network:
    """The hosts of :mod:`tests.docs.network_init`.

    Args:
        process: Its first process.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def fill(self) -> None:
        """Bring what the documents copy to where each document starts."""
        for host in network_init.HOSTS:
            self.ask({"do": "fill", "host": host})

    def run(self, command: str, *, host: str = "controller", folder: str = "/root", **env: str) -> tuple[int, str]:
        """Run a command of a shell on a host, by default as a user of the controller does, in a folder.

        Args:
            command: As it is typed.
            host: Of HOSTS.
            folder: Made where it is missing.
            env: Besides the usual variables.
        """
        path = ":".join((PROGRAMS, "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"))
        usual = {"PATH": path, "HOME": "/root", "USER": "root", "LOGNAME": "root", "LC_ALL": "C.UTF-8"}
        usual["ANSIBLE_PIPELINING"] = "true"
        code, output = self.ask({"do": "run", "host": host, "command": command, "folder": folder, "env": usual | env})
        return code, output

    def ask(self, question: dict[str, t.Any]) -> t.Any:
        """Put a question to the first process, and give its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> t.Any:
        """Read one answer."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the network has ended, see its words on stderr"
        return json.loads(line)


@contextlib.contextmanager
def running() -> t.Iterator[Network]:
    """Make the network, and end it with the block."""
    script = os.path.join(REPOSITORY, "tests", "docs", "network_init.py")
    with tempfile.TemporaryDirectory(prefix="jsync-docs-") as folder:
        argv = [*_APART, sys.executable, script, folder, REPOSITORY, sys.base_prefix]
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            network = Network(process)
            assert network.hear() == "ready"
            yield network
        finally:
            process.kill()
            process.communicate()


__all__ = ("COLLECTIONS", "Network", "PROGRAMS", "REPOSITORY", "is_possible", "running")
