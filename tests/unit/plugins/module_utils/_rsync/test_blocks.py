# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Many lines read at once say the same as each of them by itself."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.blocks import read_block
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report, parse_change
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.recordings import FOLDER, VERSIONS, load

Line = t.Union[t.Tuple[bytes, int], Change, bytes]

PIECES = (b">f+++++++++", b"<f.st......", b".f..t......", b"cd+++++++++", b"cL+++++++++", b"*deleting  ", b"rw-r--r--")
PIECES += (b"0", b"17", b"a", b"b c", b".", b"/", b"//", b"///", b" ", b" -> ", b" => ", b"\\#012", b"\\", b"\xe4", b"")
LINES = st.one_of(
    st.lists(st.sampled_from(PIECES)).map(b" ".join),
    st.lists(st.sampled_from(PIECES)).map(b"".join).map(lambda end: b">f+++++++++ rw-r--r-- 0 17 " + end + b"//"),
    st.tuples(st.sampled_from([b"", b"d/", b"d/e/"]), st.integers(0, 3)).map(lambda of: b">f+++++++++ 0 5 %s%d//" % of),
)


def plain(change: Change | None, line: bytes) -> Line:
    """What a line says; of a file that goes over only what many at once tell, too."""
    if change is None:
        return line
    return (change.name, change.size) if change.transfer and change.item[1:2] == b"f" and not change.link else change


def one_by_one(lines: t.Iterable[bytes]) -> list[Line]:
    return [plain(parse_change(line), line) for line in lines]


def at_once(block: bytes, *, together: bool) -> list[Line]:
    found: list[Line] = []
    for one in read_block(block, together=together):
        if isinstance(one, Files):
            assert len(one.names) == len(one.sizes) > 0
            assert together or not any(b"/" in name for name in one.names)
            found += [(one.directory + name, size) for name, size in zip(one.names, one.sizes)]
        else:
            found.append(plain(parse_change(one), one))
    return found


@given(st.lists(LINES))
@example([b">f+++++++++ rw-r--r-- 0 17 a// -> b//"])
@example([b">f+++++++++ rw-r--r-- 0 17 a//b//"])
@example([b">f+++++++++ rw-r--r-- 0 17 \\#012/\\#012//"])
@example([b">f+++++++++ rw-r--r-- 0 17  //"])
@example([b"", b">f+++++++++ rw-r--r-- 0 17 top//", b""])
@example([b"", b"", b"a", b"a", b">f+++++++++ rw-r--r-- 0 17 d/e//", b">f+++++++++ 0 17 \\#012/f//"])
def test_any_lines(lines: list[bytes]) -> None:
    block = b"".join(line + b"\n" for line in lines)
    assert at_once(block, together=False) == at_once(block, together=True) == one_by_one(lines)


def test_files_of_one_directory_come_together() -> None:
    block = b"".join(b">f+++++++++ rw-r--r-- 0 %d %s//\n" % line for line in ((1, b"d/a"), (2, b"d/b"), (3, b"c")))
    assert list(read_block(block)) == [Files(b"d/", (b"a", b"b"), [1, 2]), Files(b"", (b"c",), [3])]
    assert list(read_block(block, together=True)) == [Files(b"", (b"d/a", b"d/b", b"c"), [1, 2, 3])]


def into(lines: list[Line]) -> tuple[t.Callable[[Change], None], t.Callable[[Files], None]]:
    """Two feeds that put what they get into a list."""

    def single(change: Change) -> None:
        lines.append(plain(change, b""))

    def files(found: Files) -> None:
        lines.extend((found.directory + name, size) for name, size in zip(found.names, found.sizes))

    return single, files


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", sorted(name[:-4] for name in os.listdir(os.path.join(FOLDER, VERSIONS[0]))))
@pytest.mark.parametrize("step", [7, 1 << 16])
def test_what_real_rsyncs_printed(version: str, case: str, step: int) -> None:
    data = load(version, case).out
    heard: list[tuple[list[Line], list[bytes], Report]] = []
    for many, together in ((False, False), (True, False), (True, True)):
        lines: list[Line] = []
        notes: list[bytes] = []

        single, files = into(lines)
        report = Report(single, notes.append, files if many else None, together=together)
        for start in range(0, len(data), step):
            report.read_output(data[start : start + step])
        report.read_output(b"")
        heard.append((lines, notes, report))
    (lines, notes, report), *others = heard
    for same_lines, same_notes, same in others:
        assert (lines, notes) == (same_lines, same_notes)
        assert (report.statistics, report.notes.entries) == (same.statistics, same.notes.entries)
