# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The page about messages has those of the code, and no others."""

from __future__ import annotations

import re

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import MEANING

from tests.docs import messages

ROWS = messages.explained()


@pytest.mark.parametrize("message", ROWS)
def test_explained_message_is_in_the_code(message: str) -> None:
    assert message in messages.everything()


@pytest.mark.parametrize("template", sorted(messages.of_code() | messages.of_tasks()))
def test_message_of_the_code_is_explained(template: str) -> None:
    if not re.search(r"[a-z]{2} [a-z]", template):
        pytest.skip("most of it comes from elsewhere")
    assert template in ROWS


def test_messages_are_found() -> None:
    """One of each kind: an f-string, format(), a table's, a warning, a role's."""
    code = messages.of_code()
    assert {"src … does not exist on this host", "ssh_args is …: …", "cannot reach …: …"} <= code
    assert "a task with other options is writing to the same dest, as …" in code
    assert len(messages.of_tasks()) >= 8


def test_exit_codes() -> None:
    with open(messages.PAGE) as stream:
        rows = re.findall(r"^\| (\d+) \| (.*?) \|", stream.read(), re.MULTILINE)
    assert {int(code): words for code, words in rows} == MEANING
