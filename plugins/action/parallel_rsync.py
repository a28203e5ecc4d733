# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start the module where rsync is to run, follow it, show where it is, and return its result.

A module is silent until it ends. So it is started as a job, as with ``async``, and its status document is polled. Where
that is not possible, or nobody wants to see anything, the module runs as any other module does.
"""

from __future__ import annotations

import contextlib
import secrets
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.validation import check_type_int
from ansible.plugins.action import ActionBase
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import LEASE_SECONDS, SHOWN, check_texts
from ansible_collections.vgreb.jsync.plugins.plugin_utils._alive import KILLED
from ansible_collections.vgreb.jsync.plugins.plugin_utils._follow import Follower, ending_with_parent, find_place
from ansible_collections.vgreb.jsync.plugins.plugin_utils._job import plain_result, was_killed
from ansible_collections.vgreb.jsync.plugins.plugin_utils._place import Placed, place, refusal
from ansible_collections.vgreb.jsync.plugins.plugin_utils._sinks import Sinks, last_snapshot

MODULE = "vgreb.jsync.parallel_rsync"

# async_wrapper needs a limit and kills what is older; a run may take as long as it takes.
_TEN_YEARS = 10 * 365 * 86400

# What async_status adds to a module's result.
_OF_THE_JOB = frozenset(("started", "finished", "results_file", "ansible_job_id"))
_OUTPUT = frozenset(("stdout", "stdout_lines", "stderr", "stderr_lines"))

_USUAL_UMASK = 0o022

# What comes of a strange answer: no reason to end the run.
_STRANGE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

Result = t.Dict[str, t.Any]


class ActionModule(ActionBase):
    _task: t.Any

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        """Called by Ansible for each host and item."""
        super().run(tmp, task_vars)
        asked = self._asked()
        try:
            placed = self._placed(task_vars or {})
        except RequestError as error:
            return self._finished(refusal(error))
        arguments = {name: value for name, value in placed.args.items() if name not in SHOWN}
        if self._may_follow and (asked["progress"] or asked["progress_log"]):
            followed = self._follow(arguments, placed.task_vars, asked)
            if followed is not None:
                return self._finished(followed)
        wrap_async = bool(self._task.async_val) and not self._connection.has_native_async
        with ending_with_parent():
            result: Result = self._execute_module(MODULE, arguments, task_vars=placed.task_vars, wrap_async=wrap_async)
        if wrap_async:
            return result
        self._remove_tmp_path(self._connection._shell.tmpdir)
        return self._finished(result)

    def _placed(self, task_vars: dict[str, t.Any]) -> Placed:
        """What to start the module with."""
        check_texts(self._task.args)  # the module's own log, which comes first, fails on a NUL byte
        return place(self, self._task.args, task_vars)

    def _finished(self, result: Result) -> Result:
        """What to return for what the module has returned."""
        return result

    def _asked(self) -> dict[str, t.Any]:
        """The options that are this plugin's own."""
        given = {name: value for name, value in self._task.args.items() if name in SHOWN}
        checked = ArgumentSpecValidator(SHOWN).validate(given)
        if checked.error_messages:
            raise AnsibleActionFail("; ".join(checked.error_messages))
        asked: dict[str, t.Any] = checked.validated_parameters
        if asked["progress_interval"] is not None and asked["progress_interval"] < 0:
            raise AnsibleActionFail(f"progress_interval is {asked['progress_interval']}: give 0 or more seconds")
        return asked

    @property
    def _may_follow(self) -> bool:
        connection = self._connection
        return not (
            self._task.check_mode
            or self._task.async_val
            or connection.has_native_async
            or connection.always_pipeline_modules
        )

    def _follow(self, arguments: Result, task_vars: dict[str, t.Any], asked: dict[str, t.Any]) -> Result | None:
        """Run the module as a job and show where it is; None where it cannot be started so."""
        place = find_place(self._execute, self.get_shell_option("async_dir", default="~/.ansible_async"))
        if place is None:
            return None
        arguments = dict(arguments)
        arguments["follow"] = self._connection._shell.join_path(place.directory, "jsync-" + secrets.token_hex(16))
        if arguments.get("umask") is None and int(place.umask, 8) != _USUAL_UMASK:  # async_wrapper sets this one
            arguments["umask"] = place.umask
        sinks = self._sinks(task_vars, asked)
        follower = Follower(self._execute, arguments["follow"], lease=_lease(arguments.get("lease")))
        try:
            with follower.heeding_signals():
                started = self._start(arguments, task_vars)
                if started is None:
                    return None
                follower.file = started["results_file"]
                return self._attend(follower, started, sinks, task_vars)
        finally:
            sinks.close()

    def _attend(self, follower: Follower, started: Result, sinks: Sinks, task_vars: dict[str, t.Any]) -> Result:
        """Follow a job to its end, whatever happens here meanwhile, and leave nothing of it behind."""
        latest: Result | None = None

        def show(snapshot: Result) -> None:
            nonlocal latest
            with contextlib.suppress(*_STRANGE):
                sinks.take(snapshot)
                latest = snapshot

        try:
            follower.follow(show)
            if not follower.over:
                raise AnsibleActionFail("the run was told to end and has not: it ends by itself when its lease does")
            result = t.cast("Result", follower.insist(lambda: self._fetch(follower.result, started, task_vars)))
        except BaseException:
            follower.cancel()
            raise
        finally:
            follower.clean()
        with contextlib.suppress(*_STRANGE):
            last = last_snapshot(result, latest)
            if last is not None:
                sinks.take(last, last=True)
        return result

    def _execute(self, command: str) -> Result:
        return t.cast("Result", self._low_level_execute_command(command))

    def _start(self, arguments: Result, task_vars: dict[str, t.Any]) -> Result | None:
        """Start the module as a job; None where that is not possible, and running it otherwise may be."""
        task = self._task
        self._task = task.copy()
        self._task.async_val = _TEN_YEARS
        try:
            started = self._execute_module(MODULE, arguments, task_vars=task_vars, wrap_async=True)
        except AnsibleConnectionFailure:
            raise
        except AnsibleError:
            return None
        finally:
            self._task = task
        return started if "results_file" in started else None

    def _fetch(self, text: str, started: Result, task_vars: dict[str, t.Any]) -> Result:
        """Get the result of a job that is over, from the text of its file or otherwise.

        The module async_status takes as long as a module does, and is needed only where it has something to add. Its
        action plugin would look for it in the home of the user database, which is not always HOME.
        """
        plain = plain_result(text, started)
        if plain is not None:
            return plain
        directory, _slash, _name = started["results_file"].rpartition("/")
        found = self._execute_module(
            module_name="ansible.legacy.async_status",
            module_args={"jid": started["ansible_job_id"], "_async_dir": directory},
            task_vars=task_vars,
        )
        self._remove_tmp_path(self._connection._shell.tmpdir)
        if not found.get("finished"):
            raise AnsibleActionFail(
                "the result of the run cannot be read: {}".format(found.get("msg", "it is not over"))
            )
        if was_killed(found):
            raise AnsibleActionFail(KILLED)
        return {
            name: value
            for name, value in found.items()
            if name not in _OF_THE_JOB and not (name in _OUTPUT and not value)
        }

    def _sinks(self, task_vars: dict[str, t.Any], asked: dict[str, t.Any]) -> Sinks:
        log = asked["progress_log"]
        source = {
            "host": task_vars.get("inventory_hostname"),
            "task": self._task._uuid,
            "item": None if self._task.no_log else self._item(task_vars),
        }
        try:
            return Sinks(
                source,
                shows=asked["progress"],
                interval=asked["progress_interval"],
                log=None if log is None else self._loader.path_dwim(log),
                secret=bool(self._task.no_log),
            )
        except OSError as error:
            raise AnsibleActionFail(
                f"progress_log is {log!r}, which cannot be written: {error.strerror}; name a file on the controller"
            ) from None  # Ansible adds the text of a cause

    def _item(self, task_vars: dict[str, t.Any]) -> str | None:
        """What a loop is at, as the play's output shows it."""
        if self._task.loop is None and not self._task.loop_with:  # an include may have one, for others to see
            return None
        label = self._task.loop_control.label
        return str(self._templar.template(label) if label else task_vars.get(task_vars["ansible_loop_var"]))


def _lease(given: t.Any) -> float:
    """How many seconds a run goes on by itself; the module refuses in its own words what is none."""
    try:
        lease = check_type_int(given)
    except (OverflowError, TypeError):
        return LEASE_SECONDS
    return lease if lease > 0 else LEASE_SECONDS


__all__ = ("ActionModule",)
