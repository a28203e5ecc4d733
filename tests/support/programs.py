# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Programs that a test writes for itself, to be started by a path."""

from __future__ import annotations

import os
import shlex
import sys


def shell(path: str, script: str) -> str:
    """Write a program for the shell, which every user may start."""
    with open(path, "w") as stream:
        stream.write("#!/bin/sh\n%s\n" % script)
    os.chmod(path, 0o755)
    return path


def python(path: str, file: str) -> str:
    """Write one that runs a file of Python with this Python."""
    return shell(path, 'exec %s "$@"' % shlex.join([sys.executable, file]))
