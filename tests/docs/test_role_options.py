# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The role knows every option of the module, and documents each of its own variables with the module's type."""

from __future__ import annotations

import os
import typing as t

import pytest
import yaml
from ansible_collections.vgreb.jsync.plugins.module_utils._options import argument_spec

ROLE = os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, "roles", "sync")

# What the role has for itself.
OWN = {"jsync_assert", "jsync_hosts", "jsync_install", "jsync_items", "jsync_options"}
# What the action plugin gives the module.
OF_THE_ACTION = {"follow"}


def load(*names: str) -> t.Any:
    with open(os.path.join(ROLE, *names)) as stream:
        return yaml.safe_load(stream)


def variables() -> dict[str, dict[str, t.Any]]:
    return load("meta", "argument_specs.yml")["argument_specs"]["main"]["options"]


def test_it_passes_every_option_on() -> None:
    (task,) = load("tasks", "sync.yml")
    passed = task["vgreb.jsync.parallel_rsync"]
    assert set(passed) == set(argument_spec()) - OF_THE_ACTION
    assert {name: text for name, text in passed.items() if text != "{{ jsync__item.get('%s', omit) }}" % name} == {}


def test_it_allows_every_option_in_dictionaries() -> None:
    assert set(load("vars", "main.yml")["jsync__module_options"]) == set(argument_spec()) - OF_THE_ACTION


@pytest.mark.parametrize("name", sorted(set(variables()) - OWN))
def test_its_variables_are_options(name: str) -> None:
    option = argument_spec()[name[len("jsync_") :]]
    variable = variables()[name]
    for key in ("type", "choices", "no_log"):
        assert variable.get(key) == option.get(key), key


def test_its_defaults_are_documented() -> None:
    """In words, because Ansible refuses null for a variable that has a default in its specification."""
    assert [name for name, row in variables().items() if "default" in row] == []
    for name, default in load("defaults", "main.yml").items():
        assert not default or "The default is V(%s)" % str(default).lower() in variables()[name]["description"]
