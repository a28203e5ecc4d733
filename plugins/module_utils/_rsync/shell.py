# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The words of --rsh: rsync splits them at spaces, knows both quotes, and a doubled quote is one (main.c). Pure."""

from __future__ import annotations

import re

_QUOTED = r"""'(?:[^']|'')*'(?!')|"(?:[^"]|"")*"(?!")"""
_WORD = rf"""(?:[^ '"]|{_QUOTED})+"""
_ALL = re.compile(f" *(?:{_WORD}(?: +|$))*")


def join_words(words: list[str]) -> str:
    """Write words so that rsync reads them back."""
    return " ".join(map(_quote, words))


def _quote(word: str) -> str:
    if word and not any(sign in word for sign in " '\""):
        return word
    return '"{}"'.format(word.replace('"', '""'))


def split_words(text: str) -> list[str]:
    """Read words as rsync does; none where a quote is left open, which rsync refuses."""
    if not _ALL.fullmatch(text):
        return []
    return [re.sub(_QUOTED, _unquote, word) for word in re.findall(_WORD, text)]


def _unquote(match: re.Match[str]) -> str:
    quote, inside = match[0][0], match[0][1:-1]
    return inside.replace(quote * 2, quote)


__all__ = ("join_words", "split_words")
