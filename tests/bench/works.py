# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Works: which tree goes where, by which transport, onto what.

A new work is a line in ``WORKS``. A new way to the far end (a slower network, another host) is a function that yields
a Transport, and its line in ``TRANSPORTS``.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import typing as t

from tests.bench.measure import BenchError
from tests.bench.wan import wan
from tests.support import servers


class Transport(t.NamedTuple):
    """How the far end of a work is reached.

    Attributes:
        folder: Where destinations go at that end.
        prefix: What rsync wants before a path of that end.
        words: Options of rsync that reach it.
        params: The module's options that reach it.
        shell: Words before a command that is to run there.
        server: The process that serves it, where that is on this machine.
    """

    folder: str
    prefix: str = ""
    words: tuple[str, ...] = ()
    params: t.Mapping[str, t.Any] = {}
    shell: tuple[str, ...] = ()
    server: int | None = None


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
        yield _through(ssh._replace(host=host, port=port, args=ssh.args + alias), folder)


@contextlib.contextmanager
def _sshd(folder: str, name: str) -> t.Iterator[servers.Ssh]:
    place = os.path.join(folder, name)
    os.mkdir(place)
    with servers.sshd(place) as ssh:
        yield ssh


def _through(ssh: servers.Ssh, folder: str) -> Transport:
    login = "%s@%s" % (servers.user_name(), ssh.host)
    return Transport(folder, login + ":", ("-e", ssh.rsh()), ssh.options(), (*ssh.words(), login), ssh.pid)


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
        before: The data set that the destination holds before each run; None for no destination yet.
        words: Options of rsync beside -a.
    """

    name: str
    data: str
    transport: str = "local"
    pull: bool = False
    before: str | None = None
    words: tuple[str, ...] = ()


WORKS = (
    Work("small-local", "small"),
    Work("large-local", "large"),
    Work("small-push", "small", "loopback"),
    Work("large-push", "large", "loopback"),
    Work("small-wan", "small", "wan"),
    Work("large-wan", "large", "wan"),
    Work("small-pull", "small", "loopback", pull=True),
    Work("large-pull", "large", "loopback", pull=True),
    Work("unchanged-local", "small", before="outdated"),
)


class Case:
    """A work with its data made and its transport open.

    Args:
        work: The row.
        transport: Its transport.
        folder: Where destinations on this end go.
        source: Path of the tree to copy.
        before: Path of the tree that the destination holds before each run.
        jobs: How many lanes a parallel runner may use.

    Attributes:
        source, dest: The ends as rsync takes them; the source is a directory's content.
    """

    def __init__(
        self, work: Work, transport: Transport, folder: str, source: str, before: str | None, *, jobs: int
    ) -> None:
        self.work = work
        self.transport = transport
        self.jobs = jobs
        self._before = before
        self._path = os.path.join(folder if work.pull else transport.folder, "dest")
        self.source = (transport.prefix if work.pull else "") + source + "/"
        self.dest = ("" if work.pull else transport.prefix) + self._path + "/"

    def reset(self) -> None:
        """Bring the destination into the state in which a run finds it."""
        if self._before is None:
            self.remove()
        else:
            self._rsync("-a", "--delete", self._before + "/", self.dest)

    def remove(self) -> None:
        """Remove the destination."""
        argv = ["rm", "-rf", "--", self._path]
        if self.transport.shell and not self.work.pull:
            argv = [*self.transport.shell, shlex.join(argv)]
        _finish(argv)

    def verify(self) -> None:
        """Check that nothing is left to do.

        Raises:
            BenchError: Plain rsync finds a difference.
        """
        differences = self._rsync("-aHni", "--delete", *self.work.words, self.source, self.dest)
        if differences:
            lines = differences.splitlines()
            raise BenchError("wrong tree, %d differences: %s" % (len(lines), "; ".join(lines[:10])))

    def _rsync(self, *words: str) -> str:
        return _finish(["rsync", *self.transport.words, *words])


def _finish(argv: t.Sequence[str]) -> str:
    """Run a program that is not measured, and return its output."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise BenchError("%s ended with %d: %s" % (shlex.join(argv), done.returncode, done.stderr.strip()))
    return done.stdout
