# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

r"""Read what rsync prints. Pure: bytes in, values out; no process is needed to test it.

No path that rsync prints holds two slashes in a row, so ``//`` ends the name; a directory prints its own slash first.
In the C locale bytes that do not print, with ``--8-bit-output`` control characters alone, come as ``\#ooo``, and so
does the backslash of a literal ``\#ooo``: decoding gives the exact bytes back.
"""

from __future__ import annotations

import re
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._model import Change, Files, Listing, Problem, legible
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.blocks import decode, read_block
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import FULL, Verdict, classify

# With %b rsync prints the line of a file when its data has gone, not before (rsync(1), --out-format).
FORMAT = "%i %B %b %l %n//%L"

MESSAGES_KEPT = 1000
LAST_WORDS = 20

_CHANGE = re.compile(
    rb"([<>ch.][fdLDS].{9}|\*deleting  ) (?:([-rwxSsTt]{9}) )?\d+ (\d+) (.*?)//(/?)(?: (?:->|=>) (.*))?"
)
_STATISTIC = re.compile(rb"([A-Z][A-Za-z ]+): (\d+)(?: bytes)?(?: \((.*)\))?")
_COUNT = re.compile(rb"(\w+): (\d+)")
_CHATTER = re.compile(
    rb"sent \d+ bytes  received |total size is \d|File list \w+ time: |sending |receiving |ignoring unsafe |done$|$"
    rb"|total: matches="
)

_REMOVED = b"sender removed "

_VANISHED = re.compile(rb'(?:file|directory) has vanished: "(.*)"(?: \(in [^)]*\))?')
_MESSAGE = re.compile(
    rb'rsync: (?:\[(\w+)\] )?([^"]*?)\(?"(.*)"\)?(?: => .*?)?'
    rb"(?: \(in [^)]*\))?(?: \(from .*?\))?(?: failed)?(?:: (.*))?"
)
_DELETION = re.compile(rb"rsync: (?:\[(\w+)\] )?(delete_file: \w+)\((.*)\) failed(?:: (.*))?")
_UNREMOVED = re.compile(rb"rsync: (?:\[(\w+)\] )?(sender failed to [\w-]+) (.*): ([^:]*)")
_SKIPPED = re.compile(rb"ERROR: (Skipping sender remove (?:for changed|of destination) file): (.*)")
_VERIFICATION = re.compile(rb"ERROR: (.*) failed verification -- (.*)")
_BLOCKED = re.compile(rb"could not make way for [^:]*: (.*)")
_UNFIT = re.compile(
    rb"(symlink has no referent|skipping symlink with 0-length value|skipping overly long name"
    rb"|temporary filename too long|\[\w+\] cannot convert (?:filename|symlink data for)"
    rb"|[ug]id 4294967295 \(-1\) is impossible to set on)"
    rb':? "?(.*?)"?(?: \(.*\))?'
)
_BLOCKS = re.compile("could not make way for ").match
_GONE = re.compile(rb"(?:link_stat|readlink_stat|opendir|send_files failed to open)$")
_BY_SENDER = re.compile(rb"(?:link_stat|change_dir|send_files failed to open|sender failed to [\w-]+)$")
_TEMPORARY = re.compile(rb"\.(.+)\.[A-Za-z0-9]{6}", re.DOTALL)


def parse_change(line: bytes) -> Change | None:
    """Read one itemized line; None where it is something else."""
    match = _CHANGE.fullmatch(line)
    if match is None:
        return None
    item, mode, size, name, slash, link = match.groups()
    if b"\\#" in line:
        name = decode(name)
        link = None if link is None else decode(link)
    return Change(item.rstrip() if item[:1] == b"*" else item, int(size), name, slash == b"/", link, mode or b"")


def parse_statistic(line: bytes) -> dict[str, int]:
    """Read one line of ``--stats``: ``Number of files: 9 (reg: 7, dir: 2)`` gives three numbers, other lines none."""
    match = _STATISTIC.fullmatch(line)
    if match is None:
        return {}
    label, number, parts = match.groups()
    name = label.decode("ascii")
    numbers = {name: int(number)}
    for part, count in _COUNT.findall(parts or b""):
        numbers["{} {}".format(name, part.decode("ascii"))] = int(count)
    return numbers


def parse_problem(line: bytes, *, listed: bool = True) -> Problem | None:
    """Read one line of stderr; None where it is no message about a name.

    Args:
        line: Without its end.
        listed: Names come from a list of ours: one that is gone has vanished since. Else the user gave it.
    """
    match = _VANISHED.fullmatch(line)
    if match:
        return Problem(decode(match.group(1)), "vanished", True, True)
    match = _VERIFICATION.fullmatch(line)
    if match:
        return Problem(decode(match.group(1)), legible(b"failed verification: " + match.group(2)), False, False)
    match = _SKIPPED.fullmatch(line)
    if match:
        return Problem(decode(match.group(2)), legible(match.group(1)), False, True)
    match = _BLOCKED.fullmatch(line)
    if match:
        return Problem(decode(match.group(1)), legible(line[: match.start(1) - 2]), False, False)
    match = _UNFIT.fullmatch(line)
    if match:
        sender = match.group(1).startswith((b"symlink has", b"skipping", b"[sender"))
        return Problem(decode(match.group(2)), legible(match.group(1)), False, sender)
    match = _UNREMOVED.fullmatch(line) or _MESSAGE.fullmatch(line) or _DELETION.fullmatch(line)
    if match is None:
        return None
    role, action, path, cause = match.groups()
    role = (role or _only_role(action.strip())).lower()
    if b'" -> "' in path:  # rename names the temporary file first, symlink names the target last
        path = path.split(b'" -> "')[-1 if action.startswith(b"rename") else 0]
    elif b'" => ' in path:
        path = path.split(b'" => ')[0]
    vanished = listed and bool(_GONE.match(action.strip())) and (cause or b"").startswith(b"No such file")
    reason = ": ".join(legible(part.strip()) for part in (action, cause) if part)
    if action.endswith(b"xattr"):  # fsetxattr("path","attribute")
        path = path.split(b'","')[0]
    name = final_name(decode(path), action) if role == b"receiver" else decode(path)
    return Problem(name, reason, vanished, role == b"sender")


def _only_role(action: bytes) -> bytes:
    """Tell who alone says so where rsync before 3.2.0 names no role (flist.c, sender.c, receiver.c)."""
    return b"receiver" if action == b"mkstemp" else b"sender" if _BY_SENDER.match(action) else b""


def final_name(path: bytes, action: bytes = b"") -> bytes:
    """Turn the path of rsync's temporary file, ``.name.AbC123``, into the path that it stands for."""
    head, slash, tail = path.rpartition(b"/")
    if action.startswith(b"mkstemp") and not tail.startswith(b"."):
        tail = b"." + tail  # in a temp_dir it has no dot
    match = _TEMPORARY.fullmatch(tail)
    return head + slash + match.group(1) if match else path


class Report:
    """All that one rsync said, kept in bounded memory.

    Args:
        on_change: Called with each itemized change, in the order in which rsync prints them.
        on_note: Called with each line of stdout that is neither a change nor a number.
        on_files: Called, instead of on_change, with many files at once.
        together: These may be of several directories.
        listed: See :func:`parse_problem`.

    Attributes:
        code: The exit code, once it has ended.
        repeated: An attempt before it broke off, and what that said last may be lost.
        first_word: Seconds from the start to the first byte of stdout; None where there was none.
        statistics: The numbers of ``--stats``, by their labels.
        problems: Messages about names (the first of them; ``.total`` counts all).
        vanished: How many of them say that the name was gone.
        unnamed: How many other errors there were.
        removed: How many names it has removed from the source.
        from_sender: How many of the problems the sending side reported.
        notes: Other lines: they are warnings of rsync, or of ssh.
        words: The last lines of stderr.
        late: Its rsync has ended, and some of what that said on stdout is still to be read.
    """

    late = False

    def __init__(
        self,
        on_change: t.Callable[[Change], None] | None = None,
        on_note: t.Callable[[bytes], None] | None = None,
        on_files: t.Callable[[Files], None] | None = None,
        *,
        listed: bool = True,
        together: bool = False,
        clock: t.Callable[[], float] = time.monotonic,
    ) -> None:
        self.code = 0
        self.repeated = False
        self.first_word: float | None = None
        self.statistics: dict[str, int] = {}
        self.problems = Listing(MESSAGES_KEPT)
        self.vanished = 0
        self.unnamed = 0
        self.removed = 0
        self.from_sender = 0
        self.notes = Listing(MESSAGES_KEPT)
        self.words: list[bytes] = []
        self._on_change = on_change
        self._on_note = on_note
        self._on_files = on_files
        self._listed = listed
        self._together = together
        self._clock = clock
        self._started = clock()
        self._rest = {"out": b"", "err": b""}

    def listen(
        self,
        on_change: t.Callable[[Change], None] | None,
        on_note: t.Callable[[bytes], None] | None,
        on_files: t.Callable[[Files], None] | None = None,
    ) -> None:
        """Pass on to others from now on, and count the seconds anew."""
        self._on_change, self._on_note, self._on_files = on_change, on_note, on_files
        self._started = self._clock()

    def read_output(self, data: bytes) -> None:
        """Take the next bytes of stdout; the empty string ends it."""
        if data and self.first_word is None:
            self.first_word = self._clock() - self._started
        block = self._whole_lines("out", data)
        if self._on_files is None:
            for line in block.split(b"\n")[:-1]:
                self._read_line(line)
            return
        for found in read_block(block, together=self._together):
            if isinstance(found, Files):
                self._on_files(found)
            else:
                self._read_line(found)

    def _read_line(self, line: bytes) -> None:
        change = parse_change(line)
        if change is not None:
            if self._on_change:
                self._on_change(change)
            return
        numbers = parse_statistic(line)
        if numbers:
            self.statistics.update(numbers)
        elif line.startswith(_REMOVED):
            self.removed += 1
        elif not _CHATTER.match(line):
            self.notes.add(legible(line))
            if self._on_note:
                self._on_note(line)

    def read_errors(self, data: bytes) -> None:
        """Take the next bytes of stderr; the empty string ends it."""
        for line in self._whole_lines("err", data).split(b"\n"):
            if not line:
                continue
            self.words = [*self.words[1 - LAST_WORDS :], line]
            problem = parse_problem(line, listed=self._listed)
            if problem is not None:
                self.vanished += problem.vanished
                self.from_sender += problem.from_sender
                self.problems.add(problem)
            elif line.startswith((b"rsync: ", b"ERROR")):
                self.unnamed += 1
            elif not line.startswith((b"rsync error: ", b"rsync warning: ")):
                self.notes.add(legible(line))

    def _whole_lines(self, stream: str, data: bytes) -> bytes:
        """Keep the start of a line until the rest of it has come; the last one may lack its end."""
        lines, end, rest = (self._rest[stream] + (data or b"\n" * bool(self._rest[stream]))).rpartition(b"\n")
        self._rest[stream] = rest
        return lines + end

    @property
    def verdict(self) -> Verdict:
        """What the exit code and the messages ask for next."""
        return classify(self.code, b"\n".join(self.words), only_vanished=self.only_vanished)

    @property
    def turned_away(self) -> bool:
        """A daemon has taken no more connections, so that nothing was done."""
        return any(word.startswith(FULL) for word in self.words)

    @property
    def by_receiver(self) -> bool:
        """Some error may come from the receiving side: rsync before 3.2 does not say from which."""
        return self.problems.total > self.from_sender or self.unnamed > 0

    @property
    def only_vanished(self) -> bool:
        """Every error was about a name that is gone: what rsync calls code 24 when it meets it in its own walk."""
        return self.vanished > 0 and self.vanished == self.problems.total and not self.unnamed

    @property
    def only_blocked(self) -> bool:
        """Every error was about a directory that stands in the way of a file."""
        reasons = [problem.reason for problem in self.problems.entries]
        return not self.problems.more and not self.unnamed and all(map(_BLOCKS, reasons))

    @property
    def last_words(self) -> str:
        """rsync's own last lines, without the line that only repeats the code."""
        lines = [line for line in self.words if not line.startswith(b"rsync error: ")] or self.words
        return legible(b"; ".join(lines[-5:]))


__all__ = ("FORMAT", "Report", "decode", "final_name", "parse_change", "parse_problem", "parse_statistic")
