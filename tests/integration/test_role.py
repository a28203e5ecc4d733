# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""The role, and the playbooks that wrap it."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
import typing as t

import pytest
import yaml

from tests.integration.contract import check_keys
from tests.integration.environments import in_one
from tests.integration.hosts import PUBLIC_PYTHON, Hosts, other_user
from tests.integration.runner import REPOSITORY, TARGETS, Ansible, Ended
from tests.integration.test_errors import small_place
from tests.integration.test_place import NOTING, notes
from tests.integration.test_targets import ITEMIZED, Place
from tests.support import snapshot
from tests.support.terminal import Terminal

PLAYS = os.path.join(os.path.dirname(__file__), "role")
MIGRATION = os.path.join(os.path.dirname(__file__), "migration")

# Variables, and what is said of them.
WRONG: list[dict[str, t.Any]] = [
    {"variables": {"jsync_options": "delete=yes"}, "says": "jsync_options is a text: give a dictionary; behind "},
    {"variables": {"jsync_options": {"detele": True}}, "says": "jsync_options has detele, which vgreb.jsync."},
    {"variables": {"jsync_items": [{}, {"jsync_src": "/a"}]}, "says": "number 2 has jsync_src, which vgreb.jsync."},
    {"variables": {"jsync_dest": "", "jsync_items": [{"src": "/a"}]}, "says": "jsync_items: number 1 has no dest;"},
    {"variables": {"jsync_src": ""}, "says": "There is no src; set jsync_src and jsync_dest"},
    {"variables": {"jsync_delete": "perhaps"}, "says": "'jsync_delete'"},
    {
        "variables": {"jsync_mode": "sideways"},
        "says": "value of jsync_mode must be one of: target, push, pull, got: sideways",
    },
    {"variables": {"jsync_options": {"chown": 2013}}, "says": 'chown is 2013, a number: put it in quotes, as "33:33"'},
    {"variables": {"jsync_options": {"umask": 23}}, "says": 'umask is 23, a number: put it in quotes, as "0027"'},
    {
        "variables": {"jsync_items": [{"chown": "a:b"}, {"chmod": ["D755", 0o644]}]},
        "says": 'chmod is 420, a number: put it in quotes, as "0644"',
    },
    {"variables": {"jsync_options": {"jobs": 0}}, "says": "jobs is 0: give a number from 1 to 128"},
    {
        "variables": {"jsync_rsync_path": "/absent", "jsync_install": False},
        "says": "/absent is not there; set jsync_rsync_path to",
    },
    {
        "variables": {"jsync_options": {"src_host": "stranger"}},
        "says": "is stranger, which is no host of the inventory",
    },
    {
        "variables": {"ansible_python_interpreter": "/absent", "jsync_install": False},
        "says": "localhost: cannot look for rsync: The module ",
    },
    {"variables": {"jsync_rsync_path": "/bin/true"}, "says": "true is 0, but it must be 3.1 or newer"},
    {
        "variables": {"jsync_assert": ["stats.files", {"that": "stats.failures ="}]},
        "says": "jsync_assert: the expression 'stats.failures =' is invalid at character 16: ",
    },
    {
        "variables": {"jsync_assert": [{"when": "stats.files"}]},
        "says": 'jsync_assert: number 1 is {"when": "stats.files"}; give an expression of jmespath, or',
    },
    {
        "variables": {"jsync_options": {"max_size": "0"}, "jsync_assert": ["length(stat) == `1`"]},
        "says": "the expression 'length(stat) == `1`' does not fit the data: length() takes",
    },
    {
        "variables": {"jsync_options": {"max_size": "0"}, "jsync_assert": ["stats.entries == `1`"]},
        "says": "expected stats.entries == `1`, found stats.entries: ",
    },
]

# Changes files, makes and removes some, at the pace of a busy mail server, until it is told to end.
WRITER = """
import itertools, os, sys, time
live, here = sys.argv[1:]
for number in itertools.count():
    for name in ("log", "file%d" % number):
        with open(os.path.join(live, name), "a") as stream:
            stream.write("%d\\n" % number)
    if number % 3:
        os.unlink(os.path.join(live, "file%d" % (number - 1)))
    time.sleep(0.002)
    if number == 100:
        print("writes", flush=True)
    if number > 100 and number % 100 == 0 and os.path.exists(os.path.join(here, "stop")):
        break
open(os.path.join(here, "stopped"), "w").close()
"""


def play(ansible: Ansible, name: str, variables: dict[str, t.Any], *words: str) -> Ended:
    """Run a playbook of the collection."""
    given = json.dumps(dict(variables, ansible_python_interpreter=ansible.python))
    return ansible.run("ansible-playbook", *words, "--extra-vars", given, "vgreb.jsync." + name)


def without(path: str, missing: str) -> str:
    """A directory for PATH with the usual programs but one."""
    os.makedirs(path)
    for directory in ("/usr/bin", "/bin"):
        for name in set(os.listdir(directory)) - {missing, *os.listdir(path)}:
            os.symlink(os.path.join(directory, name), os.path.join(path, name))
    return path


def test_role(ansible: Ansible) -> None:
    place = Place(ansible, "role_sync")
    rsync = shutil.which("rsync")
    assert rsync is not None
    variables = {
        "src": place.source,
        "here": place.here,
        "rsync": rsync,
        "without_rsync": without(place.path("bin"), "rsync"),
    }
    results, output = ansible.target("role_sync", variables)
    for result in results.values():
        check_keys({key: value for key, value in result.items() if key not in ("jsync__number", "ansible_loop_var")})
    place.same("src", "first")
    for name in ("second/z", "third/z", "fourth/z", "with the installed one/z"):
        place.same("src/z", name)
    assert sorted(os.listdir(place.path("second"))) == ["b", "z"]
    assert not os.path.exists(place.path("never/never")) and not os.path.lexists(place.path("installed later"))
    assert "would copy" in output and "2 lanes" in output
    assert "rsync would be installed first on localhost" in output
    ansible.check_clean()


@in_one
@pytest.mark.parametrize("half", [0, 1])
def test_role_refuses(ansible: Ansible, half: int) -> None:
    place = Place(ansible, "refused %d" % half)
    ansible.target("role_sync_refused", {"src": place.source, "here": place.here, "wrong": WRONG[half::2]})
    assert not os.path.exists(place.path("never/never"))
    ansible.check_clean()


def test_role_on_hosts(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "role on hosts")
    os.mkdir(place.path("second"))
    noting = place.text("rsync that", NOTING, 0o755)
    variables = {
        "src": place.source,
        "here": place.here,
        "noting": noting,
        "too_old": place.text("old rsync", "#!/bin/sh\necho 'rsync  version 3.0.9  protocol version 30'\n", 0o755),
        "python": ansible.python,
    }
    playbook = os.path.join(PLAYS, "hosts.yml")
    ended = ansible.run("ansible-playbook", "-i", hosts.inventory, "--extra-vars", json.dumps(variables), playbook)
    assert ended.code == 0, ended.output
    for name in ("second/web/z", "second/db/z", "on web/z", "on db/z", "pushed/z", "pulled/z"):
        place.same("src/z", name)
    for name in ("web", "db"):
        assert sorted(os.listdir(place.path(name))) == sorted(set(os.listdir(place.source)) - {"z"})
    assert notes(noting + " notes") == {hosts.addresses["web"], hosts.addresses["db"]}
    assert not os.path.exists(place.path("never"))
    ansible.check_clean()


def test_role_as_another_user(ansible: Ansible, hosts: Hosts) -> None:
    """One who owns nothing: on the host, and at the other end of a push."""
    place = Place(ansible, "role as another user")
    variables = {
        "src": place.path("src", "hostile"),
        "open": place.open_to_all(),
        "other_user": other_user() or pytest.skip("there is no user that sudo lets this one become"),
        "public_python": PUBLIC_PYTHON or pytest.skip("there is no Python of the distribution"),
    }
    playbook = os.path.join(PLAYS, "other_user.yml")
    ended = ansible.run("ansible-playbook", "-i", hosts.inventory, "--extra-vars", json.dumps(variables), playbook)
    assert ended.code == 0, ended.output
    before = snapshot.snapshot(variables["src"])
    for name in ("target", "push"):
        made = snapshot.snapshot(os.path.join(variables["open"], name))
        assert not snapshot.differences(before, made, ignore=("uid", "gid", "linked"))
        assert {entry.uid for entry in made.values()} == {pwd.getpwnam(variables["other_user"]).pw_uid}
    ansible.check_clean()


@pytest.mark.parametrize(
    ("callback", "shown"),
    [({}, "src/): transfer "), ({"ANSIBLE_CALLBACKS_ENABLED": "vgreb.jsync.progress"}, "█")],
    ids=["lines", "block"],
)
def test_role_on_a_terminal(ansible: Ansible, callback: dict[str, str], shown: str) -> None:
    """It shows the progress of what it runs, and says at the end what was done."""
    place = Place(ansible, "role on a terminal %d" % len(callback))
    place.text("src/large", "x" * 4_194_304)
    given: dict[str, t.Any] = {"jsync_src": place.source + "/", "jsync_dest": place.path("copy"), "jsync_bwlimit": "1m"}
    given.update(jsync_options={"progress_interval": 0.5}, ansible_python_interpreter=ansible.python)
    program = os.path.join(ansible.programs, "ansible-playbook")
    argv = [program, "-i", "localhost,", "-c", "local", "-e", json.dumps(given), "vgreb.jsync.sync"]
    env = {**ansible.environment(), "TERM": "xterm", **callback}
    window = Terminal(argv, columns=300, rows=60, cwd=ansible.folder, env=env)
    try:
        window.wait_text(shown)
        assert window.end() == 0
    finally:
        window.close()
    assert any("Say what was done" in line for line in window.lines)
    assert any("4 lanes, 0 deleted" in line for line in window.lines), "\n".join(window.lines)
    place.same("src", "copy")
    ansible.check_clean()


def test_role_where_any_error_is_fatal(ansible: Ansible) -> None:
    place = Place(ansible, "one fails")
    variables = {"src": place.source, "here": place.here, "ansible_python_interpreter": ansible.python}
    words = ("-i", "good,bad,", "-c", "local", "--extra-vars", json.dumps(variables))
    ended = ansible.run("ansible-playbook", *words, os.path.join(PLAYS, "one_fails.yml"))
    assert ended.code != 0 and "failed: src '/absent/z' does not exist" in ended.output, ended.output
    assert "it went on" not in ended.output
    ansible.check_clean()


def test_tags_alone(ansible: Ansible) -> None:
    place = Place(ansible, "tags")
    variables = {"jsync_src": place.source + "/", "jsync_dest": place.path("copy")}
    here = ("-i", "localhost,", "-c", "local")
    report = play(ansible, "sync", variables, *here, "--tags", "report")
    assert report.code != 0 and "there is nothing to report; ask for both" in report.output, report.output
    install = play(ansible, "sync", variables, *here, "--tags", "install")
    assert install.code == 0 and "Look for rsync" in install.output, install.output
    assert not os.path.exists(place.path("copy"))
    sync = play(ansible, "sync", variables, *here, "--tags", "sync")
    assert sync.code == 0, sync.output
    assert "Look for rsync" not in sync.output and "Say what was done" not in sync.output, sync.output
    place.same("src", "copy")


def test_nothing_is_asked_where_nothing_was_looked_at(ansible: Ansible) -> None:
    """In check mode rsync is not installed, and what jsync_assert says is not true then."""
    place = Place(ansible, "nothing to ask")
    environment = {"PATH": without(place.path("bin"), "rsync"), "INSTALLED": place.path("absent")}
    role = {"role": "vgreb.jsync.sync", "jsync_src": place.source + "/", "jsync_dest": place.path("copy")}
    role["jsync_assert"] = "changed == `false`"
    looking = {"hosts": "localhost", "gather_facts": False, "check_mode": True, "environment": environment}
    given = json.dumps({"ansible_python_interpreter": ansible.python})
    playbook = place.text("look.json", json.dumps([{**looking, "roles": [role]}]))
    library = os.path.join(TARGETS, "role_sync", "library")
    ended = ansible.run("ansible-playbook", "-M", library, "-e", given, playbook)
    assert ended.code != 0 and "jsync_assert cannot be asked, because" in " ".join(ended.output.split()), ended.output
    ansible.check_clean()


def test_a_pattern_in_brackets_is_no_list(ansible: Ansible) -> None:
    place = Place(ansible, "brackets")
    for name in ("5", "57", "8", "kept", "null"):
        place.text("numbers/" + name, name)
    variables: dict[str, t.Any] = {"jsync_src": place.path("numbers") + "/", "jsync_exclude": "[57]"}
    variables["jsync_dest"] = place.path("copy")
    variables["jsync_items"] = [{}, {"dest": place.path("two"), "exclude": ["[57]", "null"]}]
    ended = play(ansible, "sync", variables, "-i", "localhost,", "-c", "local")
    assert ended.code == 0, ended.output
    assert sorted(os.listdir(place.path("copy"))) == ["57", "8", "kept", "null"]
    assert sorted(os.listdir(place.path("two"))) == ["57", "8", "kept"]


def test_null_is_as_good_as_not_set(ansible: Ansible) -> None:
    place = Place(ansible, "null")
    with open(os.path.join(REPOSITORY, "roles", "sync", "meta", "argument_specs.yml")) as stream:
        variables: dict[str, t.Any] = dict.fromkeys(yaml.safe_load(stream)["argument_specs"]["main"]["options"])
    del variables["jsync_mode"]
    variables.update(jsync_src=place.source + "/", jsync_dest=place.path("copy"))
    here = ("-i", "localhost,", "-c", "local")
    for playbook in ("check", "sync"):
        ended = play(ansible, playbook, variables, *here)
        assert ended.code == 0 and "Install rsync where it is missing" in ended.output, ended.output
    place.same("src", "copy")
    null = {"hard_links": None}
    variables.update(jsync_hard_links=True, jsync_options=null, jsync_items=[{"dest": place.path("again"), **null}])
    ended = play(ansible, "sync", variables, *here)
    assert ended.code == 0, ended.output
    place.same("src", "again")


def test_misspelt_variable(ansible: Ansible) -> None:
    variables = {"jsync_src": "/absent/", "jsync_dest": "/absent", "jsync_detele": True}
    ended = play(ansible, "sync", variables, "-i", "localhost,", "-c", "local")
    assert ended.code != 0
    assert "has no variable jsync_detele" in ended.output


def test_playbooks_sync_and_check(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "playbooks")
    place.text("src/large\nname", "x" * 2_097_152)
    os.mkdir(place.path("copies"))
    variables = {"jsync_hosts": "web:db", "jsync_src": place.source + "/"}
    variables["jsync_dest"] = place.path("copies", "{{ inventory_hostname }}")
    known = ("-i", hosts.inventory)
    looked = play(ansible, "check", variables, *known)
    assert looked.code == 0 and looked.output.count("would copy") == 2, looked.output
    assert looked.output.count("changed=1 ") == 2, looked.output
    assert "the largest: 2.1 MB large\\\\#012name" in looked.output, looked.output
    assert os.listdir(place.path("copies")) == []
    for changed in (1, 0):
        ended = play(ansible, "sync", variables, *known)
        assert ended.code == 0 and ended.output.count("changed=%d " % changed) == 2, ended.output
        for name in ("web", "db"):
            place.same("src", "copies/" + name)
    ansible.check_clean()


# Playbooks that Ansible would run on no host, and what is said of it.
ON_NO_HOST: list[tuple[str, dict[str, t.Any], list[str], str]] = [
    ("sync", {"jsync_hosts": "nobody"}, [], "No host of the inventory is nobody; look at jsync_hosts."),
    ("check", {"jsync_hosts": "web"}, ["--limit", "db"], "No host of the inventory is web and in --limit db;"),
    ("check", {}, ["--tags", "sync", "-i", "/dev/null"], "No host of the inventory is all;"),
    ("migrate_path", {}, ["--limit", "gate"], "Leave --limit out; it names other hosts than localhost, "),
]


@pytest.mark.parametrize(("playbook", "variables", "words", "says"), ON_NO_HOST)
def test_playbooks_on_no_host(
    ansible: Ansible, hosts: Hosts, playbook: str, variables: dict[str, t.Any], words: list[str], says: str
) -> None:
    known = [] if "-i" in words else ["-i", hosts.inventory]
    ended = play(ansible, playbook, {"jsync_src": "/absent", "jsync_dest": "/absent", **variables}, *known, *words)
    assert ended.code != 0 and says in " ".join(ended.output.split()), ended.output


@pytest.mark.parametrize(
    ("pattern", "known"), [("localhost", ()), ("127.0.0.1", ()), ("::1", ()), (["localhost"], ("-i", "localhost,"))]
)
def test_check_of_the_controller(ansible: Ansible, pattern: str | list[str], known: tuple[str, ...]) -> None:
    """It need not be in the inventory."""
    place = Place(ansible, "controller %s" % pattern)
    variables: dict[str, t.Any] = {"jsync_src": place.source + "/", "jsync_dest": place.path("copy\nof it")}
    variables["jsync_hosts"] = pattern
    ended = play(ansible, "check", variables, *known, "-c", "local")
    assert ended.code == 0 and ended.output.count("copy\\\\#012of it: would copy") == 1, ended.output


def test_what_is_foretold_is_done(ansible: Ansible) -> None:
    """--check and --diff say it before, --diff says it with the run, to the line and to the figures of the summary."""
    place = Place(ansible, "foretold")
    for name in ("copy/a/file0", "copy/extraneous/file"):
        place.text(name, "of another day")
    variables = {"jsync_src": place.source + "/", "jsync_dest": place.path("copy"), "jsync_delete": True}
    here = ("-i", "localhost,", "-c", "local", "--diff")
    before = snapshot.snapshot(place.path("copy"))
    foretold = play(ansible, "sync", variables, *here, "--check")
    assert foretold.code == 0 and "changed=1 " in foretold.output, foretold.output
    assert not snapshot.differences(before, snapshot.snapshot(place.path("copy")))
    done = play(ansible, "sync", variables, *here)
    assert done.code == 0 and "changed=1 " in done.output, done.output
    place.same("src", "copy")
    said = [itemized(ended.output) for ended in (foretold, done)]
    assert said[0] == said[1]
    assert {line for line in said[0] if line.startswith("*deleting")} == {
        "*deleting   extraneous/",
        "*deleting   extraneous/file",
    }
    counted = r"[\d,]+ files?, [\d.]+ (?:[kM]B|Bytes?)|[\d,]+ deleted"
    figures = [re.findall(counted, ended.output) for ended in (foretold, done)]
    assert figures[0] == figures[1] and len(figures[0]) == 2, figures
    for words in (here, (*here, "--check")):
        again = play(ansible, "sync", variables, *words)
        assert again.code == 0 and "changed=0 " in again.output and not itemized(again.output), again.output
    ansible.check_clean()


def test_summary_of_other_changes(ansible: Ansible) -> None:
    """What is neither copied nor deleted is not passed over in silence."""
    place = Place(ansible, "other changes")
    variables = {"jsync_src": place.source + "/", "jsync_dest": place.path("copy")}
    here = ("-i", "localhost,", "-c", "local")
    assert "and other changes" not in play(ansible, "sync", variables, *here).output
    os.chmod(place.path("copy", "z", "file0"), 0o640)
    for playbook, says in (("check", True), ("sync", True), ("sync", False)):
        ended = play(ansible, playbook, variables, *here)
        assert ended.code == 0 and " 0 files, " in ended.output, ended.output
        assert ("0 deleted, and other changes" in ended.output) == says, ended.output


def test_summary_of_a_look_that_fails(ansible: Ansible, hosts: Hosts) -> None:
    """Nothing was copied, whatever else went wrong."""
    place = Place(ansible, "failing look")
    variables = {"jsync_hosts": "web", "jsync_src_host": "db", "jsync_dest": place.path("copy")}
    ended = play(ansible, "check", {**variables, "jsync_src": [place.source, "/absent"]}, "-i", hosts.inventory)
    assert ended.code != 0 and not os.path.exists(place.path("copy"))
    assert re.search(r"would copy [1-9]\d* files?, .*, 0 deleted, 1 would not arrive", ended.output), ended.output


def itemized(output: str) -> list[str]:
    """What a diff lists."""
    return sorted(line for line in output.splitlines() if ITEMIZED.fullmatch(line))


def move(ansible: Ansible, hosts: Hosts, place: Place, *words: str, **further: t.Any) -> Ended:
    """Move the source of a place from one host to another."""
    variables = {
        "migrate_old": "db",
        "migrate_new": "web",
        "migrate_path": place.source + "/",
        "migrate_dest": place.path("new") + "/",
        "here": place.here,
        **further,
    }
    return play(ansible, "migrate_path", variables, "-i", hosts.inventory, *words)


def migrate(ansible: Ansible, hosts: Hosts, place: Place, **further: str) -> Ended:
    """Move a path that is in use from one host to another."""
    live = place.path("live")
    os.makedirs(live, exist_ok=True)
    argv = [sys.executable, "-c", WRITER, live, place.here]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == b"writes\n"
        try:
            given = {
                "migrate_path": live + "/",
                "migrate_stop": os.path.join(MIGRATION, "stop.yml"),
                "migrate_passes": 2,
                "migrate_left": 0,
                **further,
            }
            return move(ansible, hosts, place, **given)
        finally:
            writer.kill()


def test_migration_of_a_path_in_use(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "migration")
    ended = migrate(ansible, hosts, place, migrate_start=os.path.join(MIGRATION, "start.yml"))
    assert ended.code == 0, ended.output
    assert "was out of use for " in ended.output
    for name in ("new", "as started"):
        assert not snapshot.differences(snapshot.snapshot(place.path("live")), snapshot.snapshot(place.path(name)))
    ansible.check_clean()


# Which hook does what, why the path has not moved, and whether the old host can go back.
FAILING = [
    ({"start": "fail"}, "it does not start", True),
    ({"start": "lose"}, "web could not be reached", True),
    ({"stop": "fail"}, "migrate_stop has failed: it does not start", True),
    ({"stop": "lose"}, "db could not be reached", False),
]


@in_one
@pytest.mark.parametrize(("hooks", "why", "returns"), FAILING)
def test_migration_that_goes_back(
    ansible: Ansible, hosts: Hosts, hooks: dict[str, str], why: str, returns: bool
) -> None:
    place = Place(ansible, "no migration, %s" % hooks)
    given = {f"migrate_{key}": os.path.join(MIGRATION, name + ".yml") for key, name in hooks.items()}
    ended = migrate(ansible, hosts, place, migrate_rollback=os.path.join(MIGRATION, "rollback.yml"), **given)
    assert ended.code != 0
    then = "migrate_rollback was run." if returns else "db could not be reached to run migrate_rollback:"
    assert f"has not moved: {why}. {then}" in " ".join(ended.output.split()), ended.output
    assert os.path.exists(place.path("rolled back")) == returns
    assert os.path.exists(place.path("stopped")) == ("start" in hooks)
    ansible.check_clean()


# Hooks of two migrations in one run, and what is said of the second one.
AFTER_ANOTHER: list[tuple[dict[str, str], dict[str, str], str]] = [
    ({}, {"stop": "fail"}, "a/ has not moved: migrate_stop has failed: it does not start."),
    ({"start": "fail"}, {}, "web in it; a host that has failed before in this run of Ansible takes no part any more."),
]


@in_one
@pytest.mark.parametrize(("first", "second", "says"), AFTER_ANOTHER)
def test_migration_after_another(
    ansible: Ansible, hosts: Hosts, first: dict[str, str], second: dict[str, str], says: str
) -> None:
    """What the first one has left does not count: the second one copies and starts nothing that has not stopped."""
    place = Place(ansible, "after another %s" % first)
    migrations = []
    for name, hooks in (("z", first), ("a", {**second, "start": "start"})):
        given = {f"migrate_{key}": os.path.join(MIGRATION, hook + ".yml") for key, hook in hooks.items()}
        given.update(migrate_old="db", migrate_new="web", migrate_path=place.path("src", name) + "/")
        given["migrate_dest"] = place.path("new " + name) + "/"
        migrations.append({"import_playbook": "vgreb.jsync.migrate_path", "vars": given})
    variables = json.dumps({"here": place.here, "ansible_python_interpreter": ansible.python})
    playbook = place.text("two.json", json.dumps(migrations))
    ended = ansible.run("ansible-playbook", "-i", hosts.inventory, "-e", variables, playbook)
    assert ended.code != 0 and says in " ".join(ended.output.split()), ended.output
    assert os.path.exists(place.path("new z"))
    assert not os.path.exists(place.path("as started"))
    ansible.check_clean()


@in_one
def test_migration_without_a_copy(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "no copy")
    ended = move(ansible, hosts, place, "--skip-tags", "sync", migrate_passes=1)
    says = "is still in use on db: nothing was copied; run migrate_path without --skip-tags sync."
    assert ended.code != 0 and says in " ".join(ended.output.split()), ended.output
    assert "was out of use" not in ended.output
    ansible.check_clean()


@in_one
def test_migration_with_tags_of_the_role(ansible: Ansible, hosts: Hosts) -> None:
    """It would do nothing, and end well."""
    place = Place(ansible, "tags of a migration")
    ended = move(ansible, hosts, place, "--tags", "sync,report")
    assert ended.code != 0 and "Leave --tags out; only as a whole" in " ".join(ended.output.split()), ended.output


@in_one
def test_migration_of_a_path_that_is_unmounted(ansible: Ansible, hosts: Hosts) -> None:
    """Nothing is started on a copy of nothing."""
    place = Place(ansible, "unmounted")
    stop, start = (os.path.join(MIGRATION, name) for name in ("empty.yml", "start.yml"))
    ended = move(ansible, hosts, place, migrate_stop=stop, migrate_start=start)
    assert ended.code != 0
    assert "is empty on db since migrate_stop has run;" in " ".join(ended.output.split()), ended.output
    assert not os.path.exists(place.path("as started"))
    ansible.check_clean()


@in_one
def test_migration_of_a_path_that_is_not_mounted(ansible: Ansible, hosts: Hosts) -> None:
    """What the new host has there is not deleted for nothing, and nothing is stopped."""
    place = Place(ansible, "not mounted")
    place.text("new/file", "moved before")
    os.mkdir(place.path("empty"))
    stop = os.path.join(MIGRATION, "stop.yml")
    ended = move(ansible, hosts, place, migrate_path=place.path("empty") + "/", migrate_stop=stop)
    assert os.listdir(place.path("new")) == ["file"], ended.output
    says = "is still in use on db: {}/ is empty on db, and all that web has there would be deleted;"
    assert ended.code != 0 and says.format(place.path("empty")) in " ".join(ended.output.split()), ended.output
    assert not os.path.exists(place.path("stopped"))
    ansible.check_clean()


@in_one
def test_migration_to_a_host_that_is_full(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "no room")
    place.text("live/large", "x" * 1_000_000)
    with small_place(place.here) as small:
        if not small:
            pytest.skip("nothing can be mounted here")
        ended = migrate(ansible, hosts, place, migrate_dest=small + "/new/")
    assert ended.code != 0
    said = " ".join(ended.output.split())
    assert "has not moved, and is still in use on db: the destination is full: No space left" in said, ended.output
    assert not os.path.exists(place.path("stopped"))
    ansible.check_clean()


@in_one
@pytest.mark.parametrize(
    ("path", "dest"),
    [("src/", "src/"), ("src", ""), ("src/.", "src/."), ("src/a", "src/"), ("src/z", "src/")],
    ids=["content", "directory", "dot", "directory in it", "file"],
)
def test_migration_to_the_same_place(ansible: Ansible, hosts: Hosts, path: str, dest: str) -> None:
    """The hosts have their files in common: the copy is where it belongs when nothing has changed."""
    place = Place(ansible, "same place " + path.replace("/", "-"))
    before = snapshot.snapshot(place.here)
    given = {"migrate_old": "db", "migrate_new": "web", "migrate_path": place.path(path)}
    ended = play(ansible, "migrate_path", given, "-i", hosts.inventory)
    assert ended.code == 0 and "was out of use for " in ended.output, ended.output
    ends = f"{place.path(path)} to {place.path(dest)}: 0 files, "
    assert ended.output.count(json.dumps(ends)[1:-1]) == 2, ended.output
    assert not snapshot.differences(before, snapshot.snapshot(place.here))
    ansible.check_clean()


@in_one
def test_migration_that_is_only_looked_at(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "migration to come")
    variables = {"migrate_old": "db", "migrate_new": "web", "migrate_path": place.source + "/"}
    variables["migrate_dest"] = place.path("new")
    known = variables_of(place, {"db": {"jsync_items": [{"src": "/absent"}]}})
    ended = play(ansible, "migrate_path", variables, "-i", hosts.inventory, "-i", known, "--check")
    assert ended.code == 0 and ended.output.count("would copy") == 2, ended.output
    assert "/ would move" in ended.output and "was out of use for" not in ended.output
    assert not os.path.exists(place.path("new"))


@in_one
def test_migration_that_is_only_looked_at_before_rsync_is_there(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "migration without rsync")
    path, absent = without(place.path("bin"), "rsync"), place.path("absent")
    words = 'PATH="%s" INSTALLED="%s" exec %s "$@"' % (path, absent, ansible.python)
    python = place.text("python", "#!/bin/sh\n%s\n" % words, mode=0o755)
    library = os.path.join(TARGETS, "role_sync", "library")
    ended = move(ansible._replace(python=python), hosts, place, "-M", library, "--check")
    assert ended.code == 0 and "rsync would be installed first on web, db" in ended.output, ended.output
    assert "/ would move" in ended.output


# Variables, and what is said of them.
NO_MIGRATION: list[tuple[dict[str, t.Any], str]] = [
    ({"migrate_new": "nobody"}, "migrate_old is db, migrate_new nobody, and"),
    ({"migrate_stopp": "stop.yml"}, "has no variable migrate_stopp; it has migrate_old,"),
    ({"jsync_delete": True}, "Leave jsync_delete out: migrate_path says what is moved"),
    (
        {
            "jsync_options": {"delete": True, "nice": 19, "src_host": "db"},
            "jsync_rsync_opts": ["--delete-after", "--delay-updates"],
        },
        "Leave --delete-after, jsync_options.delete, jsync_options.src_host out:",
    ),
    ({"migrate_passes": "few"}, "migrate_passes is few: give a whole number of passes, 1 or more."),
    ({"migrate_passes": 0}, "migrate_passes is 0: give a whole number of passes, 1 or more."),
    ({"migrate_stop": "absent.yml"}, "migrate_stop is absent.yml, which is no file in"),
]


@pytest.mark.parametrize(("variables", "says"), NO_MIGRATION)
def test_migration_with_wrong_variables(ansible: Ansible, hosts: Hosts, variables: dict[str, t.Any], says: str) -> None:
    given = {"migrate_old": "db", "migrate_new": "web", "migrate_path": "/absent/", **variables}
    ended = play(ansible, "migrate_path", given, "-i", hosts.inventory)
    assert ended.code != 0
    assert says in " ".join(ended.output.split()), ended.output
    assert "Copy" not in ended.output


@in_one
def test_migration_with_variables_of_the_new_host(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, "migration of items")
    place.text("kept/file", "of another tree")
    items = [{"src": place.source + "/", "dest": place.path("kept") + "/"}]
    given = {"migrate_old": "db", "migrate_new": "web", "migrate_path": "/absent/"}
    known = variables_of(place, {"web": {"jsync_items": items}})
    ended = play(ansible, "migrate_path", given, "-i", hosts.inventory, "-i", known)
    assert ended.code != 0
    assert "Leave jsync_items out: migrate_path says what is moved" in " ".join(ended.output.split()), ended.output
    assert os.listdir(place.path("kept")) == ["file"]


def variables_of(place: Place, rows: dict[str, dict[str, t.Any]]) -> str:
    """An inventory that gives hosts of another one further variables."""
    return place.text("further.json", json.dumps({"all": {"hosts": rows}}))
