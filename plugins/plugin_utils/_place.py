# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""Where rsync runs, and what it is given to reach the other end.

========== ============================================ ==========================================================
``mode``   rsync runs on                                the other end
========== ============================================ ==========================================================
``target`` the task's host (with delegate_to, that one) in src or dest, or a host that src_host or dest_host names
``push``   the controller (with delegate_to, that one)  the task's host, which gets dest
``pull``   the controller (with delegate_to, that one)  the task's host, which has src
========== ============================================ ==========================================================
"""

from __future__ import annotations

import os
import sys
import typing as t

from ansible import constants
from ansible.errors import AnsibleFileNotFound
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import (
    CONTROLLER_OPTIONS,
    MODES,
    each_text,
    hide,
    texts,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._result import Outcome
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import DAEMON, LOCAL, parse_endpoint
from ansible_collections.vgreb.jsync.plugins.plugin_utils._endpoint import Far, address, connect
from ansible_collections.vgreb.jsync.plugins.plugin_utils._inventory import Inventory

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

_ENDS = ("src", "dest")
# Options with names of files that are looked up, as src is, where rsync runs on the controller.
_FILES = ("exclude_from", "include_from", "files_from")
# What is read here and is one text. Ansible makes a text of anything, but only where the module starts.
_TEXTS = ("dest", "src_host", "dest_host", "ssh_args")


class Placed(t.NamedTuple):
    """What the action plugin starts the module with.

    Attributes:
        args: Of the module.
        task_vars: Of the host that it runs on.
    """

    args: dict[str, t.Any]
    task_vars: dict[str, t.Any]


def place(
    action: ActionBase,
    args: t.Mapping[str, t.Any],
    task_vars: dict[str, t.Any],
    *,
    adjust: t.Callable[[Far], Far] = lambda far: far,
    endpoints: bool = False,
) -> Placed:
    """Turn the arguments of a task into those of the module, and connect the action to the host that it runs on.

    Args:
        action: Its connection is replaced where the module runs on the controller; nothing may have used it yet.
        args: Of the task.
        task_vars: Of the task.
        adjust: Changes how the other end is reached.
        endpoints: The other end may name its host itself, as ``host:path``.

    Raises:
        RequestError: The other end cannot be reached by rsync, or an option does not fit.
    """
    placed = _Place(action, args, task_vars, adjust, endpoints).place()
    _check_utf8(placed.args)
    return placed


def refusal(error: RequestError) -> dict[str, t.Any]:
    """The result of a task whose module was not started."""
    outcome = Outcome()
    outcome.fail(error.message, error.code)
    return outcome.as_result()


class _Place:
    """One task."""

    def __init__(
        self,
        action: ActionBase,
        args: t.Mapping[str, t.Any],
        task_vars: dict[str, t.Any],
        adjust: t.Callable[[Far], Far],
        endpoints: bool,
    ) -> None:
        self._action = action
        args = {name: _decrypted(value) for name, value in args.items()}
        args = {**args, **{name: _text(name, args[name]) for name in _TEXTS if args.get(name) is not None}}
        self._args = {name: value for name, value in args.items() if name not in CONTROLLER_OPTIONS}
        self._vars = task_vars
        self._adjust = adjust
        self._endpoints = endpoints
        self._inventory = Inventory(action, task_vars)
        self._mode = args.get("mode") or "target"
        self._hosts = {end: args.get(f"{end}_host") or "" for end in _ENDS}

    def place(self) -> Placed:
        if self._mode not in MODES:
            raise RequestError(f"mode is {self._mode!r}: give {', '.join(MODES)}")
        if self._mode == "target":
            self._connect_named()
            return Placed(self._args, self._vars)
        for end, host in self._hosts.items():
            if host:
                raise RequestError(f"{end}_host is for mode=target: with mode={self._mode} it is the task's host")
        return self._push_or_pull()

    def _connect_named(self) -> None:
        """Reach the hosts that src_host and dest_host name from the task's host."""
        here = self._action._task.delegate_to or self._inventory.own
        far = {end: host for end, host in self._hosts.items() if host and host != here}
        if len(far) > 1:
            raise RequestError(f"src_host and dest_host are both other hosts than {here}: delegate_to one of them")
        for end, host in far.items():
            if host not in self._vars["hostvars"]:
                raise RequestError(f"{end}_host is {host!r}, which is no host of the inventory")
            self._reach(end, host)

    def _push_or_pull(self) -> Placed:
        delegate = self._action._task.delegate_to
        own = self._inventory.own
        near, far = _ENDS if self._mode == "push" else reversed(_ENDS)
        same_host = delegate is not None and delegate in (own, self._inventory.address(own))
        if self._is_daemon(far) or same_host or (delegate is None and self._inventory.connection(own) == LOCAL):
            reached = False
        else:
            reached = self._reach(far, own)
        if reached:
            self._action._connection.set_become_plugin(None)  # it is for the other end
        if not self._on_controller and delegate is None:
            self._run_on_controller()
        if self._on_controller:
            self._look_up(near)
        return Placed(self._args, self._vars)

    @property
    def _on_controller(self) -> bool:
        return bool(self._action._connection.transport == LOCAL)

    def _reach(self, end: str, host: str) -> bool:
        """Write the paths of one end as endpoints on a host; False where rsync runs on that host anyway."""
        if self._inventory.connection(host) == LOCAL:
            if self._on_controller:
                return False
            raise RequestError(
                f"{host} is the controller (ansible_connection=local), which no other host can reach: "
                "use mode=push or mode=pull"
            )
        far = self._adjust(self._inventory.reach(host))
        paths = [self._at(end, far, text) for text in texts(end, self._args.get(end) or "")]
        self._args[end] = paths if isinstance(self._args.get(end), list) else paths[0]
        self._args = connect(self._args, far, from_controller=self._on_controller or self._moves)
        return True

    @property
    def _moves(self) -> bool:
        """The module will run on the controller, though the task's host is another one."""
        return self._mode != "target" and self._action._task.delegate_to is None

    def _at(self, end: str, far: Far, text: str) -> str:
        found = parse_endpoint(text)
        if not text:
            raise RequestError(f"{end} is empty: name a path")
        if found.kind == LOCAL:
            return address(far, text)
        if self._endpoints:
            return text if found.user or not far.user else f"{far.user}@{text}"
        raise RequestError(
            f"{end} is {text!r}, which names a host itself: give a path on {far.name} (before a colon write './')"
        )

    def _is_daemon(self, end: str) -> bool:
        return any(parse_endpoint(text).kind == DAEMON for text in texts(end, self._args.get(end) or ""))

    def _run_on_controller(self) -> None:
        """Replace the connection to the task's host by one to this host, and what its variables say of that host.

        Raises:
            RequestError: Ansible would look for the job of an ``async`` task on the other host.
        """
        action = self._action
        if action._task.async_val:
            raise RequestError(
                f"async: with mode={self._mode} the job is on the controller: add delegate_to: localhost"
            )
        context = action._play_context.copy()
        context.executable, context.shell, context.become = constants.DEFAULT_EXECUTABLE, None, False
        connection = action._shared_loader_obj.connection_loader.get(LOCAL, context, os.devnull)
        connection.set_options(var_options={})
        action._play_context, action._connection = context, connection
        local = self._vars["hostvars"].get("localhost") or {}
        self._vars = {name: value for name, value in self._vars.items() if not name.endswith("_interpreter")}
        python = local.get("ansible_python_interpreter") or sys.executable
        # Ansible's own may lie in an environment whose path has a space, which ansible-core 2.16 cannot run.
        self._vars["ansible_python_interpreter"] = os.path.realpath(python) if python == sys.executable else python

    def _look_up(self, near: str) -> None:
        """Find relative paths on the controller: what exists as copy does, a destination below the playbook."""
        dest = self._args.get("dest") or ""
        if near == "dest" and _is_relative(dest):
            self._args["dest"] = _with_slash_of(dest, self._action._loader.path_dwim(dest))
        for option in (*_FILES, "src") if near == "src" else _FILES:
            value = self._args.get(option)
            if value:
                found = [self._find(option, text) for text in texts(option, value)]
                self._args[option] = found if isinstance(value, list) else found[0]

    def _find(self, option: str, path: str) -> str:
        if not _is_relative(path):
            return path
        try:
            return _with_slash_of(path, self._action._find_needle("files", path))
        except AnsibleFileNotFound:
            raise RequestError(
                f"{option} is {path!r}, which is not there: it is looked up as copy does, in 'files' of the role and "
                "beside the playbook, then beside 'files'"
            ) from None


def _decrypted(value: t.Any) -> t.Any:
    """A vaulted value is no str before ansible-core 2.19."""
    if isinstance(value, list):
        return [_decrypted(entry) for entry in value]
    return str(value) if getattr(value, "__ENCRYPTED__", False) else value


def _check_utf8(args: t.Mapping[str, t.Any]) -> None:
    """Refuse what no module can be given: Ansible's own log, which comes first, fails on it."""
    for option, text in each_text(args):
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            raise RequestError(
                f"{option} is {hide(option, ascii(text))}, and Ansible can hand on nothing but UTF-8: use a link of "
                "another name, and for patterns a file, as in exclude_from"
            )


def _text(option: str, value: t.Any) -> str:
    if isinstance(value, (t.Mapping, t.Sequence)) and not isinstance(value, str):
        raise RequestError(f"{option} is {value!r}: give a text")
    return value if isinstance(value, str) else str(value)


def _with_slash_of(path: str, found: str) -> str:
    return found.rstrip("/") + "/" if path.endswith("/") else found


def _is_relative(path: str) -> bool:
    return bool(path) and path[0] not in "/~" and parse_endpoint(path).kind == LOCAL


__all__ = ("Placed", "place", "refusal")
