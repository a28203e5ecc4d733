# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of community.general.doas, which ansible-core has not; rsync's own become needs no more of it."""

from __future__ import annotations

from ansible.plugins.become import BecomeBase

DOCUMENTATION = """
name: doas
short_description: Become by doas
author: The vgreb.jsync authors (@vgreb)
description: See community.general.
options:
  become_user: {description: Who, vars: [{name: ansible_become_user}], keyword: [{name: become_user}]}
  become_exe: {description: Which doas, default: doas, vars: [{name: ansible_become_exe}]}
  become_flags: {description: Its options, default: '', vars: [{name: ansible_become_flags}]}
  become_pass: {description: None, vars: [{name: ansible_become_pass}]}
"""


class BecomeModule(BecomeBase):
    name = "doas"

    def build_become_command(self, cmd, shell):
        super().build_become_command(cmd, shell)
        words = [self.get_option("become_exe"), "-n", "-u", self.get_option("become_user") or "root"]
        return " ".join([*words, shell.executable, "-c", self._build_success_command(cmd, shell, noexe=True)])
