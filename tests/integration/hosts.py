# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""An inventory whose hosts are ssh servers of their own, on loopback addresses."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import typing as t

from tests.support import servers

# A sudo that would ask for a password.
ASKING = """#!/bin/sh
echo sudo "$@" > "$0 words"
echo "sudo: a password is required" >&2
exit 1
"""

# A Python that other users may run; None where the distribution has none.
PUBLIC_PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin")


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as one:
        one.bind(("::1", 0))
        return True
    return False


def other_user() -> str:
    """A user that sudo lets this one become; empty where there is no sudo, or it wants a password."""
    if shutil.which("sudo") is None or os.geteuid() != 0:
        return ""
    return "nobody" if subprocess.run(["sudo", "-n", "-u", "nobody", "true"], check=False).returncode == 0 else ""


class Hosts(t.NamedTuple):
    """An inventory as a file, the names of those that a play may run on, and their addresses."""

    inventory: str
    names: list[str]
    addresses: dict[str, str]


@contextlib.contextmanager
def running(folder: str) -> t.Iterator[Hosts]:
    """web, which is bare, too; db; gated, which only the host gate reaches; six, at an IPv6 address.

    At db there is kept, too, whose variables name another user to become, where there is one.
    """
    addresses = {"web": "127.0.0.5", "db": "127.0.0.6", "gated": "127.0.0.7", "gate": "127.0.0.8"}
    if has_ipv6():
        addresses["six"] = "::1"
    temporary = os.path.join(folder, "remote-tmp")
    os.mkdir(temporary)
    os.chmod(temporary, 0o1777)  # whom a task becomes uses it, too
    with contextlib.ExitStack() as stack:
        started = {}
        for name, address in addresses.items():
            place = os.path.join(folder, name)
            os.mkdir(place)
            started[name] = stack.enter_context(servers.sshd(place, host=address))
        rows = {name: _variables(server, temporary) for name, server in started.items()}
        configured = "-F " + _configuration([started["web"], started["gate"], started["gated"]], folder)
        rows["gated"]["ansible_ssh_common_args"] = configured
        rows["gated"]["ansible_connection"] = "ansible.builtin.ssh"
        rows["kept"] = {**rows["db"], "ansible_become": bool(other_user()), "ansible_become_user": other_user()}
        rows["windows"] = {"ansible_connection": "winrm", "ansible_host": "127.0.0.9"}
        rows["web"] = {
            "login": {"user": rows["web"]["ansible_user"], "key": rows["web"]["ansible_ssh_private_key_file"]},
            **rows["web"],
            "ansible_user": "{{ login.user }}",
            "ansible_ssh_private_key_file": "{{ login.key }}",
        }
        rows["bare"] = {"ansible_host": addresses["web"], "ansible_ssh_common_args": configured}
        inventory = os.path.join(folder, "inventory.json")
        with open(inventory, "w") as stream:
            json.dump({"all": {"hosts": rows}}, stream)
        yield Hosts(inventory, [name for name in addresses if name not in ("db", "gate")], addresses)


def _variables(server: servers.Ssh, temporary: str) -> dict[str, t.Any]:
    return {
        "ansible_host": server.host,
        "ansible_port": server.port,
        "ansible_user": servers.user_name(),
        "ansible_ssh_private_key_file": server.key,
        "ansible_ssh_common_args": server.args,
        "ansible_ssh_args": "-o ControlMaster=no",
        "ansible_ssh_pipelining": True,
        "ansible_remote_tmp": temporary,
    }


def _configuration(known: list[servers.Ssh], folder: str) -> str:
    """A configuration of ssh for some servers, the last of which is reached through the one before it."""
    path = os.path.join(folder, "ssh_config")
    with open(path, "w") as stream:
        for server in known:
            keys = os.path.join(os.path.dirname(server.config), "known_hosts")
            stream.write("Host %s\nPort %d\nIdentityFile %s\n" % (server.host, server.port, server.key))
            stream.write("UserKnownHostsFile %s\nGlobalKnownHostsFile none\n" % keys)
        stream.write("ProxyJump %s\n" % known[-2].host)
    return path
