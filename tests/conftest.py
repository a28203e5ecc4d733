# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Temporary folders are in memory, where there is room: thousands of small trees are made and compared."""

from __future__ import annotations

import os
import shutil

_MEMORY = "/dev/shm"
_ROOM_BYTES = 4 << 30

if os.path.isdir(_MEMORY) and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES:
    os.environ.setdefault("TMPDIR", _MEMORY)
