# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The page about rsync's options says what the code does."""

from __future__ import annotations

from tests.docs import option_table


def test_the_page_is_what_the_table_says() -> None:
    with open(option_table.PATH) as stream:
        assert stream.read() == option_table.render(), 'run "make docs"'


def test_every_option_has_one_fate_and_says_why() -> None:
    for row in option_table.OPTIONS:
        assert sum(map(bool, (row.alone, row.whole, row.refused))) <= 1, row
        assert row.passes or row.note or row.refused or row.alone, row
