# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The options of one rsync command line as values: read from words, changed one by one, asked by name."""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table

# rsync, too, tells the recursion of -a from that of -r: --files-from takes only the first one back.
BY_ARCHIVE = "archive"

# Of these the last one counts.
_RIVALS = {"super": "fake-super", "fake-super": "super"}

# What a map asks for; without that, because a later word took it back, the map does nothing (options.c).
_MAPS = {"usermap": "owner", "groupmap": "group"}


class Settings:
    """What an rsync command line asks for.

    Attributes:
        values: By the option's name: True or False for a switch, a number for a counted one, text for a value,
            a list of texts for a repeated one.
        filters: ``(option name, text)`` in the order given, which matters to rsync.
    """

    def __init__(self) -> None:
        self.values: dict[str, t.Any] = {}
        self.filters: list[tuple[str, str]] = []

    def __getitem__(self, name: str) -> t.Any:
        """The value of an option; None where nobody asked for it."""
        return self.values.get(name)

    def on(self, *names: str) -> bool:
        """Say whether one of the options is asked for."""
        return any(self.values.get(name) not in (None, False, 0, []) for name in names)

    @property
    def sends_again(self) -> bool:
        """rsync that runs once more takes each file that has arrived for one that differs.

        Content comes before size, and size before times (quick_check_ok in generator.c).
        """
        return not self.on("checksum", "size-only") and (self.on("ignore-times") or not self.on("times"))

    @property
    def backs_up_again(self) -> bool:
        """Then it also takes what has arrived for what was there before."""
        return self.sends_again and self.on("backup", "backup-dir")

    @property
    def sends_all_again(self) -> bool:
        """One rsync over the whole tree then sends all that lanes have sent: nothing else makes it pass over that."""
        passes_over = self.backs_up_again or self.on("update", "ignore-existing", "append", "append-verify")
        return self.sends_again and not passes_over

    @property
    def suffixes_backups(self) -> bool:
        """Backups stay beside the files."""
        return self.on("backup") and not self["backup-dir"]

    @property
    def suffix(self) -> str:
        """What stands behind the names of such backups (rsync(1), --suffix)."""
        return t.cast("str", self["suffix"] or "~")

    @property
    def leaves_halves(self) -> bool:
        """rsync that breaks off leaves a file half written under its name."""
        return self.dates_halves or (self.on("partial") and not self.on("partial-dir"))

    @property
    def dates_halves(self) -> bool:
        """Then that file looks new: only one of ``--partial`` has an old time."""
        return self._writes_in_place or self._copies_in_place

    @property
    def shares_parts(self) -> bool:
        """Files of one name in several directories have one place for their parts, in which rsync writes on."""
        place = self["partial-dir"] or ""
        return place.startswith("/") or ".." in place.split("/")

    @property
    def renames_halves(self) -> bool:
        """It does so by giving what it has of the file that name, whatever has it by then."""
        return self.on("partial") and not (self._writes_in_place or self.on("partial-dir", "delay-updates"))

    @property
    def _writes_in_place(self) -> bool:
        return self.on("inplace", "append", "append-verify", "write-devices")

    @property
    def writes_through(self) -> bool:
        """rsync that runs once more, where a file at the source has changed meanwhile, writes to what it has linked."""
        return self._writes_in_place and self.on("link-dest")

    @property
    def _copies_in_place(self) -> bool:
        """A temporary directory may be on another file system: a file is copied from there to its name, unless there is
        a place beside it for its part (finish_transfer() in rsync.c)."""
        parts = self["partial-dir"] or ""
        beside = (parts and not parts.startswith("/")) or self.on("delay-updates")
        return self.on("temp-dir") and not self._writes_in_place and not beside

    @property
    def backs_up_halves(self) -> bool:
        """rsync that runs once more takes such a file for what was there before."""
        return self.leaves_halves and self.on("backup", "backup-dir")

    @property
    def passes_over_halves(self) -> bool:
        """Then it takes such a file for one that is there, or newer."""
        return (self.leaves_halves and self.on("ignore-existing")) or (self.dates_halves and self.on("update"))

    @property
    def repeats_whole(self) -> bool:
        """rsync over the whole tree that has broken off may be started once more."""
        return not (self.backs_up_halves or self.passes_over_halves or self.writes_through)

    def apply(self, row: table.Option, value: t.Any = True) -> None:
        """Set one option, as a later word on a command line would.

        Raises:
            RequestError: Owners or groups are mapped twice.
        """
        if row.name == "archive":
            if not (value and self.values.get("recursive")):  # what -r asks for stays
                self.values["recursive"] = BY_ARCHIVE if value else False
            for name in table.ARCHIVE:
                self.values[name] = value
        elif row.name == "D":
            self.values["devices"] = self.values["specials"] = value
        elif row.name == "F":
            count = self.values["F"] = (self.values.get("F") or 0) + 1
            if count <= 2:
                self.filters.append(("filter", ": /.rsync-filter" if count == 1 else "- .rsync-filter"))
        elif row.name == "chown":
            user, _colon, group = value.partition(":")
            for name, text in (("usermap", user), ("groupmap", group)):
                if text:
                    self._map(name, "*:" + text)
        elif row.name in _MAPS:
            self._map(row.name, value)
        elif value and row.name in _RIVALS:
            self.values.update({row.name: value, _RIVALS[row.name]: None})
        elif row.kind == table.FILTER:
            self.filters.append((row.name, value))
        elif row.kind == table.LIST:
            self.values.setdefault(row.name, []).append(value)
        elif row.kind == table.COUNT:
            self.values[row.name] = (self.values.get(row.name) or 0) + 1 if value else 0
        else:
            self.values[row.name] = value
            if row.name == "acls" and value:
                self.values["perms"] = True

    def _map(self, name: str, text: str) -> None:
        if self.values.get(name):
            raise RequestError(f"{name}: rsync takes one, and chown is one, too; leave the others out")
        self.values.update({name: text, _MAPS[name]: True})

    def parse(self, words: t.Sequence[str]) -> None:
        """Read words of a command line as rsync itself would.

        Raises:
            RequestError: An option is unknown, refused, lacks its value, or a word is no option at all.
        """
        rest = iter(words)
        for word in rest:
            if word.startswith("--") and len(word) > 2:
                self._parse_long(word, rest)
            elif word.startswith("-") and len(word) > 1 and word != "--":
                self._parse_short(word, rest)
            else:
                raise RequestError(f"rsync_opts: {word!r} is no option; sources and destination go into src and dest")

    def _parse_long(self, word: str, rest: t.Iterator[str]) -> None:
        name, equals, value = word[2:].partition("=")
        found = table.find(name)
        if found is None:
            _check_word(word)
            raise RequestError(f"rsync_opts: rsync has no option --{name}")
        row, on = found
        _check(row, "--" + name)
        if not row.takes_value or not on:
            if equals:
                raise RequestError(f"rsync_opts: --{name} takes no value, but got {value!r}")
            self.apply(row, on) if not row.takes_value else self.values.pop(row.name, None)
        else:
            self.apply(row, value if equals else _next(rest, "--" + name))

    def _parse_short(self, word: str, rest: t.Iterator[str]) -> None:
        letters = word[1:]
        for place, letter in enumerate(letters, 1):
            row = table.BY_SHORT.get(letter)
            if row is None:
                _check_word(word)
                raise RequestError(f"rsync_opts: rsync has no option -{letter} (in {word!r})")
            _check(row, "-" + letter)
            if row.takes_value:
                value = letters[place:]
                self.apply(row, (value[1:] if value[:1] == "=" else value) if value else _next(rest, "-" + letter))
                return
            self.apply(row)

    def words(self, letter: str, known: t.Container[str], *, without: t.Container[str] = ()) -> list[str]:
        """Give the words for one pass, see table.py.

        Args:
            letter: The pass.
            known: The options that the rsync at hand has.
            without: Names of options to leave out.

        Raises:
            RequestError: An option is asked for that this rsync does not have.
        """
        words: list[str] = []
        implied = ("relative", "dirs") if self.on("files-from") else ()
        for row in table.OPTIONS:
            value = self.values.get(row.name)
            if value is None or row.name in without or row.kind == table.FILTER or not row.passes:
                continue
            if row.name in _MAPS and not self.on(_MAPS[row.name]):
                continue
            if letter in row.passes or letter == "w":
                words += _words(row, value, known, on=row.default_on or row.name in implied)
        if self.on("acls") and not self.on("perms"):
            words.append("--no-perms")  # what --acls implies was taken back behind it
        return words


def _words(row: table.Option, value: t.Any, known: t.Container[str], *, on: bool) -> list[str]:
    """Say one option; what rsync has ``on`` by itself must be said to switch it off."""
    if not value and row.kind != table.VALUE and not on:
        return []
    name = next((name for name in (row.name, *row.aliases) if name in known), None)
    if name is None:
        option = row.option or "rsync_opts"
        raise RequestError(f"{option}: this rsync has no option --{row.name}; install a newer one or leave it out")
    if row.kind == table.VALUE:
        return [f"--{name}={value}"]
    if row.kind == table.LIST:
        return [f"--{name}={item}" for item in value]
    if row.kind == table.COUNT:
        return ["--" + name] * value
    return ["--" + name if value else "--no-" + name]


def _check(row: table.Option, word: str) -> None:
    if row.refused:
        raise RequestError(f"rsync_opts: {word} cannot be used: {row.refused}")


def _check_word(word: str) -> None:
    if " " in word:
        raise RequestError(f"rsync_opts: {word!r} holds a space: give a list, each word of the command line by itself")


def _next(rest: t.Iterator[str], word: str) -> str:
    value = next(rest, None)
    if value is None:
        raise RequestError(f"rsync_opts: {word} needs a value")
    return value


__all__ = ("BY_ARCHIVE", "Settings")
