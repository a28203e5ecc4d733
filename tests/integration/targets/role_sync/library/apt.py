#!/usr/bin/python
# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In the place of the modules that install packages: makes a link to the rsync that is here."""

from __future__ import annotations

import os

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    spec = {"name": {}, "state": {}, "update_cache": {"type": "bool"}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    link = os.environ["INSTALLED"]
    changed = module.params["name"] == "rsync" and not os.path.exists(link)
    if changed and not module.check_mode:
        os.makedirs(os.path.dirname(link))
        os.symlink(os.environ["RSYNC"], link)
    module.exit_json(changed=changed, family=module._name.rpartition(".")[2])


if __name__ == "__main__":
    main()
