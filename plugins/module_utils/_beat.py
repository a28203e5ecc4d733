# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Signs of life: the file ``beat-N`` in the follow directory, whose number grows for as long as the module lives.

It beats in a thread of its own, so that neither hours of a silent scan nor a disk that hangs look like the end of the
run. A new name needs no room on a full disk, and no clock to be read.
"""

from __future__ import annotations

import contextlib
import os
import threading
import typing as t

BEATS_A_LEASE = 4

_LONGEST_SECONDS = 5.0


@contextlib.contextmanager
def beating(directory: str, lease: float) -> t.Iterator[None]:
    """Beat from here to the end of the block.

    Args:
        directory: The follow directory.
        lease: Seconds for which silence is borne.
    """
    ended = threading.Event()
    thread = threading.Thread(target=_beat, args=(directory, min(lease / BEATS_A_LEASE, _LONGEST_SECONDS), ended))
    thread.daemon = True
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _beat(directory: str, seconds: float, ended: threading.Event) -> None:
    path = os.path.join(directory, "beat-")
    number = 0
    with contextlib.suppress(OSError):
        os.close(os.open(path + "0", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    while not ended.wait(seconds):
        with contextlib.suppress(OSError):
            os.rename(f"{path}{number}", f"{path}{number + 1}")
            number += 1


__all__ = ("BEATS_A_LEASE", "beating")
