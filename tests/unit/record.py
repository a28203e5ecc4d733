# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Record what a real rsync prints for the argument vectors that the module builds.

Run as root from the top of the repository, once for each rsync; what may not be read or written is met as nobody::

    PYTHONPATH=.cache/collections:. python -m tests.unit.record /usr/bin/rsync [CASE ...]

Each case runs in a directory of its own that is left out of the recording, so that its ends read ``/src`` and ``/dst``.
What differs from one time to the other is made equal: a second recording gives the same files.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._options import build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.command import Command
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.process import environment

from tests.support import programs, servers, trees
from tests.support.processes import wait_for
from tests.unit.real import find
from tests.unit.recordings import Recording, store

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.binary import Binary

OLD = 1_500_000_000
NOBODY = 65534

_VARYING = (
    (rb"(time: )[\d.]+( seconds)", rb"\g<1>0.001\2"),
    (rb"[\d.]+( bytes/sec)", rb"1.00\1"),
    (rb"(speedup is )[\d.]+", rb"\g<1>1.00"),
    (rb"(sent |received |sent: |received: |list size: )\d+", rb"\g<1>100"),
    (rb'((?:mkstemp |setxattr\()".*\.)[A-Za-z0-9]{6}"', rb'\1AbC123"'),
)


class Case:
    """One recording in the making: a directory with ``src``, ``dst`` and what else a case needs.

    Attributes:
        params: Options of the module; ``@`` stands for the directory.
        names: What a pass is given that takes a list.
        before: Words before the argument vector.
        user: Who runs rsync.
        meanwhile: Called while it runs.
        ending: Closed afterwards.
    """

    def __init__(self, rsync: Binary, top: str, params: dict[str, t.Any]) -> None:
        self.rsync = rsync
        self.top = top
        self.params = {"src": "@/src/", "dest": "@/dst", **params}
        self.names: list[bytes] = []
        self.before: list[str] = []
        self.user: str | None = None
        self.meanwhile: t.Callable[[], None] = lambda: None
        self.ending = contextlib.ExitStack()
        self._port = 0
        os.chmod(top, 0o755)
        os.mkdir(self.path("src"))

    def path(self, name: str | bytes) -> bytes:
        return os.path.join(os.fsencode(self.top), os.fsencode(name))

    def write(self, *names: str | bytes, end: str = "src/", content: bytes = b"content", later: int = 0) -> None:
        for name in names:
            trees.write(self.path(end.encode() + os.fsencode(name)), content, mtime=(OLD + later) * 10**9)

    def link(self, leader: str, follower: str) -> None:
        os.link(self.path("src/" + leader), self.path("src/" + follower))

    def symlink(self, target: str | bytes, name: str) -> None:
        os.symlink(os.fsencode(target), self.path(name))

    def copy(self, to: str = "dst") -> None:
        subprocess.run(["cp", "-a", self.path("src"), self.path(to)], check=True)

    def as_nobody(self) -> None:
        os.makedirs(self.path("dst"), exist_ok=True)
        os.chown(self.path("dst"), NOBODY, NOBODY)
        self.user = "nobody"

    def remote(self, script: str) -> None:
        """Let a script be the remote shell."""
        programs.shell(self.path("script"), "shift\n" + script)
        self.params.update(dest="far:@/dst", rsh="@/script")

    def serve(self, end: str, path: str) -> None:
        """Let one end be a daemon's."""
        os.mkdir(self.path("daemon"))
        daemon = self.ending.enter_context(servers.rsyncd(self.top + "/daemon", rsync=self.rsync.path))
        self._port = daemon.port
        self.params[end] = daemon.url.replace("//", "//al@") + path

    def record(self, which: str) -> Recording:
        """Run one pass of the module; a word with dashes is an option for rsync alone."""
        for name in ("src", "dst"):
            if os.path.isdir(self.path(name)):
                os.utime(self.path(name), (OLD, OLD))
        argv = [self.rsync.path, which] if which.startswith("-") else self._argv(which)
        pipe, env = subprocess.PIPE, environment({"RSYNC_PASSWORD": "wrong"})
        with subprocess.Popen(
            [*self.before, *argv], stdout=pipe, stderr=pipe, env=env, cwd=self.top, user=self.user
        ) as process:
            self.meanwhile()
            out, err = (self._clean(data) for data in process.communicate())
        return Recording(process.returncode, out, err)

    def _argv(self, which: str) -> t.Sequence[str | bytes]:
        params = {name: _fill(value, self.top) for name, value in self.params.items()}
        request = build_request({"archive": True, **params})
        os.mkdir(self.path("state"))
        command = Command(request, self.rsync)
        if which in ("scan", "whole"):
            return getattr(command, which)(None, 1_000_000)
        assert request.roots
        with open(self.path("list"), "wb") as stream:
            stream.write(b"".join(request.roots[0].lead + name + b"\0" for name in self.names))
        further = [1000] if which == "deletions" else []
        return getattr(command, which)(request.roots[0].root, self.top + "/list", *further, None, 0)

    def _clean(self, data: bytes) -> bytes:
        data = data.replace(os.fsencode(self.top), b"").replace(b":%d" % self._port, b":873")
        for pattern, text in _VARYING:
            data = re.sub(pattern, text, data)
        return data


def _fill(value: t.Any, top: str) -> t.Any:
    """Put the directory in the place of ``@`` at the start of a path."""
    return re.sub("^(far:)?@", lambda match: (match[1] or "") + top, value) if isinstance(value, str) else value


def nothing(at: Case) -> None:
    pass


def one_file(at: Case) -> None:
    at.write("file")


def hostile(at: Case) -> None:
    at.write(*trees.HOSTILE)
    os.mkdir(at.path(b"src/new\ndirectory -> x"))
    at.symlink(b"tar//get\n => \xff", "src/link -> to")
    os.mkfifo(at.path("src/fifo"))


def hostile_list(at: Case) -> None:
    hostile(at)
    os.mkdir(at.path("dst"))
    at.names = [*trees.HOSTILE, b"link -> to", b"fifo"]


def changed(at: Case) -> None:
    """One change of each kind against a destination that was equal."""
    at.write("same", "size", "time", "mode", "owner", "sub/same", "sub/new")
    at.copy()
    os.unlink(at.path("dst/sub/new"))
    at.write("size", content=b"longer content")
    at.write("time", later=10)
    os.chmod(at.path("src/mode"), 0o600)
    os.chown(at.path("src/owner"), 1, 2)
    at.symlink("size", "src/link")
    at.symlink("same", "dst/link")
    os.chmod(at.path("src/sub"), 0o700)


def extraneous(at: Case) -> None:
    at.write("kept", "sub/kept")
    at.copy()
    at.write("gone", "sub/gone", "deep/a/b/file", "deep/file", "stays/below/keep.bak", "stays/gone", end="dst/")
    at.names = [b"", b"sub/"]


def linked(at: Case) -> None:
    """A new group, a new name of an unchanged file, a file that joins another one, a group whose content changed."""
    at.write("old", "changed a", "a kept")
    at.link("changed a", "changed b")
    at.link("a kept", "joins")
    at.copy()
    os.unlink(at.path("dst/joins"))
    at.write("joins", end="dst/", content=b"other")
    at.write("changed a", content=b"other content", later=10)
    at.write("new\na", "z/file")
    for leader, follower in (("old", "z/old"), ("new\na", "z/new -> b"), ("new\na", "z/new => c")):
        at.link(leader, follower)


def conflicting(at: Case) -> None:
    """Names of one kind where the other end has another kind."""
    at.write("file", "directory/inside", "link")
    at.symlink("file", "src/symlink")
    at.write("file/in the way", "directory", "symlink/in the way", end="dst/")
    at.symlink("nowhere", "dst/link")


def reference(at: Case) -> None:
    at.write("same", "sub/same", "other")
    at.copy("ref")
    at.write("other", content=b"OTHER content")


def locked(at: Case) -> None:
    """Files and directories that nobody may read or enter; one file is named like rsync's temporary files."""
    at.write("open", "locked", "sub/inside", "new\nlocked", ".bashrc.backup", "listed only/inside")
    os.chmod(at.path("src/listed only"), 0o744)
    for name in ("locked", "sub", "new\nlocked", ".bashrc.backup"):
        os.chmod(at.path("src/" + name), 0)
    at.as_nobody()


def closed(at: Case) -> None:
    """Directories and files at the destination that nobody may change."""
    at.write("closed/file", "closed/sub/file", "closed/b", "foreign")
    at.symlink("target -> x", "src/closed/link")
    at.link("closed/b", "closed/c")
    at.write("foreign", "closed/b", "closed/gone", end="dst/", later=-10)
    os.chmod(at.path("dst/closed"), 0o555)
    at.as_nobody()


def gone_from_list(at: Case) -> None:
    at.write("there")
    os.mkdir(at.path("dst"))
    at.names = [b"there", b"gone", b"sub/gone", b"go\nne"]


def vanishing(at: Case, top: str = "src/") -> None:
    """A file that goes away after rsync has listed it."""
    at.write("1 slow", content=bytes(3_000_000), end=top)
    at.write("2 gone", "3 there", end=top)
    os.mkdir(at.path("dst"))

    def remove() -> None:
        wait_for(lambda: any(name.startswith(b".1 slow.") for name in os.listdir(at.path("dst"))), "rsync to write")
        os.unlink(at.path(top + "2 gone"))

    at.meanwhile = remove


def vanishing_at_daemon(at: Case) -> None:
    at.serve("src", "tree/")
    vanishing(at, "daemon/top/")


def dangling(at: Case) -> None:
    at.write("file")
    at.write("extraneous", end="dst/")
    at.symlink("nowhere", "src/dang\nling")


def file_as_dest(at: Case) -> None:
    at.write("src/one", "src/two", "dst", end="")


def counted(at: Case) -> None:
    """Every number of --stats differs from zero, as far as one run can do that."""
    at.write("delta", content=bytes(range(256)) * 40)
    at.write("new", "sub/new")
    at.symlink("new", "src/link")
    os.mkfifo(at.path("src/fifo"))
    os.mknod(at.path("src/null"), 0o20666, os.makedev(1, 3))
    at.write("delta", content=bytes(range(256)) * 39, end="dst/", later=-10)
    at.write("gone", end="dst/")


def odd(at: Case) -> None:
    at.write("file")
    at.symlink("file", "src/link")
    os.mkfifo(at.path("src/fi\nfo"))


def mounted(at: Case, what: str) -> None:
    """Let the destination be a file system of its own."""
    os.mkdir(at.path("dst"))
    at.before = ["unshare", "-m", "sh", "-c", f'mount -t {what} "$0" && exec "$@"', at.top + "/dst"]


def no_room(at: Case) -> None:
    at.write("large", content=bytes(1 << 20))
    mounted(at, "tmpfs -o size=64k tmpfs")


def no_attributes(at: Case) -> None:
    at.write("file")
    os.setxattr(at.path("src/file"), "user.x", b"1")
    mounted(at, "ramfs ramfs")


def no_rsync(at: Case) -> None:
    at.remote('sleep 0.2 & exec sh -c "$*"\n')  # rsync meets the end of the pipe when the shell has ended


def hello(at: Case) -> None:
    at.remote("echo Welcome to this host; exec cat > /dev/null\n")


def old_rsync(at: Case) -> None:
    at.remote('sleep 0.2 & exec sh -c "$*"\n')
    at.params["remote_rsync_path"] = [at.rsync.path, "--drop-Q2"]


def no_daemon(at: Case) -> None:
    at.serve("src", "tree/")
    at.ending.close()


KEEP = {"delete": True, "filter": "P *.bak"}

# What makes the trees, which pass runs between them, and the module's options.
CASES: dict[str, tuple[t.Callable[[Case], None], str, dict[str, t.Any]]] = {
    "version": (nothing, "--version", {}),
    "help": (nothing, "--help", {}),
    "fresh": (hostile, "scan", {}),
    "carried": (hostile_list, "transfer", {}),
    "incremental": (changed, "scan", {}),
    "deletions_scan": (extraneous, "scan", KEEP),
    "deletions": (extraneous, "deletions", KEEP),
    "max_delete": (extraneous, "deletions", {"delete": True, "max_delete": 1}),
    "hard_links": (linked, "scan", {"hard_links": True}),
    "conflicts_scan": (conflicting, "scan", {"force": True}),
    "conflicts": (conflicting, "whole", {}),
    "link_dest": (reference, "scan", {"link_dest": "../ref"}),
    "copy_dest": (reference, "scan", {"copy_dest": "../ref"}),
    "unreadable": (locked, "whole", {}),
    "unwritable": (closed, "whole", {"delete": True, "hard_links": True, "size_only": True, "perms": False}),
    "vanished_in_list": (gone_from_list, "transfer", {}),
    "vanished": (vanishing, "whole", {}),
    "vanished_at_daemon": (vanishing_at_daemon, "whole", {}),
    "dangling": (dangling, "whole", {"copy_links": True, "delete": True}),
    "missing_source": (nothing, "scan", {"src": "@/src/nothing here/"}),
    "missing_parent": (one_file, "whole", {"dest": "@/above/dst"}),
    "dest_is_a_file": (file_as_dest, "whole", {}),
    "created": (one_file, "whole", {"dest": "@/above/it/dst", "mkpath": True}),
    "statistics": (counted, "whole", {"delete": True, "whole_file": False}),
    "skipped": (odd, "whole", {"archive": False, "recursive": True, "times": True}),
    "full": (no_room, "whole", {}),
    "no_attributes": (no_attributes, "whole", {"xattrs": True}),
    "remote_without_rsync": (no_rsync, "scan", {"remote_rsync_path": "no-such-rsync"}),
    "remote_says_hello": (hello, "scan", {}),
    "remote_without_option": (old_rsync, "scan", {}),
    "daemon_refuses_password": (lambda at: at.serve("dest", "secret/"), "scan", {}),
    "daemon_without_module": (lambda at: at.serve("src", "nothing/"), "scan", {}),
    "daemon_is_read_only": (lambda at: at.serve("dest", "readonly/"), "whole", {}),
    "daemon_is_not_there": (no_daemon, "scan", {}),
}


def main(path: str, *chosen: str) -> None:
    rsync = find(path)
    for name in chosen or CASES:
        prepare, which, params = CASES[name]
        with tempfile.TemporaryDirectory(prefix="record-") as top:
            at = Case(rsync, top, params)
            with at.ending:
                prepare(at)
                store(rsync.version, name, at.record(which))


if __name__ == "__main__":
    main(*sys.argv[1:])
