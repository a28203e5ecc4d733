# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The callback on a real terminal and off it: pictures of what a person sees."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import tempfile
import typing as t

import pytest

from tests.integration.runner import REPOSITORY, Ansible
from tests.support import trees
from tests.support.processes import wait_for
from tests.support.snapshots import lane, message, scanning
from tests.support.terminal import Terminal

PLAYBOOKS = os.path.join(REPOSITORY, "tests", "integration", "progress")

ACTION = os.path.join(REPOSITORY, "plugins", "action", "parallel_rsync.py")

WEB = "web01"
ROW = "transfer  43%"


class Stage:
    """Hosts that show snapshots, each when it is told to.

    Args:
        ansible: Which ansible-core.
        shows: What each host shows; a host without snapshots shows nothing.
        enabled: The callback is.
        settings: Environment variables.

    Attributes:
        folder: Where the hosts look for what they are told.
    """

    def __init__(
        self, ansible: Ansible, shows: dict[str, list[dict[str, t.Any]]], *, enabled: bool = True, **settings: str
    ) -> None:
        self._ansible = ansible
        self.folder = tempfile.mkdtemp(prefix="gates-", dir=ansible.folder)
        self._hosts = ",".join(shows) + ","
        for host, messages in shows.items():
            with open(os.path.join(self.folder, host + ".json"), "w") as stream:
                json.dump(messages, stream)
        self._settings = {"TERM": "xterm", **settings}
        if enabled:
            self._settings["ANSIBLE_CALLBACKS_ENABLED"] = "vgreb.jsync.progress"
        self._window: Terminal | None = None

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._window:
            self._window.close()

    def argv(self, playbook: str, *words: str) -> list[str]:
        variables = json.dumps({"gates": self.folder, "ansible_python_interpreter": self._ansible.python})
        program = os.path.join(self._ansible.programs, "ansible-playbook")
        path = os.path.join(PLAYBOOKS, playbook + ".yml")
        return [program, "-i", self._hosts, "-c", "local", "-e", variables, *words, path]

    def play(self, playbook: str, *words: str, columns: int = 100, rows: int = 40) -> Terminal:
        """Run a playbook in a window."""
        return self.start(self.argv(playbook, *words), columns, rows)

    def ad_hoc(self, action: str) -> Terminal:
        """Run a single action in a window."""
        words = ["-i", self._hosts, "-c", "local", "all", "-m", action, "-a", "gates='%s'" % self.folder]
        return self.start([os.path.join(self._ansible.programs, "ansible"), *words])

    def start(self, argv: list[str], columns: int = 100, rows: int = 40) -> Terminal:
        env = {**self._ansible.environment(), **self._settings}
        self._window = Terminal(argv, columns=columns, rows=rows, cwd=self._ansible.folder, env=env)
        return self._window

    def run(self, playbook: str, *words: str) -> str:
        """Run a playbook without a terminal, and return its output."""
        argv = self.argv(playbook, *words)
        ended = self._ansible.run("/usr/bin/env", *map("=".join, self._settings.items()), *argv)
        assert ended.code == 0, ended.output
        return ended.output

    def next(self, host: str, step: int | str) -> None:
        """Let a host show its next snapshot; ``end`` lets it end."""
        with open(os.path.join(self.folder, "%s.%s" % (host, step)), "w"):
            pass

    def wait_sent(self, host: str, step: int) -> None:
        """Wait until a host has let go of its snapshot: a worker that a signal ends before keeps a lock of Ansible."""
        wait_for(lambda: os.path.exists(os.path.join(self.folder, "%s.%d.sent" % (host, step))), "%s to send" % host)

    def all(self, *hosts: str, steps: int = 0) -> None:
        """Let hosts show this many snapshots and end, in their own time."""
        for host in hosts:
            for step in [*range(1, steps + 1), "end"]:
                self.next(host, step)


def without_callback(ansible: Ansible, playbook: str, *hosts: str, columns: int = 100, **settings: str) -> list[str]:
    """What a playbook prints in a window when nobody shows snapshots."""
    with Stage(ansible, {host: [] for host in hosts}, enabled=False, **settings) as stage:
        stage.all(*hosts)
        window = stage.play(playbook, columns=columns)
        window.end()
        return window.lines


def rows_of(screen: list[str], host: str) -> list[str]:
    """The rows of a host's figures; what Ansible says of a host begins otherwise."""
    others = (" : ok=", " | ")
    return [line for line in screen if line.startswith(host + " ") and not any(text in line for text in others)]


def gone(host: str, screen: list[str]) -> bool:
    """A host has no row, the last one has."""
    return not rows_of(screen, host) and bool(rows_of(screen, "z"))


def check_gone(window: Terminal) -> None:
    """Require that nothing of the block is left, and that the cursor stands below all that was printed."""
    block = ("ETA", "░", "█", "scanning", "photo", "more hosts", "jsync:")
    assert not [line for line in window.lines if any(text in line for text in block)]
    assert window.cells.cursor.x == 0 and not any(window.screen[window.cells.cursor.y :])


def check_as_without(window: Terminal, plain: list[str]) -> None:
    """Require that a window shows what it does without the callback, whatever came in between."""
    check_gone(window)
    assert sorted(window.lines) == sorted(plain)  # hosts answer in any order


def test_one_host(ansible: Ansible) -> None:
    steps = [scanning(), message(), message(percent=99, stage="finalize", eta=None, lanes=[], deleted=7)]
    with Stage(ansible, {WEB: steps}) as stage:
        window = stage.play("linear")
        stage.next(WEB, 1)
        window.wait_text("web01 scanning: 18,204 files, 12.1 GB so far")
        stage.next(WEB, 2)
        window.wait_text(ROW)
        place = window.screen.index(rows_of(window.screen, WEB)[0])
        assert window.screen[place - 1].startswith("TASK [Move] ***")
        assert window.screen[place : place + 4] == [
            "web01 transfer  43% ███████████░░░░░░░░░░░░░░░░ 12.1/28.0 GB  512 MB/s 18,204/41,000 files ETA 0:31",
            "  1  12.3 MB photos/IMG_0001.CR2",
            "  2  12.3 MB photos/IMG_0002.CR2",
            "",
        ]
        stage.next(WEB, 3)
        window.wait_text("finalize  99%", "7 deleted")
        assert not any("photos" in line for line in window.screen) and len(rows_of(window.screen, WEB)) == 1
        stage.next(WEB, "end")
        assert window.end() == 0
        check_as_without(window, without_callback(ansible, "linear", WEB))


def test_several_hosts(ansible: Ansible) -> None:
    """A host's row goes with its result, those of the others stay, below all that is printed."""
    hosts = ("a", "broken", "warned", "z")
    with Stage(ansible, {host: [message(host)] for host in hosts}) as stage:
        window = stage.play("linear")
        for host in hosts:
            stage.next(host, 1)
        window.wait(lambda screen: all(rows_of(screen, host) for host in hosts), "four rows")
        for number, host in enumerate(hosts[:3], 1):
            stage.next(host, "end")
            window.wait(functools.partial(gone, host), "%s to go" % host)
            lanes = [line for line in window.screen if "photos/" in line]
            assert [len(rows_of(window.screen, other)) for other in hosts] == [0] * number + [1] * (4 - number)
            assert len(lanes) == 2 * (4 - number)
        stage.next("z", "end")
        assert window.end() == 2
        check_as_without(window, without_callback(ansible, "linear", *hosts))
        assert any("Mind the gap." in line for line in window.lines)


def test_free_strategy(ansible: Ansible) -> None:
    """Much is printed, and scrolls, while others are under way."""
    hosts = ("web01", "web02", "talker")
    with Stage(ansible, {"web01": [message(), message()], "web02": [scanning("web02")], "talker": []}) as stage:
        window = stage.play("free", rows=20)
        stage.next("web01", 1)
        stage.next("web02", 1)
        window.wait(lambda screen: rows_of(screen, "web01") and rows_of(screen, "web02"), "two rows")
        stage.next("talker", "end")
        window.wait_text("29 of talker")
        stage.next("web01", 2)
        window.wait(lambda screen: rows_of(screen, "web01"), "the block to be back")
        said = [line.strip() for line in window.lines if " of talker" in line]
        assert said == ['"msg": "%d of talker"' % number for number in range(30)]
        last = max(number for number, line in enumerate(window.screen) if "of talker" in line)
        assert last < window.screen.index(rows_of(window.screen, "web01")[0])
        assert len([line for line in window.lines if "photos/" in line]) == 2
        stage.all("web01", "web02")
        assert window.end() == 0
        check_gone(window)
        plain = without_callback(ansible, "free", *hosts)
        # The headings come again and again, as the hosts go on.
        assert [said for said in sorted(window.lines) if said[:4] not in ("", "TASK")] == [
            said for said in sorted(plain) if said[:4] not in ("", "TASK")
        ]


@pytest.mark.skipif(not os.path.exists(ACTION), reason="no action plugin sends snapshots")
def test_with_the_module(ansible: Ansible) -> None:
    hosts = (WEB, "web02")
    with Stage(ansible, {host: [] for host in hosts}) as stage:
        for number in range(12):
            trees.write(os.fsencode(os.path.join(stage.folder, "src", "photo%d" % number)), bytes(1_000_000))
        window = stage.play("real")
        window.wait_text("web01 transfer ", "web02 transfer ", "/12 files", " photo")
        assert window.end() == 0
        check_gone(window)
        assert len(os.listdir(os.path.join(stage.folder, WEB))) == 12


@pytest.mark.parametrize(("columns", "rows"), [(60, 40), (20, 40), (100, 12), (160, 50)])
def test_resize(ansible: Ansible, columns: int, rows: int) -> None:
    hosts = [WEB, *("web%02d" % number for number in range(2, 5))]
    with Stage(ansible, {host: [message(host), message(host, percent=44)] for host in hosts}) as stage:
        window = stage.play("linear")
        for host in hosts:
            stage.next(host, 1)

        def shown(screen: list[str]) -> list[str]:
            return [line for line in screen if any(rows_of([line], host) for host in hosts) or "IMG" in line]

        window.wait(lambda screen: len(shown(screen)) == 12, "all rows")
        window.resize(columns, rows)
        stage.next(WEB, 2)
        window.wait_text("transfer  44%")
        number = min(12, rows * 2 // 3)
        window.wait(lambda screen: len(shown(screen)) == number, "%d rows" % number)
        assert all(len(line) < columns for line in shown(window.screen))
        stage.all(*hosts, steps=2)
        assert window.end() == 0
        check_gone(window)


def test_more_hosts_than_rows(ansible: Ansible) -> None:
    hosts = ["web%02d" % number for number in range(1, 13)]
    with Stage(ansible, {host: [message(host)] for host in hosts}) as stage:
        window = stage.play("linear", "--forks", "12", rows=12)
        for host in hosts:
            stage.next(host, 1)
        window.wait_text("... and 5 more hosts")
        assert sum(bool(rows_of(window.screen, host)) for host in hosts) == 7
        stage.all(*hosts, steps=1)
        assert window.end() == 0
        assert not [line for line in window.lines if "more hosts" in line or ROW in line]


def test_paths_of_all_kinds(ansible: Ansible) -> None:
    """Wide signs, signs of no width, and what a terminal would act upon."""
    paths = ["写真/" * 40 + "終わり.jpg", "Gru\u0308\u00dfe/" * 20 + "Ende", "bad\x1b[2J\r\n\u202e", "\U0001f600" * 60]
    lanes = [lane(number, path=path) for number, path in enumerate(paths, 1)]
    with Stage(ansible, {WEB: [message(lanes=lanes)]}) as stage:
        window = stage.play("linear", columns=60)
        stage.next(WEB, 1)
        window.wait_text(ROW)
        first = window.screen.index(rows_of(window.screen, WEB)[0]) + 1
        rows = window.screen[first : first + 5]
        assert [row[:12] for row in rows] == ["  %d  12.3 MB" % number for number in range(1, 5)] + [""]
        assert rows[0].endswith("写真/終わり.jpg") and rows[0][13:16] == "..."
        assert rows[1].endswith("Grüße/Ende")
        assert rows[2].endswith("bad\\#033[2J\\#015\\#012\\#342\\#200\\#256")
        stage.all(WEB, steps=1)
        assert window.end() == 0
        check_as_without(window, without_callback(ansible, "linear", WEB, columns=60))


def test_prompts(ansible: Ansible) -> None:
    """A question stands alone: the block is away until it is answered."""
    with Stage(ansible, {WEB: [message(), message(percent=50)], "asker": []}) as stage:
        window = stage.play("prompts")
        window.wait_text("Which color:")
        window.press(b"blue\n")
        stage.next(WEB, 1)
        window.wait_text("Really blue?")
        stage.next(WEB, 2)
        window.wait_prompt()
        window.press(b"yes")
        window.wait(lambda screen: screen[window.cells.cursor.y] == "yes", "the answer to be seen")
        assert not rows_of(window.screen, WEB)
        window.press(b"\r")
        window.wait_text("transfer  50%")
        stage.all("asker", WEB)
        assert window.end() == 0
        assert any("yes, moved" in line for line in window.lines)
        check_gone(window)


def test_interrupt(ansible: Ansible) -> None:
    with Stage(ansible, {WEB: [message()]}) as stage:
        window = stage.play("linear")
        stage.next(WEB, 1)
        window.wait_text(ROW)
        stage.wait_sent(WEB, 1)
        window.press(b"\x03")
        assert window.end() == 99
        check_gone(window)
        assert any("User interrupted execution" in line for line in window.lines)


def test_terminated(ansible: Ansible) -> None:
    """The block goes, and Ansible ends as it does without one."""
    with Stage(ansible, {WEB: [message()]}) as stage:
        window = stage.play("linear")
        stage.next(WEB, 1)
        window.wait_text(ROW)
        stage.wait_sent(WEB, 1)
        window.terminate()
        window.wait(lambda screen: not rows_of(screen, WEB), "the block to go")
        check_gone(window)
        stage.next(WEB, "end")  # a worker of an older ansible-core lives on
        assert window.end() == -signal.SIGTERM
        check_gone(window)


def test_loops_and_no_log(ansible: Ansible) -> None:
    """Each item has the row of its own; nothing is shown of what the action keeps to itself."""
    with Stage(ansible, {WEB: [message(lanes=[lane(1, path=None)])]}) as stage:
        window = stage.play("loop")
        stage.next(WEB, 1)
        window.wait_text("web01 (first) transfer")
        assert not any("photos/" in line for line in window.screen)
        stage.next(WEB, "end")
        assert window.end() == 0
        check_gone(window)


STDOUT = [
    {"ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"},
    {"ANSIBLE_STDOUT_CALLBACK": "minimal"},
    {"ANSIBLE_STDOUT_CALLBACK": "oneline"},
]


@pytest.mark.parametrize("settings", STDOUT, ids=lambda settings: next(iter(settings.values())))
def test_with_other_stdout_callbacks(ansible: Ansible, settings: dict[str, str]) -> None:
    with Stage(ansible, {WEB: [message()], "web02": [scanning("web02")]}, **settings) as stage:
        window = stage.play("linear")
        stage.next(WEB, 1)
        stage.next("web02", 1)
        window.wait_text(ROW, "web02 scanning")
        stage.next(WEB, "end")
        window.wait(lambda screen: not rows_of(screen, WEB), "the row to go")
        stage.next("web02", "end")
        assert window.end() == 0
        check_as_without(window, without_callback(ansible, "linear", WEB, "web02", **settings))


def test_ad_hoc(ansible: Ansible) -> None:
    settings = {
        "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
        "ANSIBLE_ACTION_PLUGINS": os.path.join(PLAYBOOKS, "action_plugins"),
    }
    with Stage(ansible, {WEB: [message()]}, **settings) as stage:
        window = stage.ad_hoc("show_snapshots")
        stage.next(WEB, 1)
        window.wait_text(ROW)
        stage.next(WEB, "end")
        assert window.end() == 0
        check_gone(window)
        assert window.lines[0] == "web01 | CHANGED => {"


def test_colors(ansible: Ansible) -> None:
    for settings, colored in ({}, True), ({"NO_COLOR": "please"}, False), ({"ANSIBLE_NOCOLOR": "1"}, False):
        with Stage(ansible, {WEB: [message()]}, **{"ANSIBLE_NOCOLOR": "0", **settings}) as stage:
            stage.next(WEB, 1)
            window = stage.play("linear")
            window.wait_text(ROW)
            assert (b"\x1b[32m\xe2" in window.written) == colored
            assert b"\x1b[J" in window.written


STEPS = [
    scanning(seconds=1.0),
    scanning(seconds=2.0),
    message(seconds=3.0),
    message(seconds=13.0, percent=50),
    message(seconds=14.0, percent=60),
    message(seconds=20.0, percent=98),
    message(seconds=24.0, percent=99, stage="finalize", eta=None),
]
LINES = [
    "web01: scanning: 18,204 files, 12.1 GB so far",
    "web01: transfer 50% 12.1/28.0 GB 512 MB/s 2 lanes 18,204/41,000 files ETA 0:31",
    "web01: finalize 99% 12.1/28.0 GB 512 MB/s 2 lanes 18,204/41,000 files",
]


@pytest.mark.parametrize("settings", [{}, {"ANSIBLE_FORCE_COLOR": "1"}, {"TERM": "xterm"}], ids=["", "color", "xterm"])
def test_off_a_terminal(ansible: Ansible, settings: dict[str, str]) -> None:
    with Stage(ansible, {WEB: STEPS}, **settings) as stage:
        stage.all(WEB, steps=len(STEPS))
        output = stage.run("linear")
    lines = output.splitlines()
    assert [line for line in lines if line.startswith("web01: ")] == LINES
    assert ("\x1b" in output) == ("ANSIBLE_FORCE_COLOR" in settings)
    assert "\0" not in output and not any(sequence in output for sequence in ("\x1b[J", "\x1b[K", "\x1b[?", "\r"))


@pytest.mark.parametrize("settings", [{"TERM": "dumb"}, {"JSYNC_PROGRESS_LIVE": "false"}], ids=["dumb", "lines"])
def test_lines_on_a_terminal(ansible: Ansible, settings: dict[str, str]) -> None:
    with Stage(ansible, {WEB: STEPS}, **settings) as stage:
        stage.all(WEB, steps=len(STEPS))
        window = stage.play("linear")
        assert window.end() == 0
        assert [line for line in window.lines if line.startswith("web01: ")] == LINES
        assert b"\x1b" not in window.written


def test_options(ansible: Ansible) -> None:
    with Stage(ansible, {WEB: [message()]}, JSYNC_PROGRESS_LANES="false") as stage:
        stage.next(WEB, 1)
        window = stage.play("linear")
        window.wait_text(ROW)
        assert b"photos/" not in window.written
    with Stage(ansible, {WEB: STEPS}, JSYNC_PROGRESS_INTERVAL="30") as stage:
        stage.all(WEB, steps=len(STEPS))
        assert [line for line in stage.run("linear").splitlines() if line.startswith("web01: ")] == LINES[:1]


@pytest.mark.parametrize("playbook", ["often", "nested"])
def test_lines_of_the_module(ansible: Ansible, playbook: str) -> None:
    """As often as the task says; a command of Ansible that a task starts on this host shows its own."""
    with Stage(ansible, {WEB: []}) as stage:
        trees.write(os.fsencode(os.path.join(stage.folder, "src", "photo")), bytes(1_000_000))
        output = stage.run(playbook)
    assert [line for line in output.splitlines() if re.match(r'[\s"]*web01: transfer ', line)], output


def test_log(ansible: Ansible) -> None:
    """Ansible's own log gets neither the block nor the lines nor the messages."""
    log = os.path.join(ansible.folder, "ansible.log")
    with Stage(ansible, {WEB: STEPS}, ANSIBLE_LOG_PATH=log) as stage:
        stage.all(WEB, steps=len(STEPS))
        assert stage.play("linear").end() == 0
        assert LINES[1] in stage.run("linear")
    with open(log) as stream:
        text = stream.read()
    assert text.count("changed: [web01]") == 2
    assert not any(other in text for other in ("jsync:", "\x1b", "\0", "ETA", "scanning"))
