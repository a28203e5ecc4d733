# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Every option of rsync, once: what the module calls it and which rsyncs of a run are given it.

A run starts rsync for several ends, each a letter in ``Option.passes``:

====== ========================================================================================
``s``  the scan: a dry run over the whole tree
``t``  the transfers: files of one partition, named in a list
``l``  hard-link groups, named in a list
``d``  deletions in the directories that hold something to delete
``m``  directories, before files go in
``w``  the whole work in one rsync, which is given the options of all other passes, too
====== ========================================================================================

Options without a letter are placed by code: _rsync/command.py says where.
"""

from __future__ import annotations

import typing as t

SWITCH = "switch"  # on, off or left to rsync
COUNT = "count"  # a switch that may be given more than once
VALUE = "value"
LIST = "list"  # a value that may be given more than once
FILTER = "filter"  # a value whose place among the other filters matters

EVERYWHERE = "stldm"
DATA = "tl"  # how content is moved

PUSH = "push"
PULL = "pull"


class Option(t.NamedTuple):
    """One option of rsync.

    Attributes:
        name: The long name without dashes, or the letter where rsync has no long name.
        short: The letter, or "".
        kind: SWITCH, COUNT, VALUE, LIST or FILTER.
        passes: Letters of the passes that are given it, see above.
        option: The module's own option for it, or "".
        aliases: Other long names that mean the same.
        default_on: rsync has it on by itself, so that switching it off must be said.
        refused: Why a user may not give it, or "".
        alone: Why one rsync does the whole work where it is asked for, or "".
        whole: What no dry run shows, so that the user's own rsync runs over the tree after the lanes, or "".
        note: What else becomes of it, where it is more than passed on, or "".
        told: In which runs rsync tells the far rsync of it (server_options() in options.c), where that may not know it.
        since: Of an option with ``told``: the first rsync that knows it (NEWS.md), newer than 3.1.0.
        untold: Values of it that the far rsync is told of in words that every rsync knows, or not at all.
    """

    name: str
    short: str = ""
    kind: str = SWITCH
    passes: str = ""
    option: str = ""
    aliases: tuple[str, ...] = ()
    default_on: bool = False
    refused: str = ""
    alone: str = ""
    whole: str = ""
    note: str = ""
    told: tuple[str, ...] = ()
    since: str = ""
    untold: tuple[str, ...] = ()

    @property
    def takes_value(self) -> bool:
        return self.kind in (VALUE, LIST, FILTER)


def _refused(reason: str, *names: str, kind: str = SWITCH) -> list[Option]:
    """Rows for refused options; ``verbose/v`` stands for ``--verbose`` and ``-v``."""
    split = [name.partition("/") for name in names]
    return [Option(name, short, kind=kind, refused=reason) for name, _slash, short in split]


FILTERED = "given to the scan and to deletions, in the order in which the filters stand"
WITH_DELETION = "with deletion one process finishes the tree"
AFTER = "after all transfers, when rules in transferred files count; nothing is deleted after an error"

_IMPLIED = [
    Option("archive", "a", option="archive", note="stands for -rlptgoD; each of them can be overridden"),
    Option("recursive", "r", passes="s", option="recursive", note="the lists name what the scan has found"),
    Option("links", "l", passes=EVERYWHERE, option="links"),
    Option("perms", "p", passes=EVERYWHERE, option="perms"),
    Option("times", "t", passes=EVERYWHERE, option="times"),
    Option("owner", "o", passes=EVERYWHERE, option="owner"),
    Option("group", "g", passes=EVERYWHERE, option="group"),
    Option("D", "D", note="stands for --devices --specials"),
    Option("devices", passes=EVERYWHERE, option="devices"),
    Option("specials", passes=EVERYWHERE, option="specials"),
]

_METADATA = [
    Option("acls", "A", passes=EVERYWHERE, option="acls"),
    Option("xattrs", "X", kind=COUNT, passes=EVERYWHERE, option="xattrs"),
    Option("atimes", "U", kind=COUNT, passes=EVERYWHERE, option="atimes", told=(PUSH, PULL), since="3.2.0"),
    Option("crtimes", "N", passes=EVERYWHERE, told=(PUSH, PULL), since="3.2.3"),
    Option("executability", "E", passes=EVERYWHERE, option="executability"),
    Option("chmod", kind=LIST, passes=EVERYWHERE, option="chmod"),
    Option("chown", kind=VALUE, option="chown", note="stands for usermap and groupmap"),
    Option("usermap", kind=VALUE, passes=EVERYWHERE, option="usermap"),
    Option("groupmap", kind=VALUE, passes=EVERYWHERE, option="groupmap"),
    Option("numeric-ids", passes=EVERYWHERE, option="numeric_ids"),
    Option("omit-dir-times", "O", passes=EVERYWHERE, option="omit_dir_times"),
    Option("omit-link-times", "J", passes=EVERYWHERE, option="omit_link_times"),
    Option("modify-window", "@", kind=VALUE, passes=EVERYWHERE, option="modify_window"),
    Option("super", passes=EVERYWHERE, default_on=True),
    Option("fake-super", passes=EVERYWHERE),
    Option("copy-as", kind=VALUE, passes=EVERYWHERE),
]

_LINKS = [
    Option(
        "hard-links",
        "H",
        passes="sl",
        option="hard_links",
        note="groups are linked when their leaders have arrived; by one process over the whole tree with checksum, "
        "ignore_times, link_dest or copy_dest, and where a file of an existing group has changed; without times and "
        "with ignore_existing one process does all of the work",
    ),
    Option("copy-links", "L", passes=EVERYWHERE, option="copy_links"),
    Option("copy-unsafe-links", passes=EVERYWHERE),
    Option("safe-links", passes=EVERYWHERE, option="safe_links"),
    Option("munge-links", passes=EVERYWHERE, option="munge_links"),
    Option("copy-dirlinks", "k", passes=EVERYWHERE, option="copy_dirlinks"),
    Option(
        "keep-dirlinks",
        "K",
        passes=EVERYWHERE,
        option="keep_dirlinks",
        note="with deletion one process does all of the work: a link that is kept may lead into what is deleted",
    ),
    Option("insecure-links", passes=EVERYWHERE),
    Option("confine-root", kind=VALUE, passes=EVERYWHERE),
    Option("copy-devices", passes="stl", told=(PULL,), since="3.2.4"),
    Option("write-devices", passes="stl", told=(PUSH,), since="3.2.0"),
    Option("drop-D", passes=EVERYWHERE),
]

_CHOICE = [
    Option(
        "relative",
        "R",
        passes="s",
        note="the lists start where the names that rsync makes start; with deletion one process finishes the tree",
    ),
    Option(
        "implied-dirs",
        passes=EVERYWHERE,
        aliases=("i-d",),
        default_on=True,
        note="passed on with relative or files_from, without which it means nothing",
    ),
    Option("dirs", "d", passes="s"),
    Option("one-file-system", "x", kind=COUNT, passes="sd", option="one_file_system"),
    Option(
        "update",
        "u",
        passes="stl",
        option="update",
        note="with inplace, append or temp_dir one process does all of the work where more than lists would follow, as "
        "without perms",
    ),
    Option("existing", passes="stlm", option="existing_only", aliases=("ignore-non-existing",)),
    Option(
        "ignore-existing",
        passes="stlm",
        option="ignore_existing",
        note="with inplace, append, partial or temp_dir one process does all of the work where more than lists would "
        "follow, as without perms",
    ),
    Option("ignore-times", "I", passes="t", option="ignore_times", note="the scan lists every file"),
    Option("size-only", passes="tl", option="size_only"),
    Option(
        "checksum",
        "c",
        passes="t",
        option="checksum",
        note="several scanners read and compare side by side; where one scans, it lists every file without reading it, "
        "and the lanes read and compare",
    ),
    Option(
        "checksum-choice",
        kind=VALUE,
        passes="stl",
        aliases=("cc",),
        told=(PUSH, PULL),
        since="3.1.3",
        untold=("auto", "auto,auto"),
    ),
    Option("checksum-seed", kind=VALUE, passes="stl"),
    Option("max-size", kind=VALUE, passes="s", option="max_size"),
    Option("min-size", kind=VALUE, passes="s", option="min_size"),
    Option("ignore-missing-args", passes="s"),
    Option(
        "delete-missing-args",
        passes="w",
        alone="only rsync's own list knows the names that are missing",
    ),
    Option(
        "compare-dest",
        kind=LIST,
        passes="stlm",
        option="compare_dest",
        whole="what is the same there is removed here, and no dry run says so",
        note="without times, or with ignore_times, one process does all of the work",
    ),
    Option("copy-dest", kind=LIST, passes="stlm", option="copy_dest"),
    Option(
        "link-dest",
        kind=LIST,
        passes="stlm",
        option="link_dest",
        note="without times, or with ignore_times, inplace or append, one process does all of the work where more than "
        "lists would follow",
    ),
]

_FILTERS = [
    Option(
        "filter",
        "f",
        kind=FILTER,
        option="filter",
        note=FILTERED + "; with deletion and rules in the tree's own files one process finishes the tree",
    ),
    Option("include", kind=FILTER, option="include", note=FILTERED),
    Option("include-from", kind=FILTER, option="include_from", note=FILTERED),
    Option("exclude", kind=FILTER, option="exclude", note=FILTERED),
    Option("exclude-from", kind=FILTER, option="exclude_from", note=FILTERED),
    Option(
        "F",
        "F",
        kind=COUNT,
        note="once it stands for --filter=': /.rsync-filter', twice for '- .rsync-filter', too",
    ),
    Option("cvs-exclude", "C", passes="s", option="cvs_exclude", note=WITH_DELETION),
    Option(
        "prune-empty-dirs",
        "m",
        passes="s",
        option="prune_empty_dirs",
        note=WITH_DELETION,
    ),
    Option(
        "files-from",
        kind=VALUE,
        passes="s",
        option="files_from",
        note="read by the scan; the lanes have lists of their own. With deletion one process finishes the tree; "
        "it does all of the work where a name has /./ in it, or the list is at the other end",
    ),
    Option(
        "from0",
        "0",
        passes="stld",
        option="from0",
        note="of all files that options name, wherever it stands; the lanes' own lists are so in any case",
    ),
]

_DELETION = [
    Option("delete", passes="w", option="delete", note=AFTER),
    Option("delete-before", passes="w", note="between the scan and the transfers, so that space is freed first"),
    Option("delete-during", passes="w", aliases=("del",), note=AFTER),
    Option("delete-delay", passes="w", note=AFTER),
    Option("delete-after", passes="w", note=AFTER),
    Option("delete-excluded", passes="sd", option="delete_excluded"),
    Option("max-delete", kind=VALUE, passes="d", option="max_delete"),
    Option(
        "force",
        passes="s",
        option="force",
        note="lanes have it with the filters, which protect; one process where rules in files or max_delete count, or, "
        "with deletion, rules or backups at a remote destination; one process does all of the work with backup and "
        "without deletion to a remote destination",
    ),
    Option("ignore-errors", passes="sd", option="ignore_errors", note="deletes also where something did not arrive"),
    Option(
        "backup",
        "b",
        passes=EVERYWHERE,
        option="backup",
        note="with delete_excluded, or with deletion and rules that may let backups go, one process does all of the "
        "work; and without times, or with ignore_times, where more than lists would follow, as without perms; and with "
        "inplace, append, partial or temp_dir there, or with hard_links",
    ),
    Option(
        "backup-dir",
        kind=VALUE,
        passes=EVERYWHERE,
        option="backup_dir",
        note="with deletion one process does all of the work where it is inside the destination, or may be: where it "
        "is absolute and a remote destination is not, or leads upwards at a daemon",
    ),
    Option("suffix", kind=VALUE, passes=EVERYWHERE, option="suffix"),
    Option(
        "remove-source-files",
        passes="w",
        option="remove_source_files",
        whole="nothing is removed before all transfers are over",
        note="without times, with ignore_existing, with update and modify_window, and with append and either "
        "ignore_times or checksum one process does all of the work",
    ),
]

_MOVING = [
    Option("whole-file", "W", passes=DATA, option="whole_file", default_on=True),
    Option("inplace", passes="stl", option="inplace"),
    Option("append", kind=COUNT, passes="stl", option="append"),
    Option("append-verify", passes="stl"),
    Option("sparse", "S", passes="stl", option="sparse"),
    Option("preallocate", passes="stl", option="preallocate"),
    Option("fsync", passes=DATA, option="fsync", told=(PUSH,), since="3.2.4"),
    Option("open-noatime", passes="stl", told=(PUSH, PULL), since="3.2.0"),
    Option(
        "fuzzy",
        "y",
        kind=COUNT,
        passes="t",
        option="fuzzy",
        note="with hard_links an rsync that finishes the tree runs without it",
    ),
    Option("block-size", "B", kind=VALUE, passes=DATA),
    Option("partial", passes=DATA, option="partial"),
    Option(
        "partial-dir",
        kind=VALUE,
        passes="stld",
        option="partial_dir",
        note="where it is absolute or leads upwards, files of one name share a place there, and one process does all "
        "of the work",
    ),
    Option(
        "delay-updates",
        passes="stld",
        option="delay_updates",
        alone="all files go into place together, at the end",
    ),
    Option("temp-dir", "T", kind=VALUE, passes=DATA, option="temp_dir"),
    Option("compress", "z", kind=COUNT, passes=DATA, option="compress"),
    Option("old-compress", passes=DATA),
    Option("new-compress", passes=DATA),
    Option(
        "compress-choice",
        kind=VALUE,
        passes=DATA,
        aliases=("zc",),
        told=(PUSH, PULL),
        since="3.2.0",
        untold=("auto", "zlib", "zlibx"),
    ),
    Option("compress-level", kind=VALUE, passes=DATA, aliases=("zl",)),
    Option("compress-threads", kind=VALUE, passes=DATA, aliases=("zt",)),
    Option("skip-compress", kind=VALUE, passes=DATA),
    Option("mkpath", passes=EVERYWHERE, option="mkpath", told=(PUSH,), since="3.2.3"),
    Option("bwlimit", kind=VALUE, option="bwlimit", note="for the whole run: shared out over the rsyncs that run"),
    Option("log-file", kind=VALUE, passes="tldm"),
]

_CONNECTION = [
    Option(
        "rsh",
        "e",
        kind=VALUE,
        option="rsh",
        note="used as it is by every rsync; without it each lane keeps one ssh connection open",
    ),
    Option("rsync-path", kind=VALUE, passes=EVERYWHERE, option="remote_rsync_path"),
    Option("timeout", kind=VALUE, passes=EVERYWHERE, option="rsync_timeout"),
    Option("contimeout", kind=VALUE, option="contimeout", note="given to rsync for a daemon, to ssh as ConnectTimeout"),
    Option("port", kind=VALUE, option="port", note="given to rsync for a daemon, to ssh as -p"),
    Option("password-file", kind=VALUE, passes=EVERYWHERE, option="password_file"),
    Option("early-input", kind=VALUE, passes=EVERYWHERE),
    Option("address", kind=VALUE, passes=EVERYWHERE),
    Option("sockopts", kind=VALUE, passes=EVERYWHERE),
    Option("blocking-io", passes=EVERYWHERE, default_on=True),
    Option("ipv4", "4", passes=EVERYWHERE),
    Option("ipv6", "6", passes=EVERYWHERE),
    Option("protocol", kind=VALUE, passes=EVERYWHERE, note="30 (rsync 3.0) or newer"),
    Option(
        "remote-option",
        "M",
        kind=LIST,
        passes=EVERYWHERE,
        note="where both ends are on one host one process does all of the work, for rsync takes no list beside it",
    ),
    Option("secluded-args", "s", passes=EVERYWHERE, aliases=("protect-args",), default_on=True),
    Option("trust-sender", passes=EVERYWHERE),
    Option("max-alloc", kind=VALUE, passes=EVERYWHERE, told=(PUSH, PULL), since="3.2.2", untold=("1g",)),
    Option("qsort", passes=EVERYWHERE),
    Option("iconv", kind=VALUE, passes="w", alone="names differ between the two ends"),
    Option(
        "inc-recursive",
        passes="s",
        aliases=("i-r",),
        default_on=True,
        note="a scan over a network, and as a rule one of parts of a tree, runs without it, unless it is asked for",
    ),
    Option("motd", default_on=True, note="the module asks every daemon for none"),
    Option("stats", note="every rsync runs with it; see stats in the result"),
]

_OUTPUT = "the module reads rsync's output itself and returns what it says"
_PROGRESS = "progress is the module's own; ask for partial with partial=true"
_ONE_PROCESS = "it only makes sense for one rsync, and a run has many"

_REFUSED = (
    _refused(_OUTPUT, "verbose/v", "quiet/q", "itemize-changes/i", "human-readable/h", "8-bit-output/8")
    + _refused(_OUTPUT, "info", "debug", "stderr", "out-format", "log-format", "outbuf", kind=VALUE)
    + _refused(_OUTPUT, "msgs2stderr")
    + _refused(_ONE_PROCESS, "log-file-format", "stop-after", "stop-at", "time-limit", kind=VALUE)
    + _refused(_ONE_PROCESS, "write-batch", "only-write-batch", "read-batch", kind=VALUE)
    + _refused(_PROGRESS, "progress", "P/P")
    + _refused("ask for it with Ansible's check mode", "dry-run/n")
    + _refused("it lists files and moves none", "list-only")
    + _refused("it starts another program than a transfer", "daemon", "server", "sender", "detach", "help", "version/V")
    + _refused("it belongs to the daemon", "config", "dparam", kind=VALUE)
    + _refused("it lets a remote shell see file names", "old-args")
    + _refused("it is for rsync before 3.1, which cannot take part", "old-dirs", "old-d")
    + _refused("it is deprecated: use remove_source_files", "remove-sent-files")
)

OPTIONS: tuple[Option, ...] = tuple(
    _IMPLIED + _METADATA + _LINKS + _CHOICE + _FILTERS + _DELETION + _MOVING + _CONNECTION + _REFUSED
)

# What changes nothing but rsync's output.
OUTPUT = frozenset(row.name for row in OPTIONS if row.refused in (_OUTPUT, _PROGRESS))

# The switches that --archive stands for, rsync(1); recursion is added by the one who asks, see _rsync/settings.py.
ARCHIVE = ("links", "perms", "times", "group", "owner", "devices", "specials")

# What rsync takes back with --no-, by itself or by its letter.
NEGATABLE = frozenset(
    (
        "8-bit-output", "D", "acls", "append", "atimes", "backup", "blocking-io", "bwlimit", "checksum", "compress",
        "contimeout", "crtimes", "delay-updates", "detach", "devices", "dirs", "drop-D", "force", "from0", "fuzzy",
        "group", "hard-links", "human-readable", "iconv", "ignore-errors", "implied-dirs", "inc-recursive", "inplace",
        "insecure-links", "itemize-changes", "links", "mkpath", "motd", "msgs2stderr", "munge-links", "numeric-ids",
        "old-args", "omit-dir-times", "omit-link-times", "one-file-system", "open-noatime", "owner", "partial", "perms",
        "progress", "prune-empty-dirs", "recursive", "relative", "secluded-args", "sparse", "specials", "super",
        "timeout", "times", "verbose", "whole-file", "write-devices", "xattrs",
    )
)

BY_NAME: dict[str, Option] = {name: row for row in OPTIONS for name in (row.name, *row.aliases)}
BY_SHORT: dict[str, Option] = {row.short: row for row in OPTIONS if row.short}
BY_OPTION: dict[str, Option] = {row.option: row for row in OPTIONS if row.option}


def find(word: str) -> tuple[Option, bool] | None:
    """Look a long name up: the row, and whether the name switches it on; None where rsync has no such option.

    ``no-`` takes a name or a letter, as in ``--no-perms`` and ``--no-p``.
    """
    if word in BY_NAME and len(word) > 1:
        return BY_NAME[word], True
    if word.startswith("no-"):
        row = BY_NAME.get(word[3:]) or BY_SHORT.get(word[3:])
        if row is not None and row.name in NEGATABLE:
            return row, False
    return None


__all__ = (
    "ARCHIVE", "BY_NAME", "BY_OPTION", "BY_SHORT", "NEGATABLE", "OPTIONS", "OUTPUT", "PULL", "PUSH", "Option", "find",
)
