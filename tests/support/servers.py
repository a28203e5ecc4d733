# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Real servers on loopback addresses, in a folder of the test's own, ended by process id."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
import typing as t

from tests.support.processes import descendants, wait_for

READY_SECONDS = 20


def free_port(address: str) -> int:
    """A port nobody listens on."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as one:
        one.bind((address, 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def running(argv: t.Sequence[str], address: str, port: int, log: str) -> t.Iterator[subprocess.Popen[bytes]]:
    """Run a server from the moment it listens to the end of the block."""
    with open(log, "ab") as stream:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                with open(log) as stream:
                    raise RuntimeError("%s did not start: %s" % (argv[0], stream.read()))
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


class Ssh(t.NamedTuple):
    """A running sshd and what a client needs for it.

    Attributes:
        host, port: Where it listens.
        key: The private key that it accepts.
        args: Further words for ssh, to be split as a shell would.
        log: Its log, one "Accepted publickey" for each login.
        config: Its configuration file.
        pid: Of the process that listens.
    """

    host: str
    port: int
    key: str
    args: str
    log: str
    config: str
    pid: int

    def options(self) -> dict[str, t.Any]:
        """The module's options that reach it."""
        return {"private_key": self.key, "port": self.port, "ssh_args": self.args}

    def words(self) -> list[str]:
        """An ssh command that reaches it."""
        return ["ssh", "-p", str(self.port), "-i", self.key, *self.args.split()]

    def rsh(self) -> str:
        """The same for ``rsync -e``."""
        return " ".join(self.words())

    def logins(self) -> int:
        with open(self.log) as stream:
            return stream.read().count("Accepted publickey")


@contextlib.contextmanager
def sshd(folder: str, *, host: str = "127.0.0.2", kex: str = "curve25519-sha256", extra: str = "") -> t.Iterator[Ssh]:
    """Run an sshd of its own; the caller's user may log in with a key made for it, and nobody else is there yet.

    A bash that is not the first one leaves out the user's start-up files: what they say and cost is not under test.

    Args:
        folder: For its files.
        host: Its address.
        kex: Key exchange; OpenSSH's own choice costs ten times the processor time. Empty for that.
        extra: Lines for its configuration.
    """
    program = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        raise RuntimeError("there is no sshd: install the ssh server of the distribution")
    if os.geteuid() == 0:
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    port = free_port(host)
    names = {name: os.path.join(folder, name) for name in ("host_key", "user_key", "config", "log", "known_hosts")}
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", names[name]], check=True)
    with open(names["config"], "w") as stream:
        stream.write(
            "Port %d\nListenAddress %s\nHostKey %s\nAuthorizedKeysFile %s.pub\nPidFile none\nStrictModes no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nUsePAM no\n"
            "LogLevel VERBOSE\nAcceptEnv LC_*\nSetEnv SHLVL=2\n%s\n%s\n"
            % (port, host, names["host_key"], names["user_key"], kex and "KexAlgorithms " + kex, extra)
        )
    with open(names["host_key"] + ".pub") as stream:
        host_key = " ".join(stream.read().split()[:2])
    with open(names["known_hosts"], "w") as stream:
        stream.write("[%s]:%d %s\n" % (host, port, host_key))
    args = "-F none -o UserKnownHostsFile=%s -o GlobalKnownHostsFile=none" % names["known_hosts"]
    with running([program, "-D", "-e", "-f", names["config"]], host, port, names["log"]) as process:
        _meet(host, port)
        wait_for(lambda: not sessions(process.pid), "sshd to be alone")
        yield Ssh(host, port, names["user_key"], args, names["log"], names["config"], process.pid)


def _meet(host: str, port: int) -> None:
    """Wait until a server greets or turns away: it has seen all that came before."""
    with contextlib.suppress(ConnectionResetError), socket.create_connection((host, port), READY_SECONDS) as one:
        one.recv(1)


def sessions(pid: int) -> list[int]:
    """The processes of those who are there; since OpenSSH 9.8 they have a name of their own."""
    return [child for name in ("sshd", "sshd-session") for child in descendants(pid, name=name)[1:]]


class Rsyncd(t.NamedTuple):
    """A running rsync daemon.

    Attributes:
        url: ``rsync://host:port/``
        top: The directory of the module ``tree``, open to all; ``secret`` is the same for user ``al`` with
            ``password``; ``single`` takes one connection, ``double`` two; ``readonly`` takes no files.
    """

    url: str
    top: str
    password: str
    host: str
    port: int


@contextlib.contextmanager
def rsyncd(folder: str, *, host: str = "127.0.0.3", rsync: str = "rsync") -> t.Iterator[Rsyncd]:
    """Run an rsync daemon of its own."""
    port = free_port(host)
    top = os.path.join(folder, "top")
    os.makedirs(top, exist_ok=True)
    secrets = os.path.join(folder, "secrets")
    with open(secrets, "w") as stream:
        stream.write("al:open sesame\n")
    os.chmod(secrets, 0o600)
    identity = "uid = root\ngid = root\n" if os.geteuid() == 0 else ""
    module = "[%s]\npath = %s\nread only = %s\n%s\n"
    config = os.path.join(folder, "rsyncd.conf")
    with open(config, "w") as stream:
        stream.write(
            "use chroot = no\naddress = %s\nport = %d\nlog file = %s/daemon.log\n%s" % (host, port, folder, identity)
        )
        stream.write("lock file = %s/lock\nmotd file = %s/motd\n" % (folder, folder))
        stream.write(module % ("tree", top, "no", ""))
        stream.write(module % ("secret", top, "no", "auth users = al\nsecrets file = %s\n" % secrets))
        for name, most in (("single", 1), ("double", 2)):
            stream.write(module % (name, top, "no", "max connections = %d\nlock file = %s/%s\n" % (most, folder, name)))
        stream.write(module % ("readonly", top, "yes", ""))
    with open(os.path.join(folder, "motd"), "w") as stream:
        stream.write("Welcome to the daemon.\nIt has a message of the day.\n")
    with running([rsync, "--daemon", "--no-detach", "--config=" + config], host, port, os.path.join(folder, "out.log")):
        yield Rsyncd("rsync://%s:%d/" % (host, port), top, "open sesame", host, port)


def user_name() -> str:
    """The user that the tests run as."""
    return getpass.getuser()


@contextlib.contextmanager
def silent(host: str = "127.0.0.4") -> t.Iterator[tuple[str, int]]:
    """Something that takes connections and never says a word."""
    with socket.socket() as one:
        one.bind((host, 0))
        one.listen()
        yield host, one.getsockname()[1]
