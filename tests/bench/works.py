# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Works: which tree goes where, by which transport, onto what.

A new work is a line in ``WORKS``. A new way to the far end is a function that yields a Transport, and its line in
``TRANSPORTS``.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import typing as t

from tests.bench.measure import finish
from tests.bench.wan import wan
from tests.support import servers


class Transport(t.NamedTuple):
    """How the far end of a work is reached.

    Attributes:
        folder: Where trees go at that end.
        prefix: What rsync wants before a path of that end.
        words: Options of rsync that reach it.
        params: The module's options that reach it.
        shell: Words before a command that is to run there.
        server: The process that serves it, where that is on this machine.
        here: The far end is on this machine: its trees are made and verified without the network.
        jobs: How many lanes suit it.
    """

    folder: str
    prefix: str = ""
    words: tuple[str, ...] = ()
    params: t.Mapping[str, t.Any] = {}
    shell: tuple[str, ...] = ()
    server: int | None = None
    here: bool = True
    jobs: int = 4


@contextlib.contextmanager
def _local(folder: str) -> t.Iterator[Transport]:
    yield Transport(folder)


@contextlib.contextmanager
def _loopback(folder: str) -> t.Iterator[Transport]:
    """An sshd of its own on this machine."""
    with _sshd(folder, "sshd") as ssh:
        yield _through(ssh, folder)


@contextlib.contextmanager
def _wan(folder: str) -> t.Iterator[Transport]:
    """The same behind a slow network."""
    with _sshd(folder, "wan") as ssh, wan(os.path.join(folder, "wan"), (ssh.host, ssh.port)) as (host, port):
        alias = " -o HostKeyAlias=[%s]:%d" % (ssh.host, ssh.port)
        yield _through(ssh._replace(host=host, port=port, args=ssh.args + alias), folder)._replace(jobs=_JOBS_FAR)


@contextlib.contextmanager
def _sshd(folder: str, name: str) -> t.Iterator[servers.Ssh]:
    place = os.path.join(folder, name)
    os.mkdir(place)
    with servers.sshd(place, kex="") as ssh:
        yield ssh


def _through(ssh: servers.Ssh, folder: str) -> Transport:
    login = "%s@%s" % (servers.user_name(), ssh.host)
    return Transport(folder, login + ":", ("-e", ssh.rsh()), ssh.options(), (*ssh.words(), login), ssh.pid)


def target(where: str) -> t.Callable[[str], t.ContextManager[Transport]]:
    """The transport to a host of the user's own, ``user@host:/path``, as ssh reaches it without asking."""
    login, _colon, path = where.partition(":")
    shell = ("ssh", "-o", "BatchMode=yes", login)

    @contextlib.contextmanager
    def opened(folder: str) -> t.Iterator[Transport]:
        place = os.path.join(path, os.path.basename(folder))
        finish([*shell, shlex.join(["mkdir", "--", place])])
        try:
            yield Transport(place, login + ":", shell=shell, here=False, jobs=_JOBS_FAR)
        finally:
            finish([*shell, shlex.join(["rm", "-rf", "--", place])])

    return opened


_JOBS_FAR = 8

TRANSPORTS: dict[str, t.Callable[[str], t.ContextManager[Transport]]] = {
    "local": _local,
    "loopback": _loopback,
    "wan": _wan,
}


class Work(t.NamedTuple):
    """One row of the table.

    Attributes:
        name: For the command line and the table.
        data: The data set to copy, a name in ``DATA``.
        transport: A name in ``TRANSPORTS``.
        pull: The source is at the far end, else the destination.
        before: The data sets laid into the destination before each run, one over the other; none for no destination.
        words: Options of rsync beside -a.
        jobs: Lanes of the module, where not those that suit the transport, or ``auto``; a work that differs from the
            one before it in nothing else shares the runs of plain rsync with it.
        rounds: Where by default not as many as all others.
        peers: Tools of others that do it by default; None for all.
    """

    name: str
    data: str
    transport: str = "local"
    pull: bool = False
    before: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    jobs: int | str | None = None
    rounds: int | None = None
    peers: tuple[str, ...] | None = None


# Works that share a data set stand together, because it is removed after the last of them.
WORKS = (
    Work("e1", "e1", "wan"),
    Work("auto-e1", "e1", "wan", jobs="auto"),
    Work("j1-e1", "e1", "wan", jobs=1),
    Work("p", "e1", "wan", pull=True),
    Work("e2", "e2", "wan"),
    Work("auto-e2", "e2", "wan", jobs="auto"),
    Work("p2", "e2", "wan", pull=True),
    Work("f3", "f", "wan", before=("f", "f-old")),
    Work("f2", "f", "loopback", before=("f", "f-old")),
    Work("f1", "f", before=("f", "f-old")),
    Work("a", "a"),
    Work("auto-a", "a", jobs="auto"),
    Work("j1-a", "a", jobs=1),
    Work("c", "c"),
    Work("d1", "d1", "loopback"),
    Work("j1-d1", "d1", "loopback", jobs=1),
    Work("g", "g", before=("g",), words=("--checksum",)),
    Work("e3", "e3", "wan", rounds=1, peers=("mprsync",)),  # plain rsync takes five minutes
)

# Done only where they are asked for: they take gigabytes of memory, and minutes a round.
SHAPES = (
    Work("new", "f"),
    Work("flat", "flat", rounds=1),
    Work("flat-pull", "flat", "loopback", pull=True, rounds=1),
    Work("deep", "deep"),
    Work("deep-pull", "deep", "loopback", pull=True),
    Work("empty", "empty", rounds=1),
    Work("huge", "huge", rounds=1),
)
