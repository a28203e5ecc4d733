# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The table against the help of real rsyncs, and against their parsers."""

from __future__ import annotations

import collections
import os
import re
import subprocess
import tempfile
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.settings import Settings

from tests.unit.real import PROGRAMS, find, recorded, script
from tests.unit.recordings import VERSIONS, load


class Listed(t.NamedTuple):
    """One line of ``rsync --help``: names as they are written, and whether they take a value."""

    names: tuple[str, ...]
    takes_value: bool


def _help(path: str) -> str:
    return subprocess.run([path, "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()


HELPS = {"recorded " + version: load(version, "help").out.decode() for version in VERSIONS}
HELPS.update({f"installed {find(path).version}": _help(path) for path in PROGRAMS})
each_help = pytest.mark.parametrize("text", HELPS.values(), ids=HELPS)
each_program = pytest.mark.parametrize("path", PROGRAMS, ids=[find(path).version for path in PROGRAMS])

# -h means help only when it stands alone, and --no-OPTION stands for many.
SPECIAL = {"--no-OPTION", "--help"}


def listed(text: str) -> list[Listed]:
    """Read the list of options of a help."""
    lines = []
    for line in text.partition("\nOptions\n")[2].splitlines():
        head, _gap, description = line.partition("  ")
        if not head.startswith("-"):
            continue
        names = re.findall(r"(?<!\S)--?[\w@][\w-]*", head) + re.findall(r"\(aka (--\w+)\)", description)
        if names[0] not in SPECIAL:
            lines.append(Listed(tuple(names), "=" in head))
    return lines


def look_up(name: str) -> tuple[table.Option, bool] | None:
    if name.startswith("--"):
        return table.find(name[2:])
    row = table.BY_SHORT.get(name[1:])
    return (row, True) if row else None


def accepts(path: str, *words: str) -> bool:
    """Say whether an rsync can read the words of a command line; some make it write a file."""
    with tempfile.TemporaryDirectory() as folder:
        return not subprocess.run([path, *words, "--version"], capture_output=True, cwd=folder, check=False).returncode


@each_help
def test_help_is_read(text: str) -> None:
    """The other tests walk all of it: every line that starts with a dash, in the list of options."""
    lines = listed(text)
    names = {name for line in lines for name in line.names}
    assert len(lines) >= 138
    assert {"--archive", "-a", "--no-motd", "-F", "-P", "--zl", "-@", "--rsh", "-e", "--8-bit-output"} <= names


@each_help
def test_every_option_is_known(text: str) -> None:
    unknown = [name for line in listed(text) for name in line.names if look_up(name) is None]
    assert not unknown


@each_help
def test_what_means_the_same_is_one_row(text: str) -> None:
    for line in listed(text):
        rows = {look_up(name)[0] for name in line.names}
        assert len(rows) == 1 or all(row.refused for row in rows), line


@each_help
def test_what_takes_a_value_is_known(text: str) -> None:
    wrong = [line for line in listed(text) if look_up(line.names[0])[0].takes_value != line.takes_value]
    assert not wrong


@each_help
def test_negated_forms_switch_off(text: str) -> None:
    negated = {name: look_up(name) for line in listed(text) for name in line.names if name.startswith("--no-")}
    assert negated
    assert not [name for name, found in negated.items() if found[1]]


@each_help
def test_archive_stands_for_what_the_help_says(text: str) -> None:
    letters = re.search(r"archive mode is -(\w+) \(no (.*)\)", text)
    archive, spelled, left_out = Settings(), Settings(), letters[2].replace(",-", "")
    archive.parse(["-a"])
    spelled.parse(["-" + letters[1]])
    assert {name for name, value in archive.values.items() if value} == set(spelled.values)
    assert not archive.on(*(table.BY_SHORT[letter].name for letter in left_out.lstrip("-")))


def test_nothing_is_named_twice() -> None:
    names = [name for row in table.OPTIONS for name in (row.name, *row.aliases)]
    letters = [row.short for row in table.OPTIONS if row.short]
    options = [row.option for row in table.OPTIONS if row.option]
    for found in (names, letters, options):
        assert not [name for name, count in collections.Counter(found).items() if count > 1]


def test_passes_are_those_that_there_are() -> None:
    assert {letter for row in table.OPTIONS for letter in row.passes} == set("stldmw")


def test_what_is_refused_is_never_given() -> None:
    assert not [row.name for row in table.OPTIONS if row.refused and (row.passes or row.option or row.default_on)]


# Values that rsync looks at while it reads its command line.
VALUES = {"filter": "P x", "include-from": os.devnull, "exclude-from": os.devnull, "remote-option": "--x"}
GIVEN = [row for row in table.OPTIONS if not row.refused]


@each_program
def test_rsync_reads_what_it_is_given(path: str) -> None:
    """Each option that this rsync has is there, and takes a value where the table says so."""
    has = find(path).options
    wrong = []
    for row in GIVEN:
        value = "=" + VALUES.get(row.name, "1") if row.takes_value else ""
        for name in {row.name, *row.aliases} & has - {"D"}:
            if not accepts(path, f"--{name}{value}") or (row.takes_value and accepts(path, "--" + name)):
                wrong.append(name)
    assert wrong in ([], ["crtimes"])  # not every system has such times


@each_program
def test_rsync_can_switch_off_what_must_be_said(path: str) -> None:
    has = find(path).options
    names = [name for row in GIVEN if row.default_on for name in (row.name, *row.aliases) if name in has]
    assert names
    assert not [name for name in names if not accepts(path, "--no-" + name)]


@each_program
def test_letters_take_values_as_rsync_reads_them(path: str) -> None:
    """What follows the letter of a switch is another letter, and there is no ``-1`` and no ``-P x``."""
    taking = {
        letter for letter, row in table.BY_SHORT.items() if accepts(path, f"-{letter}" + VALUES.get(row.name, "1"))
    }
    assert taking == {letter for letter, row in table.BY_SHORT.items() if row.takes_value}


@pytest.mark.parametrize(
    ("word", "name", "on"),
    [
        ("perms", "perms", True),
        ("no-perms", "perms", False),
        ("no-p", "perms", False),
        ("no-D", "D", False),
        ("del", "delete-during", True),
        ("ignore-non-existing", "existing", True),
        ("no-i-r", "inc-recursive", False),
        ("i-d", "implied-dirs", True),
        ("no-i-d", "implied-dirs", False),
        ("protect-args", "secluded-args", True),
        ("no-motd", "motd", False),
        ("no-W", "whole-file", False),
    ],
)
def test_find(word: str, name: str, on: bool) -> None:
    assert table.find(word) == (table.BY_NAME[name], on)


@pytest.mark.parametrize("word", ["", "p", "D", "F", "no-", "nonsense", "no-nonsense", "perm", "Perms", "no-no-perms"])
def test_find_knows_no_more(word: str) -> None:
    assert table.find(word) is None


@each_program
def test_negated_forms_are_those_of_rsync(path: str) -> None:
    """rsync takes --no- for some options only; a word that it would not know is refused, not ignored."""
    names = {name for row in table.OPTIONS for name in (row.name, *row.aliases)}
    found = {name for name in names if table.find("no-" + name)}
    assert accepts(path, *("--no-" + name for name in found & find(path).options))
    assert not [name for name in names - found if accepts(path, "--no-" + name)]


def told_by(path: str, way: str, *words: str) -> list[str]:
    """The options that an rsync gives the far one."""
    with tempfile.TemporaryDirectory() as folder:
        shell = script(folder, 'printf "%s\\0" "$@" >&2\n')
        ends = ["far:x", folder] if way == table.PULL else [folder, "far:x"]
        said = (
            subprocess.run([path, "-e", shell, *words, *ends], capture_output=True, check=False)
            .stderr.decode()
            .split("\0")
        )
    return said[said.index("--server") : said.index(".")] if "--server" in said else []


def _letters(told: list[str]) -> set[str]:
    """The short options of one word, up to the e that stands for what the client can do."""
    return {letter for word in told if re.match("-[^-]", word) for letter in word[1:].partition("e.")[0]}


# Values that rsync passes on as they are.
CHOSEN = {"checksum-choice": "md5", "compress-choice": "lz4", "max-alloc": "2G"}


@each_program
@pytest.mark.parametrize("way", [table.PUSH, table.PULL])
def test_the_far_rsync_is_told_what_the_table_says(path: str, way: str) -> None:
    """Looked at are the options with a version, and those that rsync 3.2.3 does not have."""
    usual = told_by(path, way)
    wrong = []
    for row in GIVEN:
        known_long = {row.name, *row.aliases} & recorded("3.2.3").options
        if row.name not in find(path).options or (known_long and not row.since):
            continue
        told = told_by(path, way, f"--{row.name}" + ("=" + CHOSEN.get(row.name, "1") if row.takes_value else ""))
        words = {word.partition("=")[0] for word in told}
        says = "--" + row.name in words or _letters(told) - _letters(usual) == {row.short}
        if told and says != (way in row.told):
            wrong.append(row.name)
        for value in row.untold:
            assert not [word for word in told_by(path, way, f"--{row.name}={value}") if row.name in word]
    assert not wrong


def test_what_is_told_has_a_version() -> None:
    assert [row for row in table.OPTIONS if row.told]
    assert not [row.name for row in table.OPTIONS if bool(row.told) != bool(row.since)]
