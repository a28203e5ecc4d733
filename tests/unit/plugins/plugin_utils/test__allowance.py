# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""How often something may happen."""

from __future__ import annotations

from ansible_collections.vgreb.jsync.plugins.plugin_utils._allowance import Allowance


def test_so_many_a_second_on_average() -> None:
    allowance = Allowance(rate=10, burst=5)
    assert [allowance.take(100.0) for _turn in range(7)] == [True] * 5 + [False] * 2
    assert allowance.take(100.125) and not allowance.take(100.125)
    assert sum(allowance.take(200 + number / 1000) for number in range(10_000)) <= 100 + 5
