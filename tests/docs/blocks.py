# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The blocks of the documents, and the examples in the documentation of plugins."""

from __future__ import annotations

import ast
import os
import re
import typing as t

import yaml

from tests.docs.network import REPOSITORY

COPYING = ("vgreb.jsync.parallel_rsync", "vgreb.jsync.synchronize")

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ([\w./-]+\.\w+)(?:$|,)")


class Block(t.NamedTuple):
    """One block.

    Attributes:
        language: As the document names it; empty where it does not.
        text: What it holds.
    """

    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The file that its first line says it is."""
        match = _FILE.match(self.text.splitlines()[0])
        return match.group(1) if match else None

    @property
    def data(self) -> list[dict[str, t.Any]]:
        """Its plays or tasks; none where it holds something else."""
        found = yaml.safe_load(self.text) if self.language == "yaml" else None
        return found if isinstance(found, list) else []

    @property
    def tasks(self) -> bool:
        return bool(self.data) and "hosts" not in self.data[0]

    @property
    def copying(self) -> list[str]:
        """The names of its tasks that copy."""
        return [task["name"] for task in self.data if set(task).intersection(COPYING)]

    @property
    def commands(self) -> list[str]:
        """What is typed: all of a script, and of a terminal what follows the prompts."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "sh":
            return [line for line in lines if line and not line.startswith("#")]
        return [line[2:] for line in lines if line.startswith("$ ")] if self.language in ("", "console") else []

    def play(self, hosts: str) -> str:
        """Its tasks as a play of their own, its plays as they are."""
        if not self.tasks:
            return self.text
        lines = ["    " + line for line in self.text.splitlines()]
        return "- name: Run\n  hosts: %s\n  gather_facts: false\n  tasks:\n%s\n" % (hosts, "\n".join(lines))


def of_document(name: str) -> list[Block]:
    """The blocks of a document, by its path in the repository."""
    with open(os.path.join(REPOSITORY, name)) as stream:
        return [Block(*found) for found in _FENCE.findall(stream.read())]


def of_plugin(name: str) -> Block:
    """The EXAMPLES of a plugin, by its path in the repository."""
    with open(os.path.join(REPOSITORY, name)) as stream:
        for node in ast.parse(stream.read()).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES":
                assert isinstance(node.value, ast.Constant)
                text = str(node.value.value).lstrip("\n")
                return Block("yaml" if text.startswith("- ") else "", text)
    raise LookupError("%s has no EXAMPLES" % name)


__all__ = ("Block", "COPYING", "of_document", "of_plugin")
