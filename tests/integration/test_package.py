# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What is built, installed and named in meta/, as users of the package have it."""

from __future__ import annotations

import os

from tests.integration.runner import Ansible
from tests.integration.test_targets import Place


def test_action_group(ansible: Ansible) -> None:
    """module_defaults of the group reach both modules; what a task says comes first."""
    place = Place(ansible, "action_group")
    results, _output = ansible.target("action_group", {"here": place.here, "src": place.source})
    assert {name: len(result["lanes"]) for name, result in results.items()} == {
        "parallel_rsync": 3,
        "task": 2,
        "synchronize": 3,
    }
    wanted = set(os.listdir(place.source)) - {"modes"}
    for name in ("by parallel_rsync", "by a task", "by synchronize"):
        assert set(os.listdir(place.path(name))) == wanted
    ansible.check_clean()
