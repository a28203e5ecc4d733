# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""Who cleans up when the module is killed and cannot do it itself.

SIGKILL to the module's process group (async_wrapper's time-out, the kernel out of memory) reaches none of the groups
that rsync and ssh lead. A small shell in a session of its own is told what there is, and when its standard input ends
without a goodbye it ends the one and removes the other. What a process does between its start and the line about it,
about a millisecond, is not covered.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.process import environment

# One line for each thing it is to know, see the methods of Guardian. The end is that of Processes.stop: SIGTERM goes to
# leaders first and only once, and to the rest of a group when its leader has gone, with 5 seconds for each.
_SCRIPT = """
trap '' HUP INT TERM
groups=' '
while read -r word value; do
    case $word in
    started) groups="$groups$value " ;;
    stopping) stopping="$stopping $value " ;;
    ended) case $groups in *" $value "*) groups="${groups%% $value *} ${groups#* $value }" ;; esac ;;
    made) set -- "$@" "$value" ;;
    goodbye) exit 0 ;;
    esac
done
settle() {
    for tenth in 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9; do
        living=
        for group in $groups; do
            kill -0 "-$group" && living=1
        done
        [ "$living" ] || return
        sleep 0.1 || sleep 1
    done
}
for group in $groups; do
    case $stopping in *" $group "*) ;; *) kill -TERM "$group" ;; esac
done
settle
for group in $groups; do
    if kill -0 "$group"; then kill -KILL "-$group"; else kill -TERM "-$group"; fi
done
settle
for group in $groups; do
    kill -KILL "-$group"
done
[ $# = 0 ] || rm -rf -- "$@"
"""


class Guardian:
    """Ends the processes and removes the directories of a run whose module was killed.

    As a context manager it is there from the beginning to the end of the block, and its end waits for it.

    Args:
        keeps: File descriptors that stay open until it has done its work: a lock that tells others of the run.

    Attributes:
        pid: Its process.
    """

    def __init__(self, keeps: t.Sequence[int] = ()) -> None:
        self._popen = subprocess.Popen(  # pylint: disable=ansible-bad-function
            ["/bin/sh", "-c", _SCRIPT, "jsync-guardian"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(),
            cwd="/",
            pass_fds=keeps,
            start_new_session=True,
        )
        self._input = t.cast("t.BinaryIO", self._popen.stdin)
        self.pid = self._popen.pid

    def __enter__(self) -> Guardian:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._tell("goodbye")
        self._input.close()
        self._popen.wait()

    def started(self, group: int) -> None:
        """A process was started that leads this group."""
        self._tell(f"started {group}")

    def stopping(self, group: int) -> None:
        """A group has got SIGTERM, and rsync must not get another one while it cleans up."""
        self._tell(f"stopping {group}")

    def ended(self, group: int) -> None:
        """Nothing is left of a group, or it may stay: from now on its number may be another's."""
        self._tell(f"ended {group}")

    def made(self, directory: str) -> None:
        """A directory of the run was made."""
        if "\n" not in directory:
            self._tell(f"made {directory}/")  # read strips spaces at the end of a line

    def _tell(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # somebody has killed it, and the run can do without
            os.write(self._input.fileno(), os.fsencode(line + "\n"))


__all__ = ("Guardian",)
