# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The messages that the code can give to a user, and those that docs/troubleshooting.md explains.

What a message holds of the user's own stands as ``…`` in both.
"""

from __future__ import annotations

import ast
import functools
import glob
import os
import re
import typing as t

import yaml

from tests.docs.network import REPOSITORY

PAGE = os.path.join(REPOSITORY, "docs", "troubleshooting.md")

# What takes a sentence for the user as its first argument.
_SAYING = {"AnsibleActionFail", "AnsibleError", "AnsibleFilterError", "RequestError", "RsyncError", "StateError"}
_SAYING |= {"fail", "warn", "warning"}
_TABLE = "_SENTENCES"  # of diagnosis.py: a sentence is the last of each row
_ROW = re.compile(r"^\| `(.+?)` \|", re.MULTILINE)
_HOLES = re.compile(r"\{\{.*?\}\}|\{\w*(?:!r)?\}|%[rsd]", re.DOTALL)


def explained() -> list[str]:
    """The messages of the page."""
    with open(PAGE) as stream:
        return _ROW.findall(stream.read())


@functools.lru_cache(maxsize=None)
def of_code() -> frozenset[str]:
    """The sentences of plugins that are said as they stand in the code."""
    found: set[str] = set()
    for path in _paths("plugins/**/*.py"):
        with open(path) as stream:
            tree = ast.parse(stream.read())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _SAYING and node.args:
                found.update(_templates(node.args[0]))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == _TABLE:
                assert isinstance(node.value, ast.List)
                rows = [row for row in node.value.elts if isinstance(row, ast.Tuple)]
                found.update(text for row in rows for text in _templates(row.elts[-1]))
    return frozenset(found)


@functools.lru_cache(maxsize=None)
def of_tasks() -> frozenset[str]:
    """What the tasks of roles and playbooks say where they fail; a choice in one is a hole."""
    found: set[str] = set()
    for path in (*_paths("roles/*/tasks/*.yml"), *_paths("playbooks/*.yml"), *_paths("playbooks/tasks/*.yml")):
        with open(path) as stream:
            found.update(_failures(yaml.safe_load(stream)))
    return frozenset(found)


@functools.lru_cache(maxsize=None)
def everything() -> frozenset[str]:
    """Every text of the plugins and the tasks: where a sentence is put together elsewhere, it is among these."""
    found = set(of_code() | of_tasks())
    for path in _paths("plugins/**/*.py"):
        with open(path) as stream:
            tree = ast.parse(stream.read())
        for node in ast.walk(tree):
            if isinstance(node, (ast.JoinedStr, ast.Constant)):
                found.update(_templates(node))
    return frozenset(found)


def _paths(pattern: str) -> list[str]:
    return sorted(glob.glob(os.path.join(REPOSITORY, pattern), recursive=True))


def _templates(node: ast.expr) -> t.Iterator[str]:
    """The texts that an expression makes, with their holes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield _HOLES.sub("…", node.value)
    elif isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values]
        yield "".join(parts)
    elif isinstance(node, ast.BinOp):  # "..." % (...)
        yield from _templates(node.left)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        yield from _templates(node.func.value)


def _failures(node: t.Any) -> t.Iterator[str]:
    if isinstance(node, list):
        for entry in node:
            yield from _failures(entry)
    elif isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and (key == "fail_msg" or (key == "msg" and "fail" in str(node))):
                yield " ".join(_HOLES.sub("…", value).split())
            yield from _failures(value)
