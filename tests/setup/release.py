# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""``release.py TAG``: require that tag, galaxy.yml and changelog tell of the same version."""

from __future__ import annotations

import os
import re
import sys


def disagreement(tag: str, root: str) -> str | None:
    """What must be put right before the version that a tag names is published; None if nothing."""
    with open(os.path.join(root, "galaxy.yml")) as stream:
        found = re.search(r"^version: (\S+)$", stream.read(), re.MULTILINE)
    version = found.group(1) if found else None
    if tag != f"v{version}":
        return f"the tag is {tag} and the version in galaxy.yml is {version}: tag v{version}, or change galaxy.yml"
    with open(os.path.join(root, "changelogs", "changelog.yaml")) as stream:
        entries = re.findall(r"^  (\S+):$", stream.read(), re.MULTILINE)
    if version not in entries:
        return f"changelogs/changelog.yaml has no entry for {version}: run make changelog"
    left = [name for name in os.listdir(os.path.join(root, "changelogs", "fragments")) if name.endswith(".yml")]
    if left:
        return f"changelogs/fragments has {', '.join(sorted(left))}, which the changelog does not: run make changelog"
    return None


if __name__ == "__main__":
    sys.exit(disagreement(sys.argv[1], os.path.join(os.path.dirname(__file__), os.pardir, os.pardir)))
