# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Do what get-pip.py does, with the pip that comes with Python, where that script cannot be fetched."""

from __future__ import annotations

import subprocess
import sys

_OF_GET_PIP_ALONE = ("--no-setuptools", "--no-wheel")

subprocess.run([sys.executable, "-m", "ensurepip"], check=True)
_words = [word for word in sys.argv[1:] if word not in _OF_GET_PIP_ALONE]
sys.exit(subprocess.run([sys.executable, "-m", "pip", "install", *_words], check=False).returncode)
