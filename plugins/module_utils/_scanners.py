# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""How many rsyncs share a scan."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._strategy import alone_because

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request

# The most scanners at once, and how many names a tree must hold for more than one: on this host, and where each has
# another host to reach and one more finds out first whether anything is there.
_SCANNERS = 8
_LARGE = 5_000
_LARGE_FAR = 50_000

# A tree whose names take longer to count is large enough, too.
_COUNT_SECONDS = 0.5

# rsync keeps some 80 bytes of each name at each end, where it reads a part at once; half of the tree is read at a time.
# So many names take about a gigabyte.
_AT_ONCE = 10_000_000

# A part of the tree means something else for them, or nobody has shown that it does not.
_OF_ONE_TREE = (
    "confine-root", "copy-as", "copy-links", "copy-unsafe-links", "dirs", "existing", "fake-super", "files-from",
    "fuzzy", "hard-links", "ignore-existing", "keep-dirlinks", "one-file-system", "protocol", "prune-empty-dirs",
    "relative", "remote-option",
)  # fmt: skip


def may_divide(request: Request) -> bool:
    """Say whether several scanners over parts of the tree find the same as one."""
    settings = request.settings
    source, dest = request.sources[0], request.dest
    if request.jobs < 2 or len(request.sources) > 1 or not settings.on("recursive"):
        return False
    if not (request.uses_ssh if request.far else os.path.isdir(dest.exact)):  # a daemon may take few connections
        return False
    if not source.path.endswith("/") or "/./" in source.path:
        return False
    # On a pull lists name the parts, and imply the top, which is counted then: rules in a file may take it out.
    if request.pull and request.reads_filters:
        return False
    if settings.on(*_OF_ONE_TREE) or request.merges_filters or alone_because(request):
        return False
    # An rsync that meets an error at the source deletes nothing from there on, and others know nothing of that. Where
    # the run itself goes on, it deletes nothing then.
    return not (request.check and request.deletes) or (settings.on("ignore-errors") and settings["max-delete"] is None)


async def choose_scanners(request: Request, *, distant: bool = False) -> int:
    """How many scanners should share a scan, by the tree that is on this host.

    In a small tree one rsync ends before many have started. Each waits for its other end half of the time, so that two
    keep a processor busy.

    Args:
        request: What the user asks for; its scan may be divided.
        distant: Each round trip takes long: one scanner that takes few of them ends first.
    """
    checksum = request.settings.on("checksum")
    # With checksum lanes read the files side by side, and need not wait for the scan; with bwlimit the rate decides.
    if request.far and (distant or checksum or request.bwlimit):
        return 1
    tree = request.dest if request.pull else request.sources[0]
    worthwhile = checksum or await _holds(tree.exact, _LARGE_FAR if request.far else _LARGE)
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(request.jobs, 2 * usable, _SCANNERS) if worthwhile else 1


def names_fit(path: bytes) -> bool:
    """Say whether the scanners of a tree may keep all its names in memory.

    They may where its file system counts them (Btrfs says 0), and holds few.
    """
    try:
        numbers = os.statvfs(path)
    except OSError:
        return False
    return 0 < numbers.f_files - numbers.f_ffree <= _AT_ONCE


async def _holds(path: bytes, names: int) -> bool:
    """Say whether there are so many names in a tree; stop to count them then, or when that has taken long."""
    waiting = [path]
    deadline = time.monotonic() + _COUNT_SECONDS
    while waiting:
        await asyncio.sleep(0)
        if time.monotonic() > deadline:
            return True
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                names -= 1
                if names <= 0:
                    return True
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return False


__all__ = ("choose_scanners", "may_divide", "names_fit")
