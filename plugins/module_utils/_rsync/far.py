# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""What the rsync at the far end can do: it is asked only where the request needs more than rsync 3.1.0 has.

Each rsync of a run passes options on to the far one, and some of them only a transfer has: without the question a far
rsync that is too old would be met when directories have been made already. A far program that does not answer as rsync
does is left to what the scan makes of it.
"""

from __future__ import annotations

import asyncio
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import readable
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import read_options, read_version
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import SSH
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.exitcodes import OK
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.lane import LOGIN_SECONDS
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.shell import split_words

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes


async def check_far(request: Request, shell: str | None, processes: Processes) -> None:
    """Check that the far rsync has every option that it will be told of.

    Args:
        request: What the user asks for.
        shell: The remote shell of the first lane, which has logged in; None where it needs none of ours.
        processes: Where the question is started.

    Raises:
        RequestError: The far rsync lacks one.
    """
    rows = newer_options(request)
    argv = question(request, shell)
    if not rows or not argv:
        return
    said: list[bytes] = []
    asking = asyncio.ensure_future(processes.run(argv, said.append, lambda _words: None))
    try:  # asyncio.wait_for() may lose a cancellation before Python 3.12
        await asyncio.wait((asking,), timeout=LOGIN_SECONDS)
    finally:
        asking.cancel()
        (code,) = await asyncio.gather(asking, return_exceptions=True)
    if code == OK and request.far:  # else it was cut short
        require(rows, readable(b"".join(said)), request.far.host)


def newer_options(request: Request) -> list[table.Option]:
    """Name the options of a request that the far rsync will be told of and that rsync 3.1.0 does not have."""
    way = table.PULL if request.pull else table.PUSH
    rows = [row for row in table.OPTIONS if way in row.told and request.settings.on(row.name)]
    return [row for row in rows if str(request.settings[row.name]).lower() not in row.untold]


def question(request: Request, shell: str | None) -> list[bytes]:
    """Build the arguments that ask the far rsync for its help, which begins with its version; none for a daemon."""
    far = request.far
    if far is None or far.kind != SSH:
        return []
    words = split_words(request.settings["rsh"] or shell or "")
    if not words:
        return []
    words += ["-l", far.user] if far.user else []
    words += [far.host, request.settings["rsync-path"] or "rsync", "--help"]
    return [word.encode("utf-8", "surrogateescape") for word in words]


def require(rows: t.Sequence[table.Option], said: str, host: str) -> None:
    """Compare options with what a far rsync has said of itself.

    Raises:
        RequestError: It is rsync, and lacks one.
    """
    version = read_version(said)
    known = read_options(said)
    if version is None or "archive" not in known:
        return
    for row in rows:
        if row.name not in known:
            raise RequestError(
                f"{row.option or 'rsync_opts'}: the rsync on {host} is version {version} and has no option "
                f"--{row.name}: install {row.since} or newer there or leave the option out"
            )


__all__ = ("check_far", "newer_options", "question", "require")
