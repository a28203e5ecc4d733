# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Every example does what its document says, word for word, in a network that has the hosts and paths it names."""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import subprocess
import typing as t

import pytest
import yaml

from tests.docs import blocks, network
from tests.docs.network_init import PASSWORD

if t.TYPE_CHECKING:
    import pathlib

PLUGINS = sorted(
    path
    for path in glob.glob("plugins/*/*.py", root_dir=network.REPOSITORY)
    if path.split("/")[1] in ("modules", "filter")
)
# Measurements are the business of the bench.
PAGES = (name for where in ("", "docs/", "roles/*/") for name in glob.glob(where + "*.md", root_dir=network.REPOSITORY))
DOCUMENTS = sorted(set(PAGES) - {"docs/performance.md", "CHANGELOG.md"})
# One after the other, as a reader does it, with nothing given beforehand.
STORY = "docs/getting-started.md"

# Targets of make are run by others, and must be there.
ELSEWHERE = ("make ",) if shutil.which("jq") else ("make ", "jq ")
# What the network cannot reach.
CLONE = "git clone https://github.com/vgreb/ansible-jsync"
SUBSTITUTES = {CLONE: shlex.join(["ln", "-s", network.REPOSITORY, "ansible-jsync"])}

GIVEN = {
    "inventory.ini": "old01\nnew01\nweb01\n",
    "stop.yml": "- name: Stop\n  ansible.builtin.command: touch /srv/stopped\n",
    "start.yml": "- name: Start\n  ansible.builtin.command: test -e /srv/mail/new/1\n",
    "files/site/index.html": "the site\n",
    "backup.jsonl": '{"seconds": 1.5, "percent": 100, "bytes": {"done": 1}, "rate": 1}\n',
}
VARIABLES = {"ANSIBLE_COLLECTIONS_PATH": network.COLLECTIONS, "ANSIBLE_INVENTORY": "inventory.ini"}


@pytest.fixture(scope="module")
def started() -> t.Iterator[network.Network]:
    if not network.is_possible():
        pytest.skip("namespaces of its own take root, and a system that lets it make them")
    with network.running() as running:
        yield running


@pytest.fixture
def hosts(started: network.Network) -> network.Network:
    started.fill()
    return started


def write(hosts: network.Network, folder: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        words = "mkdir -p %s; printf %%s %s > %s" % tuple(map(shlex.quote, (os.path.dirname(name) or ".", text, name)))
        assert hosts.run(words, folder=folder) == (0, "")


def playbook(examples: t.Iterable[blocks.Block]) -> str:
    return "".join(one.play("new01") for one in examples)


def play(hosts: network.Network, folder: str, examples: list[blocks.Block]) -> None:
    """Run tasks and plays as one playbook, and require that each task that copies has copied something."""
    write(hosts, folder, {**GIVEN, "examples.yml": playbook(examples)})
    words = "ansible-playbook -e 'mirror_password=\"%s\"' examples.yml" % PASSWORD
    code, output = hosts.run(words, folder=folder, **VARIABLES)
    assert code == 0, output
    sections = re.split(r"^TASK \[(.*)\] \*+$", output, flags=re.MULTILINE)
    changed = {name for name, said in zip(sections[1::2], sections[2::2]) if "\nchanged: [" in said}
    copying = [name for one in examples for name in one.copying]
    assert set(copying) <= changed, output


def test_syntax(tmp_path: pathlib.Path) -> None:
    """What can be said of every example where there is no network of its own."""
    found = {path: [one for one in blocks.of_document(path) if one.data] for path in DOCUMENTS}
    found.update((path, [blocks.of_plugin(path)]) for path in PLUGINS)
    for path, examples in found.items():
        if examples:
            (tmp_path / (path.replace("/", "-") + ".yml")).write_text(playbook(examples))
    books = sorted(map(str, tmp_path.iterdir()))
    assert len(books) > len(PLUGINS)
    argv = [os.path.join(network.PROGRAMS, "ansible-playbook"), "--syntax-check", "-i", "new01,", *books]
    env = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": network.COLLECTIONS, "HOME": str(tmp_path)}
    ended = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("path", PLUGINS)
def test_examples_of(path: str, hosts: network.Network) -> None:
    play(hosts, "/root/" + os.path.basename(path), [blocks.of_plugin(path)])


def test_example_of_callback(hosts: network.Network) -> None:
    """Only the callback heeds its setting, which shows even the shortest run."""
    files = yaml.safe_load(blocks.of_plugin("plugins/callback/progress.py").text)
    folder = "/root/callback"
    write(hosts, folder, {**GIVEN, **files})
    words = "ansible-playbook vgreb.jsync.sync -e jsync_hosts=new01 -e jsync_src=/data/ -e jsync_dest=/backup/"
    code, output = hosts.run(words, folder=folder, JSYNC_PROGRESS_INTERVAL="0", **VARIABLES)
    assert code == 0, output
    assert "\nnew01 (/data/): " in output


@pytest.mark.parametrize("path", sorted(set(DOCUMENTS) - {STORY}))
def test_blocks_of(path: str, request: pytest.FixtureRequest) -> None:
    found = blocks.of_document(path)
    examples = [one for one in found if one.data]
    commands = [line for one in found for line in one.commands]
    here = [line for line in commands if not line.startswith(ELSEWHERE)]
    check_targets(commands)
    if not examples and not here:
        return
    hosts: network.Network = request.getfixturevalue("hosts")
    folder = "/root/" + path.replace("/", " ")
    write(hosts, folder, {**GIVEN, **{one.file: one.text for one in found if one.file}})
    if examples:
        play(hosts, folder, examples)
    for line in here:
        code, output = hosts.run(line, folder=folder, **VARIABLES)
        assert code == 0, line + "\n" + output


def test_story(hosts: network.Network) -> None:
    """The tutorial, from an empty folder on, with the output that it shows."""
    folder = "/root/copy"
    for block in blocks.of_document(STORY):
        if block.file:
            write(hosts, folder, {block.file: block.text})
            continue
        outputs = []
        for line in block.commands:
            code, output = hosts.run(SUBSTITUTES.get(line, line), folder=folder)
            assert code == 0, line + "\n" + output
            outputs.append(output)
        if block.language == "console":
            check_shown(block, "".join(outputs))


def check_shown(block: blocks.Block, output: str) -> None:
    """Require each line that the document shows in the output; numbers may be others."""
    shown = [line for line in block.text.replace("\\\n", " ").splitlines() if not line.startswith("$ ")]
    said = {without_numbers(line) for line in output.splitlines()}
    assert [line for line in shown if line.strip(" .") and without_numbers(line) not in said] == [], output


def without_numbers(line: str) -> str:
    line = re.sub(r"\b[\d,.]*\d( (Bytes?|kB|MB|GB))?\b", "0", line)
    return line.replace("0 files", "0 file").strip()


def check_targets(commands: list[str]) -> None:
    """Require what the documents tell to make."""
    with open(os.path.join(network.REPOSITORY, "Makefile")) as stream:
        targets = set(re.findall(r"^([a-z-]+):", stream.read(), re.MULTILINE))
    named = {line.split()[1] for line in commands if line.startswith("make ")}
    assert named <= targets


def test_all_examples_are_found() -> None:
    """What is searched above is where examples are."""
    assert {"plugins/modules/parallel_rsync.py", "plugins/filter/query.py"} <= set(PLUGINS)
    assert {"README.md", "docs/usage.md", "roles/sync/README.md"} <= set(DOCUMENTS)
    found = {path: len(blocks.of_document(path)) for path in ("README.md", STORY)}
    assert all(count > 3 for count in found.values()), found
