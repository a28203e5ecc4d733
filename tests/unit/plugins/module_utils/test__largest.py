# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The largest files, one by one and many at once."""

from __future__ import annotations

import random

from ansible_collections.vgreb.jsync.plugins.module_utils._largest import Largest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome


def test_fewer_than_are_kept() -> None:
    largest = Largest(3)
    assert largest.as_result() == []
    largest.add(b"empty", 0)
    largest.add_files(Files(b"d/", [b"b", b"a"], [7, 7]))
    assert largest.as_result() == [
        {"path": "d/a", "bytes": 7},
        {"path": "d/b", "bytes": 7},
        {"path": "empty", "bytes": 0},
    ]


def test_those_that_sorting_finds() -> None:
    source = random.Random(1)
    for _round in range(50):
        sizes = source.sample(range(1000), 200)
        largest, start = Largest(10), 0
        while start < len(sizes):
            some = sizes[start : start + source.randint(1, 40)]
            if len(some) == 1:
                largest.add(b"d/%d" % some[0], some[0])
            else:
                largest.add_files(Files(b"d/", [b"%d" % size for size in some], some))
            start += len(some)
        wanted = sorted(sizes, reverse=True)[:10]
        assert largest.as_result() == [{"path": "d/%d" % size, "bytes": size} for size in wanted]


def test_in_the_result() -> None:
    outcome = Outcome()
    outcome.find(Change(b">f+++++++++", 5, b"not utf-8 \xff", False, None))
    outcome.find_files(Files(b"", [b"file"], [6]))
    assert outcome.as_result()["largest"] == [
        {"path": "file", "bytes": 6},
        {"path": "not utf-8 \ufffd", "path_b64": "bm90IHV0Zi04IP8=", "bytes": 5},
    ]
    assert (outcome.found_files, outcome.found_bytes) == (2, 11)
