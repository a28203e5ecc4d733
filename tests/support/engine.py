# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Run the engine without Ansible around it."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import tempfile
import traceback
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import SyncError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._partition import Sizes
from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
from ansible_collections.vgreb.jsync.plugins.module_utils._sync import synchronize

# A few files in each partition, and more than one scanner, so that small trees meet what large ones do.
SMALL = Sizes(per_file=1, segment=1, segments=1 << 30, partition=1, directory=6000, entries=8, scanners=4)


def run(params: dict[str, t.Any], *, check: bool = False, diff: bool = False, sizes: Sizes = SMALL) -> dict[str, t.Any]:
    """Run one request and return the module's result."""
    outcome = Outcome(diff=diff, check=check)
    try:
        request = build_request(dict({"archive": True}, **params), check=check)
    except SyncError as error:
        outcome.fail(error.message, error.code)
    else:
        synchronize(request, outcome, sizes=sizes)
    return t.cast("dict[str, t.Any]", json.loads(json.dumps(outcome.as_result())))


def as_user(name: str | None, work: t.Callable[[], t.Any], folder: str) -> t.Any:
    """Do some work as another user, in a child process; its value must be JSON.

    Args:
        name: The user; None for this one.
        work: Called without arguments.
        folder: For temporary files; the user must be able to write there.
    """
    if name is None:
        return work()
    user = pwd.getpwnam(name)
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receiver)
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            tempfile.tempdir = folder
            answer = json.dumps({"value": work()})
        except BaseException:
            answer = json.dumps({"error": traceback.format_exc()})
        with os.fdopen(sender, "w") as stream:
            stream.write(answer)
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver) as stream:
        answer = json.loads(stream.read())
    os.waitpid(child, 0)
    if "error" in answer:
        raise AssertionError(answer["error"])
    return answer["value"]


class Started:
    """A run in a process of its own, so that it can be stopped and killed.

    Args:
        params: The module's parameters.
        folder: Its temporary files go to ``tmp`` in there.
        sizes: How finely to cut.
        stdout: Where its output goes.
    """

    def __init__(
        self, params: dict[str, t.Any], folder: str, *, sizes: Sizes = SMALL, stdout: t.Any = subprocess.PIPE
    ) -> None:
        self.state = os.path.join(folder, "tmp")
        os.makedirs(self.state, exist_ok=True)
        argv = [sys.executable, "-m", "tests.support.engine", json.dumps(params), json.dumps(sizes)]
        env = dict(os.environ, TMPDIR=self.state, PYTHONPATH=os.pathsep.join(sys.path))
        self.process = subprocess.Popen(argv, stdout=stdout, env=env, start_new_session=True)

    def result(self) -> dict[str, t.Any]:
        """Wait for the end and give the result."""
        output, _errors = self.process.communicate(timeout=120)
        return t.cast("dict[str, t.Any]", json.loads(output))


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]), sizes=Sizes(*json.loads(sys.argv[2])))))
