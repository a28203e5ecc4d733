# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""At what priority programs run: the words in front of every one that a run starts.

Programs do it, and not this process for its children: what rsync itself starts has it, too, from its first moment.
"""

from __future__ import annotations

import os
import re
import shutil
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import readable

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.processes import Processes

# Classes by the numbers that every ionice knows (ionice(1)); the older names differ.
_BEST_EFFORT, _IDLE = "2", "3"

_IONICE = re.compile(r"best-effort(?::([0-7]))?")


def check_nice(nice: int | None) -> None:
    """Check a niceness.

    Raises:
        RequestError: It is none.
    """
    if nice is not None and not -20 <= nice <= 19:
        raise RequestError(f"nice is {nice}: give a number from -20 (first) to 19 (last)")


def parse_ionice(text: str) -> tuple[str, ...]:
    """Read a class and a level, and give the words of ionice for them; none for no text.

    Raises:
        RequestError: It is neither ``idle`` nor ``best-effort``, nor that with a level.
    """
    match = _IONICE.fullmatch(text)
    if match:
        return ("-c", _BEST_EFFORT) + (("-n", match.group(1)) if match.group(1) else ())
    if text not in ("", "idle"):
        raise RequestError(f"ionice is {text!r}: give idle, best-effort, or best-effort:0 (first) to best-effort:7")
    return ("-c", _IDLE) if text else ()


async def find_priority(processes: Processes, nice: int | None, ionice: str) -> tuple[str, ...]:
    """Give the words that go before a program, none where its priority stays.

    Args:
        processes: Where they are tried.
        nice: The niceness that it is to have.
        ionice: The class and level in which it is to wait for disks.

    Raises:
        RequestError: A program is missing on this host, or the user may not do that.
    """
    words: tuple[str, ...] = ()
    step = 0 if nice is None else nice - os.getpriority(os.PRIO_PROCESS, 0)
    if step:
        words += (_find("nice", str(nice)), "-n", str(step))
    if ionice:
        words += (_find("ionice", repr(ionice)), *parse_ionice(ionice))
    if words:
        said: list[bytes] = []
        code = await processes.run([*words, "true"], said.append, said.append)
        if code or b"".join(said):  # nice goes on where it may not
            options = " and ".join(name for name, asked in (("nice", step), ("ionice", ionice)) if asked)
            raise RequestError(
                f"{options}: the user that the module runs as may not do that here "
                f"({readable(b''.join(said)).strip() or code}): ask for less or leave it out"
            )
    return words


def _find(option: str, value: str) -> str:
    found = shutil.which(option)
    if found is None:
        raise RequestError(f"{option} is {value}, and there is no program {option} on this host: leave it out")
    return found


__all__ = ("check_nice", "find_priority", "parse_ionice")
