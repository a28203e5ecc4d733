# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""A terminal: runs a program on a pty and shows what a person would see."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
import typing as t

import pyte

from tests.support.processes import take_terminal

LIMIT_SECONDS = 60
POLL_SECONDS = 0.01


class Terminal:
    """A window in which a program runs.

    Attributes:
        written: All that the program wrote.
    """

    def __init__(self, argv: t.Sequence[str], *, columns: int, rows: int, cwd: str, env: t.Mapping[str, str]) -> None:
        self._screen = pyte.HistoryScreen(columns, rows, history=1000)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""
        self._master, slave = os.openpty()
        try:
            self._set_size(columns, rows)
            self._process = subprocess.Popen(
                argv,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                cwd=cwd,
                env=env,
                start_new_session=True,
                preexec_fn=take_terminal,
            )
        finally:
            os.close(slave)

    @property
    def lines(self) -> list[str]:
        """What can be seen and what has scrolled out at the top, without blank lines at the end."""
        columns = range(self._screen.columns)
        top = ["".join(row[column].data for column in columns).rstrip() for row in self._screen.history.top]
        lines = top + [line.rstrip() for line in self._screen.display]
        while lines and not lines[-1]:
            del lines[-1]
        return lines

    @property
    def screen(self) -> list[str]:
        """What can be seen."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def _drawing(self) -> bool:
        """A part of the block is still to come: the program draws without the terminal's automatic wrap."""
        return pyte.modes.DECAWM not in self._screen.mode

    @property
    def cells(self) -> pyte.HistoryScreen:
        """The window's cells, with their colors."""
        return self._screen

    def wait(self, condition: t.Callable[[list[str]], t.Any], what: str) -> None:
        """Read until a condition on the screen holds; no screen counts that is in the middle of a drawing.

        Raises:
            AssertionError: It did not, within the limit or until the program ended.
        """
        deadline = time.monotonic() + LIMIT_SECONDS
        while self._drawing or not condition(self.screen):
            if not self._read(deadline):
                raise AssertionError("waited in vain for %s:\n%s" % (what, "\n".join(self.lines)))

    def wait_text(self, *texts: str) -> None:
        """Read until all texts can be seen."""
        self.wait(lambda screen: all(any(text in line for line in screen) for text in texts), " and ".join(texts))

    def wait_prompt(self) -> None:
        """Read until Ansible's prompt takes keys: what is typed before is thrown away.

        Raises:
            AssertionError: It did not within the limit.
        """
        deadline = time.monotonic() + LIMIT_SECONDS
        while not self._takes_keys():
            assert time.monotonic() < deadline, "the prompt took no keys:\n%s" % "\n".join(self.lines)
            self._read(time.monotonic() + POLL_SECONDS)

    def _takes_keys(self) -> bool:
        """``Display.prompt_until`` reads without blocking, and only after it has flushed the input."""
        with open("/proc/%d/fdinfo/0" % self._process.pid) as stream:
            flags = next(line for line in stream if line.startswith("flags:"))
        return bool(int(flags.split()[1], 8) & os.O_NONBLOCK)

    def end(self) -> int:
        """Read until the program ends, and return its exit status."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while self._read(deadline):
            pass
        return self._process.wait(LIMIT_SECONDS)

    def terminate(self) -> None:
        self._process.terminate()

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Make the window larger or smaller; lines that are too long are cut, and the cursor stays in its line."""
        row = self._screen.cursor.y
        scrolled = max(row + 1 - rows, 0)
        self._screen.cursor_position(1, 1)
        self._screen.insert_lines(max(self._screen.lines - rows, 0) - scrolled)  # pyte cuts so many at the top
        self._screen.resize(rows, columns)
        self._screen.cursor_position(row - scrolled + 1, 1)
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self, deadline: float) -> bool:
        """Read what comes next; False at the end, or when the time is over."""
        ready, _writable, _failed = select.select([self._master], [], [], max(deadline - time.monotonic(), 0))
        try:
            data = os.read(self._master, 65536) if ready else b""
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        self.written += data
        self._stream.feed(data)
        return bool(data)

    def close(self) -> None:
        """End the program, if it still runs."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._master)
