# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin ``synchronize``: the options of another module, done by ``parallel_rsync``."""

from __future__ import annotations

import typing as t

from ansible_collections.vgreb.jsync.plugins.action.parallel_rsync import ActionModule as ParallelRsync
from ansible_collections.vgreb.jsync.plugins.module_utils._options import check_texts
from ansible_collections.vgreb.jsync.plugins.plugin_utils._place import Placed, place
from ansible_collections.vgreb.jsync.plugins.plugin_utils._synchronize import (
    adjust,
    as_synchronize,
    module_args,
    synchronize_spec,
)


class ActionModule(ParallelRsync):
    """Starts ``parallel_rsync`` with what the options of ``synchronize`` mean."""

    def _placed(self, task_vars: dict[str, t.Any]) -> Placed:
        _valid, self._params = self.validate_argument_spec(synchronize_spec())
        self._params["private_key"] = self._task.args.get("private_key")  # a path on the host that rsync runs on
        self._args: dict[str, t.Any] = {}
        self._diff, self._task.diff = self._task.diff, True  # the list of changes is in the diff
        check_texts(self._task.args)
        args = module_args(self._params, self._templar.template(task_vars.get("ansible_rsync_path")))
        placed = place(self, args, task_vars, adjust=lambda far: adjust(far, self._params), endpoints=True)
        self._args = placed.args
        return placed

    def _finished(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        self._task.diff = self._diff
        return as_synchronize(result, self._args, diff=self._diff, list_changes=self._params["list_changes"])


__all__ = ("ActionModule",)
