# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The commands of the README: ad hoc."""

from __future__ import annotations

import json
import os
import typing as t

from tests.integration.runner import REPOSITORY, Ansible
from tests.support import snapshot, trees


def copy(ansible: Ansible, name: str, module: str, options: str, *words: str) -> tuple[str, dict[str, t.Any]]:
    """Copy a sample tree ad hoc; give what is said meanwhile, and the result."""
    source, dest = (os.path.join(ansible.folder, name, end) for end in ("data", "backup"))
    trees.build(source)
    options = "src=%s/ dest=%s/ jobs=8 hard_links=true %s" % (source, dest, options)
    # ansible-core 2.16 cannot run its own Python where that lies in a path with spaces.
    python = json.dumps({"ansible_python_interpreter": ansible.python})
    ended = ansible.run("ansible", "localhost", "-m", module, "-a", options, "-e", python, *words)
    assert ended.code == 0, ended.output
    assert not snapshot.differences(snapshot.snapshot(source), snapshot.snapshot(dest))
    ansible.check_clean()
    said, line, result = ended.output.partition("localhost | CHANGED => ")
    assert line, ended.output
    return said, json.JSONDecoder().raw_decode(result)[0]


def test_ad_hoc(ansible: Ansible) -> None:
    said, result = copy(ansible, "ad-hoc", "vgreb.jsync.parallel_rsync", "progress_interval=0 bwlimit=100k")
    assert "localhost: transfer " in said
    assert result["rc"] == 0 and len(result["lanes"]) == 8


def test_without_its_action_plugin(ansible: Ansible) -> None:
    """As other action plugins may call it; what Ansible finds by this name alone is the module."""
    folder = os.path.join(REPOSITORY, "plugins", "modules")
    said, result = copy(ansible, "module-alone", "parallel_rsync", "", "--module-path", folder)
    assert "localhost: " not in said
    assert result["rc"] == 0 and len(result["lanes"]) == 8
