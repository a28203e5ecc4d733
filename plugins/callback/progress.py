# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: aggregate
short_description: Show the progress of vgreb.jsync.parallel_rsync while it runs
version_added: 0.1.0
author:
  - The vgreb.jsync authors (@vgreb)
description:
  - On a terminal, shows a block of rows below all other output and redraws it in place. It has a row for each host on
    which M(vgreb.jsync.parallel_rsync) runs, with stage, percentage, bytes, rate, files and the time left, and as far
    as there is room a row for each lane with the path that it carries.
  - Elsewhere, and where C(TERM) is V(dumb), writes the same as lines without any escape sequence. The first one comes
    after two seconds, each further one when ten percent more are done or ten seconds have passed, whichever is later.
  - Goes with any stdout callback. Nothing of it gets into Ansible's own log.
  - Colors follow Ansible's own settings, and E(NO_COLOR).
  - In the background, after C(Ctrl-Z) and C(bg), nothing is drawn.
notes:
  - Where a terminal wraps lines anew when its window is made narrower, rows that this moves out at the top stay in its
    scrollback. No program can reach them there.
  - What is typed while a block stands on the screen, the Enter key above all, shows in the block until it is redrawn.
  - While Ansible's task debugger waits for input, the rows of other hosts are redrawn around it.
requirements:
  - enable in configuration with C(callbacks_enabled = vgreb.jsync.progress)
  - for ad hoc commands, C(bin_ansible_callbacks = true) besides
options:
  live:
    description: Draw on a terminal. With V(false), lines are written there, too.
    type: bool
    default: true
    env:
      - name: JSYNC_PROGRESS_LIVE
    ini:
      - section: callback_jsync_progress
        key: live
  lanes:
    description: Show a row for each lane, as far as there is room.
    type: bool
    default: true
    env:
      - name: JSYNC_PROGRESS_LANES
    ini:
      - section: callback_jsync_progress
        key: lanes
  interval:
    description: Seconds from one line of a run to the next instead, where lines are written, and where the task has no
      O(vgreb.jsync.parallel_rsync#module:progress_interval).
    type: float
    env:
      - name: JSYNC_PROGRESS_INTERVAL
    ini:
      - section: callback_jsync_progress
        key: interval
"""

EXAMPLES = r"""
ansible.cfg: |
  [defaults]
  callbacks_enabled = vgreb.jsync.progress

  [callback_jsync_progress]
  lanes = false
"""

import atexit
import functools
import json
import os
import signal
import sys
import typing as t

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible_collections.vgreb.jsync.plugins.plugin_utils._block import Block, can_draw
from ansible_collections.vgreb.jsync.plugins.plugin_utils._live import LineView, LiveView, View
from ansible_collections.vgreb.jsync.plugins.plugin_utils._render import Style
from ansible_collections.vgreb.jsync.plugins.plugin_utils._sinks import ADDRESS, MARKER
from ansible_collections.vgreb.jsync.plugins.plugin_utils._snapshot import parse


def _inner(method: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
    """A method of the display without what this callback has put around it before, for another command of a console."""
    return getattr(method, "inner", method)


class CallbackModule(CallbackBase):
    """Takes the snapshots out of Ansible's display, and keeps the block out of the way of all else that goes there."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "vgreb.jsync.progress"
    CALLBACK_NEEDS_ENABLED = True

    def set_options(self, task_keys: t.Any = None, var_options: t.Any = None, direct: t.Any = None) -> None:
        super().set_options(task_keys=task_keys, var_options=var_options, direct=direct)
        self._process = os.getpid()
        self._show = _inner(self._display.display)
        self._view = self._choose_view()
        self._display.display = self._wrap_display(self._show)
        self._display.prompt = self._wrap_prompt(_inner(self._display.prompt))
        self._display.prompt_until = self._wrap_prompt(_inner(self._display.prompt_until))
        atexit.register(self._clear)
        os.environ[MARKER] = str(self._process)

    def _choose_view(self) -> View:
        if not (self.get_option("live") and can_draw(sys.stdout, os.environ)):
            return LineView(lambda line: self._show(line, screen_only=True), self.get_option("interval"))
        block = Block(sys.stdout)
        color = not (constants.ANSIBLE_NOCOLOR or os.environ.get("NO_COLOR"))
        style = Style(color=color, unicode=block.unicode, lanes=self.get_option("lanes"))
        self._end_with_sigterm(block)
        return LiveView(block, style, self._display._lock)

    def _end_with_sigterm(self, block: Block) -> None:
        """Take the block away before SIGTERM does what it did without it, in this process alone."""
        before = signal.getsignal(signal.SIGTERM)
        if before in (None, signal.SIG_IGN):
            return

        def end(number: int, _frame: object) -> None:
            block.end()
            signal.signal(number, before)
            os.kill(os.getpid(), number)

        signal.signal(signal.SIGTERM, end)
        os.register_at_fork(after_in_child=functools.partial(signal.signal, signal.SIGTERM, before))

    def _wrap_display(self, show: t.Callable[..., None]) -> t.Callable[..., None]:
        @functools.wraps(show)
        def display(
            msg: str,
            color: str | None = None,
            stderr: bool = False,
            screen_only: bool = False,
            log_only: bool = False,
            newline: bool = True,
            *more: t.Any,
            **named: t.Any,
        ) -> None:
            through = functools.partial(show, msg, color, stderr, screen_only, log_only, newline, *more, **named)
            if os.getpid() != self._process:
                through()  # a fork sends it to this process
                return
            with self._display._lock:
                if isinstance(msg, str) and msg.startswith(ADDRESS):
                    self._take(msg[len(ADDRESS) :])
                elif log_only:
                    through()
                else:
                    with self._view.aside(ends_line=newline or str(msg).endswith("\n")):
                        through()

        display.inner = show  # type: ignore[attr-defined]
        return display

    def _wrap_prompt(self, ask: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        @functools.wraps(ask)
        def prompt(*words: t.Any, **named: t.Any) -> t.Any:
            if os.getpid() != self._process:
                return ask(*words, **named)
            with self._display._lock, self._view.aside():
                return ask(*words, **named)

        prompt.inner = ask  # type: ignore[attr-defined]
        return prompt

    def _take(self, message: str) -> None:
        """Take in a message of the action plugin; one of a newer version says nothing to us."""
        try:
            fields = json.loads(message)
            if fields.get("ended"):
                self._view.drop(fields["host"])
            else:
                self._view.show(parse(fields))
        except (AttributeError, KeyError, ValueError) as error:
            self._display.vvv(f"vgreb.jsync.progress: {error}")

    def _drop(self, result: t.Any) -> None:
        host = result.host if hasattr(result, "host") else result._host
        with self._display._lock:
            self._view.drop(host.get_name())

    def _clear(self) -> None:
        if os.getpid() == self._process:
            with self._display._lock:
                self._view.clear()

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._drop(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:  # noqa: ARG002
        self._drop(result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._drop(result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._drop(result)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:  # noqa: ARG002
        self._clear()

    def v2_playbook_on_stats(self, stats: t.Any) -> None:  # noqa: ARG002
        self._clear()
