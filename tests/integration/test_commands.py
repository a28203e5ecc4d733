# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The commands of the README: ad hoc."""

from __future__ import annotations

import json
import os
import typing as t

from tests.integration.runner import Ansible
from tests.support import snapshot, trees


def copy(ansible: Ansible, name: str) -> dict[str, t.Any]:
    """Copy a sample tree ad hoc and return the result."""
    source, dest = (os.path.join(ansible.folder, name, end) for end in ("data", "backup"))
    trees.build(source)
    words = "src=%s/ dest=%s/ jobs=8 hard_links=true" % (source, dest)
    # ansible-core 2.16 cannot run its own Python where that lies in a path with spaces.
    python = json.dumps({"ansible_python_interpreter": ansible.python})
    ended = ansible.run("ansible", "localhost", "-m", "vgreb.jsync.parallel_rsync", "-a", words, "-e", python)
    assert ended.code == 0, ended.output
    assert not snapshot.differences(snapshot.snapshot(source), snapshot.snapshot(dest))
    ansible.check_clean()
    _warnings, line, result = ended.output.partition("localhost | CHANGED => ")
    assert line, ended.output
    return t.cast("dict[str, t.Any]", json.JSONDecoder().raw_decode(result)[0])


def test_ad_hoc(ansible: Ansible) -> None:
    result = copy(ansible, "ad-hoc")
    assert result["rc"] == 0 and len(result["lanes"]) == 8
