# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Which runs are of the same task."""

from __future__ import annotations

import contextlib
import hashlib
import os
import typing as t
from tempfile import gettempdir

from ansible_collections.vgreb.jsync.plugins.module_utils._model import to_locale

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import Endpoint

# They change how fast or how patiently it is done, not what.
_PACE = ("bwlimit", "timeout", "contimeout")

_BLOCK_BYTES = 1 << 20


def directory_of(request: Request) -> str:
    """Where the lock of a request is: what comes after the user is a digest of dest, and of all that matters.

    The umask is that of this process: who starts a run and follows it gives the login's to it, as if it were asked for.
    """
    values = sorted((name, repr(value)) for name, value in request.settings.values.items() if name not in _PACE)
    task = (
        [_place(source, request) for source in request.sources],
        request.dest.text.endswith("/"),
        values,
        request.settings.filters,
        [_content(path) for path in (*(path for _option, path in request.lists), *request.merged)],
        request.rsync_path,
        _umask(),
    )
    dest = os.path.normpath(_place(request.dest, request))
    return os.path.join(gettempdir(), f"jsync-{os.geteuid()}-{_digest(dest)}-{_digest(repr(task))}")


def _place(end: Endpoint, request: Request) -> str:
    if end.remote:  # behind another jump host the same name is another host
        return f"{end.user}@{end.host}:{end.port or request.settings['port']}/{end.path} {request.ssh}"
    return os.path.join(os.getcwd(), end.path)


def _content(path: str) -> str | None:
    """A digest of what a file on this host holds; None where there is none. What is in a pipe is for rsync alone."""
    found = hashlib.sha256()
    with contextlib.suppress(OSError):
        if os.path.isfile(to_locale(path)):
            with open(to_locale(path), "rb") as stream:
                for block in iter(lambda: stream.read(_BLOCK_BYTES), b""):
                    found.update(block)
            return found.hexdigest()
    return None


def _umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


__all__ = ("directory_of",)
