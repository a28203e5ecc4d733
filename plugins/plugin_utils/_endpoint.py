# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""From a host of the inventory to what the module is given to reach it. Pure: options in, values out."""

from __future__ import annotations

import shlex
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import texts
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import SSH, parse_endpoint
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.settings import Settings

# What Ansible's ssh connection plugin is asked for.
SSH_OPTIONS = (
    "host",
    "port",
    "remote_user",
    "private_key_file",
    "ssh_args",
    "ssh_common_args",
    "ssh_extra_args",
    "host_key_checking",
)

# What a become plugin is asked for.
BECOME_OPTIONS = ("become_user", "become_exe", "become_flags")

# Each takes -n, which makes it fail instead of asking for a password, and -u.
BECOME_METHODS = ("sudo", "doas")
_READS_PASSWORD = "-S"

_WINDOWS = "use ansible.windows.win_copy or community.windows.win_robocopy"
_NETWORK = "use ansible.netcommon.net_put or ansible.netcommon.net_get"
_PARAMIKO = "set ansible_connection=ssh for it"
_ALTERNATIVES = {
    "winrm": _WINDOWS,
    "psrp": _WINDOWS,
    "network_cli": _NETWORK,
    "netconf": _NETWORK,
    "httpapi": _NETWORK,
    "paramiko": _PARAMIKO,
    "paramiko_ssh": _PARAMIKO,
}
_OTHER = "set ansible_connection=ssh for it, run rsync on it with mode=target, or use ansible.builtin.copy"


class Far(t.NamedTuple):
    """The other end of a run, as Ansible reaches it over ssh.

    Attributes:
        name: Its name in the inventory.
        host: Name or address, an IPv6 address without brackets.
        user: Whom to log in as; empty where ssh decides.
        port: None where ssh decides.
        private_key: A file on the controller; None where ssh decides.
        ssh_args: Words for ssh.
        become: What to put before the rsync there.
    """

    name: str
    host: str
    user: str = ""
    port: int | None = None
    private_key: str | None = None
    ssh_args: tuple[str, ...] = ()
    become: tuple[str, ...] = ()


def reach(name: str, options: t.Mapping[str, t.Any]) -> Far:
    """Say how to reach a host.

    Args:
        name: Its name in the inventory.
        options: SSH_OPTIONS as the ssh connection plugin has them for this host. ``ssh_args`` is left out where it is
            the plugin's default, which only shares and compresses connections.

    Raises:
        RequestError: The arguments for ssh have a quote that is left open.
    """
    words = [] if options["host_key_checking"] else ["-o", "StrictHostKeyChecking=no"]
    for option in ("ssh_args", "ssh_common_args", "ssh_extra_args"):
        words += _split(f"{option} of {name}", options[option])
    return Far(
        name,
        str(options["host"]),
        options["remote_user"] or "",
        options["port"],
        options["private_key_file"],
        tuple(words),
    )


def become_words(name: str, method: str, options: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """Say what runs rsync as another user.

    Args:
        name: Of the host, in the inventory.
        method: Of becoming.
        options: BECOME_OPTIONS as its plugin has them for this host.

    Raises:
        RequestError: The method cannot do without a terminal and a password, or its flags have an open quote.
    """
    method = method.rpartition(".")[2]
    if method not in BECOME_METHODS:
        raise RequestError(
            f"become_method of {name} is {method!r}, which cannot run the rsync there: use sudo or doas, "
            "or leave become out and say it in remote_rsync_path"
        )
    flags = _split(f"become_flags of {name}", options["become_flags"])
    flags = [word for word in flags if word not in ("-n", _READS_PASSWORD)]
    return (options["become_exe"] or method, "-n", *flags, "-u", options["become_user"] or "root")


def _split(option: str, text: str | None) -> list[str]:
    try:
        return shlex.split(text or "")
    except ValueError as error:
        raise RequestError(f"{option} is {text!r}: {str(error).lower()}") from None


def refuse_connection(name: str, connection: str) -> t.NoReturn:
    """Say that rsync does not go over a connection of Ansible's, and what does.

    Raises:
        RequestError: Always.
    """
    alternative = _ALTERNATIVES.get(connection.rpartition(".")[2], _OTHER)
    raise RequestError(f"{name} is reached over {connection!r}, and rsync goes over ssh: {alternative}")


def address(far: Far, path: str) -> str:
    """Write a path at the far end as rsync takes it.

    Raises:
        RequestError: rsync's notation cannot say it.
    """
    host = f"[{far.host}]" if ":" in far.host else far.host
    text = f"{far.user}@{host}:{path}" if far.user else f"{host}:{path}"
    end = parse_endpoint(text)
    if (end.kind, end.user, end.host, end.path) != (SSH, far.user, far.host, path):
        raise RequestError(f"{far.name} is reached as {text!r}, which rsync takes for another place: name it otherwise")
    return text


def connect(args: t.Mapping[str, t.Any], far: Far, *, from_controller: bool) -> dict[str, t.Any]:
    """Add to the module's arguments how to reach the far end; what the task says itself counts more.

    Args:
        args: Of the module.
        far: The other end.
        from_controller: rsync runs where the far host's private key is.

    Raises:
        RequestError: ssh_args or rsync_opts cannot be read.
    """
    connected = dict(args)
    if not has_rsh(args):
        words = _split("ssh_args", args.get("ssh_args"))
        if not args.get("private_key") and far.private_key:
            if from_controller:
                connected["private_key"] = far.private_key
            else:  # ssh goes on without it where there is none of that name
                words += ["-o", 'IdentityFile="{}"'.format(far.private_key.replace("%", "%%"))]
        if not args.get("port") and far.port:
            connected["port"] = far.port
        words += far.ssh_args
        if words:
            connected["ssh_args"] = shlex.join(words)
    if far.become:
        connected["remote_rsync_path"] = [
            *far.become,
            *texts("remote_rsync_path", args.get("remote_rsync_path") or "rsync"),
        ]
    return connected


def has_rsh(args: t.Mapping[str, t.Any]) -> bool:
    """Say whether the arguments name a remote shell, which is used as it is."""
    settings = Settings()
    settings.parse(texts("rsync_opts", args.get("rsync_opts") or []))
    return bool(args.get("rsh") or settings["rsh"])


__all__ = (
    "BECOME_METHODS",
    "BECOME_OPTIONS",
    "Far",
    "SSH_OPTIONS",
    "address",
    "become_words",
    "connect",
    "has_rsh",
    "reach",
    "refuse_connection",
)
