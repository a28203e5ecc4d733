# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.module_utils._options import argument_spec, build_request
from ansible_collections.vgreb.jsync.plugins.plugin_utils._endpoint import (
    Far,
    address,
    become_words,
    connect,
    has_rsh,
    reach,
    refuse_connection,
)

PLAIN = {
    "host": "web.example.com",
    "port": None,
    "remote_user": None,
    "private_key_file": None,
    "ssh_args": "",
    "ssh_common_args": "",
    "ssh_extra_args": None,
    "host_key_checking": True,
}
DEFAULTS = {name: entry.get("default") for name, entry in argument_spec().items()}

# Options of the ssh connection plugin, and how the host is reached.
REACHED: list[tuple[dict[str, t.Any], Far]] = [
    ({}, Far("web", "web.example.com")),
    ({"host": "::1", "port": 2222, "remote_user": "al"}, Far("web", "::1", "al", 2222)),
    ({"private_key_file": "/k/a key"}, Far("web", "web.example.com", private_key="/k/a key")),
    (
        {"ssh_args": "-F /c", "ssh_common_args": "-J gate", "ssh_extra_args": '-o "A=b c"', "host_key_checking": False},
        Far(
            "web",
            "web.example.com",
            ssh_args=("-o", "StrictHostKeyChecking=no", "-F", "/c", "-J", "gate", "-o", "A=b c"),
        ),
    ),
]


@pytest.mark.parametrize(("options", "far"), REACHED)
def test_reach(options: dict[str, t.Any], far: Far) -> None:
    assert reach("web", {**PLAIN, **options}) == far


def test_reach_says_which_argument_is_broken() -> None:
    with pytest.raises(RequestError, match="ssh_common_args of web is '-o \"': no closing quotation"):
        reach("web", {**PLAIN, "ssh_common_args": '-o "'})


# The method, options of its plugin, and what runs rsync.
BECOMES: list[tuple[str, dict[str, t.Any], tuple[str, ...]]] = [
    ("sudo", {"become_flags": "-H -S -n"}, ("sudo", "-n", "-H", "-u", "root")),
    ("sudo", {"become_user": "al", "become_exe": "/opt/sudo"}, ("/opt/sudo", "-n", "-u", "al")),
    ("ansible.builtin.sudo", {"become_user": "al"}, ("sudo", "-n", "-u", "al")),
    ("doas", {"become_user": "al"}, ("doas", "-n", "-u", "al")),
    ("community.general.doas", {"become_flags": "-C /c"}, ("doas", "-n", "-C", "/c", "-u", "root")),
]


@pytest.mark.parametrize(("method", "options", "words"), BECOMES)
def test_become(method: str, options: dict[str, t.Any], words: tuple[str, ...]) -> None:
    nothing = dict.fromkeys(("become_user", "become_exe", "become_flags"))
    assert become_words("web", method, {**nothing, **options}) == words


def test_become_says_which_flags_are_broken() -> None:
    with pytest.raises(RequestError, match="become_flags of web is '\"': no closing quotation"):
        become_words("web", "sudo", {"become_flags": '"'})


def test_become_by_another_method_is_refused() -> None:
    with pytest.raises(RequestError, match=r"become_method of web is 'su'.*use sudo or doas"):
        become_words("web", "su", {})


# Host, user and path, and how rsync takes them.
ADDRESSES = [
    (Far("w", "web"), "/a b", "web:/a b"),
    (Far("w", "web", "al"), "relative", "al@web:relative"),
    (Far("w", "web", "al"), "~/x:y", "al@web:~/x:y"),
    (Far("w", "::1"), "/a", "[::1]:/a"),
    (Far("w", "fe80::1%eth0", "al"), "/a", "al@[fe80::1%eth0]:/a"),
    (Far("w", "10.0.0.1", "al@example.com"), "/a", "al@example.com@10.0.0.1:/a"),
    (Far("w", "web", "al b'\"$(id)"), "/a", "al b'\"$(id)@web:/a"),
]


@pytest.mark.parametrize(("far", "path", "text"), ADDRESSES)
def test_address(far: Far, path: str, text: str) -> None:
    assert address(far, path) == text
    (end,) = build_request({**DEFAULTS, "src": text, "dest": "/new"}).sources
    assert (end.user, end.host, end.path) == (far.user, far.host, path)


@pytest.mark.parametrize(
    ("far", "path"),
    [
        (Far("w", "web", "a/b"), "/a"),
        (Far("w", "web", "a:b"), "/a"),
        (Far("w", "we/b"), "/a"),
        (Far("w", "[web"), "/a"),
        (Far("w", "web"), ":module"),
    ],
)
def test_an_address_that_means_another_place_is_refused(far: Far, path: str) -> None:
    with pytest.raises(RequestError, match=r"^w is reached as .* which rsync takes for another place"):
        address(far, path)


FAR = Far("w", "web", "al", 2222, "/k/a key", ("-o", "A=b c"), ("sudo", "-n", "-u", "bo"))

# Arguments of the task, whether rsync runs on the controller, and those that are added or changed.
CONNECTED: list[tuple[dict[str, t.Any], bool, dict[str, t.Any]]] = [
    (
        {},
        True,
        {
            "port": 2222,
            "private_key": "/k/a key",
            "ssh_args": "-o 'A=b c'",
            "remote_rsync_path": ["sudo", "-n", "-u", "bo", "rsync"],
        },
    ),
    (
        {"port": 22, "private_key": "/mine", "ssh_args": "-4 -o 'B=c d'", "remote_rsync_path": "/opt/my rsync"},
        True,
        {"ssh_args": "-4 -o 'B=c d' -o 'A=b c'", "remote_rsync_path": ["sudo", "-n", "-u", "bo", "/opt/my rsync"]},
    ),
    (
        {"remote_rsync_path": ["nice", "rsync"]},
        False,
        {
            "port": 2222,
            "ssh_args": "-o 'IdentityFile=\"/k/a key\"' -o 'A=b c'",
            "remote_rsync_path": ["sudo", "-n", "-u", "bo", "nice", "rsync"],
        },
    ),
    ({"rsh": "ssh -x"}, True, {"remote_rsync_path": ["sudo", "-n", "-u", "bo", "rsync"]}),
    ({"rsync_opts": ["-essh -x"]}, True, {"remote_rsync_path": ["sudo", "-n", "-u", "bo", "rsync"]}),
]


@pytest.mark.parametrize(("args", "from_controller", "added"), CONNECTED)
def test_connect(args: dict[str, t.Any], from_controller: bool, added: dict[str, t.Any]) -> None:
    before = dict(args)
    assert connect(args, FAR, from_controller=from_controller) == {**args, **added}
    assert args == before


def test_connect_leaves_alone_what_ssh_decides() -> None:
    assert connect({"src": "/a"}, Far("w", "web"), from_controller=True) == {"src": "/a"}


def test_connect_says_what_is_broken() -> None:
    with pytest.raises(RequestError, match=r"^ssh_args is '\"': no closing quotation"):
        connect({"ssh_args": '"'}, FAR, from_controller=True)


def test_has_rsh() -> None:
    assert has_rsh({"rsync_opts": ["-z", "--rsh", "ssh"]}) and has_rsh({"rsh": "ssh"})
    assert not has_rsh({"rsync_opts": ["--exclude", "--rsh=ssh"]})


@pytest.mark.parametrize(
    ("connection", "says"),
    [
        ("winrm", "use ansible.windows.win_copy"),
        ("ansible.netcommon.network_cli", "use ansible.netcommon.net_put"),
        ("paramiko_ssh", "set ansible_connection=ssh for it$"),
        ("community.docker.docker", "run rsync on it with mode=target"),
        ("containers.podman.podman", "run rsync on it with mode=target"),
    ],
)
def test_another_connection_is_refused(connection: str, says: str) -> None:
    with pytest.raises(RequestError, match=f"^w is reached over '{connection}', and rsync goes over ssh: .*{says}"):
        refuse_connection("w", connection)
