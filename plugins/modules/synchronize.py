# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: synchronize
short_description: Do what ansible.posix.synchronize does, with many rsyncs at once
version_added: 0.1.0
author:
  - The vgreb.jsync authors (@vgreb)
description:
  - Takes every option of M(ansible.posix.synchronize) with its meaning, returns its keys, and runs in parallel, by
    M(vgreb.jsync.parallel_rsync). A task needs another name and nothing else.
  - rsync runs on the controller, or on the host in C(delegate_to). The other end is the host of the task. An end may
    also be C(rsync://host/module/path), or C(host:path) in the place of the host of the task.
  - What differs is an option here, or in the table in docs/migrating-from-synchronize.md.
  - Entirely done by an action plugin.
attributes:
  action_group:
    support: full
    membership: [vgreb.jsync.jsync]
    description: In C(module_defaults), C(group/vgreb.jsync.jsync) sets options of this module and of
      M(vgreb.jsync.parallel_rsync).
  check_mode:
    support: full
    description: Scans, and returns what would change.
  diff_mode:
    support: full
    description: The lines of rsync's C(--itemize-changes), at most 1000 of them and the number of the others.
  async:
    support: partial
    description: Only together with C(delegate_to=localhost). The result is then that of M(vgreb.jsync.parallel_rsync).
  delegation:
    support: full
    description: rsync runs on the delegate, and the other end is the host of the task.
  platform:
    support: full
    platforms: posix
    description: The systems that rsync and Python's asyncio run on.
options:
  src:
    description: What to copy, a path where O(mode) says. Where rsync runs on the controller, a relative path is looked
      up as M(ansible.builtin.copy) does, in C(files) of the role and beside the playbook.
    type: str
    required: true
  dest:
    description: Where to copy to, a path where O(mode) says.
    type: str
    required: true
  dest_port:
    description: Port of the ssh server. Without it the one in the inventory.
    type: int
  mode:
    description: V(push) copies from the host that rsync runs on to the host of the task, V(pull) the other way round.
    type: str
    choices: [pull, push]
    default: push
  archive:
    description: Mirrors rsync's C(--archive), which is O(recursive), O(links), O(perms), O(times), O(owner), O(group)
      and C(-D). Each can be set otherwise.
    type: bool
    default: true
  checksum:
    description: Compare files by checksum instead of time and size.
    type: bool
    default: false
  compress:
    description: Compress data on its way.
    type: bool
    default: true
  existing_only:
    description: Create no new files at the destination.
    type: bool
    default: false
  delete:
    description: Delete names at the destination that the source does not have, after all files have arrived.
    type: bool
    default: false
  dirs:
    description: Copy directories without recursing. Has an effect with O(recursive=false) or O(archive=false).
    type: bool
    default: false
  recursive:
    description: Copy directories with all they hold.
    type: bool
  links:
    description: Copy symbolic links as links.
    type: bool
  copy_links:
    description: Copy what symbolic links point to, also outside the tree.
    type: bool
    default: false
  perms:
    description: Preserve permissions.
    type: bool
  times:
    description: Preserve modification times.
    type: bool
  owner:
    description: Preserve owners. Works only for a receiving super-user.
    type: bool
  group:
    description: Preserve groups.
    type: bool
  rsync_path:
    description: The command that starts rsync at the other end, as the shell there reads it. It takes the place of
      C(become). The rsync that runs here is in the variable C(ansible_rsync_path).
    type: str
  rsync_timeout:
    description: Seconds without any data after which an rsync gives up and is tried again. 0 means never.
    type: int
    default: 0
  set_remote_user:
    description: Log in as the user in the inventory. With V(false) ssh decides.
    type: bool
    default: true
  use_ssh_args:
    description:
      - Use the arguments for ssh in the inventory and in ansible.cfg, jump hosts included.
      - M(ansible.posix.synchronize) has V(false).
    type: bool
    default: true
  ssh_connection_multiplexing:
    description: Accepted. Each lane has one connection of its own for the whole run, whatever this says.
    type: bool
    default: false
  rsync_opts:
    description: More options of rsync. Each entry is split as a shell would. What changes only the output of rsync is
      left out.
    type: list
    elements: str
    default: []
  partial:
    description: Keep files that were interrupted, half written under their names.
    type: bool
    default: false
  verify_host:
    description:
      - Check the host key of the other end as ssh and Ansible are configured.
      - M(ansible.posix.synchronize) has V(false).
    type: bool
    default: true
  private_key:
    description: The private key to log in with, a file on the host that rsync runs on. Without it the one in the
      inventory.
    type: path
  link_dest:
    description: Directories, absolute or relative to the destination, whose equal files are linked to. Hard links are
      preserved, too.
    type: list
    elements: str
  delay_updates:
    description:
      - Put all files into place together at the end. One rsync then does the transfers.
      - M(ansible.posix.synchronize) has V(true).
    type: bool
  filter_files:
    description:
      - Read rules from files C(.rsync-filter) in the source, rsync's C(-F), as M(ansible.posix.synchronize) does unless
        O(delay_updates=false).
      - V(false) is faster. Without such files it makes no other difference.
      - The default is V(true), but V(false) with O(delay_updates=false).
    type: bool
  list_changes:
    description: List the changes in RV(msg) and RV(stdout_lines). With V(false) RV(msg) is one sentence. Errors are
      returned in either case.
    type: bool
    default: true
  jobs:
    description: How many lanes carry files at once, from 1 to 128, or V(auto).
    type: raw
    default: 4
  retries:
    description: How many more attempts an rsync or a login gets when its connection failed or it was killed.
    type: int
    default: 3
  progress:
    description: Show where the run is, as M(vgreb.jsync.parallel_rsync) does.
    type: bool
    default: true
  progress_interval:
    description: Seconds from one line to the next.
    type: float
  progress_log:
    description: A file on the controller to append all that is known of the run to, one JSON object a line.
    type: path
seealso:
  - module: vgreb.jsync.parallel_rsync
"""

EXAMPLES = r"""
- name: Push what the role has in its files
  vgreb.jsync.synchronize:
    src: site/
    dest: /var/www/

- name: Pull from the host of the task
  vgreb.jsync.synchronize:
    mode: pull
    src: /var/log/
    dest: logs-{{ inventory_hostname }}

- name: Copy from another host to the host of the task
  vgreb.jsync.synchronize:
    src: /srv/
    dest: /srv/
    delete: true
    rsync_opts:
      - --exclude=.git
    jobs: 8
  delegate_to: old01
"""

RETURN = r"""
msg:
  description: The changes in rsync's itemized form. For a failure, or with O(list_changes=false), one sentence.
  returned: always
  type: str
  sample: "<f+++++++++ new.txt\n"
rc:
  description: The exit code of one rsync for the same work.
  returned: always
  type: int
  sample: 0
cmd:
  description: The command line of one rsync that does the same, to run on the host that rsync runs on. Empty when the
    options were refused.
  returned: always
  type: str
  sample: rsync --recursive --links --times --compress '--rsh=ssh -p 2222' /data/ al@web01.example.com:/data/
stdout_lines:
  description: The changes, at most 1000, then a line with how many more there are.
  returned: always
  type: list
  elements: str
  sample: ["<f+++++++++ new.txt"]
diff:
  description: The changes.
  returned: with diff
  type: dict
  contains:
    prepared:
      description: One change a line, as in RV(stdout_lines).
      type: str
      sample: "<f+++++++++ new.txt\n"
stats:
  description: This and all other keys are those of M(vgreb.jsync.parallel_rsync).
  returned: always
  type: dict
"""
