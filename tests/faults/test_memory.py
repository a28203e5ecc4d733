# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Memory stays flat however much there is to do: the peak of the module's own process, fed by a stand-in for rsync.

``make bench-scale`` does the same with ten million files.
"""

from __future__ import annotations

import pytest

from tests.bench.scale import Row, measure
from tests.support import stand_in

# Above that of a run with one file: less than 70 bytes for each of 60,000 names.
MOST_BYTES = 4 << 20


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The peak of a run with one file."""
    return measure(Row(stand_in.NEW, 1, 1), str(tmp_path_factory.mktemp("scale"))).memory_bytes


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        (Row(stand_in.NEW, 1500, 100), {"files": 150_000, "directories": 1500 + 2 + 1}),
        (Row(stand_in.CHANGED, 600, 100), {"files": 60_000}),
        (Row(stand_in.CHANGED, 200, 100, pull=True), {"files": 20_000}),
        (Row(stand_in.NEW, 60_000, 0), {"directories": 60_000 + 60 + 1}),
        (Row(stand_in.DELETED, 1000, 100), {"deletions": 100_000}),
        (Row(stand_in.STAYING, 60_000, 1), {"deletions": 60_000}),
        (Row(stand_in.LINKED, 300, 100), {"hard_links": 30_000}),
        (Row(stand_in.FAILING, 600, 100), {"failures": 60_000}),
    ],
    ids=lambda value: "-".join(map(str, value)) if isinstance(value, Row) else "",
)
def test_peak(base: int, tmp_path_factory: pytest.TempPathFactory, row: Row, counts: dict[str, int]) -> None:
    took = measure(row, str(tmp_path_factory.mktemp("scale")))
    stats = took.result["stats"]
    assert {name: stats[name] for name in counts} == counts, took.result["msg"]
    assert took.result["rc"] == (23 if row.kind == stand_in.FAILING else 0), took.result["msg"]
    assert took.memory_bytes < base + MOST_BYTES
    assert took.left == []
