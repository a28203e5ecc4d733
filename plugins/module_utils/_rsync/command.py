# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The argument vectors of a run's rsyncs.

Every pass is given the user's options that concern it (table.py), and what makes many of them add up to one:

- A scan by one rsync compares times instead of checksums, but lists every file, so that the transfers read the files,
  in parallel. Several scanners read them themselves.
- Every list names its directories, too (``--relative``), so that each rsync that writes into a directory gives it the
  source's metadata at its end: the last one to do so leaves what the user asked for. But a directory that its owner
  may not fill stays open to the other lanes (``Du+rwx``) until the last pass over directories.
- Transfers delete nothing but what stands in the way of a file, and then only if the user lets rsync delete.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import ESCAPES_ARGUMENTS, SAYS_NEW_ROOT
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import DAEMON, LOCAL, SSH, Endpoint
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import FORMAT

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._model import Part
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import Binary

# rsync's name for a list on its standard input.
STDIN = "-"

# In the C locale rsync tests each sign of a name, and prints four for each that is not ASCII, but with --8-bit-output.
_REPORT = ["--no-human-readable", "--8-bit-output", "--stats", "--out-format=" + FORMAT]
_UNCHANGED_TOO = ["--itemize-changes", "--itemize-changes"]
_SAYS_ALL_HEARD = "--debug=deltasum"  # see _rsync/held.py
_FOR_RECEIVER = re.compile(r"[PR](?![a-z])|protect\b|risk\b|!|clear\b|([-+]|exclude\b|include\b)[^\s_]*r")

# A file that a broken attempt left half written under its final name looks new, or newer, to the next attempt; the
# leader of a hard-link group is there when its followers are linked.
_GUARDS = frozenset(("update", "existing", "ignore-existing"))

_TOP = "--include=."
_OPEN = "--chmod=Du+rwx"

_DEPTH = frozenset(("recursive", "dirs"))
_MODES = ("before", "during", "delay", "after", "excluded", "missing-args")
_DELETIONS = frozenset(("delete", *("delete-" + mode for mode in _MODES)))


class Command:
    """Builds the argument vectors for one request.

    Args:
        request: What the user asks for.
        binary: The rsync that runs here.

    Raises:
        RequestError: An option is asked for that this rsync does not have.
    """

    def __init__(self, request: Request, binary: Binary) -> None:
        self._request = request
        self._settings = request.settings
        self._binary = binary
        self._words("w")  # an option that only a later pass is given is refused now

    def scan(self, shell: str | None, rate: int, part: Part | None = None, list_path: str = "") -> list[bytes]:
        """The dry run over the whole tree, or over a part of it, which several share and so read the files at once.

        Args:
            list_path: Where the part's names are listed; else they are arguments.
        """
        words = [*self._words("s", without=_DEPTH if part else frozenset()), "--dry-run"]
        words += [*(self._within(self._settings.filters) if list_path else self._filters()), *self._new_root()]
        settings = self._settings
        if settings.on("checksum") and (self._request.check or part):
            words.append("--checksum")
        elif settings.on("checksum", "ignore-times"):
            words.append("--ignore-times")
        elif settings.on("size-only"):
            words.append("--size-only")
        if self._request.deletes:
            words.append("--delete")
        if self._request.check and settings["max-delete"] is not None:
            words.append(f"--max-delete={settings['max-delete']}")
        moves = self._request.check and settings.on("remove-source-files")  # of what is equal the source goes
        if moves or settings.on("files-from"):  # the list may name the source itself
            words += _UNCHANGED_TOO
        words += self._unchanged_too()
        words += self._part(part, words) if part else self._recursion(words)
        if list_path:
            return self._listed(words, self._request.sources[0], list_path, shell, rate)
        sources = self._sources
        if part and part.names:  # behind /./ stands what --relative keeps
            sources = [f"{sources[0]}./{name.decode('utf-8', 'surrogateescape')}" for name in part.asked]
        return self._argv(words, sources, self._request.dest.text, shell, rate)

    def probe(self, source: bytes, dest: bytes) -> list[bytes]:
        """A dry run over another tree on this host with the same choice of names."""
        words = [*self._words("s", without={"files-from"}), "--dry-run", *self._filters()]
        return [*self._argv(words, [], "", None, 0)[:-1], source, dest]

    def transfer(
        self,
        root: Endpoint,
        list_path: str,
        shell: str | None,
        rate: int,
        names: t.Sequence[bytes] = (),
        *,
        again: bool = False,
    ) -> list[bytes]:
        """The files of one partition.

        Args:
            again: Some may have arrived, and must not be backed up as they are now, or be half written.
            names: What the list holds, where that fits on a command line, as paths with a ``/./``. The sender then need
                not walk to each file from the top to make sure that no other user's link is on the way (3.5.0).
        """
        without = _GUARDS if again and self._settings.leaves_halves else frozenset()
        if not self._settings.dates_halves:  # what is newer nevertheless, somebody else has written since the scan
            without -= {"update"}
        if again and self._settings.backs_up_again:
            words = [*self._words("t", without=without | {"ignore-times"}), "--checksum"]
        else:
            words = self._words("t", without=without)
        words += self._open_directories() + self._unchanged_too() + (self._spare_backups() if again else [])
        words += self._within_directories(self._make_way())
        if without and self._settings.on("ignore-existing"):  # what stands in the place of a directory stays there
            words.append("--no-implied-dirs")
        if names:
            dest = self._request.dest.as_directory().text
            *before, last = self._argv([*words, "--relative", "--dirs"], [], dest, shell, rate)
            return [*before, *names, last]
        return self._listed(words, root, list_path, shell, rate)

    @property
    def spares_again(self) -> bool:
        """An rsync that carries again what may have arrived is given other words than one that was started before."""
        settings = self._settings
        return settings.backs_up_again or settings.passes_over_halves or bool(self._spare_backups())

    def verify(self, root: Endpoint, list_path: str, shell: str | None, rate: int) -> list[bytes]:
        """A dry run over one partition: what it lists has not arrived."""
        words = self._words("t", without=_GUARDS | {"ignore-times"}) + self._within_directories()
        words += ["--omit-dir-times", "--dry-run", *self._content_too()]
        return self._listed(words, root, list_path, shell, rate)

    def links(self, root: Endpoint, list_path: str, shell: str | None, rate: int) -> list[bytes]:
        """Hard-link groups, leader and followers, whose leaders have arrived."""
        words = self._words("l", without=_GUARDS) + self._open_directories() + self._spare_backups() + self._make_way()
        words += ["--size-only"] if self._settings.sends_again else []
        return self._listed(words, root, list_path, shell, rate)

    def deletions(
        self,
        root: Endpoint,
        list_path: str,
        most: int | None,
        shell: str | None,
        rate: int,
        *,
        gone: int = 0,
        unheard: int = 0,
        early: bool = False,
    ) -> list[bytes]:
        """What is extraneous in the listed directories, and nothing else.

        Args:
            most: How many names the scan has found, and may go; None for a dry run.
            gone: How many have gone already.
            unheard: How many more may have, of which an rsync that broke off has not told.
            early: Something may still stand in the place of a directory. With --ignore-existing rsync leaves it there,
                and gives it the directory's times in the end, and its permissions where they do not let the user write,
                through a link, too (touch_up_dirs in generator.c). The listed directories are left open instead. With
                --delete-before that is so after the deletions: in one that was closed nothing goes, as with one rsync.
        """
        limit = self._settings["max-delete"]
        if most is None:
            end = "--dry-run"
        else:
            most = most - gone if limit is None else min(most - gone, int(limit) - gone - unheard)
            end = f"--max-delete={max(most, 0)}"
        words = [*self._words("d", without={"max-delete"}), end]
        words += ["--omit-dir-times", _OPEN] if early else []
        mode = "--delete-before" if self._settings.on("delete-before") else "--delete"
        words += ["--dirs", mode, "--existing", "--ignore-existing", *self._within(self._settings.filters)]
        return self._listed(words, root, list_path, shell, rate)

    def make_directories(self, root: Endpoint, list_path: str, shell: str | None, rate: int) -> list[bytes]:
        """Directories that are new or get other metadata, and the destination itself, before files go in."""
        return self._listed(self._words("m") + self._open_directories(), root, list_path, shell, rate)

    def close_directories(self, root: Endpoint, list_path: str, shell: str | None, rate: int) -> list[bytes]:
        """The permissions of directories that were opened."""
        return self._listed(self._words("m"), root, list_path, shell, rate)

    def finish_root(self, root: Endpoint, shell: str | None, rate: int) -> list[bytes]:
        """The metadata of the destination itself: a list cannot name it without naming its content."""
        words = [*self._words("m"), "--dirs", "--exclude=*"]
        return self._argv(words, [root.text], self._request.dest.as_directory().text, shell, rate)

    def whole(
        self,
        shell: str | None,
        rate: int,
        *,
        delete: bool = True,
        move: bool = True,
        carried: bool | None = None,
        gone: int = 0,
    ) -> list[bytes]:
        """The user's own rsync.

        Args:
            delete: Whether it may delete what is extraneous.
            move: Whether it may remove files from the source.
            carried: Every file has been carried: do not look at content again. False if only some have, None for none.
            gone: How many names have been deleted already.
        """
        without, more = self._carried(carried)
        if carried is not None and self._settings.on("hard-links"):
            without |= {"fuzzy"}  # it would make a name of a group anew from a file like it, not link it
        if not delete:
            without |= _DELETIONS | (frozenset(("force",)) if self._request.deletes else frozenset())
        words = self._words("w", without=without if move else without | {"remove-source-files"})
        words += more
        words += self._recursion(words)
        if carried is not None and not (delete and self._request.deletes):
            words += self._spare_backups()
        words += [*self._filters(), *self._unchanged_too()]
        limit = self._settings["max-delete"]
        if gone and limit is not None:
            words.append(f"--max-delete={max(int(limit) - gone, 0)}")
        if move and self._settings.on("remove-source-files"):
            words.append("--info=remove")
        return self._argv(words, self._sources, self._request.dest.text, shell, rate)

    def verify_whole(self, shell: str | None, rate: int) -> list[bytes]:
        """A dry run over the whole tree, without deletions: what it lists has not arrived."""
        words = self._words("w", without=_DELETIONS | {"ignore-times", "remove-source-files"})
        words += self._content_too()
        words += [*self._recursion(words), *self._filters(), "--dry-run"]
        return self._argv(words, self._sources, self._request.dest.text, shell, rate)

    def _content_too(self) -> list[str]:
        """Have a dry run without --ignore-times compare content where times say nothing."""
        return ["--checksum"] if self._settings.sends_again and not self._settings.on("times") else []

    def _carried(self, carried: bool | None) -> tuple[frozenset[str], list[str]]:
        """What to leave out, and what to add, so that files which have been carried are seen to be there."""
        settings = self._settings
        if carried is None or settings.on("compare-dest"):  # it would take away what only looks the same there
            return frozenset(), []
        if not carried:
            return (
                (frozenset(("ignore-times",)), ["--checksum"]) if self._settings.backs_up_again else (frozenset(), [])
            )
        if settings.on("link-dest"):  # it would take what only looks the same there for what has been carried
            return frozenset(), []
        return frozenset(("checksum", "ignore-times")), [] if settings.on("times", "size-only") else ["--size-only"]

    def _spare_backups(self) -> list[str]:
        """Keep the backups in a directory that an rsync before could not clear away: with deletion rsync does so."""
        if not (self._request.makes_way and self._settings.suffixes_backups):
            return []
        return [f"--filter=P *{self._settings.suffix}"]

    @property
    def _sources(self) -> list[str]:
        return [source.text for source in self._request.sources]

    def _words(self, letter: str, *, without: t.AbstractSet[str] = frozenset()) -> list[str]:
        if not self._settings.on("relative", "files-from"):
            without = without | {"implied-dirs"}  # every list has --relative, the user's own rsync has not
        return self._settings.words(letter, self._binary.options, without=without)

    def _recursion(self, words: t.Sequence[str], part: Part | None = None) -> list[str]:
        """Read all names before the first change is found, unless the user says otherwise.

        Over a network that saves a round trip for every directory. With hard links rsync (3.2.7, 3.5.0) otherwise waits
        for itself for ever where the first file of a group cannot be made. A part takes less processor time so; of a
        whole tree on this host the lanes rather have the first changes early.

        A sender that reads the content, too, says little meanwhile, and a receiver that waits for all names with
        --timeout gives up (recv_file_list() in flist.c, check_timeout() in io.c).
        """
        starves = "--checksum" in words and self._settings.on("timeout")
        soon = (part and part.at_once) or self._request.far
        at_once = (soon and not starves) or self._settings.on("hard-links")
        return ["--no-inc-recursive"] if at_once and self._settings["inc-recursive"] is None else []

    def _part(self, part: Part, words: t.Sequence[str]) -> list[str]:
        """Look only at a part of the tree. A list takes the sender (3.5.0) twice the time of arguments."""
        if part.deep:
            depth = ["--recursive", *self._recursion(words, part)]
        else:
            depth = ["--dirs", *_UNCHANGED_TOO, *([] if self._request.pull else [_SAYS_ALL_HEARD])]
        return [*depth, *(["--relative", "--no-implied-dirs"] if part.names else [])]

    def _new_root(self) -> list[str]:
        """Have a receiver say that it makes the destination, which an older one keeps to itself in a dry run."""
        kind = self._request.dest.kind
        silent = kind == LOCAL and self._binary.number < SAYS_NEW_ROOT
        return ["--info=name"] if silent or kind == SSH else []

    def _unchanged_too(self) -> list[str]:
        """A file taken whole from another directory is new, but listed only among the unchanged."""
        if self._settings.on("link-dest", "copy-dest"):
            return _UNCHANGED_TOO
        return []

    def _open_directories(self) -> list[str]:
        return [_OPEN] if self._settings.on("perms") else []

    def _make_way(self) -> list[str]:
        """Let a file take the place of a directory, sparing what the filters protect."""
        if not self._request.clears_way:
            return []
        filters = self._settings.filters
        if self._settings.on("delete-excluded"):  # only those protect then that are rules for the receiver
            filters = [entry for entry in filters if entry[0] == "filter" and _FOR_RECEIVER.match(entry[1].lstrip())]
        return ["--force", *self._within(filters)]

    def _within_directories(self, way: t.Sequence[str] = ()) -> list[str]:
        """What chooses among the files of a directory that a list names, and what makes way, which has filters, too."""
        if not self._request.lists_directories:
            return [*way]
        sizes = [f"--{name}={self._settings[name]}" for name in ("max-size", "min-size") if self._settings[name]]
        return [*sizes, *(way or self._within(self._settings.filters))]

    def _filters(self) -> list[str]:
        """The filters as the user gave them."""
        return [f"--{name}={text}" for name, text in self._settings.filters]

    @staticmethod
    def _within(filters: t.Sequence[tuple[str, str]]) -> list[str]:
        """The same where a list names what they choose from.

        A source that ends with a slash is never filtered itself, but the ``.`` that a list implies is (send_file_list
        in flist.c). So it is included first, and again where a rule may have cleared what came before; _finalize.py
        knows of rules in files.
        """
        words = [_TOP] if filters else []
        for name, text in filters:
            words.append(f"--{name}={text}")
            if "!" in text or "clear" in text:
                words.append(_TOP)
        return words

    def _listed(self, words: list[str], root: Endpoint, list_path: str, shell: str | None, rate: int) -> list[bytes]:
        # Behind the filters: rsync reads a file of patterns at once, as --from0 before it says (options.c).
        words = [*words, "--from0", "--files-from=" + list_path]
        return self._argv(words, [root.text], self._request.dest.as_directory().text, shell, rate)

    def _argv(
        self, words: t.Sequence[str], sources: t.Sequence[str], dest: str, shell: str | None, rate: int
    ) -> list[bytes]:
        argv = [self._binary.path, *words, *self._connection(shell), *_REPORT]
        if self._shows_shell([*words, *(sources if self._request.sources[0].remote else [dest])]):
            argv.append("--protect-args")
        if rate:
            argv.append(f"--bwlimit={rate // 1024}K")
        argv += ["--", *sources, dest]
        return [word.encode("utf-8", "surrogateescape") for word in argv]

    def _connection(self, shell: str | None) -> list[str]:
        far = self._request.far
        settings = self._settings
        remote_shell = settings["rsh"] or shell
        words = [f"--rsh={remote_shell}"] if remote_shell else []
        if far is not None and far.kind == DAEMON:
            words.append("--no-motd")
            words += [f"--{name}={settings[name]}" for name in ("port", "contimeout") if settings[name]]
        return words

    def _shows_shell(self, words: t.Iterable[str]) -> bool:
        """The shell at the other end would read some of the words otherwise: no version escapes the end of a line."""
        far = self._request.far
        escapes = self._binary.number >= ESCAPES_ARGUMENTS and not any("\n" in word for word in words)
        return far is not None and far.kind == SSH and not escapes


__all__ = ("STDIN", "Command")
