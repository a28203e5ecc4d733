# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stands in for parallel_rsync: sends the snapshots that it is given, each when the test says so.

Before snapshot N of a host it waits for the file HOST.N in ``gates``, and before it ends for HOST.end. When it has sent
one, it says so in HOST.N.sent.
"""

from __future__ import annotations

import json
import os
import time

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

LIMIT_SECONDS = 120


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):  # noqa: ARG002
        host = task_vars["inventory_hostname"]
        gates = self._task.args["gates"]
        with open(os.path.join(gates, host + ".json")) as stream:
            messages = json.load(stream)
        answer = ""
        if self._task.args.get("question"):
            answer = Display().prompt_until(self._task.args["question"]).decode() + ", "
        item = task_vars.get("ansible_loop_var") and str(task_vars[task_vars["ansible_loop_var"]])
        for number, message in enumerate(messages, 1):
            _wait_for(os.path.join(gates, "%s.%d" % (host, number)))
            self._send(dict(message, host=host, item=item))
            with open(os.path.join(gates, "%s.%d.sent" % (host, number)), "w"):
                pass
        _wait_for(os.path.join(gates, host + ".end"))
        self._send({"version": 1, "host": host, "item": item, "ended": True})
        if self._task.args.get("warned"):
            Display().warning("Mind the gap.")
        return {"changed": True, "failed": self._task.args.get("failed", False), "msg": answer + "moved"}

    def _send(self, message):
        if os.environ.get("JSYNC_PROGRESS_CALLBACK") == str(os.getppid()):
            text = json.dumps(dict(message, task=self._task._uuid))
            Display().display("\0jsync:" + text, screen_only=True, log_only=True)


def _wait_for(path):
    deadline = time.monotonic() + LIMIT_SECONDS
    while not os.path.exists(path):
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(0.01)
