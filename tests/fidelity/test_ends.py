# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Where the ends are and how they are named: the tree after the module against the tree after one rsync."""

from __future__ import annotations

import os
import subprocess
import typing as t

import pytest

from tests.fidelity.conftest import OLDER, Bench, needs_older
from tests.support import engine, servers, snapshot, trees

if t.TYPE_CHECKING:
    import pathlib

# The same work over every kind of connection.
WORK = [
    ("archive", ["-a"], {}),
    ("mirror", ["-aHX", "--delete"], {"hard_links": True, "xattrs": True, "delete": True}),
    ("filters", ["-a", "--delete", "--exclude=*.o"], {"delete": True, "exclude": "*.o"}),
    ("chmod", ["-rlt", "--chmod=F600"], {"archive": False, "rsync_opts": ["-rlt", "--chmod=F600"]}),
    ("link dest", ["-a", "--link-dest=../ref"], {"link_dest": "../ref"}),
    ("backups", ["-ab", "--delete", "--backup-dir=../b"], {"backup": True, "delete": True, "backup_dir": "../b"}),
    ("checksum", ["-ac"], {"checksum": True}),
]


DAEMON_WORK = [row for row in WORK if row[0] not in ("link dest", "checksum")]


def _clear(path: str) -> None:
    """Empty the directory of the daemon's module."""
    subprocess.run(["find", path, "-mindepth", "1", "-delete"], check=True)


@pytest.mark.parametrize("fresh", [False, True], ids=["incremental", "fresh"])
@pytest.mark.parametrize("pull", [False, True], ids=["push", "pull"])
@pytest.mark.parametrize(("_name", "words", "params"), WORK, ids=[row[0] for row in WORK])
def test_ssh(
    bench: Bench, ssh: servers.Ssh, _name: str, words: list[str], params: dict[str, t.Any], pull: bool, fresh: bool
) -> None:
    bench.prepare(dest=None if fresh else "dest")
    far = {"before" if pull else "after": lambda path: "%s:%s" % (ssh.host, path)}
    bench.compare(words, dict(params, **ssh.options()), connect=["-e", ssh.rsh()], **far)


@pytest.mark.parametrize("pull", [False, True], ids=["push", "pull"])
@pytest.mark.parametrize(("_name", "words", "params"), DAEMON_WORK, ids=[row[0] for row in DAEMON_WORK])
def test_daemon(
    bench: Bench, daemon: servers.Rsyncd, _name: str, words: list[str], params: dict[str, t.Any], pull: bool
) -> None:
    """Both places are below the daemon's module while the test runs."""
    _clear(daemon.top)
    bench.folder = daemon.top
    bench.prepare()
    far = {"before" if pull else "after": lambda path: daemon.url + "tree/" + os.path.relpath(path, daemon.top)}
    bench.compare(words, params, **far)
    os.chdir("/")
    _clear(daemon.top)


SOURCES = [
    ("no slash", ["src"]),
    ("several", ["src/a", "src/z", "src/file5"]),
    ("several places", ["src/a", "ref/hostile", "linked"]),
    ("contents of several", ["src/", "ref/"]),
    ("the same name twice", ["src/a", "ref/a"]),
    ("a file", ["src/file5"]),
    ("a link", ["src/link to directory"]),
    ("through a link", ["src/link to directory/"]),
    ("an empty directory", ["src/empty"]),
    ("dot", ["src/a/."]),
    ("dot dot", ["src/a/.."]),
    ("a dot within", ["src/./a"]),
    ("contents behind a dot within", ["src/./a/"]),
    ("a hostile name", ["src/hostile directories/#comment"]),
    ("hostile contents", ["src/hostile directories/-rf/", "src/hostile directories/;comment"]),
    ("a name with wildcards", ["src/hostile directories/*?[star]"]),
    ("a name like a host", ["src/hostile directories/host:path"]),
]


@pytest.mark.parametrize("delete", [False, True], ids=["keep", "delete"])
@pytest.mark.parametrize("dest", ["dst", "missing", "missing/"])
@pytest.mark.parametrize("sources", [row[1] for row in SOURCES], ids=[row[0] for row in SOURCES])
def test_sources(bench: Bench, sources: list[str], dest: str, delete: bool) -> None:
    bench.prepare()
    words = ["-aH", "--delete"] if delete else ["-aH"]
    bench.compare(words, {"hard_links": True, "delete": delete}, sources=sources, dest=dest)


@pytest.mark.parametrize("pull", [False, True], ids=["push", "pull"])
@pytest.mark.parametrize("sources", [row[1] for row in SOURCES[:13]], ids=[row[0] for row in SOURCES[:13]])
def test_sources_over_ssh(bench: Bench, ssh: servers.Ssh, sources: list[str], pull: bool) -> None:
    bench.prepare()
    far = {"before" if pull else "after": lambda path: "%s:%s" % (ssh.host, path)}
    # Without -s, rsync before 3.2.4 lets the remote shell split names.
    connect = ["-s", "-e", ssh.rsh()]
    bench.compare(["-a", "--delete"], dict({"delete": True}, **ssh.options()), sources=sources, connect=connect, **far)


@pytest.mark.parametrize("delete", [False, True], ids=["keep", "delete"])
@pytest.mark.parametrize("words", [["-R"], ["-R", "--no-implied-dirs"]], ids=["relative", "no implied dirs"])
@pytest.mark.parametrize("sources", [["src/./a/b"], ["src/./a/b", "src/./z"], ["src/./a", "ref/./z"]])
def test_relative(bench: Bench, sources: list[str], words: list[str], delete: bool) -> None:
    bench.prepare()
    words = words + (["--delete"] if delete else [])
    bench.compare(["-a", *words], {"rsync_opts": words}, sources=sources)


def _build_one_change(source: str, dest: str) -> None:
    """A file at the top has changed, and the top itself has not."""
    trees.write(os.path.join(os.fsencode(source), b"excluded"), b"")
    for top, content in ((source, b"new"), (dest, b"")):
        trees.write(os.path.join(os.fsencode(top), b"a", b"file"), b"same")
        trees.write(os.path.join(os.fsencode(top), b"file"), content, mtime=len(content) * 10**18)
        os.chmod(top, 0o710)
        trees.stamp(os.fsencode(top))


@pytest.mark.parametrize("further", ["", "--delete", "--no-implied-dirs", "-H"])
@pytest.mark.parametrize("sources", ["./", ".", "./file", "file", "././a/../file", ".//file"])
def test_relative_to_the_top(bench: Bench, sources: str, further: str) -> None:
    bench.prepare_trees(_build_one_change)
    bench.compare_words(f"-aR --exclude=excluded {further}", sources=["src/./" + sources])


@pytest.mark.parametrize("names", ["./file", "file", ".", "./a\n./file", "./a"])
@pytest.mark.parametrize("further", ["", "-r", "-r --delete", "--no-implied-dirs"])
def test_files_from_the_top(bench: Bench, names: str, further: str) -> None:
    bench.prepare_trees(_build_one_change)
    path = os.path.join(bench.folder, "names")
    with open(path, "w") as stream:
        stream.write(names + "\n")
    bench.compare_words(f"-a --exclude=excluded --files-from={path} {further}")


@pytest.mark.parametrize("pull", [None, True], ids=["local", "pull"])
@pytest.mark.parametrize("further", ["", "-r", "-r --delete", "--no-implied-dirs"])
def test_listed_names_that_start_below(bench: Bench, ssh: servers.Ssh, further: str, pull: bool | None) -> None:
    """The last one is also a name that lies right below the source, with other content."""
    bench.prepare_trees(_build_one_change)
    for place in ("expected", "actual"):
        trees.write(os.path.join(os.fsencode(bench.folder), os.fsencode(place), b"src/a/a/file"), b"other content")
    path = os.path.join(bench.folder, "names")
    with open(path, "w") as stream:
        stream.write("file\na/./a/file\n")
    words = ["-a", *further.split(), "--files-from=" + (f"{ssh.host}:{path}" if pull else path)]
    params = dict(ssh.options(), archive=False, rsync_opts=words)
    far: dict[str, t.Any] = (
        {"before": lambda place: f"{ssh.host}:{place}", "connect": ["-e", ssh.rsh()]} if pull else {}
    )
    bench.compare(words, params, **far)


def test_relative_to_all(tmp_path: pathlib.Path) -> None:
    """What is left out stays out; all names start with a slash then."""
    trees.write(os.fsencode(tmp_path) + b"/src/file", b"")
    above = (tmp_path / "src", tmp_path, *tmp_path.parents[:-1])
    words = ["-R", *(f"--include={path}/" for path in above), f"--include={tmp_path}/src/file", "--exclude=*"]
    plain, ours = (os.fspath(tmp_path / name) for name in ("plain", "ours"))
    subprocess.run(["rsync", "-a", *words, "/", plain], check=True)
    result = engine.run({"src": "/", "dest": ours, "rsync_opts": words})
    assert result["rc"] == 0 and sorted(os.listdir(ours)) == sorted(os.listdir(plain)), result
    assert not snapshot.differences(snapshot.snapshot(plain), snapshot.snapshot(ours))


def test_listed_names_that_are_not_there(tmp_path: pathlib.Path) -> None:
    """Not the source is missing, and is not said to be."""
    (tmp_path / "src").mkdir()
    (tmp_path / "names").write_text("gone\n")
    params = {"src": f"{tmp_path}/src/", "dest": f"{tmp_path}/dst", "files_from": f"{tmp_path}/names"}
    assert engine.run(params)["msg"] == f"src '{tmp_path}/src/gone' does not exist on this host"


@pytest.mark.parametrize("recursive", [False, True], ids=["flat", "recursive"])
def test_files_from(bench: Bench, recursive: bool) -> None:
    bench.prepare()
    path = os.path.join(bench.folder, "names")
    with open(path, "w") as stream:
        stream.write("a/\nz/file5\n# no name\n./modes/odd\nhostile directories\nnot there\n")
    words = ["-a", "--files-from=" + path, "--ignore-missing-args"] + (["-r"] if recursive else [])
    params: dict[str, t.Any] = {"files_from": path, "rsync_opts": ["--ignore-missing-args"]}
    bench.compare(words, dict(params, recursive=True) if recursive else params)


@pytest.mark.parametrize("pull", [None, False, True], ids=["local", "push", "pull"])
@pytest.mark.parametrize("further", [[], ["-r"], ["-r", "--delete"]], ids=["flat", "recursive", "delete"])
def test_files_from_with_nul_bytes(bench: Bench, ssh: servers.Ssh, further: list[str], pull: bool | None) -> None:
    """Names with newlines, among patterns with newlines."""
    bench.prepare()
    names, patterns = (os.path.join(bench.folder, name) for name in ("names", "patterns"))
    with open(names, "wb") as stream:
        stream.write(b"a/\0z/file5\0hard\nlink\0./hostile/#comment\0hostile/not utf-8 \xff\xfe\0hostile directories\0")
    with open(patterns, "wb") as stream:
        stream.write(b"file6\0new\nline\0")
    words = ["-a", *further, "--from0", "--files-from=" + names, "--exclude-from=" + patterns]
    params = {"archive": False, "rsync_opts": words}
    if pull is None:
        bench.compare(words, params)
        return
    far: dict[str, t.Any] = {"before" if pull else "after": lambda path: "%s:%s" % (ssh.host, path)}
    bench.compare(words, dict(params, **ssh.options()), connect=["-e", ssh.rsh()], **far)


@pytest.mark.parametrize("words", ["--delete", "--delete-excluded", "--delete --force"])
def test_patterns_with_nul_bytes(bench: Bench, words: str) -> None:
    """In every pass that has filters, the lists beside them."""
    bench.prepare(source="new full", dest="dest full")
    path = os.path.join(bench.folder, "patterns")
    with open(path, "wb") as stream:
        stream.write(b"*.o\0new\nextra\0keep.bak\0")
    bench.compare_words("-a --from0 --exclude-from=%s %s" % (path, words))


def _escaped(source: str, dest: str) -> None:
    """Names with backslashes and wildcards, in both orders: new, changed, extraneous, in directories and linked."""
    hostile = [b"a\\[b", b"a\\*", b"*\\", b"a\\]", b"[\\]]", b"a\\b", b"a?b", b"plain"]
    for place in (b"", b"old", b"new", b"old d\\[", b"new d\\?"):
        for name in hostile:
            trees.write(os.path.join(os.fsencode(source), place, name), b"new " + name)
            if not place.startswith(b"new"):
                trees.write(os.path.join(os.fsencode(dest), place, name), b"old " + name)
                trees.write(os.path.join(os.fsencode(dest), place, name + b" extraneous"), name)
    os.link(os.path.join(source, "old", "plain"), os.path.join(source, "linked\\*"))
    for top in (source, dest):
        trees.stamp(os.fsencode(top))


@pytest.mark.parametrize("rsync", ["rsync", pytest.param(OLDER, marks=needs_older)], ids=["installed", "older"])
@pytest.mark.parametrize("words", ["-a", "-aH --delete", "-ac --delete", "-a --delete-before"])
def test_a_pull_of_names_that_a_list_cannot_hold(bench: Bench, ssh: servers.Ssh, words: str, rsync: str) -> None:
    bench.prepare_trees(_escaped)
    far: dict[str, t.Any] = {"before": lambda path: "%s:%s" % (ssh.host, path), "connect": ["-e", ssh.rsh()]}
    params = dict(ssh.options(), archive=False, rsync_opts=words.split(), remote_rsync_path=rsync)
    result = bench.compare([*words.split(), "--rsync-path=" + rsync], params, rsync=rsync, **far)
    assert [row["stage"] for row in result["one_process"]] == ["finalize"]
    assert sum(row["files"] for row in result["lanes"]) > 0


def test_missing_destination_path(bench: Bench) -> None:
    bench.prepare()
    bench.compare(["-a", "--mkpath"], {"mkpath": True}, dest="dst/not/there/yet")


@pytest.mark.parametrize("end", ["local", "ssh push", "ssh pull"])
@pytest.mark.parametrize("words", ["--existing", "--existing --delete"])
def test_nothing_but_the_destination_is_made(bench: Bench, ssh: servers.Ssh, words: str, end: str) -> None:
    """Check mode knows that it will be."""
    bench.prepare(dest=None)
    far: dict[str, t.Any] = {}
    if end != "local":
        far["before" if end == "ssh pull" else "after"] = lambda path: "%s:%s" % (ssh.host, path)
    params = dict(ssh.options() if far else {}, archive=False, rsync_opts=["-a", *words.split()])
    source, dest = (os.path.join(bench.folder, "actual", name) for name in ("src/", "dst"))
    ends = {"src": far.get("before", str)(source), "dest": far.get("after", str)(dest)}
    checked = engine.run({**params, **ends}, check=True)
    assert checked["changed"] and not os.path.exists(dest), checked
    connect = ["-e", ssh.rsh()] if far else []
    assert bench.compare(["-a", *words.split()], params, connect=connect, **far)["changed"]
    assert not engine.run({**params, **ends}, check=True)["changed"]


@pytest.mark.parametrize("further", ["", " --delay-updates"], ids=["lists", "alone"])
def test_nothing_but_the_destination_for_several_sources(bench: Bench, further: str) -> None:
    bench.prepare(dest=None)
    assert bench.compare_words("-a --existing" + further, sources=["src/a", "src/z"])["changed"]
    assert os.path.isdir(os.path.join(bench.folder, "actual", "dst"))
