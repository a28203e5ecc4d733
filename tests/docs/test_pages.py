# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Links between the documents lead somewhere, tables are whole, the README has no figure of its own."""

from __future__ import annotations

import glob
import os
import re

import pytest

from tests.docs.network import REPOSITORY

PAGES = ["README.md", *sorted(glob.glob("docs/*.md", root_dir=REPOSITORY))]


def read(page: str) -> str:
    with open(os.path.join(REPOSITORY, page)) as stream:
        return stream.read()


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links(page: str) -> None:
    for link in re.findall(r"\]\(([^)]+)\)", read(page)):
        if "://" in link:
            continue
        path, _hash, anchor = link.partition("#")
        target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert os.path.exists(os.path.join(REPOSITORY, target)), link
        assert not anchor or anchor in anchors(read(target)), link


@pytest.mark.parametrize("page", PAGES)
def test_tables(page: str) -> None:
    """All rows of a table have as many cells as its heading."""
    for table in re.findall(r"(?:^\|.*\n)+", read(page), re.MULTILINE):
        rows = table.replace("\\|", "").splitlines()
        assert re.fullmatch(r"\|(?: ?-+:? ?\|)+", rows[1]), rows[1]
        assert {row.count("|") for row in rows} == {rows[0].count("|")}, table


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README.md"])
def test_every_page_is_named(page: str) -> None:
    assert "](%s)" % page in read("README.md")


def test_figures() -> None:
    """Each ratio in the README stands in the row of its work, in the column of its runner."""
    results = read("docs/performance.md").rpartition("## Results")[2]
    measured: dict[tuple[str, str], str] = {}
    for table in re.findall(r"(?:^\|.*\n)+", results, re.MULTILINE):
        head, _line, *rows = (line.strip("| ").split(" | ") for line in table.splitlines())
        for work, *cells in rows:
            for runner, cell in zip(head[1:], cells):
                measured.setdefault((work, runner), (cell.split() or [""])[0])
    said = re.findall(r"^\| .* \((\w+)\) \| 1 \| ([\d.]+) \| ([\d.]+) \|$", read("README.md"), re.MULTILINE)
    assert len(said) > 2
    for work, *ratios in said:
        for runner, ratio in zip(("mprsync", "module"), ratios):
            assert measured[work, runner] == ratio, (work, runner)
