# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Read many itemized lines at once: nearly all of them are about a regular file whose content goes over. Pure.

What output.py might read in another way is left to it: a line with ``//`` before its end, which may begin a link.
"""

from __future__ import annotations

import itertools
import operator
import re
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._model import Files

# The directory of a file is given with the space before it; of any other line it is empty.
_LINE = re.compile(rb"[<>]f.{9} (?:[-rwxSsTt]{9} )?\d+ (\d+)( (?:[^/\n]+/)*)([^/\n]+)//\n|(.*)\n")
_DIRECTORY = operator.itemgetter(1)

# The same where all // are at the end of a line. Of a line about anything else the last part holds at least its end.
_PATH = re.compile(rb"[<>]f.{9} (?:[-rwxSsTt]{9} )?\d+ (\d+) (.*[^/\n])//\n|(.*\n)")
_OTHER = operator.itemgetter(2)

_ESCAPE = re.compile(rb"\\#([0-7]{3})")
_BYTES = {b"%03o" % number: bytes((number & 0xFF,)) for number in range(0o1000)}


def decode(name: bytes) -> bytes:
    """Give back the exact bytes of a name that rsync printed."""
    if b"\\#" not in name:
        return name
    return _ESCAPE.sub(lambda match: _BYTES[match[1]], name)


def read_block(block: bytes, *, together: bool = False) -> t.Iterator[Files | bytes]:
    """Read whole lines, each with its end.

    Args:
        block: The lines.
        together: Files may be of several directories, and their names paths: that takes half the time.

    Yields:
        Files for neighboring lines about the files of one directory; each other line as it is, without its end.
    """
    escapes = b"\\#" in block
    if together and block.count(b"//") == block.count(b"//\n"):
        for other, lines in itertools.groupby(_PATH.findall(block), _OTHER):
            sizes, names, others = zip(*lines)
            if other:
                yield from (line[:-1] for line in others)
            else:
                yield Files(b"", tuple(map(decode, names)) if escapes else names, list(map(int, sizes)))
        return
    for directory, found in itertools.groupby(_LINE.findall(block), _DIRECTORY):
        sizes, _directories, names, others = zip(*found)
        if directory:
            if escapes:
                directory, names = decode(directory), tuple(map(decode, names))
            yield Files(directory[1:], names, list(map(int, sizes)))
        else:
            yield from others


__all__ = ("decode", "read_block")
