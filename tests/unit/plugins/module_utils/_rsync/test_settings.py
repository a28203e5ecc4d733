# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Words of a command line, read as rsync(1) says that they are."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync import table
from ansible_collections.vgreb.jsync.plugins.module_utils._rsync.settings import BY_ARCHIVE, Settings
from hypothesis import given
from hypothesis import strategies as st

ARCHIVE = dict.fromkeys(("links", "perms", "times", "owner", "group", "devices", "specials"), True)
ARCHIVE["recursive"] = BY_ARCHIVE


def parsed(*words: str) -> Settings:
    settings = Settings()
    settings.parse(words)
    return settings


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["-a"], ARCHIVE),
        (["--archive"], ARCHIVE),
        (["-aH"], {**ARCHIVE, "hard-links": True}),
        (["-aHAX"], {**ARCHIVE, "hard-links": True, "acls": True, "xattrs": True}),
        (["-rA"], {"recursive": True, "acls": True, "perms": True}),
        (["-r", "--no-p", "-A"], {"recursive": True, "acls": True, "perms": True}),
        (["-aA", "--no-p"], {**ARCHIVE, "acls": True, "perms": False}),
        (["-a", "--no-perms"], {**ARCHIVE, "perms": False}),
        (["-a", "--no-p"], {**ARCHIVE, "perms": False}),
        (["-a", "--no-D"], {**ARCHIVE, "devices": False, "specials": False}),
        (["-a", "--no-r"], {**ARCHIVE, "recursive": False}),
        (["--no-r", "-a"], ARCHIVE),  # the order counts, says the man page
        (["--no-perms", "-a"], ARCHIVE),
        (["-D"], {"devices": True, "specials": True}),
        (["--delete"], {"delete": True}),
        (["--del"], {"delete-during": True}),
        (["-rtu"], {"recursive": True, "times": True, "update": True}),
        (["-e", "ssh -p 2222"], {"rsh": "ssh -p 2222"}),
        (["-essh -p 2222"], {"rsh": "ssh -p 2222"}),
        (["-e=ssh"], {"rsh": "ssh"}),
        (["-ae", "ssh"], {**ARCHIVE, "rsh": "ssh"}),
        (["--rsh=ssh -p 2222"], {"rsh": "ssh -p 2222"}),
        (["--rsh", "ssh -p 2222"], {"rsh": "ssh -p 2222"}),
        (["--partial-dir=x"], {"partial-dir": "x"}),
        (["--partial-dir", "-x"], {"partial-dir": "-x"}),
        (["--partial-dir="], {"partial-dir": ""}),
        (["--chmod=D755", "--chmod=F644"], {"chmod": ["D755", "F644"]}),
        (["--link-dest=../a", "--link-dest", "../b=c"], {"link-dest": ["../a", "../b=c"]}),
        (["-M--log-file=/x", "-M", "--quiet"], {"remote-option": ["--log-file=/x", "--quiet"]}),
        (["--bwlimit=1.5m"], {"bwlimit": "1.5m"}),
        (["--bwlimit=1m", "--no-bwlimit"], {}),
        (["--timeout=5", "--no-timeout"], {}),
        (["--max-delete=1", "--max-delete=2"], {"max-delete": "2"}),
        (["-@-1"], {"modify-window": "-1"}),
        (["-B", "800"], {"block-size": "800"}),
        (["-yy"], {"fuzzy": 2}),
        (["-zz", "--no-z"], {"compress": 0}),
        (["-x", "-x"], {"one-file-system": 2}),
        (["--i-r"], {"inc-recursive": True}),
        (["--no-i-r"], {"inc-recursive": False}),
        (["--protect-args"], {"secluded-args": True}),
        (["-s"], {"secluded-args": True}),
        (["--zc=lz4", "--zl=3"], {"compress-choice": "lz4", "compress-level": "3"}),
        (["--cc", "md5"], {"checksum-choice": "md5"}),
        (["--ignore-non-existing"], {"existing": True}),
        (["-4"], {"ipv4": True}),
        ([], {}),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_words(words: list[str], values: dict[str, t.Any]) -> None:
    settings = parsed(*words)
    assert (settings.values, settings.filters) == (values, [])


@pytest.mark.parametrize(
    ("words", "filters"),
    [
        (["--exclude=x"], [("exclude", "x")]),
        (["--exclude", "x"], [("exclude", "x")]),
        (["--exclude", "--x"], [("exclude", "--x")]),
        (["--exclude="], [("exclude", "")]),
        (["-f", "P *.bak"], [("filter", "P *.bak")]),
        (["-f- x"], [("filter", "- x")]),
        (["-af- x"], [("filter", "- x")]),
        (["--filter=+ a=b"], [("filter", "+ a=b")]),
        (["--include-from=list"], [("include-from", "list")]),
        (["--include=a", "--exclude=b", "--include=c"], [("include", "a"), ("exclude", "b"), ("include", "c")]),
        (["-F"], [("filter", ": /.rsync-filter")]),
        (["-FF"], [("filter", ": /.rsync-filter"), ("filter", "- .rsync-filter")]),
        (["-F", "-F", "-F"], [("filter", ": /.rsync-filter"), ("filter", "- .rsync-filter")]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)
def test_filters_keep_their_order(words: list[str], filters: list[tuple[str, str]]) -> None:
    assert parsed(*words).filters == filters


def test_xattrs_are_counted() -> None:
    assert (
        parsed("-aXX")
        .words("s", {name for row in table.OPTIONS for name in (row.name, *row.aliases)})
        .count("--xattrs")
        == 2
    )


@pytest.mark.parametrize(
    ("words", "maps"),
    [
        ("--chown=1:2", "--owner --group --usermap=*:1 --groupmap=*:2"),
        ("--chown=:2", "--group --groupmap=*:2"),
        ("--no-o --chown=1:", "--owner --usermap=*:1"),
        ("--chown=1:2 --no-o", "--group --groupmap=*:2"),
        ("--usermap=3:4 --no-o", ""),
        ("--chown=1 --no-o -o", "--owner --usermap=*:1"),
    ],
)
def test_of_owners_the_last_word_counts(words: str, maps: str) -> None:
    known = {"owner", "group", "usermap", "groupmap"}
    assert parsed(*words.split()).words("t", known) == maps.split()


@pytest.mark.parametrize("words", ["--chown=1 --usermap=2:3", "--groupmap=*:1 --chown=:2", "--chown=1 --chown=2"])
def test_owners_are_mapped_once(words: str) -> None:
    with pytest.raises(RequestError, match=r"^(user|group)map: rsync takes one"):
        parsed(*words.split())


def test_archive_leaves_an_explicit_recursion_alone() -> None:
    assert parsed("-r", "-a")["recursive"] is True


@pytest.mark.parametrize("name", ["relative", "dirs"])
def test_what_files_from_implies_can_be_switched_off(name: str) -> None:
    assert "--no-" + name in parsed("--files-from=x", "--no-" + name).words("w", {"files-from", name})


# What a user is told, and the words that are refused for it.
REFUSED = {
    "reads rsync's output itself": "-v --verbose -q -i -h --human-readable -8 --info=all --out-format=%n --msgs2stderr",
    "only makes sense for one rsync": "--stop-after=5 --stop-at=14:00 --write-batch=x --read-batch x",
    "partial=true": "-P --progress",
    "check mode": "-n --dry-run",
    "lists files and moves none": "--list-only",
    "another program than a transfer": "--daemon --server --sender --version --help -V",
    "belongs to the daemon": "--config=x --dparam=x",
    "lets a remote shell see file names": "--old-args",
    "before 3.1": "--old-dirs --old-d",
    "use remove_source_files": "--remove-sent-files",
}
REFUSALS = [(word, reason) for reason, words in REFUSED.items() for word in words.split() if word.startswith("-")]


@pytest.mark.parametrize(("word", "reason"), REFUSALS, ids=[word for word, _reason in REFUSALS])
def test_refused(word: str, reason: str) -> None:
    with pytest.raises(RequestError) as caught:
        parsed("-a", word, "value")
    assert caught.value.message.startswith("rsync_opts: {} cannot be used: ".format(word.partition("=")[0]))
    assert reason in caught.value.message


@pytest.mark.parametrize("row", [row for row in table.OPTIONS if row.refused], ids=lambda row: row.name)
def test_refused_however_it_is_spelled(row: table.Option) -> None:
    spellings = ["-" + row.short] if row.short else []
    spellings += ["--" + name for name in (row.name, *row.aliases) if len(name) > 1]
    for word in spellings:
        with pytest.raises(RequestError) as caught:
            parsed(word)
        assert caught.value.message == f"rsync_opts: {word} cannot be used: {row.refused}"


def test_refused_within_other_letters() -> None:
    with pytest.raises(RequestError, match=r"^rsync_opts: -v cannot be used: "):
        parsed("-avH")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nonsense"], "rsync_opts: rsync has no option --nonsense"),
        (["--nonsense=5"], "rsync_opts: rsync has no option --nonsense"),
        (["--no-nonsense"], "rsync_opts: rsync has no option --no-nonsense"),
        (["--delet"], "rsync_opts: rsync has no option --delet"),
        (["--p"], "rsync_opts: rsync has no option --p"),
        (["-aQz"], "rsync_opts: rsync has no option -Q (in '-aQz')"),
        (["-a", "--exclude"], "rsync_opts: --exclude needs a value"),
        (["-ae"], "rsync_opts: -e needs a value"),
        (["--delete=yes"], "rsync_opts: --delete takes no value, but got 'yes'"),
        (["--no-perms=1"], "rsync_opts: --no-perms takes no value, but got '1'"),
        (["--no-timeout=1"], "rsync_opts: --no-timeout takes no value, but got '1'"),
        (["-a", "/etc/"], "rsync_opts: '/etc/' is no option; sources and destination go into src and dest"),
        (["--"], "rsync_opts: '--' is no option; sources and destination go into src and dest"),
        (["-"], "rsync_opts: '-' is no option; sources and destination go into src and dest"),
        ([""], "rsync_opts: '' is no option; sources and destination go into src and dest"),
        (
            ["-a --delete"],
            "rsync_opts: '-a --delete' holds a space: give a list, each word of the command line by itself",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_impossible_words(words: list[str], message: str) -> None:
    with pytest.raises(RequestError) as caught:
        parsed(*words)
    assert caught.value.message == message


def test_on() -> None:
    settings = parsed("-a", "--no-perms", "--max-delete=0", "-y", "--no-fuzzy", "--chmod=F600")
    assert settings.on("links") and settings.on("recursive") and settings.on("chmod") and settings.on("max-delete")
    assert settings.on("perms", "times")
    assert not settings.on("perms") and not settings.on("fuzzy") and not settings.on("delete")
    assert settings["perms"] is False and settings["delete"] is None


KNOWN = {name for row in table.OPTIONS for name in (row.name, *row.aliases)}


@pytest.mark.parametrize(
    ("given_words", "words"),
    [
        (["--delete"], ["--delete"]),
        (["--no-checksum"], []),
        (["--perms", "--no-perms"], []),
        (["--no-whole-file"], ["--no-whole-file"]),
        (["-W"], ["--whole-file"]),
        (["--no-super"], ["--no-super"]),
        (["--no-i-r"], ["--no-inc-recursive"]),
        (["-yy"], ["--fuzzy", "--fuzzy"]),
        (["--chmod=a", "--chmod=b"], ["--chmod=a", "--chmod=b"]),
        (["--suffix="], ["--suffix="]),
        (["--max-delete=0"], ["--max-delete=0"]),
        (["--exclude=x", "--bwlimit=1", "--motd", "--stats", "-D"], ["--devices", "--specials"]),
    ],
    ids=" ".join,
)
def test_words_for_one_rsync(given_words: list[str], words: list[str]) -> None:
    assert parsed(*given_words).words("w", KNOWN) == words


def test_words_are_left_out() -> None:
    assert parsed("-u", "--delete").words("w", KNOWN, without={"update"}) == ["--delete"]


@pytest.mark.parametrize(
    ("has", "word", "found"),
    [
        ({"protect-args"}, "--secluded-args", "--protect-args"),
        ({"secluded-args"}, "--protect-args", "--secluded-args"),
        ({"existing"}, "--ignore-non-existing", "--existing"),
    ],
)
def test_an_older_name_does(has: set[str], word: str, found: str) -> None:
    assert parsed(word).words("w", has) == [found]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (parsed("--mkpath"), "mkpath: this rsync has no option --mkpath; install a newer one or leave it out"),
        (parsed("--fake-super"), "rsync_opts: this rsync has no option --fake-super; "),
    ],
    ids=["by the module's name", "by the command line"],
)
def test_an_option_that_this_rsync_has_not(settings: Settings, message: str) -> None:
    with pytest.raises(RequestError) as caught:
        settings.words("w", {"delete"})
    assert caught.value.message.startswith(message)


def test_no_word_where_an_option_is_off_that_this_rsync_has_not() -> None:
    assert parsed("--mkpath", "--no-mkpath").words("w", {"delete"}) == []


_ROWS = [row for row in table.OPTIONS if row.passes and not row.refused and row.kind in (table.SWITCH, table.COUNT)]
_ROWS = [row for row in _ROWS if table.find("no-" + row.name)]


@given(st.lists(st.tuples(st.sampled_from(_ROWS), st.booleans())))
def test_the_last_word_counts(chosen: list[tuple[table.Option, bool]]) -> None:
    settings = parsed(*(("--" if on else "--no-") + row.name for row, on in chosen))
    last = {}
    for row, on in chosen:
        last.update({row.name: on, **({"perms": True} if on and row.name == "acls" else {})})
    assert {name: settings.on(name) for name in last} == last
    words = settings.words("w", KNOWN)
    assert {word[2:] for word in words if not word.startswith("--no-")} == {name for name, on in last.items() if on}


@pytest.mark.parametrize(
    ("words", "backs_up", "passes_over"),
    [
        ("-b --inplace", True, False),
        ("-b --append", True, False),
        ("--backup-dir=x --partial", True, False),
        ("-b --partial --partial-dir=x", False, False),
        ("-b", False, False),
        ("-b --temp-dir=/x", True, False),
        ("-b -T x --partial-dir=/x", True, False),
        ("-b -T x --partial-dir=x", False, False),
        ("-b -T x --delay-updates", False, False),
        ("-u --temp-dir=x", False, True),
        ("--ignore-existing --temp-dir=x", False, True),
        ("-u --inplace", False, True),
        ("-u --partial", False, False),
        ("--ignore-existing --partial", False, True),
        ("--ignore-existing --append", False, True),
        ("--ignore-existing", False, False),
    ],
)
def test_what_a_half_written_file_means_to_the_next_one(words: str, backs_up: bool, passes_over: bool) -> None:
    settings = Settings()
    settings.parse(words.split())
    assert (settings.backs_up_halves, settings.passes_over_halves) == (backs_up, passes_over)
    assert settings.repeats_whole is not (backs_up or passes_over)
