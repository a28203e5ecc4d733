# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Real programs for the unit tests: the rsyncs that are here, and an event loop to run them in."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import tempfile
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import Binary, find_rsync
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.guardian import Guardian
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

from tests.support import programs
from tests.support.processes import LIMIT_SECONDS
from tests.unit import recordings

_TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_CANDIDATES = (shutil.which("rsync"), os.path.join(_TOP, ".cache", "rsync-older", "usr", "bin", "rsync"))

# The rsync of this host and, where it was fetched, an older one.
PROGRAMS = [path for path in _CANDIDATES if path and os.access(path, os.X_OK)]

T = t.TypeVar("T")


def within(work: t.Callable[[Processes], t.Awaitable[T]]) -> T:
    """Run something that starts processes to its end, or fail."""

    async def conduct() -> T:
        with Guardian() as guardian:
            async with Processes(guardian) as processes:
                return await asyncio.wait_for(work(processes), LIMIT_SECONDS)

    return asyncio.run(conduct())


def script(folder: t.Any, text: str, name: str = "script") -> str:
    """Write a program for the shell."""
    return programs.shell(os.path.join(str(folder), name), text)


def impersonate(folder: t.Any, said: str) -> str:
    """Write a program that says of itself what an rsync says."""
    with open(os.path.join(str(folder), "help"), "w") as stream:
        stream.write(said)
    return script(folder, f"exec cat '{folder}'/help\n", "rsync")


@functools.lru_cache(maxsize=None)
def find(path: str) -> Binary:
    """What the module knows of an rsync."""
    return within(lambda processes: find_rsync(processes, path))


@functools.lru_cache(maxsize=None)
def recorded(version: str) -> Binary:
    """The same of one that was recorded."""
    with tempfile.TemporaryDirectory() as folder:
        said = recordings.load(version, "help").out.decode()
        return find(impersonate(folder, said))._replace(path="rsync")
