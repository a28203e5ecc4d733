# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Draw docs/progress.svg: what a terminal shows while a playbook copies trees on two hosts."""

from __future__ import annotations

import itertools
import json
import os
import random
import re
import sys
import tempfile
import typing as t
from xml.sax.saxutils import escape

from tests.support.terminal import Terminal

if t.TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PICTURE = os.path.join(REPOSITORY, "docs", "progress.svg")

COLUMNS, ROWS = 108, 24
HOSTS = ("web01", "web02")

PLAYBOOK = """
- name: Move the photos
  hosts: all
  gather_facts: false
  tasks:
    - name: Copy them
      vgreb.jsync.parallel_rsync:
        src: "{{ folder }}/{{ inventory_hostname }}/"
        dest: "{{ folder }}/copy of {{ inventory_hostname }}/"
        jobs: 4
        bwlimit: 24m
"""

COLORS = {"default": "#d0d0d0", "green": "#6cc36c", "red": "#e06c6c", "brown": "#d0b060"}
BACKGROUND = "#1e1e1e"
FONT = "DejaVu Sans Mono,Menlo,Consolas,monospace"
CELL_WIDTH, CELL_HEIGHT, MARGIN = 8, 18, 12

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- Copyright (c) 2026, the vgreb.jsync authors -->
<!-- SPDX-License-Identifier: MIT -->
<!-- Made by: make picture -->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="{font}" font-size="13">
<rect width="100%" height="100%" rx="6" fill="{background}"/>
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, host in enumerate(HOSTS):
            _make_photos(os.path.join(folder, host), 300 + 150 * number)
        window = _play(folder)
        try:
            window.wait(_midway, "both hosts to be midway")
            picture = "".join(_drawn(window))
            if window.end() != 0:
                sys.exit("\n".join(window.lines))
        finally:
            window.close()
    with open(PICTURE, "w", encoding="utf-8") as stream:
        stream.write(picture)


def _make_photos(top: str, number: int) -> None:
    """Files of some megabytes each, in directories by month."""
    sizes = random.Random(number)
    for photo in range(number):
        month = os.path.join(top, "2026", "%02d" % (photo * 12 // number + 1))
        os.makedirs(month, exist_ok=True)
        with open(os.path.join(month, "IMG_%04d.CR2" % (4000 + photo)), "wb") as stream:
            stream.truncate(sizes.randrange(200_000, 2_000_000))


def _play(folder: str) -> Terminal:
    path = os.path.join(folder, "photos.yml")
    with open(path, "w") as stream:
        stream.write(PLAYBOOK)
    env = dict(
        os.environ,
        TERM="xterm",
        HOME=folder,
        LC_ALL="C.UTF-8",
        ANSIBLE_CONFIG=os.path.join(REPOSITORY, "tests", "setup", "ansible.cfg"),
        ANSIBLE_COLLECTIONS_PATH=os.path.join(REPOSITORY, ".cache", "collections"),
        ANSIBLE_CALLBACKS_ENABLED="vgreb.jsync.progress",
    )
    variables = json.dumps({"folder": folder, "ansible_python_interpreter": sys.executable})
    program = os.path.join(os.path.dirname(sys.executable), "ansible-playbook")
    argv = [program, "-i", ",".join(HOSTS) + ",", "-c", "local", "-e", variables, path]
    return Terminal(argv, columns=COLUMNS, rows=ROWS, cwd=folder, env=env)


def _midway(screen: list[str]) -> bool:
    found = [int(percent) for percent in re.findall(r"transfer +(\d+)%", "\n".join(screen))]
    return len(found) == len(HOSTS) and min(found) > 30


def _drawn(window: Terminal) -> Iterator[str]:
    """The window as SVG."""
    rows = len(window.lines)
    width, height = COLUMNS * CELL_WIDTH + 2 * MARGIN, rows * CELL_HEIGHT + 2 * MARGIN
    yield HEAD.format(width=width, height=height, font=FONT, background=BACKGROUND)
    for row in range(rows):
        cells = [window.cells.buffer[row][column] for column in range(COLUMNS)]
        column = 0
        for color, group in itertools.groupby(cells, key=lambda cell: cell.fg):
            text = "".join(cell.data for cell in group)
            if text.strip():
                yield _text(text, column, row, COLORS[color])
            column += len(text)
    yield "</svg>\n"


def _text(text: str, column: int, row: int, color: str) -> str:
    start = len(text) - len(text.lstrip())
    text = text.strip()
    x, y = MARGIN + (column + start) * CELL_WIDTH, MARGIN + (row + 1) * CELL_HEIGHT - 5
    length = len(text) * CELL_WIDTH
    place = f'x="{x}" y="{y}" textLength="{length}" fill="{color}"'
    return f'<text {place} xml:space="preserve">{escape(text)}</text>\n'


if __name__ == "__main__":
    main()
