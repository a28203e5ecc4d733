# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Tasks written for another module, and what its users have complained about."""

from __future__ import annotations

import os

from tests.integration.hosts import ASKING, Hosts, other_user
from tests.integration.runner import Ansible
from tests.integration.test_progress import read_log
from tests.integration.test_targets import ITEMIZED, Place
from tests.support import servers

TARGET = "module_synchronize"
KEYS = {"msg", "rc", "cmd", "stdout_lines", "changed", "failed"}


def test_synchronize(ansible: Ansible, hosts: Hosts) -> None:
    place = Place(ansible, TARGET)
    place.text("sudo", ASKING, 0o755)
    place.open_to_all()
    place.text("src/two words", "left out")
    place.text("src/ruled out", "by a rule in the tree")
    place.text("src/.rsync-filter", "- /ruled out\n")
    for number in range(1100):
        place.text("many/file%d" % number, "")
    for name in ("part/fine", "part/dir", "in the way/dir/file"):
        place.text(name, "x")
    variables = {"hosts": "web", "here": place.here, "src": place.source, "many": place.path("many")}
    variables["unknown_keys"] = "-F none -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null"
    variables["other_user"] = other = other_user()
    results, _output = ansible.target(TARGET, variables, "--inventory", hosts.inventory)

    for name in ("checked", "pushed", "again", "pulled", "of db", "many", "in part", "behind"):
        assert KEYS - {"failed"} <= set(results[name]), name
    checked, pushed = results["checked"], results["pushed"]
    assert "diff" in checked and "diff" not in pushed
    assert set(checked["stdout_lines"]) - set(pushed["stdout_lines"]) == {"<f+++++++++ two words"}
    assert pushed["msg"].splitlines() == pushed["stdout_lines"]
    assert all(ITEMIZED.fullmatch(line) for line in pushed["stdout_lines"])
    assert pushed["rc"] == 0 and pushed["changed"] and not results["again"]["changed"]
    assert results["again"]["stdout_lines"] == []
    assert "%s@%s:/" % (servers.user_name(), hosts.addresses["web"]) in results["again"]["cmd"]

    # Paths with spaces, and all that is in the tree but for what rules and options leave out.
    left_out = [place.path("src", name) for name in ("two words", "ruled out")]
    assert not os.path.exists(place.path("pushed", "two words")) and not os.path.exists(place.path("pushed/ruled out"))
    for path in left_out:
        os.unlink(path)
    place.same("pushed", "pulled")
    for name in ("behind/a", "of db/there/a"):
        place.same("src/a", name)

    # No forced --delay-updates, and no rules in files where nobody wants them.
    assert "--delay-updates" not in pushed["cmd"] and pushed["one_process"] == []
    assert ".rsync-filter" in pushed["cmd"] and ".rsync-filter" not in results["pulled"]["cmd"]

    # The list can be silenced, and errors stay.
    assert results["pulled"]["stdout_lines"] == [] and results["pulled"]["msg"].startswith("transferred ")
    in_part = results["in part"]
    assert in_part["failed"] and in_part["rc"] == 23 and in_part["stdout_lines"] == []
    assert [row["path"] for row in in_part["failures"]] == ["dir"] and os.path.exists(place.path("in the way/fine"))

    # Many files need no memory in the result.
    assert len(results["many"]["stdout_lines"]) == 1001 and results["many"]["stdout_lines"][-1] == "... and 101 more"

    # Where it is shows while it runs.
    ((*_earlier, last),) = read_log(place.path("log"))
    assert (last["host"], last["percent"]) == ("web", 100)

    # Host keys are checked, without a question that nobody answers.
    refused, taken = results["strangers"]
    assert refused["failed"] and "the host key of 127.0.0.5 is not known" in refused["msg"]
    assert taken["changed"] and "StrictHostKeyChecking=no" in taken["cmd"]

    # With link_dest it is changed when something was.
    assert [row["changed"] for row in results["linked"]] == [True, False]
    files = [name for name in os.listdir(place.path("src/z")) if os.path.isfile(place.path("src/z", name))]
    assert files and all(os.path.samefile(place.path("src/z", name), place.path("linked", name)) for name in files)

    # Another user at the other end, and no question for a password.
    assert not other or place.owners("open to all/hostile") == {other}
    assert "does not run rsync as another user without a password" in results["asks password"]["msg"]
    assert "archives" in results["unknown"]["msg"]
    assert results["nul"]["msg"] == "rsync_path is 'a\\x00b': no program can be given a NUL byte"
    ansible.check_clean()
