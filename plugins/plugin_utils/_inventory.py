# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""What Ansible knows of a host: its variables, then keywords of the task, the command line and the configuration.

It is asked as Ansible asks when it connects (task_executor.py), so that all the names of a variable count.
"""

from __future__ import annotations

import functools
import typing as t

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import become_loader, connection_loader
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import SSH
from ansible_collections.vgreb.jsync.plugins.plugin_utils._endpoint import (
    BECOME_OPTIONS,
    SSH_OPTIONS,
    Far,
    become_words,
    reach,
    refuse_connection,
)

if t.TYPE_CHECKING:
    from ansible.plugins.action import ActionBase

_CONNECTION = ("ansible_connection", "ansible_become", "ansible_become_method")


class Inventory:
    """The hosts as one task sees them.

    Args:
        action: Of the task.
        task_vars: Of the task.

    Attributes:
        own: The name of the task's host, whatever it is delegated to.
    """

    def __init__(self, action: ActionBase, task_vars: t.Mapping[str, t.Any]) -> None:
        self._action = action
        self._vars = task_vars
        self._keys = action._task.dump_attrs()
        self.own: str = task_vars["inventory_hostname"]

    def address(self, name: str) -> str:
        """The name or address that a host is reached at."""
        return str(self._ssh_options(name)["host"])

    def connection(self, name: str) -> str:
        """How Ansible connects to a host: LOCAL, SSH or another name."""
        delegated = self._action._task.delegate_to is not None
        if name == self.own and not delegated:
            kind = str(self._action._connection.ansible_name)
        else:
            by_task = self._keys["connection"] if name == self.own else None
            kind = (
                self._variables(name, _CONNECTION).get("ansible_connection") or by_task or constants.DEFAULT_TRANSPORT
            )
        for prefix in ("ansible.builtin.", "ansible.legacy."):
            kind = kind[len(prefix) :] if kind.startswith(prefix) else kind
        return SSH if kind == "smart" else kind

    def reach(self, name: str) -> Far:
        """Say how rsync reaches a host.

        Raises:
            RequestError: It does not, or not as the user that the host's tasks become.
        """
        connection = self.connection(name)
        if connection != SSH:
            refuse_connection(name, connection)
        options = self._ssh_options(name)
        default = constants.config.get_configuration_definition("ssh_args", plugin_type="connection", plugin_name=SSH)
        if options["ssh_args"] == default["default"]:
            options["ssh_args"] = ""
        return reach(name, options)._replace(become=self._become(name, options["remote_user"]))

    def _become(self, name: str, user: str | None) -> tuple[str, ...]:
        """What runs rsync as another user; the task's own ``become`` is for the task's host."""
        known = self._variables(name, _CONNECTION)
        asked = known.get("ansible_become")
        if asked is None and name == self.own:
            asked = self._keys["become"]
        if not boolean(asked or False):
            return ()
        method = known.get("ansible_become_method") or self._keys["become_method"] or constants.DEFAULT_BECOME_METHOD
        plugin = become_loader.get(method, class_only=True)
        if plugin is None:
            raise RequestError(f"become_method of {name} is {method!r}, and Ansible has no plugin for it: install it")
        options = self._options("become", plugin._load_name, BECOME_OPTIONS, name)
        if options["become_user"] == user and not constants.BECOME_ALLOW_SAME_USER:
            return ()
        return become_words(name, method, options)

    def _ssh_options(self, name: str) -> dict[str, t.Any]:
        connection_loader.get(SSH, class_only=True)  # makes its options known
        return self._options("connection", SSH, SSH_OPTIONS, name)

    def _options(self, kind: str, plugin: str, wanted: t.Iterable[str], name: str) -> dict[str, t.Any]:
        variables = self._variables(name, constants.config.get_plugin_vars(kind, plugin))
        return {
            option: constants.config.get_config_value(
                option, plugin_type=kind, plugin_name=plugin, keys=self._keys, variables=variables
            )
            for option in wanted
        }

    def _variables(self, name: str, wanted: t.Iterable[str]) -> dict[str, t.Any]:
        """Some variables of a host, as values."""
        if name == self.own:
            keys = [key for key in wanted if key in self._vars and not self._is_of_delegate(key)]
            known = {key: self._action._templar.template(self._vars[key]) for key in keys}
        else:
            variables = self._vars["hostvars"][name]
            known = {key: variables[key] for key in wanted if key in variables}
        return {**known, "inventory_hostname": name}

    def _is_of_delegate(self, variable: str) -> bool:
        """ansible-core fills in what the delegate has, see update_vars() in its plugins/connection/__init__.py."""
        if self._action._task.delegate_to is None or variable not in constants.COMMON_CONNECTION_VARS:
            return False
        return variable not in self._before

    @functools.cached_property
    def _before(self) -> t.Mapping[str, t.Any]:
        """The variables of the task before that."""
        task = self._action._task
        manager = task.get_variable_manager()
        host = manager._inventory.get_host(self.own)
        return t.cast("t.Mapping[str, t.Any]", manager.get_vars(play=task.get_play(), host=host, task=task))


__all__ = ("Inventory",)
