# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The first process of a small network: one address and one private copy of this machine's files for each host.

Started by tests/docs/network.py in namespaces of its own, as root. Takes commands as lines of JSON, and answers each
with one. When it ends, the kernel ends all processes that are left and gives the mounts back.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import typing as t

DOMAIN = "example.com"
HOSTS = ("controller", "old01", "new01", "web01", "backup01", "files01")
ADDRESSES = {name: "127.0.0.%d" % (10 + number) for number, name in enumerate(HOSTS)}
# What the documents copy. Each host has all of it, with contents of its own; the second ones are empty.
FILLED = ("/archive", "/data", "/home", "/srv", "/var/log", "/var/www")
EMPTY = ("/backup", "/mnt/backup")
FILES = ("index.html", "mail/new/1", "www/style.css", "a name with spaces")
PASSWORD = "a password"
READY_SECONDS = 20

_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1


def main(folder: str, *needed: str) -> None:
    """Make the network in a folder and serve until standard input ends.

    Args:
        folder: An empty one.
        needed: Directories that every host must see.
    """
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "tmpfs", folder)
    _raise_loopback()
    keys = {name: _make_key(os.path.join(folder, name)) for name in ("user", "host")}
    roots = {name: _make_host(folder, name, needed, keys) for name in HOSTS}
    for name in HOSTS:
        _start_servers(name, roots[name])
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        root = roots[asked["host"]]
        if asked["do"] == "fill":
            fill(root, asked["host"])
            answer: t.Any = None
        else:
            answer = run(root, asked["command"], asked["folder"], asked["env"])
        print(json.dumps(answer), flush=True)


def fill(root: str, name: str) -> None:
    """Bring what the documents copy, on one host, to where each document starts."""
    for top in FILLED + EMPTY:
        path = root + top
        for entry in os.listdir(path):
            inner = os.path.join(path, entry)
            shutil.rmtree(inner) if os.path.isdir(inner) else os.unlink(inner)
        for file in FILES if top in FILLED else ():
            inner = os.path.join(path, file)
            os.makedirs(os.path.dirname(inner), exist_ok=True)
            with open(inner, "w") as stream:
                stream.write("%s of %s, on %s\n" % (file, top, name))
            moment = 1_600_000_000 + 1000 * HOSTS.index(name)
            os.utime(inner, (moment, moment))


def run(root: str, command: str, folder: str, env: dict[str, str]) -> tuple[int, str]:
    """Run a command of a shell on a host, and give its exit code and output."""
    # No pipe: what a command leaves behind, such as the master of an ssh connection, would hold it.
    with tempfile.TemporaryFile(dir=os.path.dirname(root)) as output:
        ended = subprocess.run(
            ["chroot", root, "/bin/sh", "-ec", 'mkdir -p "$1"; cd "$1"; eval "$2"', "sh", folder, command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=env,
            check=False,
        )
        output.seek(0)
        return ended.returncode, output.read().decode("utf-8", "replace")


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def _raise_loopback() -> None:
    """A new network namespace has the interface, switched off."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))


def _make_key(path: str) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return path


def _make_host(folder: str, name: str, needed: t.Iterable[str], keys: dict[str, str]) -> str:
    """Give a host its own copy of all files, in which nothing that it writes is seen elsewhere."""
    place = os.path.join(folder, "hosts", name)
    upper, work, root = (os.path.join(place, part) for part in ("upper", "work", "root"))
    for path in (upper, work, root):
        os.makedirs(path)
    _mount("-t", "overlay", "overlay", "-o", "lowerdir=/,upperdir=%s,workdir=%s" % (upper, work), root)
    _mount("--rbind", "/dev", root + "/dev")
    _mount("-t", "proc", "proc", root + "/proc")
    for path in ("/tmp", "/run", *FILLED, *EMPTY):
        os.makedirs(root + path, exist_ok=True)
        _mount("-t", "tmpfs", "tmpfs", root + path)
    os.chmod(root + "/tmp", 0o1777)
    os.mkdir(root + "/run/sshd", 0o755)
    for path in needed:
        if not os.path.exists(root + path):  # it lies in /tmp, or on a file system of its own
            os.makedirs(root + path)
            _mount("--bind", path, root + path)
    _write_settings(root, name, keys)
    return root


def _write_settings(root: str, name: str, keys: dict[str, str]) -> None:
    """Names of hosts, and keys with which root and deploy get from each host to each other one."""
    with open(keys["host"] + ".pub") as stream:
        host_key = stream.read()
    with open(keys["user"] + ".pub") as stream:
        user_key = stream.read()
    rows = ["%s %s %s.%s\n" % (address, host, host, DOMAIN) for host, address in ADDRESSES.items()]
    _write(root + "/etc/hosts", "127.0.0.1 localhost\n" + "".join(rows))
    names = ["%s,%s.%s,[%s.%s]:2222" % (host, host, DOMAIN, host, DOMAIN) for host in HOSTS]
    _write(root + "/etc/ssh/ssh_known_hosts", "".join("%s %s" % (row, host_key) for row in names))
    home = root + "/root"
    for file in (".bashrc", ".profile", ".bash_profile", ".ansible.cfg"):  # this machine's own are not under test
        if os.path.exists(os.path.join(home, file)):
            os.unlink(os.path.join(home, file))
    for path in (".ssh", ".ansible"):
        shutil.rmtree(os.path.join(home, path), ignore_errors=True)
    os.mkdir(home + "/.ssh", 0o700)
    _write(home + "/.ssh/authorized_keys", user_key)
    for key in ("id_ed25519", "migration"):
        shutil.copy(keys["user"], os.path.join(home, ".ssh", key))
    _write(root + "/usr/local/bin/systemctl", "#!/bin/sh\n")  # whatever it is told is done
    os.chmod(root + "/usr/local/bin/systemctl", 0o755)
    # rsync that deploy runs writes to /var/www, as that user does in the documents.
    with open(root + "/etc/passwd", "a") as stream:
        stream.write("deploy:x:0:0::/root:/bin/sh\n")


def _write(path: str, text: str) -> None:
    with open(path, "w") as stream:
        stream.write(text)


def _start_servers(name: str, root: str) -> None:
    address, place = ADDRESSES[name], os.path.dirname(root)
    shutil.copy(os.path.join(place, os.pardir, os.pardir, "host"), root + "/run/host_key")
    _write(
        root + "/run/sshd_config",
        "ListenAddress %s:22\nListenAddress %s:2222\nHostKey /run/host_key\nPidFile none\nUsePAM no\n"
        "PermitRootLogin yes\nPasswordAuthentication no\nSubsystem sftp internal-sftp\nStrictModes no\n"
        % (address, address),
    )
    program = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    assert program, "there is no sshd: install the ssh server of the distribution"
    _serve(root, address, 22, program, "-D", "-e", "-f", "/run/sshd_config")
    _write(
        root + "/run/rsyncd.conf",
        "address = %s\nuse chroot = no\nuid = root\ngid = root\n[archive]\npath = /archive\n"
        "auth users = mirror\nsecrets file = /run/secrets\n" % address,
    )
    _write(root + "/run/secrets", "mirror:%s\n" % PASSWORD)
    os.chmod(root + "/run/secrets", 0o600)
    _serve(root, address, 873, "rsync", "--daemon", "--no-detach", "--config=/run/rsyncd.conf")


def _serve(root: str, address: str, port: int, *argv: str) -> None:
    """Start a server and wait until it listens."""
    with open(os.path.join(os.path.dirname(root), "log"), "ab") as log:
        process = subprocess.Popen(["chroot", root, *argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                with open(log.name) as stream:
                    raise RuntimeError("%s did not start: %s" % (argv[0], stream.read())) from None
        time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
