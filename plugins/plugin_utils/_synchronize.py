# Copyright (c) 2026, the vgreb.jsync authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection: may change at any time.

"""The options of ``synchronize`` as those of ``parallel_rsync``, and its result back. Pure.

What the options mean is what plugins/modules/synchronize.py and plugins/action/synchronize.py of ansible.posix do.
"""

from __future__ import annotations

import shlex
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import SHOWN, argument_spec, build_request
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.plugin_utils._endpoint import Far, has_rsh

if t.TYPE_CHECKING:
    from ansible_collections.vgreb.jsync.plugins.module_utils._options import Request

_SAME = (
    *("src", "dest", "mode", "archive", "recursive", "links", "perms", "times", "owner", "group", "checksum"),
    *("compress", "existing_only", "delete", "copy_links", "partial", "delay_updates", "rsync_timeout", "link_dest"),
    *("jobs", "retries"),
)
_IGNORED_HOST_KEYS = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")


def synchronize_spec() -> dict[str, dict[str, t.Any]]:
    """The argument specification of ``synchronize``."""
    switches = dict.fromkeys(
        ("archive", "compress", "set_remote_user", "use_ssh_args", "verify_host", "list_changes"), True
    )
    switches.update(
        dict.fromkeys(
            ("checksum", "existing_only", "delete", "dirs", "copy_links", "ssh_connection_multiplexing", "partial"),
            False,
        )
    )
    own = argument_spec()
    return {
        "src": {"type": "str", "required": True},
        "dest": {"type": "str", "required": True},
        "dest_port": {"type": "int"},
        "mode": {"type": "str", "choices": ["pull", "push"], "default": "push"},
        "rsync_path": {"type": "str"},
        "rsync_timeout": {"type": "int", "default": 0},
        "rsync_opts": {"type": "list", "elements": "str", "default": []},
        "private_key": {"type": "path"},
        "link_dest": {"type": "list", "elements": "str"},
        "delay_updates": {"type": "bool"},
        "filter_files": {"type": "bool"},
        "jobs": own["jobs"],
        "retries": own["retries"],
        **SHOWN,
        **{name: {"type": "bool", "default": default} for name, default in switches.items()},
        **{name: {"type": "bool"} for name in ("recursive", "links", "perms", "times", "owner", "group")},
    }


def module_args(params: t.Mapping[str, t.Any], local_rsync: str | None) -> dict[str, t.Any]:
    """Turn validated options of ``synchronize`` into arguments of ``parallel_rsync``.

    Args:
        params: Of ``synchronize``.
        local_rsync: The rsync to run, from the variable ``ansible_rsync_path``.

    Raises:
        RequestError: An entry of rsync_opts has a quote that is left open.
    """
    args = {name: params[name] for name in _SAME if params[name] is not None}
    filter_files = params["filter_files"]
    if filter_files is None:  # there -F comes with --delay-updates, which is on by default
        filter_files = params["delay_updates"] is not False
    words = ["-F"] if filter_files else []
    words += ["--dirs"] if params["dirs"] else []
    words += [f"--rsync-path={params['rsync_path']}"] if params["rsync_path"] else []  # a command for the far shell
    try:
        words += [word for entry in params["rsync_opts"] for word in shlex.split(entry)]
    except ValueError as error:
        raise RequestError(f"rsync_opts is {params['rsync_opts']!r}: {str(error).lower()}") from None
    args["rsync_opts"] = _without_output(words)
    if params["link_dest"]:
        args["hard_links"] = True
    if local_rsync:
        args["rsync_path"] = local_rsync
    if not has_rsh(args):
        args.update({"port": params["dest_port"], "private_key": params["private_key"]})
    return args


def _without_output(words: t.Sequence[str]) -> list[str]:
    """Leave out what only changes rsync's output, which the module reads itself; -P stands for --partial, too."""
    kept = []
    rest = iter(words)
    for word in rest:
        if word.startswith("--"):
            name, equals, _value = word[2:].partition("=")
            row, on = table.find(name) or (None, False)
            if row is not None and row.name in table.OUTPUT:
                if row.takes_value and on and not equals:
                    next(rest, None)
                continue
            kept.append(word)
            if row is not None and row.takes_value and on and not equals:
                kept += [value for value in (next(rest, None),) if value is not None]
        elif word.startswith("-") and len(word) > 1:
            kept += _letters_without_output(word, rest)
        else:
            kept.append(word)
    return kept


def _letters_without_output(word: str, rest: t.Iterator[str]) -> list[str]:
    """The same for letters behind one dash, of which the first that takes a value takes what follows."""
    letters = ""
    partial: list[str] = []
    for place, letter in enumerate(word[1:], 1):
        row = table.BY_SHORT.get(letter)
        if row is not None and row.takes_value:
            value = [] if word[place + 1 :] else [value for value in (next(rest, None),) if value is not None]
            return [*partial, f"-{letters}{word[place:]}", *value]
        if letter == "P":
            partial = ["--partial"]
        elif row is None or row.name not in table.OUTPUT:
            letters += letter
    return [*partial, *(["-" + letters] if letters else [])]


def adjust(far: Far, params: t.Mapping[str, t.Any]) -> Far:
    """Say how ``synchronize`` reaches the other end."""
    if not params["set_remote_user"]:
        far = far._replace(user="")
    if not params["use_ssh_args"]:
        far = far._replace(ssh_args=())
    if not params["verify_host"]:
        far = far._replace(ssh_args=(*_IGNORED_HOST_KEYS, *far.ssh_args))
    return far._replace(become=()) if params["rsync_path"] else far


def as_synchronize(
    result: t.Mapping[str, t.Any], args: t.Mapping[str, t.Any], *, diff: bool, list_changes: bool
) -> dict[str, t.Any]:
    """Add to a result of ``parallel_rsync`` the keys of ``synchronize``.

    Args:
        result: With its diff.
        args: Of the module.
        diff: The task is to return the diff.
        list_changes: Say in msg and stdout_lines what was changed.
    """
    shown = dict(result)
    prepared = shown.get("diff", {}).get("prepared", "")
    if not diff:
        shown.pop("diff", None)
    shown["cmd"] = command_line(args)
    shown["stdout_lines"] = prepared.splitlines() if list_changes else []
    if list_changes and not shown.get("failed"):
        shown["msg"] = prepared
    return shown


def command_line(args: t.Mapping[str, t.Any]) -> str:
    """The command line of one rsync that does the same; empty where the arguments are refused."""
    defaults = {name: entry.get("default") for name, entry in argument_spec().items()}
    try:
        request = build_request({**defaults, **args, "mode": None})
    except RequestError:
        return ""
    return shlex.join([request.rsync_path, *_words(request)])


def _words(request: Request) -> list[str]:
    settings = request.settings
    words = settings.words("w", table.BY_NAME)  # the rsync that runs is known on its host alone
    words += [f"--{name}={text}" for name, text in settings.filters]
    if request.uses_ssh:
        words.append("--rsh=" + shlex.join(["ssh", *request.ssh]))
    elif settings["rsh"]:
        words.append(f"--rsh={settings['rsh']}")
    return [*words, *(source.text for source in request.sources), request.dest.text]


__all__ = ("adjust", "as_synchronize", "command_line", "module_args", "synchronize_spec")
