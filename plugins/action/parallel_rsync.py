# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin of ``parallel_rsync``: it knows the inventory, and says where the module runs and with what."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.plugin_utils._place import Placed, place, refusal

MODULE = "vgreb.jsync.parallel_rsync"


class ActionModule(ActionBase):
    """Starts the module where rsync is to run."""

    _supports_async = True
    _supports_check_mode = True

    def run(self, tmp: t.Any = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Called by Ansible for each host and item."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        try:
            placed = self._placed(task_vars or {})
        except RequestError as error:
            return self._finished({**result, **refusal(error)})
        wrap_async = self._task.async_val and not self._connection.has_native_async
        result.update(self._execute_module(MODULE, placed.args, task_vars=placed.task_vars, wrap_async=wrap_async))
        return result if wrap_async else self._finished(result)

    def _placed(self, task_vars: dict[str, t.Any]) -> Placed:
        """What to start the module with."""
        return place(self, self._task.args, task_vars)

    def _finished(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """What to return for what the module has returned."""
        return result


__all__ = ("ActionModule",)
