# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What rsync removes where nothing differs, at either end, and files that are moved."""

from __future__ import annotations

import os
import typing as t

import pytest

from tests.fidelity.conftest import Bench
from tests.support import engine, servers


def _params(bench: Bench, words: str) -> dict[str, t.Any]:
    src, dest = (os.path.join(bench.folder, "actual", name) for name in ("src/", "dst"))
    return {"src": src, "dest": dest, "archive": False, "rsync_opts": words.split()}


@pytest.mark.parametrize("words", ["", "-H", "--delete", "--exclude=z", "--max-size=5k", "--existing", "--no-t"])
def test_the_rest_of_a_move(bench: Bench, words: str) -> None:
    """All has arrived before, and is yet to be removed from the source."""
    bench.prepare(source="old", dest="old")
    params = _params(bench, "-a --remove-source-files " + words)
    assert engine.run(params, check=True)["changed"]
    assert bench.compare_words("-a --remove-source-files " + words)["changed"]


def test_nothing_is_left_to_move(bench: Bench) -> None:
    bench.prepare(source="old", dest="old")
    params = _params(bench, "-a --remove-source-files --omit-dir-times")
    assert engine.run(params)["changed"]
    assert not engine.run(params, check=True)["changed"]
    assert not engine.run(params)["changed"]


@pytest.mark.parametrize("pull", [False, True], ids=["push", "pull"])
def test_the_rest_of_a_move_over_ssh(bench: Bench, ssh: servers.Ssh, pull: bool) -> None:
    bench.prepare(source="old", dest="old")
    words = ["-a", "--remove-source-files"]
    params = dict(ssh.options(), archive=False, rsync_opts=words)
    far: dict[str, t.Any] = {"before" if pull else "after": lambda path: "%s:%s" % (ssh.host, path)}
    assert bench.compare(words, params, connect=["-e", ssh.rsh()], **far)["changed"]


@pytest.mark.parametrize("words", ["", "--delete", "-c", "--remove-source-files"])
def test_what_is_the_same_elsewhere(bench: Bench, words: str) -> None:
    """With compare_dest rsync removes it from the destination."""
    bench.prepare(source="old", dest="old")
    bench.compare_words("-a --compare-dest=../ref " + words)
