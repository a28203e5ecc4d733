# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What rsync removes where nothing differs, at either end, and files that are moved."""

from __future__ import annotations

import os
import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._result import LISTED

from tests.fidelity.conftest import OTHER_USER, Bench, needs_root
from tests.support import engine, servers, trees

OLD, NEW = 1_500_000_000_000_000_000, 1_600_000_000_000_000_000


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


@needs_root
@pytest.mark.parametrize("words", ["", "--delete", "--ignore-existing"])
def test_what_stays_at_the_source_is_named(bench: Bench, words: str) -> None:
    def build(source: str, dest: str) -> None:
        for number in range(7):
            trees.write(os.path.join(os.fsencode(source), b"closed", b"name: %d" % number), b"content")
        os.chmod(os.path.join(source, "closed"), 0o555)
        trees.write(os.path.join(os.fsencode(dest), b"file"), b"extraneous")

    bench.prepare_trees(build)
    result = bench.compare_words("-a --remove-source-files " + words, user=OTHER_USER)
    assert sorted(entry["path"] for entry in result["failures"]) == ["closed/name: %d" % number for number in range(7)]
    assert result["failures"][0]["reason"] == "sender failed to remove: Permission denied (13)"


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


def test_each_failure_counts_once_however_many_there_are(bench: Bench) -> None:
    def build(source: str, dest: str) -> None:
        for number in range(LISTED + 10):
            trees.write(os.path.join(os.fsencode(source), b"name%d" % number), b"content")
            trees.write(os.path.join(os.fsencode(dest), b"name%d" % number, b"kept"), b"in its way")

    bench.prepare_trees(build)
    result = bench.compare_words("-a --delete --exclude=kept --remove-source-files", ignore=("mtime",))
    assert (result["stats"]["failures"], len(result["failures"])) == (LISTED + 10, LISTED)


@pytest.mark.parametrize("words", ["-I --append", "-I --append-verify", "-c --append", "-I --append --delete", "-I"])
def test_what_only_looks_the_same_is_not_moved(bench: Bench, words: str) -> None:
    """rsync appends nothing to what is as long, and leaves it at the source."""

    def build(source: str, dest: str) -> None:
        for name, new, old in ((b"f", b"one", b"two"), (b"g", b"longer", b"lon"), (b"h", b"same", b"same")):
            trees.write(os.path.join(os.fsencode(source), name), new)
            trees.write(os.path.join(os.fsencode(dest), name), old)
        for top in (source, dest):
            trees.stamp(os.fsencode(top))

    bench.prepare_trees(build)
    bench.compare_words(f"-a {words} --remove-source-files")


@pytest.mark.parametrize("words", ["", "--delete", "-c", "--remove-source-files"])
def test_what_is_the_same_elsewhere(bench: Bench, words: str) -> None:
    """With compare_dest rsync removes it from the destination."""
    bench.prepare(source="old", dest="old")
    bench.compare_words("-a --compare-dest=../ref " + words)


def _mixed(source: str, dest: str) -> None:
    """Files that are new, the same, older and newer at the destination, and that have grown since."""
    for name, content, there, moment, moment_there in (
        (b"new", b"new", None, NEW, 0),
        (b"empty", b"", None, NEW, 0),
        (b"same", b"same", b"same", OLD, OLD),
        (b"older there", b"one", b"longer", NEW, OLD),
        (b"newer there", b"one", b"longer", OLD, NEW),
        (b"of one size", b"one", b"two", NEW, OLD),
        (b"of one moment", b"one", b"longer", OLD, OLD),
        (b"other than it looks", b"one", b"two", OLD, OLD),
        (b"grown", b"one and more", b"one", NEW, OLD),
    ):
        for directory in (b"", b"below"):
            trees.write(os.path.join(os.fsencode(source), directory, name), content, mtime=moment)
            if there is not None:
                trees.write(os.path.join(os.fsencode(dest), directory, name), there, mtime=moment_there)
    for top in (source, dest):
        os.symlink("one target", os.path.join(top, "link"))
    os.symlink("a target", os.path.join(source, "new link"))
    for top in (source, dest):
        trees.stamp(os.fsencode(top))


@pytest.mark.parametrize("times", ["", "--no-t"])
@pytest.mark.parametrize(
    "words",
    [
        "",
        "--ignore-existing",
        "-u",
        "-u --modify-window=1",
        "-u --inplace",
        "--append",
        "--append-verify",
        "--existing",
        "--existing --ignore-existing",
        "--size-only",
        "-c",
        "-I",
        "--min-size=4 --max-size=5",
    ],
)
def test_choice_of_what_is_moved(bench: Bench, words: str, times: str) -> None:
    bench.prepare_trees(_mixed)
    bench.compare_words(f"-a --remove-source-files {words} {times}")
