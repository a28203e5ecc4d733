# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What the fidelity tests share: sample trees made once, servers, and the comparison itself."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
import typing as t

import pytest

from tests.support import engine, servers, snapshot, trees

OTHER_USER = "nobody"

# With -H, rsync waits for itself for ever where it cannot make the first file of a group, and fails (2) where two
# sources give the contents of directories, unless it has read all first.
AT_ONCE = ["--no-inc-recursive"]

# Another version than that of this host, unpacked beside it.
OLDER = os.path.abspath(
    os.path.join(os.path.dirname(__file__), "..", "..", ".cache", "rsync-older", "usr", "bin", "rsync")
)

needs_older = pytest.mark.skipif(not os.path.exists(OLDER), reason="the distribution offers no other rsync")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away and become another user")


@pytest.fixture(scope="session")
def samples() -> t.Iterator[str]:
    """A folder with ``old`` and ``new``, a tree before and after a day, and ``dest``, what became of a copy of old.

    In ``new full`` and ``dest full`` full directories and files stand in each other's way, too.
    """
    with tempfile.TemporaryDirectory(prefix="jsync-fidelity-") as folder:
        os.chmod(folder, 0o755)
        old = os.path.join(folder, "old")
        trees.build(old, devices=os.geteuid() == 0)
        for name, alter, fill in (
            ("new", trees.change, False),
            ("dest", trees.disturb, False),
            ("new full", trees.change, True),
            ("dest full", trees.disturb, True),
        ):
            clone(old, os.path.join(folder, name))
            alter(os.path.join(folder, name), fill=fill)
        yield folder


def clone(source: str, target: str) -> None:
    subprocess.run(["cp", "-a", source, target], check=True)


@pytest.fixture(scope="session")
def ssh(samples: str) -> t.Iterator[servers.Ssh]:
    folder = os.path.join(samples, "sshd")
    os.mkdir(folder)
    with servers.sshd(folder) as running:
        yield running


@pytest.fixture(scope="session")
def daemon(samples: str) -> t.Iterator[servers.Rsyncd]:
    folder = os.path.join(samples, "rsyncd")
    os.mkdir(folder)
    with servers.rsyncd(folder) as running:
        yield running


def _without_directories(tree: dict[bytes, snapshot.Entry]) -> dict[bytes, snapshot.Entry]:
    """A directory in backup_dir is a copy of the one at the destination as it was at that moment of the run."""
    return {name: entry for name, entry in tree.items() if entry.kind != "directory"}


class Bench:
    """Two equal places in which one rsync and the module do the same work.

    Attributes:
        folder: The working directory of both, relative paths start there.
    """

    def __init__(self, folder: str, samples: str) -> None:
        self.folder = folder
        self._samples = samples

    def prepare(self, *, source: str = "new", dest: str | None = "dest") -> None:
        """Make ``expected`` and ``actual``, each with ``src`` and ``dst`` as told; None for no destination."""
        for place in ("expected", "actual"):
            top = os.path.join(self.folder, place)
            os.mkdir(top)
            clone(os.path.join(self._samples, source), os.path.join(top, "src"))
            if dest:
                clone(os.path.join(self._samples, dest), os.path.join(top, "dst"))
            clone(os.path.join(self._samples, "old"), os.path.join(top, "ref"))
            trees.write(os.path.join(os.fsencode(top), b"linked", b"file"), b"reached through a link")

    def prepare_trees(self, build: t.Callable[[str, str], None]) -> None:
        """Make ``expected`` and ``actual`` with trees of a test's own: it is given the paths of ``src`` and ``dst``."""
        expected = os.path.join(self.folder, "expected")
        os.mkdir(expected)
        build(os.path.join(expected, "src"), os.path.join(expected, "dst"))
        clone(expected, os.path.join(self.folder, "actual"))

    def compare(
        self,
        words: t.Sequence[str],
        params: dict[str, t.Any],
        *,
        sources: t.Sequence[str] = ("src/",),
        dest: str = "dst",
        before: t.Callable[[str], str] = str,
        after: t.Callable[[str], str] = str,
        connect: t.Sequence[str] = (),
        user: str | None = None,
        rsync: str = "rsync",
        ignore: t.Container[str] = (),
    ) -> dict[str, t.Any]:
        """Run rsync in ``expected`` and the module in ``actual``, and require the same trees and the same exit code.

        Args:
            words: Options of the plain rsync.
            params: Options of the module.
            sources, dest: Below each of the two places.
            before, after: Turn the absolute path of a source and of the destination into an endpoint.
            connect: Further options of the plain rsync, for the connection.
            user: Whom both run as.
            rsync: The program that both use.
            ignore: Fields of the snapshot that do not count.
        """
        expected, actual = (os.path.join(self.folder, place) for place in ("expected", "actual"))
        if user:
            subprocess.run(["chown", "-R", user + ":", expected, actual], check=True)

        # A partition costs ten times as much over ssh.
        sizes = engine.SMALL if before is after is str else engine.SMALL._replace(entries=20)

        def plain() -> int:
            os.chdir(expected)
            links = any("H" in word for word in words if not word.startswith("--"))
            argv = [rsync, *words, *(AT_ONCE if links else ()), *connect]
            argv += [before(os.path.join(expected, one)) for one in sources]
            argv.append(after(os.path.join(expected, dest)))
            return subprocess.run(
                argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=False
            ).returncode

        def ours() -> dict[str, t.Any]:
            os.chdir(actual)
            given = dict(params, rsync_path=rsync, src=[before(os.path.join(actual, one)) for one in sources])
            return engine.run(dict(given, dest=after(os.path.join(actual, dest))), sizes=sizes)

        code = engine.as_user(user, plain, self.folder)
        result = engine.as_user(user, ours, self.folder)
        problems = []
        for part in ("dst", "src", "linked", "bak"):
            trees_found = [os.path.join(place, part) for place in (expected, actual)]
            if not all(map(os.path.isdir, trees_found)):
                assert list(map(os.path.lexists, trees_found)) == [os.path.lexists(trees_found[0])] * 2
                continue
            wanted, got = map(snapshot.snapshot, trees_found)
            if part == "bak":
                wanted, got = map(_without_directories, (wanted, got))
            problems += ["%s %s" % (part, line) for line in snapshot.differences(wanted, got, ignore=ignore)]
        assert not problems, "\n".join([*problems[:40], str(result)])
        assert (result["rc"], result["failed"]) == (code, code not in (0, 24)), result
        return result

    def compare_words(self, words: str, **further: t.Any) -> dict[str, t.Any]:
        """Compare with the same words for both, see :meth:`compare`."""
        split = shlex.split(words)
        return self.compare(split, {"archive": False, "rsync_opts": split}, **further)


@pytest.fixture
def bench(samples: str) -> t.Iterator[Bench]:
    here = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="jsync-bench-") as folder:
        os.chmod(folder, 0o777)
        yield Bench(folder, samples)
        os.chdir(here)
        shutil.rmtree(folder, ignore_errors=True)
