# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The parsers, fed with what real rsyncs printed; tests/unit/record.py makes the recordings and says what was there."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Problem
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import Verdict
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import (
    FORMAT,
    Report,
    decode,
    parse_change,
    parse_problem,
    parse_statistic,
)
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support import trees
from tests.unit.recordings import FOLDER, VERSIONS, load

each_version = pytest.mark.parametrize("version", VERSIONS)


class Heard(t.NamedTuple):
    """A report, and what it passed on as it was read."""

    report: Report
    changes: list[Change]
    notes: list[bytes]


def hear(version: str, case: str) -> Heard:
    recording = load(version, case)
    changes: list[Change] = []
    notes: list[bytes] = []
    heard = Heard(Report(changes.append, notes.append), changes, notes)
    heard.report.code = recording.code
    for feed, data in ((heard.report.read_output, recording.out), (heard.report.read_errors, recording.err)):
        feed(data)
        feed(b"")
    return heard


NEW_FILE, NEW_DIRECTORY, NEW_LINK = b">f+++++++++", b"cd+++++++++", b"cL+++++++++"
GONE = b"*deleting"

# What happened in each case, in the order in which it was printed. A directory ends in a slash.
CHANGES: dict[str, list[tuple[bytes, bytes] | tuple[bytes, bytes, bytes]]] = {
    "incremental": [
        (b"cLc........", b"link", b"size"),
        (b".f...p.....", b"mode"),
        (b".f....og...", b"owner"),
        (b">f.s.......", b"size"),
        (b">f..t......", b"time"),
        (b".d...p.....", b"sub/"),
        (NEW_FILE, b"sub/new"),
    ],
    "deletions_scan": [
        (GONE, b"stays/below/"),
        (GONE, b"stays/gone"),
        (GONE, b"deep/a/b/file"),
        (GONE, b"deep/a/b/"),
        (GONE, b"deep/a/"),
        (GONE, b"deep/file"),
        (GONE, b"deep/"),
        (GONE, b"gone"),
        (GONE, b"sub/gone"),
    ],
    "max_delete": [(GONE, b"stays/below/keep.bak")],
    "hard_links": [
        (b">f.st......", b"changed a"),
        (b"hf.st......", b"changed b"),
        (b"hf.s.......", b"joins", b"a kept"),
        (NEW_DIRECTORY, b"z/"),
        (NEW_FILE, b"z/file"),
        (NEW_FILE, b"z/new => c"),
        (b"hf+++++++++", b"z/new -> b", b"z/new => c"),
        (b"hf+++++++++", b"new\na", b"z/new => c"),
        (b"hf+++++++++", b"z/old", b"old"),
    ],
    "conflicts_scan": [
        (GONE, b"file/in the way"),
        (GONE, b"symlink/in the way"),
        (NEW_FILE, b"file"),
        (NEW_FILE, b"link"),
        (NEW_LINK, b"symlink", b"file"),
        (NEW_DIRECTORY, b"directory/"),
        (NEW_FILE, b"directory/inside"),
    ],
    "conflicts": [(NEW_FILE, b"link"), (NEW_DIRECTORY, b"directory/"), (NEW_FILE, b"directory/inside")],
    "link_dest": [
        (b"cd..t......", b"./"),
        (b">f.s.......", b"other"),
        (b"hf         ", b"same"),
        (b"cd         ", b"sub/"),
        (b"hf         ", b"sub/same"),
    ],
    "copy_dest": [
        (b"cd..t......", b"./"),
        (b">f.s.......", b"other"),
        (b"cf         ", b"same"),
        (b"cd         ", b"sub/"),
        (b"cf         ", b"sub/same"),
    ],
    "created": [(b".d..t......", b"./"), (NEW_FILE, b"file")],
    "dangling": [(NEW_FILE, b"file")],
    "missing_parent": [],
    "missing_source": [],
    "skipped": [(NEW_DIRECTORY, b"./"), (NEW_FILE, b"file")],
    "statistics": [
        (GONE, b"gone"),
        (b">f.st......", b"delta"),
        (b"cS+++++++++", b"fifo"),
        (NEW_LINK, b"link", b"new"),
        (NEW_FILE, b"new"),
        (b"cD+++++++++", b"null"),
        (NEW_DIRECTORY, b"sub/"),
        (NEW_FILE, b"sub/new"),
    ],
    "unreadable": [
        (b".d.....g...", b"./"),
        (NEW_FILE, b"open"),
        (NEW_DIRECTORY, b"listed only/"),
        (NEW_DIRECTORY, b"sub/"),
    ],
    "unwritable": [
        (b".d.....g...", b"./"),
        (b".f..t......", b"foreign"),
        (b".f..t......", b"closed/b"),
        (NEW_FILE, b"closed/file"),
        (NEW_DIRECTORY, b"closed/sub/"),
    ],
    "vanished": [(NEW_FILE, b"1 slow"), (NEW_FILE, b"3 there")],
    "vanished_in_list": [(NEW_FILE, b"there")],
}
CHANGES["deletions"] = [row for row in CHANGES["deletions_scan"] if row[1] != b"stays/below/"]


def row(change: Change) -> tuple[bytes, ...]:
    return (change.item, change.name + b"/" * change.directory, *([] if change.link is None else [change.link]))


@each_version
@pytest.mark.parametrize("case", CHANGES)
def test_changes(version: str, case: str) -> None:
    assert [row(change) for change in hear(version, case).changes] == CHANGES[case]


@each_version
@pytest.mark.parametrize("case", ["fresh", "carried"])
def test_hostile_names(version: str, case: str) -> None:
    files = [change for change in hear(version, case).changes if change.transfer]
    assert sorted(change.name for change in files) == sorted(trees.HOSTILE)
    assert {(change.item, change.size, change.directory, change.link) for change in files} == {
        (NEW_FILE, 7, False, None)
    }


@each_version
def test_hostile_links_and_directories(version: str) -> None:
    changes = [row(change) for change in hear(version, "fresh").changes if not change.transfer]
    assert changes == [
        (NEW_DIRECTORY, b"./"),
        (b"cS+++++++++", b"fifo"),
        (NEW_LINK, b"link -> to", b"tar//get\n => \xff"),
        (NEW_DIRECTORY, b"new\ndirectory -> x/"),
    ]


@each_version
def test_sizes_are_those_of_the_files(version: str) -> None:
    """Not the bytes that went over the line: the two numbers stand side by side."""
    sizes = {change.name: change.size for change in hear(version, "statistics").changes if change.transfer}
    assert sizes == {b"delta": 10240, b"new": 7, b"sub/new": 7}


@each_version
def test_permissions_are_those_that_a_name_is_to_have(version: str) -> None:
    modes = {change.name: change.mode for change in hear(version, "incremental").changes}
    assert (modes[b"mode"], modes[b"sub"]) == (b"rw-------", b"rwx------")


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (b"<f..t...... rw-r--r-- 0 7 a//", Change(b"<f..t......", 7, b"a", False, None, b"rw-r--r--")),
        (b".d          r-xr-sr-T 0 4096 a///", Change(b".d         ", 4096, b"a", True, None, b"r-xr-sr-T")),
        (b">f+++++++++ rw------- 0 0 \\#134#012//", Change(b">f+++++++++", 0, b"\\#012", False, None, b"rw-------")),
        (b"cL+++++++++ rwxrwxrwx 0 9 l// -> a//b", Change(b"cL+++++++++", 9, b"l", False, b"a//b", b"rwxrwxrwx")),
        (b"cL+++++++++ 0 9 l// -> x// -> y", Change(b"cL+++++++++", 9, b"l", False, b"x// -> y")),
        (b"hL+++++++++ 0 1 b// => a", Change(b"hL+++++++++", 1, b"b", False, b"a")),
        (b">f+++++++++ 0 99999999999999 big//", Change(b">f+++++++++", 99999999999999, b"big", False, None)),
        (b"*deleting   --------- 0 0 d///", Change(b"*deleting", 0, b"d", True, None, b"---------")),
        (b"cf????????? 0 7 a//", Change(b"cf?????????", 7, b"a", False, None)),  # to an rsync that is older
    ],
)
def test_change(line: bytes, change: Change) -> None:
    assert parse_change(line) == change


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b">f+++++++++ name",
        b">f+++++++++ -rw-r--r-- 0 7 name//",
        b">f+++++++++ rw-r--r 0 7 name//",
        b"deleting x",
        b"*deleting x//",
        b">f+++++++++ 0 name//",
        b">f+++++++++ 0 7 name/",
        b">x+++++++++ 0 7 name//",
        b" >f+++++++++ 0 7 name//",
        b"cannot delete non-empty directory: a//",
        b"created directory //",
    ],
)
def test_no_change(line: bytes) -> None:
    assert parse_change(line) is None


def test_format_has_what_is_read() -> None:
    """Item, permissions, bytes on the line, size and name, and what a link leads to (rsyncd.conf(5), log format)."""
    assert FORMAT.split() == ["%i", "%B", "%b", "%l", "%n//%L"]


# --- names


def escaped(name: bytes, behind: bytes = b"//", *, ascii_alone: bool = True) -> bytes:
    """Write a name as rsync does in the C locale, in a line that goes on behind it (log.c, filtered_fwrite).

    With --8-bit-output more than ASCII is plain.
    """
    line, done = name + behind, b""
    for place, byte in enumerate(name):
        three_digits = line[place + 2 : place + 5]
        literal = line[place : place + 2] == b"\\#" and len(three_digits) == 3 and three_digits.isdigit()
        plain = byte == 9 or (32 <= byte < (127 if ascii_alone else 256) and not literal)
        done += bytes((byte,)) if plain else b"\\#%03o" % byte
    return done


# Bytes, with many of those that mean something in a line.
NASTY = st.lists(
    st.one_of(st.binary(max_size=4), st.sampled_from([b"\\#012", b"\\#", b"\\", b"#0", b"12", b" -> ", b" "]))
)
BYTES = NASTY.map(b"".join).filter(lambda name: b"\0" not in name)
PATHS = BYTES.map(lambda path: b"/".join(filter(None, path.split(b"/")))).filter(bool)


@given(st.one_of(st.binary(), BYTES))
@example(b"literal \\#012")
@example(b"\\#134#012")
@example(b"\\#0123")
@example(b"\\#01\n")
@example(b"\\\n")
@example(b"\\#089")
@example(bytes(range(256)))
def test_decoding_gives_the_bytes_back(name: bytes) -> None:
    assert decode(escaped(name)) == decode(escaped(name, ascii_alone=False)) == name


@pytest.mark.parametrize(
    ("name", "printed"), [(b"new\nline", b"new\\#012line"), (b"a\\#012", b"a\\#134#012"), (b"\xff", b"\\#377")]
)
def test_the_model_of_escaping_is_that_of_the_recordings(name: bytes, printed: bytes) -> None:
    assert escaped(name) == printed
    for version in VERSIONS:
        for name in trees.HOSTILE:
            assert b" " + escaped(name) + b"//\n" in load(version, "fresh").out


CHANGE = st.builds(
    Change,
    item=st.sampled_from([NEW_FILE, b"<f.st......", NEW_LINK, b"hf         ", NEW_DIRECTORY, b".d..t......", GONE]),
    size=st.integers(0, 1 << 60),
    name=PATHS,
    directory=st.booleans(),
    link=st.one_of(st.none(), BYTES),
    mode=st.sampled_from([b"rwxr-xr-x", b"r-xr-xr-x", b"rwsr-Sr-t", b"---------"]),
).map(
    lambda change: change._replace(
        directory=change.item[1:2] == b"d" or (change.deletion and change.directory),
        size=0 if change.deletion else change.size,
        link=(change.link or b"x") if change.item[1:2] == b"L" else change.link if change.hard_link else None,
    )
)


def printed(change: Change) -> bytes:
    arrow = b" => " if change.hard_link else b" -> "
    link = b"" if change.link is None else arrow + escaped(change.link, b"")
    item = b"*deleting  " if change.deletion else change.item
    name = escaped(change.name, b"/" * change.directory + b"//")
    return b"%s %s 0 %d %s%s//%s" % (item, change.mode, change.size, name, b"/" * change.directory, link)


@given(CHANGE)
def test_any_change_is_read_back(change: Change) -> None:
    assert parse_change(printed(change)) == change


@given(st.data(), st.lists(st.one_of(CHANGE, st.sampled_from([b"created directory x", b"Number of files: 7", b""]))))
def test_any_cuts_of_the_stream_give_the_same(data: st.DataObject, entries: list[Change | bytes]) -> None:
    """Lines arrive whole, however the pipe cuts them, and in their order; the last one may lack its end."""
    stream = b"\n".join(entry if isinstance(entry, bytes) else printed(entry) for entry in entries)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    changes: list[Change] = []
    notes: list[bytes] = []
    report = Report(changes.append, notes.append)
    for start, end in zip([0, *cuts], [*cuts, len(stream)]):
        if start < end:
            report.read_output(stream[start:end])
    report.read_output(b"")
    assert changes == [entry for entry in entries if isinstance(entry, Change)]
    assert notes == [entry for entry in entries if entry == b"created directory x"]
    assert report.statistics == ({"Number of files": 7} if b"Number of files: 7" in entries else {})


@each_version
@pytest.mark.parametrize("case", sorted(name[:-4] for name in os.listdir(os.path.join(FOLDER, VERSIONS[0]))))
def test_byte_by_byte_gives_the_same(version: str, case: str) -> None:
    whole, bits, recording = hear(version, case), Report(), load(version, case)
    for feed, data in ((bits.read_output, recording.out), (bits.read_errors, recording.err)):
        for place in range(len(data)):
            feed(data[place : place + 1])
        feed(b"")
    for name in ("statistics", "vanished", "unnamed", "from_sender", "words"):
        assert getattr(bits, name) == getattr(whole.report, name)
    assert bits.notes.entries == whole.report.notes.entries
    assert bits.problems.entries == whole.report.problems.entries


# --- numbers


@each_version
def test_statistics(version: str) -> None:
    statistics = hear(version, "statistics").report.statistics
    assert (
        statistics.items()
        >= {
            "Number of files": 8,
            "Number of files reg": 3,
            "Number of files dir": 2,
            "Number of files link": 1,
            "Number of files dev": 1,
            "Number of files special": 1,
            "Number of created files": 6,
            "Number of deleted files": 1,
            "Number of deleted files reg": 1,
            "Number of regular files transferred": 3,
            "Total file size": 10257,
            "Total transferred file size": 10254,
            "Literal data": 270,
            "Matched data": 9984,
            "Total bytes sent": 100,
            "Total bytes received": 100,
        }.items()
    )


@pytest.mark.parametrize(
    "line", [b"sent 100 bytes  received 5 bytes", b"File list generation time: 0.001 seconds", b"note: 5", b"A: b", b""]
)
def test_no_statistic(line: bytes) -> None:
    assert parse_statistic(line) == {}


def test_first_word_is_when_stdout_began() -> None:
    now = [10.0]
    report = Report(clock=lambda: now[0])
    report.read_errors(b"a warning of ssh\n")
    assert report.first_word is None
    for now[0], data in ((12.5, b"x"), (20.0, b"y\n"), (21.0, b"")):
        report.read_output(data)
    assert report.first_word == 2.5


def test_others_listen_from_then_on() -> None:
    """What is said before that is no news, and the seconds of waiting do not count."""
    now = [10.0]
    heard: list[list[t.Any]] = [[], [], [], []]
    report = Report(heard[0].append, heard[1].append, clock=lambda: now[0])
    line = printed(Change(NEW_FILE, 7, b"a", False, None, b"rw-r--r--"))
    now[0] = 40.0
    report.listen(heard[2].append, heard[3].append)
    now[0] = 42.5
    report.read_output(line + b"\na note\n")
    assert [len(entries) for entries in heard] == [0, 0, 1, 1]
    assert report.first_word == 2.5


def test_a_line_that_is_cut_where_others_begin_to_listen() -> None:
    notes: list[bytes] = []
    report = Report()
    report.read_output(b"early\nla")
    report.listen(None, notes.append)
    report.read_output(b"te\n")
    assert notes == [b"late"] and report.notes.entries == ["early", "late"]


# --- messages

NOTES = {
    "deletions_scan": ["cannot delete non-empty directory: stays/below", "cannot delete non-empty directory: stays"],
    "created": ["created 3 directories for /above/it/dst"],
    "skipped": ["created directory /dst", 'skipping non-regular file "fi\\#012fo"', 'skipping non-regular file "link"'],
    "dangling": ["IO error encountered -- skipping file deletion"],
    "conflicts": ["cannot delete non-empty directory: file", "cannot delete non-empty directory: symlink"],
    "incremental": [],
    "statistics": [],
}


@each_version
@pytest.mark.parametrize("case", NOTES)
def test_notes(version: str, case: str) -> None:
    heard = hear(version, case)
    expected = [note for note in NOTES[case] if version != "3.2.3" or not note.startswith("created ")]
    assert heard.report.notes.entries == expected
    assert [note.decode() for note in heard.notes] == expected


def test_what_is_said_of_every_unsafe_link_is_no_note() -> None:
    """An rsync that is asked to name the directory that it makes names them, too."""
    report = Report()
    report.read_output(b'ignoring unsafe symlink "a" -> "/b"\n')
    assert report.notes.entries == []


def test_what_is_removed_from_the_source_is_counted_and_no_note() -> None:
    report = Report()
    report.read_output(b"sender removed a\nsender removed b/c\n")
    assert (report.removed, report.notes.entries) == (2, [])


@each_version
def test_the_line_about_vanished_names_is_no_note(version: str) -> None:
    assert hear(version, "vanished").report.notes.entries == []


@pytest.mark.parametrize("line", ["Warning: Permanently added 'far' to the list of known hosts.", "a banner"])
def test_what_ssh_says_is_noted(line: str) -> None:
    report = Report()
    report.read_errors(line.encode() + b"\n")
    assert (report.notes.entries, report.unnamed) == ([line], 0)


DENIED = "Permission denied (13)"
NOT_PERMITTED = "Operation not permitted (1)"

PROBLEMS = {
    "conflicts": [
        (b"file", "could not make way for new regular file", False, False),
        (b"symlink", "could not make way for new symlink", False, False),
    ],
    "missing_source": [(b"/src/nothing here", "change_dir: No such file or directory (2)", False, True)],
    "missing_parent": [(b"/above/dst", "mkdir: No such file or directory (2)", False, False)],
    "full": [(b"/dst/large", "write failed on: No space left on device (28)", False, False)],
    "vanished": [(b"/src/2 gone", "vanished", True, True)],
    "vanished_in_list": [
        (b"/src/" + name, "link_stat: No such file or directory (2)", True, True)
        for name in (b"gone", b"sub/gone", b"go\nne")
    ],
    "dangling": [(b"/src/dang\nling", "symlink has no referent", False, True)],
    "incremental": [],
}


@each_version
@pytest.mark.parametrize("case", PROBLEMS)
def test_problems(version: str, case: str) -> None:
    assert hear(version, case).report.problems.entries == [Problem(*problem) for problem in PROBLEMS[case]]


def reasons(version: str, case: str) -> dict[bytes | None, str]:
    return {problem.path: problem.reason for problem in hear(version, case).report.problems.entries}


@each_version
def test_problems_of_the_sender(version: str) -> None:
    report = hear(version, "unreadable").report
    assert report.problems.total == report.from_sender > 0
    assert (
        reasons(version, "unreadable").items()
        >= {
            b"/src/sub": "opendir: " + DENIED,
            b"/src/locked": "send_files failed to open: " + DENIED,
            b"/src/new\nlocked": "send_files failed to open: " + DENIED,
        }.items()
    )


@each_version
def test_problems_of_the_receiver(version: str) -> None:
    report = hear(version, "unwritable").report
    assert report.from_sender == report.vanished == 0
    assert (
        reasons(version, "unwritable").items()
        >= {
            b"/dst/foreign": "failed to set times on: " + NOT_PERMITTED,
            b"/dst/closed/b": "failed to set times on: " + NOT_PERMITTED,
            b"/dst/closed/link": "symlink: " + DENIED,
            b"/dst/closed/sub": "recv_generator: mkdir: " + DENIED,
            b"/dst/closed/file": "mkstemp: " + DENIED,  # named as the temporary file
        }.items()
    )


OF_SENDER = b'rsync: [sender] opendir "/s/a" failed: Permission denied (13)\n'
OF_RECEIVER = b'rsync: [receiver] mkstemp "/d/.a.AbC123" failed: Permission denied (13)\n'
OF_ANY = b"rsync: something without a name\n"
SUMMARY = b"rsync error: some files/attrs were not transferred (see previous errors) (code 23)\n"


@pytest.mark.parametrize(
    ("words", "by_receiver"),
    [
        (b"", False),
        (SUMMARY, False),
        (OF_SENDER + SUMMARY, False),
        (OF_RECEIVER + SUMMARY, True),
        (OF_SENDER + OF_RECEIVER, True),
        (OF_SENDER + OF_ANY, True),  # it does not say from which end
    ],
)
def test_errors_that_may_be_those_of_the_receiver(words: bytes, by_receiver: bool) -> None:
    report = Report()
    report.read_errors(words)
    assert report.by_receiver == by_receiver


@each_version
def test_a_source_that_is_named_like_a_temporary_file(version: str) -> None:
    assert b"/src/.bashrc.backup" in reasons(version, "unreadable")


def test_a_name_at_the_destination_that_is_like_that_of_a_temporary_file() -> None:
    line = b'rsync: [generator] failed to set times on "/d/.bashrc.backup": Operation not permitted (1)'
    assert parse_problem(line) == Problem(b"/d/.bashrc.backup", "failed to set times on: " + NOT_PERMITTED)


@each_version
def test_an_attribute_that_cannot_be_set(version: str) -> None:
    assert list(reasons(version, "no_attributes")) == [b"/dst/file"]


def test_a_name_that_the_user_gave_has_not_vanished() -> None:
    line = b'rsync: [sender] link_stat "/s/x" failed: No such file or directory (2)'
    assert [parse_problem(line, listed=listed).vanished for listed in (True, False)] == [True, False]


@pytest.mark.parametrize(
    ("case", "version", "path"),
    [
        ("unwritable", "3.5.0", b"/dst/closed/c"),  # link "..." => ...
        ("unwritable", "3.5.0", b"closed/gone"),  # delete_file: unlink(...)
        ("unreadable", "3.2.7", b"/src/listed only/inside"),  # readlink_stat("...")
        ("vanished_at_daemon", "3.5.0", b"2 gone"),  # file has vanished: "..." (in module)
    ],
)
def test_problems_that_are_said_otherwise(version: str, case: str, path: bytes) -> None:
    assert path in reasons(version, case)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'directory has vanished: "/s/d"', (b"/s/d", "vanished", True, True)),
        (b'file has vanished: "/s/x" y"', (b'/s/x" y', "vanished", True, True)),
        (
            b'rsync: [receiver] rename "/d/.a b.AbC123" -> "a b": Permission denied (13)',
            (b"a b", "rename: " + DENIED, False, False),
        ),
        (
            b'rsync: [receiver] mkstemp "/tmp/a b.AbC123" failed: Permission denied (13)',  # in a temp_dir
            (b"/tmp/a b", "mkstemp: " + DENIED, False, False),
        ),
        (
            b'rsync: send_files failed to open "/m/x" (in tree): Permission denied (13)',
            (b"/m/x", "send_files failed to open: " + DENIED, False, True),
        ),
        (
            b"ERROR: a/b failed verification -- update discarded.",
            (b"a/b", "failed verification: update discarded.", False, False),
        ),
        (b"rsync: [sender] write error: Broken pipe (32)", None),
        (
            b"ERROR: Skipping sender remove for changed file: sub/a b",
            (b"sub/a b", "Skipping sender remove for changed file", False, True),
        ),
        (b"rsync error: some files/attrs were not transferred (see previous errors) (code 23)", None),
        (b"*** Skipping any contents from this failed directory ***", None),
        (b"Warning: Permanently added 'h' to the list of known hosts.", None),
    ],
)
def test_problem(line: bytes, problem: tuple[t.Any, ...] | None) -> None:
    assert parse_problem(line) == (problem and Problem(*problem))


VERDICTS = {
    "fresh": Verdict.DONE,
    "unreadable": Verdict.PARTIAL,
    "unwritable": Verdict.PARTIAL,
    "dangling": Verdict.PARTIAL,
    "conflicts": Verdict.PARTIAL,
    "missing_source": Verdict.PARTIAL,
    "vanished": Verdict.VANISHED,
    "vanished_at_daemon": Verdict.VANISHED,
    "vanished_in_list": Verdict.VANISHED,  # rsync ends with 23 there
    "max_delete": Verdict.LIMIT,
    "full": Verdict.FATAL,
    "missing_parent": Verdict.FATAL,
    "dest_is_a_file": Verdict.FATAL,
    "remote_without_rsync": Verdict.FATAL,
    "remote_says_hello": Verdict.FATAL,
    "daemon_refuses_password": Verdict.FATAL,
    "daemon_without_module": Verdict.FATAL,
    "daemon_is_read_only": Verdict.FATAL,
    "daemon_is_not_there": Verdict.RETRY,
}


# rsyserr() of rsync 3.1 names no role; the words behind it are those of rsync 3.2.
WITHOUT_ROLE = [
    (b'link_stat "/s/gone" failed: No such file or directory (2)', b"/s/gone", True, True),
    (b'send_files failed to open "/s/a": Permission denied (13)', b"/s/a", False, True),
    (b'send_files failed to open "/m/a" (in tree): No such file or directory (2)', b"/m/a", True, True),
    (b'change_dir "/s" failed: No such file or directory (2)', b"/s", False, True),
    (b'change_dir#3 "/d" failed: Permission denied (13)', b"/d", False, False),
    (b'opendir "/s/sub" failed: Permission denied (13)', b"/s/sub", False, False),
    (b'readlink_stat("/s/a") failed: Permission denied (13)', b"/s/a", False, False),
    (b'mkstemp "/d/.a b.AbC123" failed: Permission denied (13)', b"/d/a b", False, False),
    (b'rename "/d/.a.AbC123" -> "a": Permission denied (13)', b"a", False, False),
    (b'write failed on "/d/large": No space left on device (28)', b"/d/large", False, False),
    (b'recv_generator: mkdir "/d/sub" failed: Permission denied (13)', b"/d/sub", False, False),
    (b'symlink "/d/link" -> "target" failed: Permission denied (13)', b"/d/link", False, False),
    (b'link "/d/c" => b failed: Operation not permitted (1)', b"/d/c", False, False),
    (b'failed to set times on "/d/.bashrc.backup": Operation not permitted (1)', b"/d/.bashrc.backup", False, False),
    (b"delete_file: unlink(sub/a) failed: Permission denied (13)", b"sub/a", False, False),
    (b"sender failed to remove sub/a: b\\#012: Permission denied (13)", b"sub/a: b\n", False, True),
    (b"sender failed to re-lstat sub/a: No such file or directory (2)", b"sub/a", False, True),
]


@pytest.mark.parametrize(("words", "path", "vanished", "from_sender"), WITHOUT_ROLE)
def test_which_end_speaks_where_rsync_does_not_say(
    words: bytes, path: bytes, vanished: bool, from_sender: bool
) -> None:
    problem = parse_problem(b"rsync: " + words)
    assert problem is not None
    assert (problem.path, problem.vanished, problem.from_sender) == (path, vanished, from_sender)


@pytest.mark.parametrize(("words", "role"), [(row[0], b"sender" if row[3] else b"generator") for row in WITHOUT_ROLE])
def test_the_reason_is_the_same_with_a_role(words: bytes, role: bytes) -> None:
    without, spoken = parse_problem(b"rsync: " + words), parse_problem(b"rsync: [%s] " % role + words)
    assert without is not None and spoken is not None
    assert (without.reason, without.vanished, without.from_sender) == (
        spoken.reason,
        spoken.vanished,
        spoken.from_sender,
    )


@each_version
@pytest.mark.parametrize("case", VERDICTS)
def test_verdict(version: str, case: str) -> None:
    assert hear(version, case).report.verdict is VERDICTS[case]


@pytest.mark.parametrize(
    "words",
    [
        b'file has vanished: "/s/a"\nrsync: [sender] send_files failed to open "/s/b": Permission denied (13)\n',
        b'file has vanished: "/s/a"\nrsync: something without a name\n',
        b"",
    ],
    ids=["another name", "no name", "nothing"],
)
def test_not_only_vanished(words: bytes) -> None:
    report = Report()
    report.code = 23
    report.read_errors(words)
    assert report.verdict is Verdict.PARTIAL


def test_memory_is_bounded() -> None:
    report = Report()
    for number in range(5000):
        report.read_errors(b'rsync: [sender] opendir "/s/%d" failed: Permission denied (13)\n' % number)
        report.read_output(b"a note\n")
    assert (report.problems.total, report.from_sender, report.notes.total) == (5000, 5000, 5000)
    assert len(report.problems.entries) == len(report.notes.entries) == 1000
    assert report.words[-1].endswith(b'"/s/4999" failed: Permission denied (13)')
    assert len(report.words) == 20


def test_last_words_leave_out_what_only_repeats_the_code() -> None:
    heard = hear("3.5.0", "missing_source")
    assert heard.report.last_words == (
        'rsync: [sender] change_dir "/src/nothing here" failed: No such file or directory (2)'
    )
    report = Report()
    report.read_errors(b"rsync error: unexplained error (code 255) at io.c(228) [sender]\n")
    assert report.last_words.startswith("rsync error: unexplained")
