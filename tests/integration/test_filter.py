# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The filter ``query`` over real results, whose texts and numbers each ansible-core marks in its own way."""

from __future__ import annotations

import os

from tests.integration.runner import ODD, Ansible
from tests.support import trees

TARGET = "filter_query"


def test_query(ansible: Ansible) -> None:
    here = os.path.join(ansible.folder, TARGET, ODD)
    for name, files in (("one", 1), ("two", 4)):
        for number in range(files):
            trees.write(os.fsencode(os.path.join(here, name, "file%d" % number)), b"x")
    password = os.path.join(ansible.folder, "vault password")
    trees.write(os.fsencode(password), b"a password")
    sealed = ansible.run(
        "ansible-vault", "encrypt_string", "--vault-password-file", password, "--name", "secret", "open sesame"
    )
    assert sealed.code == 0, sealed.output
    variables = os.path.join(ansible.folder, "vaulted.yml")
    trees.write(os.fsencode(variables), sealed.output.partition("secret:")[2].join(("secret:", "\n")).encode())
    words = ("--vault-password-file", password, "--extra-vars", "@" + variables)
    answers, _output = ansible.target(TARGET, {"here": here}, *words)
    refused = answers.pop("refused")
    assert "'sum([].stats.files' is invalid at character 19: it ends too early" in refused
    # A template that gives a number gives its text before ansible-core 2.19.
    assert {name: answer if isinstance(answer, list) else str(answer) for name, answer in answers.items()} == {
        "sum": "5",
        "max": "4",
        "max_by": "two",
        "sort_by": ["result", "result"],
        "join": "one, two",
        "contains": "True",
        "keys": ["bytes", "exit_codes", "files", "lane", "partitions", "retries", "seconds"],
        "some": [4],
        "hosts": "5",
        "vaulted": str(len("open sesame")),
        "lazy": ["on this host", 42],
        "kept": "{{ 'a' ~ 'b' }}",
    }
    ansible.check_clean()
