# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Look at the ends of a run that are on this host, before anything is touched, and keep its own directories apart."""

from __future__ import annotations

import copy
import dataclasses
import os
import shutil
import stat
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import split_source
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.output import Report

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Endpoint
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

# What a run makes for itself has such a name, which no other directory has.
_OWN = b"jsync-"

# With them a tree goes on behind its links.
_THROUGH_LINKS = ("copy-links", "copy-unsafe-links", "copy-dirlinks", "keep-dirlinks")


def check_ends(request: Request) -> None:
    """Check sources, destination and files that are on this host.

    Raises:
        RequestError: One of them is missing, of the wrong kind, or cannot be read or written.
    """
    for source in request.sources:
        if not source.remote:
            _check_source(source)
    if not request.dest.remote:
        _check_dest(request)
    _check_files(request)


def _check_source(source: Endpoint) -> None:
    path = source.exact
    if not os.path.lexists(path.rstrip(b"/") or b"/"):
        raise RequestError(f"src {source.path!r} does not exist on this host")
    if path.endswith(b"/") and not os.path.isdir(path):
        raise RequestError(f"src {source.path!r} is not a directory: leave out the slash at its end")


def _check_dest(request: Request) -> None:
    dest, path = request.dest, request.dest.exact
    if os.path.isdir(path):
        own = os.stat(path).st_uid == os.geteuid()  # rsync makes it writable, if the user asks for perms
        if not own and not os.access(path, os.W_OK | os.X_OK) and not request.check:
            raise RequestError(f"dest {dest.path!r} is not writable for the user that the module runs as")
        return
    if os.path.exists(path):
        many = len(request.sources) > 1 or any(_is_directory(source) for source in request.sources)
        if many or dest.path.endswith("/"):
            raise RequestError(f"dest {dest.path!r} is a file, and src is not a single file: name a directory")
        return
    above = os.path.dirname(path.rstrip(b"/")) or b"."
    if not os.path.isdir(above):
        if not request.settings.on("mkpath"):
            raise RequestError(
                f"dest {dest.path!r}: the directory above it does not exist; create it or set mkpath=true"
            )
    elif not os.access(above, os.W_OK | os.X_OK) and not request.check:
        raise RequestError(f"dest {dest.path!r} cannot be created: the directory above it is not writable")


def _is_directory(source: Endpoint) -> bool:
    path = source.exact
    return not source.remote and os.path.isdir(path) and (path.endswith(b"/") or not os.path.islink(path))


def _check_files(request: Request) -> None:
    """Check the files that options name, as far as they are on this host."""
    settings = request.settings
    named = [(name.replace("-", "_"), path) for name, path in request.lists]
    if settings["password-file"]:
        named.append(("password_file", settings["password-file"]))
    if request.private_key and request.uses_ssh:
        named.append(("private_key", request.private_key))
    for option, path in named:
        exact = path.encode("utf-8", "surrogateescape")
        try:
            with open(exact, "rb"):
                pass
        except OSError as error:
            raise RequestError(f"{option} is {path!r} and cannot be read: {error.strerror}") from error
        if option == "password_file":
            _check_secret(option, path, os.stat(exact))


def _check_secret(option: str, path: str, status: os.stat_result) -> None:
    """Refuse what rsync refuses (getpassf() in authenticate.c)."""
    if status.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise RequestError(f"{option} is {path!r} and open to others: chmod 600 it")
    if os.geteuid() == 0 != status.st_uid:
        raise RequestError(f"{option} is {path!r} and not owned by root, as whom the module runs: chown it")


async def check_nesting(request: Request, command: Command, processes: Processes, state: str) -> None:
    """Check that no end lies inside the other one in a way that would copy or delete a tree within itself.

    Raises:
        RequestError: The destination would be copied into itself, or the source would be deleted.
    """
    if request.far is not None:
        return
    dest = os.path.realpath(request.dest.exact)
    for source in filter(_is_directory, request.sources):
        root = os.path.realpath(source.exact)
        split = split_source(source)
        base = split.base if split and split.base is not None else b""
        if request.deletes and _inside(root, os.path.join(dest, base) if base else dest):
            raise RequestError(
                f"src {source.path!r} is inside dest {request.dest.path!r}, and delete would delete it: "
                "name another dest or leave delete out"
            )
        if not _inside(dest, root) and not (dest == root and base):
            continue
        if request.settings.on("one-file-system") and _device(dest) != _device(root):
            continue
        if await _is_listed(command, processes, state, base, os.path.relpath(dest, root)):
            raise RequestError(
                f"dest {request.dest.path!r} is inside src {source.path!r} and would be copied into itself: "
                "exclude it or name another dest"
            )


def set_apart(request: Request, directories: t.Iterable[str]) -> Request:
    """Give the request with rules that keep out of its trees what the run makes for itself.

    They hide it from a sender, and protect it from a receiver, which delete_excluded does not change. As each name is
    its own, they hold wherever the names of a transfer start.
    """
    rules = []
    for path in dict.fromkeys(map(os.fsencode, directories)):  # the state directory may hold the sockets, too
        name = os.path.basename(path)
        if name.startswith(_OWN):
            for side, ends in (("H", request.sources), ("P", (request.dest,))):
                if any(_may_hold(request, end, path) for end in ends):
                    rules.append(("filter", f"{side} {os.fsdecode(name)}/"))
    if not rules:
        return request
    settings = copy.copy(request.settings)
    settings.filters = [*rules]
    for entry in request.settings.filters:
        settings.filters.append(entry)
        if entry[0] not in ("include", "exclude") or "!" in entry[1]:  # it may have cleared all before it
            settings.filters += rules
    return dataclasses.replace(request, settings=settings)


def _may_hold(request: Request, end: Endpoint, path: bytes) -> bool:
    if end.remote:
        return False
    return request.settings.on(*_THROUGH_LINKS) or _inside(os.path.realpath(path), os.path.realpath(end.exact))


def _inside(path: bytes, above: bytes) -> bool:
    return path != above and os.path.commonpath((path, above)) == above


def _device(path: bytes) -> int:
    """The file system of a path, or of what exists above it."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return os.stat(path).st_dev


async def _is_listed(command: Command, processes: Processes, state: str, base: bytes, below: bytes) -> bool:
    """Ask rsync whether the filters let the destination through, over an empty copy of the path that leads to it."""
    probe = os.path.join(os.fsencode(state), b"probe")
    name = os.path.normpath(os.path.join(base, below))
    os.makedirs(os.path.join(probe, name))
    found: list[bytes] = []
    report = Report(lambda change: found.append(change.name))
    source = os.path.join(probe, base)
    await processes.run(command.probe(source, probe + b".dest"), report.read_output, report.read_errors)
    shutil.rmtree(probe)
    return name in found


__all__ = ("check_ends", "check_nesting", "set_apart")
