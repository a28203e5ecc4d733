#!/usr/bin/python
# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: parallel_rsync
short_description: Move a file tree with many rsyncs at once
version_added: 0.1.0
author:
  - The vgreb.jsync authors (@vgreb)
description:
  - Makes the same tree that one C(rsync) with the same options would have made, in a fraction of the time.
  - A dry run finds what would change, the files are cut into partitions of equal cost, and many rsyncs carry them at
    once, each over a connection of its own. Hard-link groups, deletions and the metadata of directories follow when
    every file has arrived.
  - Runs on the target host, with the C(rsync) and C(ssh) found there, or on the controller, as O(mode) says. One of
    O(src) and O(dest) may be on another host.
  - The module never asks for a password and checks host keys as the user's own ssh configuration says, those of hosts
    of the inventory also as C(host_key_checking) of Ansible says.
  - To resume after a failure, run the same task again. What has arrived is not sent twice. But to resume a move with
    O(remove_source_files), leave O(delete) out.
requirements:
  - rsync 3.1 or newer on both ends
  - Python 3.7 or newer on the target host
  - an ssh client with connection sharing on the target host, for an end that is reached over ssh
attributes:
  action_group:
    support: full
    membership: [vgreb.jsync.jsync]
    description: In C(module_defaults), C(group/vgreb.jsync.jsync) sets options of this module and of
      M(vgreb.jsync.synchronize).
  check_mode:
    support: full
    description: Scans, and returns what would change. Nothing is touched, not even the destination itself.
  diff_mode:
    support: full
    description: The lines of rsync's C(--itemize-changes), at most 1000 of them and the number of the others.
  async:
    support: partial
    description: With O(mode=push) and O(mode=pull) only together with C(delegate_to=localhost). No progress is shown.
  delegation:
    support: full
    description: rsync runs on the delegate. With O(mode=push) and O(mode=pull) the other end is the host of the task.
  platform:
    support: full
    platforms: posix
    description: The systems that rsync and Python's asyncio run on.
options:
  src:
    description:
      - What to copy. A path, an endpoint, or a list of them.
      - An endpoint is written as rsync takes it, C([user@]host:path) over ssh,
        C(rsync://[user@]host[:port]/module/path) or C([user@]host::module/path) at an rsync daemon. An IPv6 address
        stands in brackets.
      - A slash at the end means the content of a directory, no slash the directory itself.
      - A text is one path, also when it holds commas. C(~) at its start is the home directory.
      - Relative paths start from the directory that the module runs in, which usually is the user's home.
    type: raw
    required: true
  dest:
    description:
      - Where to copy to. A path or an endpoint, as in O(src). At most one of the two ends is remote.
    type: str
    required: true
  mode:
    description:
      - Where rsync runs.
      - V(target) runs it on the target host. The other end is written in O(src) or O(dest), or named by O(src_host) or
        O(dest_host).
      - V(push) runs it on the controller, or on the host in C(delegate_to). O(src) is there, and O(dest) is a path on
        the target host.
      - V(pull) is the other way round, O(src) is a path on the target host.
      - With V(push) and V(pull), what other options call the target host is the host that rsync runs on, and C(become)
        is for the target host, where C(sudo -n) or C(doas -n) runs rsync. No password is asked there.
      - On the controller, relative paths in O(src), O(exclude_from), O(include_from) and O(files_from) are looked up as
        M(ansible.builtin.copy) does, in C(files) of the role and beside the playbook. O(dest) starts from the playbook.
      - The other end is reached as Ansible reaches it over ssh, with its variables for address, port, user, private key
        and arguments for ssh, jump hosts included, and with the command line and configuration. O(port) and
        O(private_key) of the task come first. The program in C(ansible_ssh_executable) and passwords are not used.
      - The private key of the variables is a file of the controller. Where rsync runs elsewhere, it is used if there is
        one of that name.
      - An rsync daemon in the place of the target host is reached as it is written.
      - The other end must have the connection C(ssh), or be the host that rsync runs on.
    type: str
    choices: [target, push, pull]
    default: target
  src_host:
    description:
      - With O(mode=target), the host of the inventory that has O(src), reached as O(mode) says. Its own
        C(ansible_become) counts, not the task's. Where it is the target host itself, both ends are on that.
    type: str
  dest_host:
    description:
      - With O(mode=target), the host of the inventory that gets O(dest), as O(src_host).
    type: str
  jobs:
    description:
      - How many lanes carry files at once, from 1 to 128, or V(auto). Each lane is one TCP stream and, over ssh, one
        login for the whole run.
      - V(auto) begins with 4 lanes, or with 8 where the first ssh login shows that round trips are long. It adds lanes
        while the rate of all of them together rises with their number, and takes some away when the rate falls, or one
        whose login the other end refuses. RV(lanes_over_time) tells what came of it.
      - The default is a number, because how many logins a run makes is then known before.
    type: raw
    default: 4
  jobs_max:
    description: The most lanes that O(jobs=auto) may reach, from 1 to 128.
    type: int
    default: 16
  nice:
    description:
      - The niceness of every rsync and ssh that the module starts on the target host, from -20 (first) to 19 (last).
        Less than the module itself has takes a super-user. Not given, it is that of the module.
      - The other end is not touched. For its rsync say so in O(remote_rsync_path), as C([nice, -n, 10, rsync]).
    type: int
  ionice:
    description:
      - The class in which every rsync and ssh on the target host waits for disks, V(idle), V(best-effort), or that with
        a level from V(best-effort:0) (first) to V(best-effort:7) (last). Linux only, with the program C(ionice), and
        heeded by some of its schedulers.
      - The other end is not touched. For its rsync say so in O(remote_rsync_path), as C([ionice, -c, 3, rsync]).
    type: str
  retries:
    description:
      - How many more attempts an rsync or a login gets when its connection failed or it was killed. The attempts are
        1, 2, 4 and so on seconds apart. Full disks, refused logins and wrong options are not tried again.
      - Nor is an rsync that may have left a file half written under its name, where the next one would take that for
        what was there before. That is so with O(backup) and O(inplace), O(append), or O(partial) or O(temp_dir) without
        O(partial_dir). It is also so with O(ignore_existing) and one of these, and with O(update) and O(inplace),
        O(append) or O(temp_dir), where one rsync goes over the tree. A daemon that is full is tried again all the same.
      - Nor is one with O(link_dest), and O(inplace) or O(append), where the next one could write to a file of the
        snapshot before that the first one has linked.
      - With O(partial) and without O(partial_dir), to a remote O(dest), lanes try again, but the run fails in the end,
        as the rsync at the other end that has lost its connection may put half a file in its place later. One rsync
        over the tree, and a run with O(remove_source_files), are not tried again then.
      - Nor is one that does all of the work, where the next one would delete what it has backed up or moved.
    type: int
    default: 3
  archive:
    description:
      - Mirrors rsync's C(--archive), which is O(recursive), O(links), O(perms), O(times), O(owner), O(group),
        O(devices) and O(specials). Each can be set otherwise.
    type: bool
    default: true
  recursive:
    description:
      - Copy directories with all they hold. With O(files_from) it must be asked for, O(archive) does not imply it.
    type: bool
  links:
    description: Copy symbolic links as links.
    type: bool
  perms:
    description: Preserve permissions.
    type: bool
  times:
    description: Preserve modification times. Without it each run sends every file again.
    type: bool
  owner:
    description: Preserve owners. Works only for a receiving super-user.
    type: bool
  group:
    description: Preserve groups.
    type: bool
  devices:
    description: Preserve device files. Works only for a receiving super-user.
    type: bool
  specials:
    description: Preserve sockets and fifos.
    type: bool
  acls:
    description: Preserve ACLs. Implies O(perms).
    type: bool
    default: false
  xattrs:
    description: Preserve extended attributes.
    type: bool
    default: false
  hard_links:
    description: Names that share an inode share one at the destination, too.
    type: bool
    default: false
  sparse:
    description: Turn sequences of nulls into holes.
    type: bool
    default: false
  numeric_ids:
    description: Do not map users and groups by name.
    type: bool
    default: false
  one_file_system:
    description: Do not cross file system boundaries.
    type: bool
    default: false
  whole_file:
    description: Send changed files whole, or with V(false) only their differences. Left to itself, rsync sends
      differences over a network.
    type: bool
  inplace:
    description: Write changed files in place. An interrupted file is then left half written under its name. Other names
      of the same inode change with it, also in a snapshot that O(link_dest) has made.
    type: bool
    default: false
  append:
    description: Append data to files that are shorter at the destination, in place. What they hold already is not
      compared, and files of the same size are left alone.
    type: bool
    default: false
  compress:
    description: Compress data on its way.
    type: bool
    default: false
  checksum:
    description:
      - Compare files by checksum instead of time and size. Many are read at once, by the lanes or, within a host, by
        the scan.
      - In check mode one rsync reads them all, but within a host and without O(delete), where several share the scan.
    type: bool
    default: false
  size_only:
    description: Take files of the same size for equal.
    type: bool
    default: false
  ignore_times:
    description: Do not take files of the same size and time for equal.
    type: bool
    default: false
  update:
    description: Leave files alone that are newer at the destination.
    type: bool
    default: false
  existing_only:
    description: Create no new files at the destination.
    type: bool
    default: false
  ignore_existing:
    description: Leave files alone that exist at the destination.
    type: bool
    default: false
  copy_links:
    description: Copy what symbolic links point to, also outside the tree.
    type: bool
    default: false
  copy_dirlinks:
    description: Copy the directories that symbolic links point to, also outside the tree.
    type: bool
    default: false
  keep_dirlinks:
    description: Treat a symbolic link to a directory at the destination as the directory. Files are then written, and
      with O(delete) deleted, where it points, also outside the destination.
    type: bool
    default: false
  safe_links:
    description: Leave out symbolic links that point outside the tree, and all absolute ones.
    type: bool
    default: false
  munge_links:
    description: Make symbolic links unusable, but recoverable.
    type: bool
    default: false
  omit_dir_times:
    description: Leave out directories when preserving times.
    type: bool
    default: false
  omit_link_times:
    description: Leave out symbolic links when preserving times.
    type: bool
    default: false
  executability:
    description: Preserve executability where O(perms) is off.
    type: bool
    default: false
  atimes:
    description: Preserve access times.
    type: bool
    default: false
  fuzzy:
    description: Look for a similar file to start from where the destination has none.
    type: bool
    default: false
  delay_updates:
    description: Put all files into place together at the end. One rsync then does the transfers.
    type: bool
    default: false
  partial:
    description: Keep files that were interrupted, half written under their names. O(partial_dir) keeps them elsewhere,
      which is better to a remote O(dest), see O(retries).
    type: bool
    default: false
  partial_dir:
    description: Keep interrupted files in this directory, relative to that of the file. Where it is absolute or leads
      upwards, files of one name share a place there, and one rsync does the transfers.
    type: str
  backup:
    description: Rename files before they are replaced or deleted.
    type: bool
    default: false
  backup_dir:
    description: Move them to this directory, relative to the destination.
    type: str
  suffix:
    description: What to append to their names.
    type: str
  chmod:
    description: Permissions to set instead of those of the source, one or a list of rsync's own expressions. In quotes,
      as C("0644"), because YAML reads C(0644) as the number 420.
    type: raw
  chown:
    description: Owner and group to set, as C(user:group). In quotes, as C("33:33"), because YAML reads C(33:33) as the
      number 2013.
    type: raw
  usermap:
    description: How to map users, as rsync writes it, in quotes.
    type: raw
  groupmap:
    description: How to map groups, as rsync writes it, in quotes.
    type: raw
  link_dest:
    description: Directories, relative to the destination, whose equal files are linked to instead of copied. One or a
      list.
    type: raw
  copy_dest:
    description: Directories whose equal files are copied at the destination instead of sent. One or a list.
    type: raw
  compare_dest:
    description: Directories whose equal files need not be at the destination. One or a list.
    type: raw
  max_size:
    description: Leave out files that are larger, as C(100m).
    type: str
  min_size:
    description: Leave out files that are smaller.
    type: str
  modify_window:
    description: Seconds by which times may differ and still count as equal.
    type: int
  temp_dir:
    description: Where the destination keeps files on their way, relative to it. From another file system they are
      copied to their names, and one that is interrupted then is left half written, see O(retries).
    type: str
  preallocate:
    description: Allocate files before writing them.
    type: bool
    default: false
  fsync:
    description: Flush every written file to the disk.
    type: bool
    default: false
  remove_source_files:
    description:
      - Remove files from the source, after all transfers, also those that were the same before. What did not arrive
        stays.
      - With O(delete) they are removed after the deletions. The next run with both deletes at the destination what has
        been moved, as rsync does, because the source no longer has it.
    type: bool
    default: false
  mkpath:
    description: Create missing directories above the destination.
    type: bool
    default: false
  exclude:
    description:
      - Patterns of names to leave out, one or a list.
      - The first matching rule counts. The order is O(filter), O(include), O(include_from), O(exclude),
        O(exclude_from), then what O(rsync_opts) holds. Use O(filter) for another order.
    type: raw
  include:
    description: Patterns of names not to leave out, one or a list.
    type: raw
  filter:
    description: Filter rules as rsync writes them, one or a list.
    type: raw
  exclude_from:
    description: Files on the target host with patterns of names to leave out, one a line. One or a list.
    type: raw
  include_from:
    description: Files on the target host with patterns of names not to leave out, one a line. One or a list.
    type: raw
  files_from:
    description: A file on the target host with names below O(src) to copy, one a line. What a directory in it holds is
      copied only with O(recursive), or one level of it where its name ends with a slash.
    type: path
  from0:
    description:
      - In the files of O(files_from), O(exclude_from) and O(include_from), and in those that a O(filter) merges, each
        entry ends with a NUL byte instead of a newline, as C(find -print0) writes it.
      - A name in O(files_from) that starts with C(#) or C(;) is a comment to rsync all the same. Write C(./) before it.
    type: bool
    default: false
  cvs_exclude:
    description: Leave out what CVS leaves out.
    type: bool
    default: false
  prune_empty_dirs:
    description: Leave out directories that would be empty.
    type: bool
    default: false
  delete:
    description:
      - Delete names at the destination that the source does not have, after all files have arrived.
      - C(--delete-before) in O(rsync_opts) deletes between the scan and the transfers, so that space is freed first.
        All other timings of rsync mean after all transfers here.
      - Nothing is deleted when something did not arrive, unless O(ignore_errors) says so. A single rsync that does all
        of the work, see RV(one_process), deletes as rsync does.
      - An empty source, as that of a file system that is not mounted, empties the destination. Check mode shows what
        would go, and O(max_delete) limits it.
    type: bool
    default: false
  delete_excluded:
    description: Delete names that are left out, too. Implies O(delete).
    type: bool
    default: false
  max_delete:
    description:
      - Delete no more names than this, none where it is V(0) or negative. When there are more the task fails with
        RV(rc) 25.
      - Where a directory stands in the way of a file, one rsync finishes the tree and counts all deletions.
    type: int
  force:
    description: Delete a directory that is not empty when a file takes its place. O(delete) does the same.
    type: bool
    default: false
  ignore_errors:
    description: Delete even when something did not arrive. Of a directory that cannot be read at the source, what it
      holds at the destination is then deleted.
    type: bool
    default: false
  bwlimit:
    description:
      - A limit for the whole run, in rsync's notation. C(400k) or C(12m) a second, a plain number is KiB a second.
      - The scan has it for itself, then it is shared out over the lanes, by what each of them carries. A share is whole
        KiB a second, as rsync knows no others, so that no more lanes work at once than the limit has KiB.
      - A run with O(jobs=auto) stays with the number of lanes that it began with.
    type: str
  rsync_timeout:
    description:
      - Seconds without any data after which an rsync gives up and is tried again. 0 means never.
      - With O(checksum) rsync says nothing while it reads the files of a list, which may be hundreds of gigabytes.
    type: int
  contimeout:
    description:
      - Seconds to wait for a connection to a daemon or an ssh server, and for the first word of the daemon or the key
        exchange with the server. The default is 30.
      - A daemon that falls silent later is noticed only with O(rsync_timeout), an ssh server after two minutes.
    type: int
  rsync_path:
    description: The rsync to run on the target host, a name or a path.
    type: str
    default: rsync
  remote_rsync_path:
    description: The rsync to run at the other end. A text is one path, which may hold spaces. A list is a command, as
      C([sudo, -n, rsync]).
    type: raw
  private_key:
    description: The private key to log in with, a file on the target host.
    type: path
  port:
    description: Port of the ssh server or the daemon.
    type: int
  ssh_args:
    description: Further arguments for ssh in one text, split as a shell would.
    type: str
  rsh:
    description:
      - A remote shell to use as it is instead of the module's own ssh, as rsync's C(--rsh). Each rsync then logs in
        by itself.
      - Must not be given together with O(private_key), O(port) or O(ssh_args).
    type: str
  password_file:
    description: A file on the target host with the password for an rsync daemon.
    type: path
  password:
    description: The password for an rsync daemon.
    type: str
  rsync_opts:
    description:
      - A list of any other options of rsync, each an entry as one word of a command line would be.
      - An option that the module has, too, means the same here, and comes later. With O(archive=false) the list can
        be a whole command line.
      - Options that only make sense for one rsync, or for its own output, are refused.
    type: raw
    default: []
  follow:
    description:
      - A directory on the target host that must not exist, or be empty. The module makes it with mode C(0700), keeps
        C(status.json) and C(beat-N), its sign of life, in it while it runs, and removes it at its end.
      - The action plugin sets it to see where the run is. Leave it out in a task.
      - Whoever sets it touches the file C(lease) in it to say that the run is still wanted, see O(lease), and makes the
        file C(cancel) in it to end the run at once.
    type: path
  lease:
    description:
      - Seconds that a run goes on after it has lost its controller. When nobody has followed it for longer, it ends all
        that it started and fails. It must be longer than the outages of the network that a run is to survive.
      - It counts with O(follow), which the action plugin sets. Without that, a run ends within a second when nobody is
        left to take its result, because the ssh session of the controller was cut.
      - The controller, in turn, waits so long for a sign of life of a run that it follows, then the task fails.
    type: int
    default: 180
  on_running:
    description:
      - What to do when the same task runs already on the target host as the same user, because it has outlived its
        controller or because somebody else has started it. It is the same when O(src), O(dest) and all options that say
        what is made are the same, and what the files of O(files_from), O(include_from), O(exclude_from) and C(merge)
        rules hold; O(jobs), O(bwlimit) and the like may be others.
      - V(attach) waits for the end of the other run, shows its progress meanwhile, keeps its lease fresh, and returns
        its result with RV(attached) set. What has changed at the source after the other run has scanned it is not in
        it. When the other run is killed this one takes over. When this one is ended before its time, it ends the other
        one, too, unless that one's own controller, or another attached run, still follows it.
      - V(wait) waits for the end of the other run, then does the work itself.
      - V(fail) fails at once and names the other run.
      - A run with other options into the same O(dest) is only a warning. Two of them may be meant to fill one
        directory, but with O(delete) they delete each other's files.
    type: str
    default: attach
    choices: [attach, wait, fail]
  umask:
    description:
      - The umask to make files and directories with on the target host, in octal digits and in quotes, as
        C("0027"). It counts where O(perms) is off. The default is that of the login.
    type: raw
  progress:
    description:
      - Show where the run is, in lines that come seldom. The first one after 2 seconds, the next ones when 10 % or 10
        seconds have passed, whichever is later.
      - With V(false) nothing is shown and, without O(progress_log), the module runs as any other module does.
      - Nothing is shown either in check mode, with C(async), and where the target host has no directory for jobs that
        can be written to.
      - This option, O(progress_interval) and O(progress_log) are the action plugin's. The module itself ignores them.
    type: bool
    default: true
  progress_interval:
    description: Seconds from one line to the next instead. V(0) shows all there is.
    type: float
  progress_log:
    description: A file on the controller to append all that is known of the run to while it runs, one JSON object a
      line. The fields are described in the collection's C(docs/progress.md).
    type: path
"""

EXAMPLES = r"""
- name: Copy a tree on one host
  vgreb.jsync.parallel_rsync:
    src: /data/
    dest: /backup/
    jobs: 8

- name: Pull homes from the old server, exactly
  vgreb.jsync.parallel_rsync:
    src: root@old01.example.com:/home/
    dest: /home/
    private_key: /root/.ssh/migration
    jobs: 8
    hard_links: true
    acls: true
    xattrs: true
    numeric_ids: true
    delete: true

- name: Push a web root, at no more than 20 MiB a second in all
  vgreb.jsync.parallel_rsync:
    src: /var/www/
    dest: deploy@web01.example.com:/var/www/
    bwlimit: 20m
    exclude:
      - "*.tmp"
      - /cache/

- name: Push from the controller to each host of the play
  vgreb.jsync.parallel_rsync:
    mode: push
    src: site/
    dest: /var/www/
  become: true

- name: Pull from another host of the inventory to this one
  vgreb.jsync.parallel_rsync:
    src: /srv/
    src_host: old01
    dest: /srv/

- name: Push what changed, as many lanes as pay, after everything else that the two hosts have to do
  vgreb.jsync.parallel_rsync:
    src: /archive/
    dest: backup01.example.com:/archive/
    jobs: auto
    nice: 19
    ionice: idle
    remote_rsync_path: [nice, -n, "19", ionice, -c, "3", rsync]

- name: Pull from an rsync daemon
  vgreb.jsync.parallel_rsync:
    src: rsync://mirror@files01.example.com/archive/
    dest: /srv/archive/
    password: "{{ mirror_password }}"

- name: Show where the run is every minute, and keep all of it
  vgreb.jsync.parallel_rsync:
    src: /var/log/
    dest: /backup/log/
    progress_interval: 60
    progress_log: /var/log/backup.jsonl

- name: Say it as on the command line
  vgreb.jsync.parallel_rsync:
    src: /data/
    dest: backup01.example.com:/data/
    archive: false
    rsync_opts: [-aHAX, --delete, --exclude, lost+found, -e, ssh -p 2222]
"""

RETURN = r"""
msg:
  description: One sentence about the end of the run. For a failure, why, and what to do.
  returned: always
  type: str
  sample: transferred 18204 files, 27983412000 bytes in 61.2 s
rc:
  description: The exit code of one rsync for the same work. V(24), some names vanished at the source, is no failure.
  returned: always
  type: int
  sample: 0
stage:
  description: Where the run ended, one of V(request), V(scan), V(transfer), V(finalize) and, when nothing failed,
    V(result).
  returned: always
  type: str
  sample: result
attached:
  description: The result is that of a run of the same task that was there already, see O(on_running).
  returned: always
  type: bool
  sample: false
stats:
  description: Numbers of the whole run. In check mode, what would be done.
  returned: always
  type: dict
  contains:
    entries:
      description: Names in the source, directories included.
      type: int
      sample: 20412
    total_bytes:
      description: Bytes of all files in the source.
      type: int
      sample: 28012345678
    files:
      description: Files whose content was transferred, whole or in part.
      type: int
      sample: 18204
    transferred_bytes:
      description: Bytes of these files.
      type: int
      sample: 27983412000
    literal_bytes:
      description: Bytes of their content that were sent.
      type: int
      sample: 27983412000
    matched_bytes:
      description: Bytes of their content that the destination had already.
      type: int
      sample: 0
    sent_bytes:
      description:
        - Bytes that all rsyncs sent, protocol included. Many send more than one would, as each is given a list.
        - What an rsync sent that broke off, in the scan or in a transfer, nobody can tell. It is missing here, in
          RV(stats.received_bytes), RV(stats.literal_bytes) and RV(stats.matched_bytes).
      type: int
      sample: 27991230012
    received_bytes:
      description: Bytes that all rsyncs received, protocol included.
      type: int
      sample: 402113
    directories:
      description: Directories created or given other metadata.
      type: int
      sample: 412
    links:
      description: Symbolic links created or changed.
      type: int
      sample: 12
    hard_links:
      description: Names linked to another name.
      type: int
      sample: 4
    deletions:
      description: Names deleted.
      type: int
      sample: 0
    failures:
      description: Names that did not arrive, those that vanished at the source included.
      type: int
      sample: 0
    partitions:
      description: Lists of files that were carried, each by one rsync.
      type: int
      sample: 34
    retries:
      description: Attempts beyond the first, logins included.
      type: int
      sample: 0
    seconds:
      description: Seconds of the stages C(scan), C(transfer) and C(finalize), which overlap, and of the whole run,
        C(total).
      type: dict
      sample: {scan: 2.1, transfer: 60.4, finalize: 0.6, total: 61.2}
    bytes_per_second:
      description: RV(stats.transferred_bytes) by the seconds of the whole run.
      type: int
      sample: 457245294
lanes:
  description: What each lane did.
  returned: always
  type: list
  elements: dict
  contains:
    lane:
      description: Its number, from 1.
      type: int
      sample: 1
    partitions:
      description: Partitions that it carried.
      type: int
      sample: 5
    files:
      description: Files that it transferred.
      type: int
      sample: 2275
    bytes:
      description: Bytes of these files.
      type: int
      sample: 3497926500
    seconds:
      description: Seconds that it was busy with partitions.
      type: float
      sample: 60.1
    retries:
      description: Its attempts beyond the first, logins included.
      type: int
      sample: 0
    exit_codes:
      description: How often an rsync on it ended with each exit code.
      type: dict
      sample: {"0": 7}
lanes_over_time:
  description: How many lanes were at work, an entry for the beginning of the transfers and for each change. Empty
    where nothing was transferred by lanes.
  returned: always
  type: list
  elements: dict
  contains:
    seconds:
      description: Since the beginning of the run.
      type: float
      sample: 1.204
    lanes:
      description: Lanes at work from then on.
      type: int
      sample: 8
failures:
  description: Paths that did not arrive, at most 1000 of them. RV(stats.failures) counts all. Those that vanished at
    the source are among them, and are no reason to fail.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The path, below the source where it is known, else as rsync named it.
      type: str
      sample: mail/cur/1234
    path_b64:
      description: The exact bytes of the path in base64, only where they are not UTF-8.
      type: str
      returned: when the path is not UTF-8
      sample: bWFpbC9jdXIv/w==
    reason:
      description: Why, in rsync's own words.
      type: str
      sample: "send_files failed to open: Permission denied (13)"
largest:
  description: The ten largest files among those that the scan has found to transfer, the largest first. With
    O(checksum), where one rsync scans without reading the files, among those that were transferred.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The path below the destination.
      type: str
      sample: images/vm01.qcow2
    path_b64:
      description: The exact bytes of the path in base64, only where they are not UTF-8.
      type: str
      returned: when the path is not UTF-8
      sample: aW1hZ2VzL/8=
    bytes:
      description: Bytes of the file.
      type: int
      sample: 21474836480
deleted:
  description: Paths that were deleted, at most 1000 of them. RV(stats.deletions) counts all.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: The path below the destination. A directory ends in a slash.
      type: str
      sample: old/
    path_b64:
      description: The exact bytes of the path in base64, only where they are not UTF-8.
      type: str
      returned: when the path is not UTF-8
      sample: b2xkL/8=
one_process:
  description: Stages that one rsync did alone, because the options mean something else side by side.
  returned: always
  type: list
  elements: dict
  contains:
    stage:
      description: V(transfer) or V(finalize).
      type: str
      sample: finalize
    reason:
      description: The option, and why.
      type: str
      sample: "remove_source_files: nothing is removed before all transfers are over"
rsync:
  description: The rsync on the target host. V(none) when the run ended before it was found.
  returned: always
  type: dict
  sample: {version: 3.5.0, path: /usr/bin/rsync}
warnings:
  description: Messages of rsync that are no failures, at most 20 of them.
  returned: when there are any
  type: list
  elements: str
  sample: ["cannot delete non-empty directory: kept"]
diff:
  description: The changes in rsync's itemized form.
  returned: with diff
  type: dict
  contains:
    prepared:
      description: One change a line, at most 1000, then how many more there are.
      type: str
      sample: ">f+++++++++ new.txt\n"
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.vgreb.jsync.plugins.module_utils._options import argument_spec
from ansible_collections.vgreb.jsync.plugins.module_utils._sync import run


def main() -> None:
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    result = run(module.params, check=module.check_mode, diff=module._diff)
    for warning in result.pop("warnings"):
        module.warn(warning)
    if result["failed"]:
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
