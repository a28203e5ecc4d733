# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Does as OpenDoas 6.8 does with ``permit nopass root as nobody``, where there is none that is set up so."""

import getopt
import os
import pwd
import shutil
import sys

SAFE_PATH = "/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"

try:
    options, command = getopt.getopt(sys.argv[1:], "nu:")
except getopt.GetoptError:
    sys.exit("usage: doas [-Lns] [-C config] [-u user] command [args]")
user = pwd.getpwnam(dict(options).get("-u", "root"))
if user.pw_name != "nobody":
    sys.exit("doas: Operation not permitted")
kept = {name: os.environ[name] for name in ("DISPLAY", "TERM") if name in os.environ}
ours = {"HOME": user.pw_dir, "SHELL": user.pw_shell, "DOAS_USER": "root", "PATH": SAFE_PATH}
program = shutil.which(command[0], path=SAFE_PATH) or command[0]
os.initgroups(user.pw_name, user.pw_gid)
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
# Found before, because this Python's own files may be out of that user's reach.
os.execve(program, command, {**kept, **ours, "USER": user.pw_name, "LOGNAME": user.pw_name})
