# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

from __future__ import annotations

import datetime
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.vgreb.jsync.plugins.filter import query as plugin
from ansible_collections.vgreb.jsync.plugins.filter.query import FilterModule, query

RESULT = {
    "rc": 0,
    "lanes": [
        {"lane": 1, "retries": 0, "seconds": 2.5, "host": "a"},
        {"lane": 2, "retries": 3, "seconds": 1.5, "host": "b"},
    ],
}

# The expression, and what it gives.
ANSWERS: list[tuple[str, t.Any]] = [
    ("lanes[?retries > `0`].{lane: lane, retries: retries}", [{"lane": 2, "retries": 3}]),
    ("max(lanes[].retries)", 3),
    ("min(lanes[].seconds)", 1.5),
    ("sum(lanes[].seconds)", 4.0),
    ("avg(lanes[].retries)", 1.5),
    ("join(' + ', lanes[].host)", "a + b"),
    ("sort_by(lanes, &seconds)[].lane", [2, 1]),
    ("max_by(lanes, &retries).lane", 2),
    ("contains(lanes[].host, 'b')", True),
    ("lanes[?contains(host, 'a')].lane", [1]),
    ("keys(lanes[0])", ["lane", "retries", "seconds", "host"]),
    ("sort(values(lanes[0])[:2])", [0, 1]),
    ("starts_with(lanes[0].host, 'a')", True),
    ("to_number(to_string(lanes[1].retries))", 3),
    ("type(lanes[0].seconds)", "number"),
    ("type(rc == `0`)", "boolean"),
    ("nothing.there", None),
]


class Text(str):
    """A text as ansible-core marks it: jmespath goes by the name of the type."""


class Number(int):
    pass


class Fraction(float):
    pass


class Dictionary(dict):  # type: ignore[type-arg]
    pass


class Sequence(list):  # type: ignore[type-arg]
    pass


class Vaulted:
    """What is decrypted when its text is asked for."""

    def __str__(self) -> str:
        return "open sesame"


def marked(value: t.Any) -> t.Any:
    """The same data in types of its own."""
    if isinstance(value, dict):
        return Dictionary({Text(key): marked(entry) for key, entry in value.items()})
    if isinstance(value, list):
        return Sequence(map(marked, value))
    return {str: Text, int: Number, float: Fraction}[type(value)](value)


@pytest.mark.parametrize(("expression", "answer"), ANSWERS)
def test_answer(expression: str, answer: t.Any) -> None:
    assert query(RESULT, expression) == answer
    assert query(marked(RESULT), Text(expression)) == answer


def test_the_answer_is_plain() -> None:
    answer = query(marked(RESULT), "@")
    assert answer == RESULT and {type(answer)} == {dict}
    lane = answer["lanes"][0]
    kinds = [answer["lanes"], lane, *lane.values(), *lane]
    assert {type(entry) for entry in kinds} == {list, dict, str, int, float}


def test_many_results() -> None:
    assert query([marked(RESULT), RESULT], "sum([].lanes[].retries)") == 6
    assert query((result for result in (RESULT, RESULT)), "length(@)") == 2
    assert query({"one": RESULT}.values(), "[0].rc") == 0


def test_what_jmespath_has_no_type_for_is_a_text() -> None:
    data = {"secret": Vaulted(), "day": datetime.date(2026, 3, 1), "bytes": b"raw", "pair": (1, 2), "off": False}
    assert query(data, "join(' ', [secret, day, bytes])") == "open sesame 2026-03-01 raw"
    assert query(data, "[sum(pair), off, none]") == [3, False, None]


# The expression, and what the error says of it.
ERRORS = [
    ("lanes[?", "'lanes[?' is invalid at character 8: it ends too early"),
    ("lanes[ ] ]", "is invalid at character 8: ']' cannot stand there"),
    ("lanes.'host", "is invalid at character 7: Unclosed ' delimiter"),
    ("#", "'#' is invalid at character 1: Unknown token #"),
    ("", "the expression is empty"),
    ("largest(lanes)", "'largest(lanes)' is invalid: Unknown function: largest()"),
    ("max(lanes, lanes)", "is invalid: Expected 1 argument for function max(), received 2"),
    ("lanes[::0]", "'lanes[::0]' is invalid: slice step cannot be zero"),
    ("max(@)", "does not fit the data: max() takes array-number or array-string, and was given object"),
]


@pytest.mark.parametrize(("expression", "says"), ERRORS)
def test_error(expression: str, says: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        query(RESULT, expression)
    assert str(caught.value).startswith("query: the expression ") and says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("expression", "says"), ERRORS)
def test_an_error_is_explained(expression: str, says: str) -> None:
    assert says in query(RESULT, expression, explain=True)


def test_there_is_nothing_to_explain() -> None:
    assert query({"a": 1}, "a", explain=True) == ""


def test_the_data_is_not_in_the_error() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        query({"secret": Vaulted()}, "sum(secret)")
    assert "sesame" not in str(caught.value)


def test_an_expression_is_a_text() -> None:
    with pytest.raises(AnsibleFilterError, match="takes a jmespath expression, a text, not 3"):
        query(RESULT, 3)


def test_jmespath_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "HAS_JMESPATH", False)
    with pytest.raises(AnsibleFilterError, match="query needs jmespath on the controller: install it for /"):
        query(RESULT, "rc")


def test_the_filter_is_documented() -> None:
    documented = yaml.safe_load(plugin.DOCUMENTATION)
    assert [documented["name"]] == list(FilterModule().filters())
    assert documented["positional"] == "_input, expression" == ", ".join(list(documented["options"])[:2])
