# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

# PRIVATE to the collection: may change at any time.

"""The module's options: their argument specification, and the Request that they add up to.

An option that is one of rsync's is named once, in _rsync/table.py; here are its type and its default.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import typing as t

from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._model import from_locale, to_locale
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.bandwidth import parse_rate
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.endpoint import (
    DAEMON,
    SSH,
    Endpoint,
    Source,
    parse_endpoint,
    split_list,
    split_relative,
    split_source,
)
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.priority import check_nice, parse_ionice
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.settings import BY_ARCHIVE, Settings

JOBS_MAX = 128
AUTO = "auto"
# How many lanes jobs: auto begins with.
FIRST_JOBS = 4

# How long a run goes on while nobody follows it.
LEASE_SECONDS = 180

# Where rsync runs; all but the first are up to the action plugin, on the controller.
MODES = ("target", "push", "pull")
CONTROLLER_OPTIONS = ("mode", "src_host", "dest_host")

_INTEGERS = frozenset(("rsync_timeout", "contimeout", "port", "max_delete", "modify_window"))
_LEFT_TO_RSYNC = frozenset(
    ("recursive", "links", "perms", "times", "owner", "group", "devices", "specials", "whole_file")
)
_PATHS_HERE = frozenset(("files_from", "password_file"))
# What YAML takes for numbers where rsync and umask read something else: 0644 is 420 there, and 33:33 is 2013.
_IN_QUOTES = {
    "chmod": "0644",
    "chown": "33:33",
    "usermap": "1000:33",
    "groupmap": "1000:33",
    "umask": "0027",
}
# The standard input of an rsync, which a lane's rsync may be given its list on.
_INPUTS = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
# The least and the most of rsync's numbers. With a protocol before 30 it says less of what it deletes and lists.
_RANGES = (("port", 1, 65535), ("contimeout", 0, 1 << 20), ("timeout", 0, 1 << 20), ("protocol", 30, 40))
# What the action plugin does on the controller; the module takes it and leaves it alone.
SHOWN: dict[str, dict[str, t.Any]] = {
    "progress": {"type": "bool", "default": True},
    "progress_interval": {"type": "float"},
    "progress_log": {"type": "path"},
}
_MERGE = re.compile(r"[.:]|merge\b|dir-merge\b|[-+]C\b")
_MERGED = re.compile(r"\s*(?:merge|\.)[^\s_]*[\s_](.+)", re.DOTALL)


def argument_spec() -> dict[str, dict[str, t.Any]]:
    """The argument specification of the module."""
    spec: dict[str, dict[str, t.Any]] = {
        "src": {"type": "raw", "required": True},
        "dest": {"type": "str", "required": True},
        "mode": {"type": "str", "choices": list(MODES), "default": MODES[0]},
        "src_host": {"type": "str"},
        "dest_host": {"type": "str"},
        "jobs": {"type": "raw", "default": 4},
        "jobs_max": {"type": "int", "default": 16},
        "nice": {"type": "int"},
        "ionice": {"type": "str"},
        "retries": {"type": "int", "default": 3},
        "rsync_path": {"type": "str", "default": "rsync"},
        "rsync_opts": {"type": "raw", "default": []},
        "private_key": {"type": "path"},
        "ssh_args": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "follow": {"type": "path"},
        "lease": {"type": "int", "default": LEASE_SECONDS},
        "on_running": {"type": "str", "default": "attach", "choices": ["attach", "wait", "fail"]},
        "umask": {"type": "raw"},
        **SHOWN,
    }
    for row in table.OPTIONS:
        if row.option:
            spec[row.option] = _specify(row)
    spec["archive"]["default"] = True
    return spec


def _specify(row: table.Option) -> dict[str, t.Any]:
    if row.option in _INTEGERS:
        return {"type": "int"}
    if row.option in _PATHS_HERE:
        return {"type": "path", "no_log": False} if row.option == "password_file" else {"type": "path"}
    if row.kind in (table.LIST, table.FILTER) or row.option == "remote_rsync_path" or row.option in _IN_QUOTES:
        return {"type": "raw"}
    if row.kind == table.VALUE:
        return {"type": "str"}
    return {"type": "bool"} if row.option in _LEFT_TO_RSYNC else {"type": "bool", "default": False}


@dataclasses.dataclass(frozen=True)
class Request:
    """What one run is asked to do; nothing in it changes.

    Attributes:
        sources: The sources, as rsync takes them.
        dest: The destination, as rsync takes it.
        settings: The options of rsync, from the module's own and from rsync_opts.
        jobs: The number of lanes, or with which to begin.
        jobs_max: The most there may be; more than jobs only where that is ``auto``.
        auto: The number of lanes follows their rate.
        nice: The niceness of what is started; None for that of the module.
        ionice: A class for disks, and perhaps a level; empty for that of the module.
        retries: How many more attempts a failed rsync gets.
        rsync_path: The rsync on this host.
        ssh: Words after ``ssh`` from port, private_key and ssh_args.
        private_key: The key file among them.
        password: For a daemon; goes only into the environment of rsync.
        bwlimit: Bytes a second for the whole run; 0 for no limit.
        check: Scan only.
        follow: A directory to make, for what somebody else follows.
        lease: Seconds that the run goes on while nobody follows it.
        on_running: What to do when the same task runs already.
        umask: Of what is made; None for the one that is there.
    """

    sources: tuple[Endpoint, ...]
    dest: Endpoint
    settings: Settings
    jobs: int = 4
    jobs_max: int = 4
    auto: bool = False
    nice: int | None = None
    ionice: str = ""
    retries: int = 3
    rsync_path: str = "rsync"
    ssh: tuple[str, ...] = ()
    private_key: str | None = None
    password: str | None = None
    bwlimit: int = 0
    check: bool = False
    follow: str | None = None
    lease: int = LEASE_SECONDS
    on_running: str = "attach"
    umask: int | None = None

    @property
    def pull(self) -> bool:
        return self.sources[0].remote

    @property
    def far(self) -> Endpoint | None:
        """The remote end; None for a copy on this host."""
        return self.sources[0] if self.pull else self.dest if self.dest.remote else None

    @property
    def uses_ssh(self) -> bool:
        """The module opens the connections itself."""
        return self.far is not None and self.far.kind == SSH and not self.settings["rsh"]

    @property
    def deletes(self) -> bool:
        """Extraneous files are to be deleted, whenever."""
        return self.settings.on(
            "delete", "delete-before", "delete-during", "delete-delay", "delete-after", "delete-excluded"
        )

    @property
    def halves_linger(self) -> bool:
        """A receiver at the other end that hears late of a broken connection puts what it has of a file in the place of
        what another attempt has made since (cleanup.c)."""
        return self.dest.remote and self.settings.renames_halves

    @property
    def repeats_lists(self) -> bool:
        """An rsync over a list that has broken off may be started once more."""
        loses = self.halves_linger and self.settings.on("remove-source-files")
        return not (self.settings.backs_up_halves or self.settings.writes_through or loses)

    @property
    def repeats_whole(self) -> bool:
        """So may one over the whole tree."""
        return self.settings.repeats_whole and not self.halves_linger

    @property
    def merges_filters(self) -> bool:
        """Some filters stand in files that only rsync's own walk through the tree finds or reads."""
        rules = (text.lstrip() for name, text in self.settings.filters if name == "filter")
        return self.settings.on("cvs-exclude") or any(_MERGE.match(rule) for rule in rules)

    @property
    def reads_filters(self) -> bool:
        """Some filters stand in files that options name."""
        return any(name.endswith("-from") for name, _text in self.settings.filters)

    @property
    def has_far_list(self) -> bool:
        """The list of names that the user gives is at the other end."""
        return bool(self.far) and ":" in (self.settings["files-from"] or "").partition("/")[0]

    @property
    def lists(self) -> list[tuple[str, str]]:
        """The files on this host that hold the user's rules and names: rsync's option, and the path."""
        files_from = self.settings["files-from"]
        names = [("files-from", files_from)] if files_from and not self.has_far_list else []
        return [(name, path) for name, path in self.settings.filters if name.endswith("-from")] + names

    @property
    def merged(self) -> list[str]:
        """The files on this host that filters name, and that rsync reads once, before it walks through the tree."""
        rules = (_MERGED.match(text) for name, text in self.settings.filters if name == "filter")
        return [rule[1] for rule in rules if rule]

    @property
    def lists_directories(self) -> bool:
        """A list may name a directory instead of its files: the filters choose the same files in it as in the scan.

        With -m and -xx they do not choose alone, and with -H a name is known to be a follower only after its directory.
        """
        far_off = ("relative", "files-from", "delete-excluded", "compare-dest", "copy-dest", "link-dest")
        not_alone = ("hard-links", "one-file-system", "prune-empty-dirs")
        return not self.merges_filters and not self.settings.on(*far_off, *not_alone)

    @property
    def makes_way(self) -> bool:
        """A directory that is not empty may be deleted where a file belongs."""
        return self.deletes or self.settings.on("force")

    @property
    def clears_way(self) -> bool:
        """A lane may delete a directory where a file belongs, else only the user's own rsync: it counts deletions.

        A far receiver is told what the rules protect only where it deletes (send_filter_list in exclude.c).
        """
        settings = self.settings
        untold = self.deletes and self.dest.remote and bool(settings.filters or settings.suffixes_backups)
        return self.makes_way and not self.merges_filters and settings["max-delete"] is None and not untold

    @property
    def roots(self) -> tuple[Source, ...] | None:
        """Where the names of a list lie, a row for each source; None where only rsync itself can tell."""
        if self.settings["files-from"]:
            if self.settings["relative"] is False:
                return None
            return (split_list(self.sources[0]),)
        split = split_relative if self.settings.on("relative") else split_source
        rows = tuple(row for row in map(split, self.sources) if row is not None)
        if len(rows) < len(self.sources):
            return None
        if len({row.directory for row in rows}) == 1:
            return (next((row for row in rows if row.contents), rows[0]),)
        bases = {row.base for row in rows}
        return None if None in bases or len(bases) < len(rows) else rows


def build_request(params: t.Mapping[str, t.Any], *, check: bool = False) -> Request:
    """Turn the module's parameters into a Request.

    Raises:
        RequestError: An option, alone or beside another, asks for what cannot be.
    """
    check_texts(params)
    _check_quotes(params)
    _check_place(params)
    settings = _build_settings(params)
    sources = tuple(_endpoint("src", text) for text in texts("src", params["src"]))
    if not sources:
        raise RequestError("src is empty: name at least one path")
    dest = _endpoint("dest", params["dest"])
    sources = _check_ends(sources, dest)
    jobs, jobs_max, auto = _jobs(params.get("jobs", 4), params.get("jobs_max", 16))
    nice = params.get("nice")
    ionice = params.get("ionice") or ""
    check_nice(nice)
    parse_ionice(ionice)
    retries = params.get("retries", 3)
    if retries < 0:
        raise RequestError(f"retries is {retries}: give 0 or more")
    lease = params.get("lease", LEASE_SECONDS)
    if lease < 1:
        raise RequestError(f"lease is {lease}: give 1 or more seconds")
    request = Request(
        sources=sources,
        dest=dest,
        settings=settings,
        jobs=jobs,
        jobs_max=jobs_max,
        auto=auto,
        nice=nice,
        ionice=ionice,
        retries=retries,
        rsync_path=_expand(params.get("rsync_path") or "rsync"),
        ssh=_ssh_words(params, settings),
        private_key=params.get("private_key"),
        password=params.get("password"),
        bwlimit=parse_rate(settings["bwlimit"]) if settings["bwlimit"] else 0,
        check=check,
        follow=os.path.abspath(params["follow"]) if params.get("follow") else None,  # the guardian starts elsewhere
        lease=lease,
        on_running=params.get("on_running", "attach"),
        umask=_umask(params.get("umask")),
    )
    _check_connection(request)
    return request


def _jobs(jobs: t.Any, most: int) -> tuple[int, int, bool]:
    """Read how many lanes there are at first, how many there may be, and whether their number changes."""
    if not 1 <= most <= JOBS_MAX:
        raise RequestError(f"jobs_max is {most}: give a number from 1 to {JOBS_MAX}")
    if jobs == AUTO:
        return min(FIRST_JOBS, most), most, True
    number = int(jobs) if re.fullmatch("[0-9]{1,3}", str(jobs)) else 0
    if not 1 <= number <= JOBS_MAX:
        raise RequestError(f"jobs is {jobs}: give a number from 1 to {JOBS_MAX}, or {AUTO}")
    return number, number, False


def check_texts(params: t.Mapping[str, t.Any]) -> None:
    """Refuse what no argument vector can hold.

    Raises:
        RequestError: A text has a NUL byte.
    """
    for option, text in each_text(params):
        if "\0" in text:
            raise RequestError(f"{option} is {hide(option, repr(text))}: no program can be given a NUL byte")


def each_text(params: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, str]]:
    """Give all texts that options hold, each with its option's name."""
    for option, value in params.items():
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(text, str):
                yield option, text


def hide(option: str, shown: str) -> str:
    """Give what a message may show of an option."""
    return "secret" if option == "password" else shown


def _check_quotes(params: t.Mapping[str, t.Any]) -> None:
    """Refuse what has been written without quotes and means something else as a number."""
    for option, example in _IN_QUOTES.items():
        value = params.get(option)
        entries = value if option == "chmod" and isinstance(value, (list, tuple)) else [value]
        for entry in entries:
            _check_number(option, entry, example)
            if option != "chmod" and not isinstance(entry, (str, type(None))):
                raise RequestError(f"{option} is {entry!r}: give a text")
    words = params.get("rsync_opts")
    if isinstance(words, (list, tuple)):
        for word, value in zip(words, words[1:]):
            for option, example in _IN_QUOTES.items():
                if word == "--" + option:
                    _check_number("rsync_opts: " + word, value, example)


def _check_number(what: str, value: t.Any, example: str) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise RequestError(f'{what} is {value}, a number: put it in quotes, as "{example}"')


def _check_place(params: t.Mapping[str, t.Any]) -> None:
    """Refuse what the action plugin has not taken away."""
    for option in CONTROLLER_OPTIONS:
        value = params.get(option)
        if value and value != MODES[0]:
            raise RequestError(
                f"{option} is {value!r}, which only the action plugin vgreb.jsync.parallel_rsync on the controller can "
                "follow: call the module by that name in a task, or write src or dest as an endpoint"
            )


def _build_settings(params: t.Mapping[str, t.Any]) -> Settings:
    settings = Settings()
    for row in table.OPTIONS:
        value = params.get(row.option) if row.option else None
        if value is None:
            continue
        if row.option == "remote_rsync_path":
            if value:
                settings.apply(row, _remote_command(value))
        elif row.kind in (table.LIST, table.FILTER):
            for text in texts(row.option, value):
                settings.apply(row, text)
        elif not row.takes_value or value != "":
            settings.apply(row, value)
    settings.parse(texts("rsync_opts", params.get("rsync_opts") or []))
    limit = settings["max-delete"]
    if limit is not None and not re.fullmatch("0|[-+]?[1-9][0-9]*", str(limit)):
        raise RequestError(f"max_delete is {limit!r}: give a number")
    if settings["recursive"] == BY_ARCHIVE and settings["files-from"]:
        settings.values["recursive"] = False
    if not settings["timeout"]:
        settings.values.pop("timeout", None)
    return settings


def texts(option: str, value: t.Any) -> list[str]:
    """Read an option that is one text or a list of texts; a comma means nothing."""
    values = value if isinstance(value, (list, tuple)) else [value]
    for entry in values:
        if isinstance(entry, bool) or not isinstance(entry, (str, int, float)):
            raise RequestError(f"{option} holds {entry!r}: give a text or a list of texts")
    return [str(entry) for entry in values]


def _expand(path: str) -> str:
    """Put a home directory in the place of a tilde, whatever the locale: as bytes Python takes no tilde before 3.13."""
    return from_locale(os.path.expanduser(to_locale(path)))


def _endpoint(option: str, text: str) -> Endpoint:
    if not text:
        raise RequestError(f"{option} is empty: name a path")
    endpoint = parse_endpoint(text)
    if not endpoint.remote and text.startswith("~"):
        endpoint = endpoint.at(_expand(text))
    for part in (text, endpoint.host, endpoint.user, endpoint.path):
        if part.startswith("-"):
            raise RequestError(
                f"{option} is {text!r}: a name that starts with '-' reads as an option; write './{part}'"
            )
    if endpoint.kind == DAEMON and not endpoint.path.strip("/"):
        raise RequestError(f"{option} is {text!r}: name the daemon's module behind the host")
    return endpoint


def _check_ends(sources: tuple[Endpoint, ...], dest: Endpoint) -> tuple[Endpoint, ...]:
    """Check what the sources and the destination must have in common, and fill in a host left out."""
    first = sources[0]
    if first.remote and dest.remote:
        raise RequestError(
            f"src {first.text!r} and dest {dest.text!r} are both remote: run the module on one of the two hosts"
        )
    if any(end.remote and not end.host for end in (first, dest)):
        option, end = ("src", first) if first.remote else ("dest", dest)
        raise RequestError(f"{option} is {end.text!r}: name the host before the colon")
    filled = []
    for source in sources:
        if first.remote and source.remote and not source.host and source.kind == first.kind:
            source = first.at(source.path)
        if source.where != first.where:
            raise RequestError(f"src {first.text!r} and {source.text!r} are on different hosts: one rsync takes one")
        filled.append(source)
    return tuple(filled)


def _remote_command(value: t.Any) -> str:
    """Quote remote_rsync_path for the remote shell: a text is one path, a list is the words of a command."""
    words = texts("remote_rsync_path", value)
    return " ".join("~/" + shlex.quote(word[2:]) if word.startswith("~/") else shlex.quote(word) for word in words)


def _umask(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch("[0-7]{1,4}", text):
        raise RequestError(f"umask is {text!r}: give up to four octal digits")
    return int(text, 8)


def _ssh_words(params: t.Mapping[str, t.Any], settings: Settings) -> tuple[str, ...]:
    words = []
    if settings["port"]:
        words += ["-p", str(settings["port"])]
    key = params.get("private_key")
    if key and "%" in key:  # ssh expands it, and leaves no way out in -i
        words += ["-o", 'IdentityFile="{}"'.format(key.replace("%", "%%"))]
    elif key:
        words += ["-i", key]
    try:
        words += shlex.split(params.get("ssh_args") or "")
    except ValueError as error:
        raise RequestError("ssh_args is {!r}: {}".format(params["ssh_args"], str(error).lower())) from None
    return tuple(words)


def _check_connection(request: Request) -> None:
    settings, far = request.settings, request.far
    kind = far.kind if far else None
    for option, least, most in _RANGES:
        text = str(settings[option] or least)
        if not text.isdigit() or not least <= int(text) <= most:
            name = table.BY_NAME[option].option or option
            raise RequestError(f"{name} is {text}: give a number from {least} to {most}")
    if settings["rsh"] and request.ssh and kind == SSH:
        raise RequestError("rsh is used as it is: put what port, private_key and ssh_args say into it")
    for option, given in (("password", request.password), ("password_file", settings["password-file"])):
        if given and kind != DAEMON:
            raise RequestError(f"{option} is for an rsync daemon, and neither src nor dest is one")
    if request.password and settings["password-file"]:
        raise RequestError("password and password_file are both given: leave one out")
    if settings["files-from"] and len(request.sources) > 1:
        raise RequestError("files_from takes one src, the directory that its names lie below")
    for option, path in [("files-from", settings["files-from"]), *settings.filters]:
        if option.endswith("-from") and path in _INPUTS:
            name = option.replace("-", "_")
            raise RequestError(f"{name} is {path!r}: the module has no standard input, name a file")


__all__ = (
    "CONTROLLER_OPTIONS", "JOBS_MAX", "LEASE_SECONDS", "MODES", "Request", "SHOWN", "argument_spec", "build_request",
    "check_texts", "each_text", "hide", "texts",
)
