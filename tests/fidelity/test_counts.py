# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What the module says it did against what one rsync says for the same work."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import typing as t

import pytest

from tests.fidelity.conftest import Bench
from tests.support import engine

WORDS = [
    "-a",
    "-aH --delete",
    "-a --delete --exclude=z",
    "-a -c",
    "-aH -b --delete",
    "-rlt",
    "-a -m --exclude=file*",
    "-a --size-only",
    "-a --no-l --no-D",
    "-a -O",
    "-a --chmod=Du+w --link-dest=../ref",
    "-a --chmod=Du+w --copy-dest=../ref --delete",
    "-a --chmod=Du+w --compare-dest=../ref",
]

# The names of rsync's --stats and the module's.
STATISTICS = {
    "Number of regular files transferred": "files",
    "Total transferred file size": "transferred_bytes",
    "Number of deleted files": "deletions",
    "Literal data": "literal_bytes",
    "Matched data": "matched_bytes",
    "Number of files": "entries",
    "Total file size": "total_bytes",
}

# Which lines of rsync each of them counts.
LINES = {"directories": r"[c.]d\S{9} ", "links": r"[c.]L\S{9} ", "hard_links": "h[fLDS].{9} "}


def _plain(bench: Bench, words: list[str]) -> tuple[list[str], dict[str, int]]:
    """One rsync: its itemized lines, and its statistics by the module's names."""
    os.chdir(os.path.join(bench.folder, "expected"))
    unchanged_too = ["-ii"] * any(word.startswith("--link-dest") for word in words)  # what is linked looks unchanged
    told = ["--no-h", "--stats", "--out-format=%i %n%L", "--no-inc-recursive", *unchanged_too]
    argv = ["rsync", *words, *told, "src/", "dst"]
    output = subprocess.run(argv, capture_output=True, text=True, env=dict(os.environ, LC_ALL="C"), check=True).stdout
    text, _blank, statistics = output.partition("\n\n")
    lines = text.split("\n")
    reported = dict(re.findall(r"^(.+?): (\d+)", statistics, re.M))
    numbers = {name: int(reported[label]) for label, name in STATISTICS.items()}
    numbers.update((name, sum(bool(re.match(start, line)) for line in lines)) for name, start in LINES.items())
    return sorted(map(_readable, filter(_itemized, lines))), numbers


def _readable(line: str) -> str:
    """The module shows what is UTF-8 as text, and a tab as any byte that does not print."""
    return re.sub(r"(\\#[23]\d\d)+", _decode, line.replace("\t", "\\#011"))


def _decode(match: re.Match[str]) -> str:
    try:
        return bytes(int(digits, 8) for digits in match.group(0).split("\\#")[1:]).decode()
    except UnicodeDecodeError:
        return match.group(0)


def _itemized(line: str) -> bool:
    return bool(re.match(r"(\*deleting  |[<>ch.][fdLDS]\S{9}) ", line))


def _ours(bench: Bench, words: list[str], **how: t.Any) -> tuple[list[str], dict[str, t.Any]]:
    os.chdir(os.path.join(bench.folder, "actual"))
    params = {"src": "src/", "dest": "dst", "archive": False, "rsync_opts": words}
    result = engine.run(params, diff=True, **how)
    assert not result["failed"], result
    return sorted(result["diff"]["prepared"].splitlines()), result


@pytest.mark.parametrize("how", [{}, {"check": True}], ids=["run", "check mode"])
@pytest.mark.parametrize("fresh", [False, True], ids=["incremental", "fresh"])
@pytest.mark.parametrize("words", WORDS)
def test_counts(bench: Bench, words: str, fresh: bool, how: dict[str, t.Any]) -> None:
    bench.prepare(dest=None if fresh else "dest")
    expected, statistics = _plain(bench, shlex.split(words) + ["--dry-run"] * bool(how))
    found, result = _ours(bench, shlex.split(words), **how)
    assert found == expected
    assert {name: result["stats"][name] for name in statistics} == statistics
    assert result["changed"]
    if not how:
        nothing, again = _ours(bench, shlex.split(words))
        assert (nothing, again["changed"]) == ([], False)
