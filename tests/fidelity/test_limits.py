# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""How much goes at the destination where the user sets a limit, or does not speak of deletion."""

from __future__ import annotations

import os

import pytest

from tests.fidelity.conftest import Bench
from tests.support import trees


def _fill(top: str, *names: str) -> None:
    for name in names:
        trees.write(os.path.join(os.fsencode(top), os.fsencode(name)), b"content")


@pytest.mark.parametrize("limit", [-5, -1, 0, 1])
@pytest.mark.parametrize("further", ["", "--delete-excluded --exclude=none", "-m"])
def test_max_delete(bench: Bench, limit: int, further: str) -> None:
    def build(source: str, dest: str) -> None:
        _fill(source, "a/kept", "b/kept")
        _fill(dest, "a/kept", "b/kept", "b/x", "b/y")

    bench.prepare_trees(build)
    words = ["--delete", *further.split()]
    result = bench.compare(["-a", f"--max-delete={limit}", *words], {"max_delete": limit, "rsync_opts": words})
    assert (result["rc"], result["stats"]["deletions"]) == (25, max(limit, 0))


@pytest.mark.parametrize("words", ["--force", "--delete", "--force --backup", "--force --no-p"])
def test_max_delete_counts_what_stands_in_the_way(bench: Bench, words: str) -> None:
    def build(source: str, dest: str) -> None:
        _fill(source, "x", "y")
        _fill(dest, *(f"x/{number}" for number in range(6)))

    bench.prepare_trees(build)
    split = words.split()
    result = bench.compare(["-a", "--max-delete=2", *split], {"max_delete": 2, "rsync_opts": split})
    assert result["stats"]["deletions"] == 2


def test_what_a_file_takes_the_place_of_is_all_that_goes_without_delete(bench: Bench) -> None:
    def build(source: str, dest: str) -> None:
        _fill(source, "x", "y")
        _fill(dest, "x/0", "x/1", "extraneous")

    bench.prepare_trees(build)
    result = bench.compare_words("-a --force")
    assert (result["stats"]["deletions"], result["warnings"]) == (2, [])


@pytest.mark.parametrize("words", ["--copy-unsafe-links", "-L", "-k", "-K", "--safe-links", "--munge-links", "--no-l"])
@pytest.mark.parametrize("there", ["directories", "links"])
def test_what_is_extraneous_where_the_source_has_links(bench: Bench, words: str, there: str) -> None:
    def build(source: str, dest: str) -> None:
        outside = os.path.join(bench.folder, "outside")
        _fill(outside, "kept")
        _fill(source, "beside", "inside/kept", "deep/er/kept")
        _fill(dest, "inside/extra", "inside/protected", "other/extra")
        links = {"unsafe": outside, "safe": "inside", "deep/up": "../inside", "deep/er/out": outside}
        for link, target in links.items():
            os.symlink(target, os.path.join(source, link))
            name = os.path.join(dest, link)
            if there == "directories":
                _fill(name, "kept", "extra", "below/extra")
            else:
                os.makedirs(os.path.dirname(name), exist_ok=True)
                os.symlink(os.path.relpath(os.path.join(dest, "other"), os.path.dirname(name)), name)

    bench.prepare_trees(build)
    bench.compare_words(f"-a --delete --filter='P /inside/protected' {words}")
