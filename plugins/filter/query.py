# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter ``query``: jmespath over results, on every ansible-core."""

from __future__ import annotations

import sys
import typing as t
from collections.abc import Iterator, Mapping, Set, ValuesView

from ansible.errors import AnsibleFilterError
from ansible.module_utils.common.text.converters import to_text

try:
    import jmespath
    from jmespath import exceptions
except ImportError:
    HAS_JMESPATH = False
else:
    HAS_JMESPATH = True

DOCUMENTATION = r"""
name: query
short_description: Ask a result, or a list of results, with a jmespath expression
version_added: 0.1.0
author:
  - The vgreb.jsync authors (@vgreb)
description:
  - Evaluates a L(jmespath,https://jmespath.org) expression over a result of a module, a list of results, or any other
    data.
  - All functions of jmespath work on every ansible-core, C(max), C(sum) and C(join) included. The data is copied to
    plain dictionaries, lists, texts and numbers first, because jmespath refuses the ones that ansible-core 2.19 and
    newer tag.
requirements:
  - jmespath on the controller
positional: _input, expression
options:
  _input:
    description: What to ask. Vaulted texts are decrypted; what jmespath has no type for is asked as its text.
    type: raw
    required: true
  expression:
    description: The jmespath expression. Within it a literal stands in backticks, a text in single quotes.
    type: str
    required: true
  explain:
    description: Give, instead of an answer, why there is none; an empty text where there is one.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Copy a tree
  vgreb.jsync.parallel_rsync:
    src: /data/
    dest: /backup/
  register: copied

- name: Show the lanes that had to try again
  ansible.builtin.debug:
    msg: "{{ copied | vgreb.jsync.query('lanes[?retries > `0`].{lane: lane, retries: retries}') }}"

- name: Show how much all hosts have transferred
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | map('extract', hostvars, 'copied')
      | vgreb.jsync.query('sum([].stats.transferred_bytes)') }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: What the expression gives, V(none) where nothing matches.
  type: raw
"""

_EXACT: dict[type, t.Callable[[t.Any], t.Any]] = {str: str.__str__, int: int.__int__, float: float.__float__}
_LISTS = (list, tuple, Set, Iterator, ValuesView)


def query(data: t.Any, expression: t.Any, explain: bool = False) -> t.Any:
    """Evaluate a jmespath expression.

    Args:
        data: What to ask.
        expression: The jmespath expression.
        explain: Return what would be raised, as a text.

    Raises:
        AnsibleFilterError: jmespath is missing, the expression is none, or a function in it cannot take the data.
    """
    if not explain:
        return _answer(data, expression)
    try:
        _answer(data, expression)
    except AnsibleFilterError as error:
        return str(error)
    return ""


def _answer(data: t.Any, expression: t.Any) -> t.Any:
    if not HAS_JMESPATH:
        raise AnsibleFilterError(f"query needs jmespath on the controller: install it for {sys.executable}")
    if not isinstance(expression, str):
        raise AnsibleFilterError(f"query takes a jmespath expression, a text, not {expression!r}")
    text = str.__str__(expression)
    try:
        compiled = jmespath.compile(text)
    except exceptions.LexerError as error:
        raise _bad(text, error.lexer_position, error.message) from None
    except exceptions.IncompleteExpressionError as error:
        raise _bad(text, error.lex_position, "it ends too early") from None
    except exceptions.ParseError as error:
        raise _bad(text, error.lex_position, f"{error.token_value!r} cannot stand there") from None
    except exceptions.EmptyExpressionError:
        raise AnsibleFilterError("query: the expression is empty: '@' stands for all of the data") from None
    try:
        return compiled.search(_plain(data))
    except exceptions.JMESPathTypeError as error:
        takes = " or ".join(error.expected_types)
        reason = f"{error.function_name}() takes {takes}, and was given {error.actual_type}"
        raise AnsibleFilterError(f"query: the expression {text!r} does not fit the data: {reason}") from None
    except ValueError as error:  # jmespath's own are, and what Python says of a slice
        raise AnsibleFilterError(f"query: the expression {text!r} is invalid: {error}") from None


def _bad(expression: str, index: int, reason: str) -> AnsibleFilterError:
    near = f"at character {index + 1}"
    return AnsibleFilterError(f"query: the expression {expression!r} is invalid {near}: {reason}")


def _plain(value: t.Any) -> t.Any:
    """Copy data to the types that jmespath knows, which it tells apart by their exact names (functions.py)."""
    if value is None or isinstance(value, bool):
        return value
    for kind, exact in _EXACT.items():
        if isinstance(value, kind):
            return exact(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(value[key]) for key in value}
    if isinstance(value, _LISTS):
        return [_plain(entry) for entry in value]
    return to_text(value)


class FilterModule:
    """What ansible-core asks for."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"query": query}


__all__ = ("FilterModule", "query")
