# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Which stages one rsync must do alone, because the options mean something else side by side."""

from __future__ import annotations

import functools
import os
import re
import stat
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import DAEMON

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._plan import Plan
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.settings import Settings


# A rule that lets no name be deleted which is not deleted without it.
_SPARES = re.compile(r"[-HSP](?![a-z])|(?:exclude|hide|show|protect)\b")

# What the owner of a directory needs to put files into it.
_FILLED = stat.S_IWUSR | stat.S_IXUSR


def alone_because(request: Request) -> str | None:
    """Say why one rsync must do the whole work; None where many can."""
    settings = request.settings
    for row in table.OPTIONS:
        if row.alone and settings.on(row.name):
            return f"{row.option or row.name}: {row.alone}"
    if settings.on("remote-option") and request.far is None:
        return "remote-option: rsync takes no list beside it where both ends are on one host"
    if request.deletes and settings.on("keep-dirlinks"):
        return "keep_dirlinks with delete: a link that is kept may lead into what is deleted"
    if _risks_backups(request):
        return "backup with delete: those in dest that are there before it deletes are extraneous files to rsync"
    if settings.backs_up_again and lanes_may_fail(request):
        return "backup without times, or with ignore_times: a second rsync would back up what the first one has brought"
    if _clears_backups(request):
        return "force with backup: at a far dest nothing protects the backups of one rsync from the next one"
    if settings.shares_parts:
        return "partial_dir: files of one name share a place there, and lanes would write to it side by side"
    if settings.backs_up_halves and (lanes_may_fail(request) or settings.on("hard-links")):
        return "backup with inplace, partial or temp_dir: a second rsync would back up a half-written file"
    if settings.writes_through and lanes_may_fail(request):
        return "inplace or append, with link_dest: a second rsync would write to what the first one has linked"
    if settings.passes_over_halves and lanes_may_fail(request):
        return "inplace, partial or temp_dir, with update or ignore_existing: a second rsync would pass over a half"
    if settings.on("hard-links") and not settings.on("times"):
        return "hard_links without times: no dry run shows which groups must be linked again"
    if settings.on("hard-links") and settings.on("ignore-existing"):
        return "hard_links with ignore_existing: a second rsync would pass over the first name of a group"
    if settings.sends_again and settings.on("link-dest", "compare-dest") and whole_because(request):
        return "link_dest or compare_dest, without times or with ignore_times: a second rsync would send all again"
    hidden = _hidden(settings)
    if hidden:
        return f"remove_source_files {hidden}: a second rsync cannot tell what the first one has brought"
    if request.roots is None:
        return "src: only rsync itself can tell which source a name comes from"
    if _may_start_below(request):
        return "files_from: only rsync itself can tell which directory a name starts from that may have /./ before it"
    if settings.on("delete-before") and whole_because(request):
        return f"delete-before: {whole_because(request)}"
    return None


def alone_again(request: Request) -> bool:
    """Say whether one rsync that does the whole work may be started once more where it has broken off."""
    settings = request.settings
    loses = request.deletes and (settings.on("remove-source-files") or _risks_backups(request))
    return request.repeats_whole and not loses and not _clears_backups(request)


def _clears_backups(request: Request) -> bool:
    """Say whether backups in the way of a file have nothing that protects them: a far receiver is told no rules."""
    settings = request.settings
    return settings.on("force") and settings.suffixes_backups and request.dest.remote and not request.deletes


def _risks_backups(request: Request) -> bool:
    """Say whether a deletion after the transfers could take the backups that they made."""
    settings = request.settings
    if not request.deletes or not settings.on("backup", "backup-dir"):
        return False
    if not settings["backup-dir"]:
        return settings.on("delete-excluded") or _exposes_backups(request)  # else rsync protects the suffix
    dest, backups = request.dest.exact, settings["backup-dir"].encode("utf-8", "surrogateescape")
    if not request.dest.remote:
        dest = os.path.realpath(dest)
        backups = os.path.join(dest, backups)
        return _is_below(backups, dest) or _is_below(os.path.realpath(backups), dest)
    if os.path.isabs(backups) and not os.path.isabs(dest):
        return True  # for all that is known at this end
    if request.dest.kind == DAEMON and b".." in backups.split(b"/"):
        return True  # one without chroot leaves out what leads upwards (sanitize_path() in util1.c)
    dest = os.path.join(b"/~", dest)
    return _is_below(os.path.join(dest, backups), dest)


def _exposes_backups(request: Request) -> bool:
    """Say whether a rule may let names with the suffix go: rsync protects them with the last one of all."""
    settings = request.settings
    if request.merges_filters:
        return True
    try:
        rules = list(_rules(settings.filters, b"\0" if settings.on("from0") else b"\n"))
    except OSError:
        return True  # rsync says why it cannot be read
    return any(_exposes(name, text, settings.suffix) for name, text in rules)


def _exposes(name: str, text: str, suffix: str) -> bool:
    """Say whether one rule may let a name with the suffix go."""
    text = text.lstrip()
    if not text.startswith("+") if name == "exclude" else name == "filter" and _SPARES.match(text):
        return False
    if name == "filter" and "!" in re.split(r"[\s_]", text, maxsplit=1)[0][1:]:
        return True  # it matches what its pattern does not
    end = re.split(r"[]*?]", text)[-1].replace("\\", "").rstrip("\r")
    return suffix.endswith(end) or end.endswith(suffix)


def _rules(filters: t.Sequence[tuple[str, str]], separator: bytes) -> t.Iterator[tuple[str, str]]:
    """All rules, those in files that options name, too.

    Raises:
        OSError: A file cannot be read, or not twice.
    """
    for name, text in filters:
        if not name.endswith("-from"):
            yield name, text
            continue
        path = text.encode("utf-8", "surrogateescape")
        if not os.path.isfile(path):
            raise FileNotFoundError(text)
        with open(path, "rb") as stream:
            for line in stream.read().split(separator):
                if line and not line.startswith((b"#", b";")):
                    yield name[: -len("-from")], line.decode("utf-8", "surrogateescape")


def _may_start_below(request: Request) -> bool:
    """Say whether a name in the user's list may have a ``/./`` in it: only what stands behind that is kept."""
    path = (request.settings["files-from"] or "").encode("utf-8", "surrogateescape")
    if request.has_far_list or not os.path.isfile(path):
        return request.has_far_list
    last = b""
    with open(path, "rb") as stream:
        for block in iter(functools.partial(stream.read, 1 << 20), b""):
            if b"/./" in last + block:
                return True
            last = block[-2:]
    return False


def _is_below(path: bytes, directory: bytes) -> bool:
    return os.path.normpath(path).startswith(os.path.normpath(directory).rstrip(b"/") + b"/")


def _hidden(settings: Settings) -> str | None:
    """Say with what a second rsync would not remove, from the source, exactly what one rsync removes."""
    if not settings.on("remove-source-files"):
        return None
    if not settings.on("times"):
        return "without times"
    if settings.on("ignore-existing"):
        return "with ignore_existing"
    if settings.on("append", "append-verify") and settings.on("ignore-times", "checksum"):
        return "with append, and ignore_times or checksum"
    return "with update and modify_window" if settings.on("update") and settings.on("modify-window") else None


def whole_because(request: Request, plan: Plan | None = None) -> str | None:
    """Say why the user's own rsync must run over the tree after the lanes; None where lists do."""
    settings = request.settings
    if plan is not None and plan.unlisted:
        return "src: on a pull no list can hold a name that has both a backslash and a wildcard in it"
    if plan is not None and plan.apart:
        return "perms: lanes would close directories to each other that their owner may not fill"
    if len({row.directory for row in request.roots or ()}) > 1:
        return "src: several sources have no common directory that a list could start from"
    if settings["implied-dirs"] is False and settings.on("relative", "files-from"):
        return "no-implied-dirs: in a list every directory is an implied one"
    if request.deletes and request.merges_filters:
        return "filter: rules in the tree's own files protect from deletion only in rsync's own walk"
    for name in ("prune-empty-dirs", "files-from", "relative"):
        if request.deletes and settings.on(name):
            return f"delete with {name}: only rsync's own walk knows what is extraneous"
    unseen = unseen_because(request)
    if unseen:
        return unseen
    if settings.on("hard-links"):
        for name in ("checksum", "ignore-times", "link-dest", "copy-dest"):
            if settings.on(name):
                return f"hard_links with {name}: only rsync's own walk sees whole groups"
        if plan is not None and plan.unled:
            return "hard_links: a file of an existing group has changed, so the group must be linked again"
    return None


def unseen_because(request: Request) -> str | None:
    """Say why the user's own rsync may have something to do that no dry run shows; None where one shows all."""
    for row in table.OPTIONS:
        if row.whole and request.settings.on(row.name):
            return f"{row.option or row.name}: {row.whole}"
    return None


def lanes_may_fail(request: Request) -> bool:
    """Say whether a lane may fail where rsync alone would not, so that the user's own rsync must decide afterwards.

    Without perms a lane must not open directories to the others; and it may clear nothing away
    where that takes rules from files, or a count.
    """
    blocked = request.makes_way and not request.clears_way
    return blocked or not request.settings.on("perms") or whole_because(request) is not None


def shut_to_lanes(request: Request) -> t.Callable[[bytes], bool] | None:
    """Give what says of a directory at the destination that lanes would close it to each other; None where none is so.

    Where its owner may not fill it, rsync opens it and closes it at its end (touch_up_dirs() in generator.c). Another
    one can then neither give its temporary file the final name nor remove it. Where the rsync that finishes the tree
    would send again all that lanes have brought, they rather try.
    """
    settings = request.settings
    if os.geteuid() == 0 or request.dest.remote or request.jobs_max < 2 or settings.on("perms") or settings.sends_again:
        return None

    @functools.lru_cache(maxsize=1024)
    def shut(name: bytes) -> bool:
        try:
            status = os.stat(os.path.join(request.dest.exact, name))
        except PermissionError:
            return True
        except OSError:
            return False
        return status.st_uid == os.geteuid() and status.st_mode & _FILLED != _FILLED

    return shut


__all__ = ("alone_again", "alone_because", "lanes_may_fail", "shut_to_lanes", "unseen_because", "whole_because")
