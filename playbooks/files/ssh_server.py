# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Run an ssh server on 127.0.0.1, in a temporary folder, that only the demo can log in to.

``ssh_server.py start PID`` starts it and prints as JSON how to reach and how to stop it. ``ssh_server.py stop FOLDER
KEEPER`` ends it and removes the folder with all that is in it. When the process PID is gone, the same happens by
itself, because after Ctrl-C Ansible runs no more tasks.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import typing as t

ADDRESS = "127.0.0.1"
MEMORY = "/dev/shm"
ROOM_BYTES = 4 << 30
POLL_SECONDS = 0.1
READY_SECONDS = 10


class Server(t.NamedTuple):
    """A running server: its folder, the process that keeps it, and the module's options that reach it."""

    folder: str
    keeper: int
    port: int
    private_key: str
    ssh_args: str


def start(controller: str) -> None:
    """Start a keeper of the server, out of reach of the terminal, and pass its answer on."""
    with tempfile.TemporaryFile("w+") as errors:
        keeper = subprocess.Popen(
            [sys.executable, __file__, "keep", controller],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        answer = keeper.stdout.readline() if keeper.stdout else b""
        if not answer:
            errors.seek(0)
            sys.exit(errors.read())
        print(answer.decode())


def keep(controller: str) -> None:
    """Run the server until told to end, or until the controller is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    folder = tempfile.mkdtemp(prefix="jsync-demo-", dir=_roomy_place())
    try:
        server = _write_files(folder)
        # Only PAM lets users in whose password is locked, as root's is on Ubuntu; in some containers it lets nobody in.
        for pam in ("no", "yes"):
            with _running(folder, pam):
                error = _log_in(server)
                if not error:
                    with contextlib.suppress(BrokenPipeError):
                        print(json.dumps(server._asdict()), flush=True)
                    while os.path.exists("/proc/" + controller):
                        time.sleep(POLL_SECONDS)
                    return
        sys.exit("Cannot log in to an ssh server of the demo's own: " + error)
    finally:
        _remove(folder)


def stop(folder: str, keeper: str) -> None:
    """End the server and remove the folder."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(keeper), signal.SIGTERM)
        while os.path.exists(folder):
            time.sleep(POLL_SECONDS)
            os.kill(int(keeper), 0)
    _remove(folder)


def _roomy_place() -> str | None:
    """Memory if there is plenty, so that the demo shows what the copies cost and not the disk; None for TMPDIR."""
    with contextlib.suppress(OSError):
        if "TMPDIR" not in os.environ and shutil.disk_usage(MEMORY).free > ROOM_BYTES and os.access(MEMORY, os.W_OK):
            return MEMORY
    return None


def _remove(folder: str) -> None:
    # The copies hold a directory that nobody may write to. There may be nothing left, or others may still write.
    make_writable = ["find", folder, "-type", "d", "!", "-perm", "-700", "-exec", "chmod", "700", "{}", "+"]
    for argv in (make_writable, ["rm", "-rf", folder]):
        subprocess.run(argv, stderr=subprocess.DEVNULL, check=False)


def _write_files(folder: str) -> Server:
    """Make keys and configuration."""
    with socket.socket() as one:
        one.bind((ADDRESS, 0))
        port = one.getsockname()[1]
    place = os.path.join(folder, "sshd")
    os.mkdir(place)
    host_key, user_key, known_hosts = (os.path.join(place, name) for name in ("host_key", "user_key", "known_hosts"))
    for key in (host_key, user_key):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with open(os.path.join(place, "config"), "w") as stream:
        stream.write(
            f'ListenAddress {ADDRESS}:{port}\nHostKey "{host_key}"\nAuthorizedKeysFile "{user_key}.pub"\n'
            "PidFile none\nStrictModes no\nPermitRootLogin yes\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        )
    with open(host_key + ".pub") as stream:
        kind, key, *_comment = stream.read().split()
    with open(known_hosts, "w") as stream:
        stream.write(f"[{ADDRESS}]:{port} {kind} {key}\n")
    arguments = ["-F", "none", "-o", f'UserKnownHostsFile="{known_hosts}"', "-o", "GlobalKnownHostsFile=none"]
    return Server(folder, os.getpid(), port, user_key, shlex.join(arguments))


@contextlib.contextmanager
def _running(folder: str, pam: str) -> t.Iterator[None]:
    program = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        sys.exit("There is no sshd: install the ssh server of the distribution.")
    if os.geteuid() == 0:
        # sshd confines itself to this folder, which on Debian only its own service makes.
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    argv = [program, "-D", "-e", "-f", os.path.join(folder, "sshd", "config"), "-o", "UsePAM=" + pam]
    with open(os.path.join(folder, "sshd", "log"), "ab") as log:
        server = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def _log_in(server: Server) -> str:
    """Log in once the server listens; returns what went wrong."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection((ADDRESS, server.port), 1):
            break
        if time.monotonic() > deadline:
            return "it does not listen"
        time.sleep(POLL_SECONDS)
    words = ["-o", "BatchMode=yes", "-p", str(server.port), "-i", server.private_key, *shlex.split(server.ssh_args)]
    done = subprocess.run(
        ["ssh", *words, ADDRESS, "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


if __name__ == "__main__":
    COMMANDS: dict[str, t.Callable[..., None]] = {"start": start, "keep": keep, "stop": stop}
    COMMANDS[sys.argv[1]](*sys.argv[2:])
