# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""What is decided before anything is connected; tests/integration/test_place.py goes to real hosts."""

from __future__ import annotations

import collections
import types
import typing as t

import pytest
from ansible.errors import AnsibleFileNotFound
from ansible_collections.vgreb.jsync.plugins.module_utils._errors import RequestError
from ansible_collections.vgreb.jsync.plugins.plugin_utils import _place
from ansible_collections.vgreb.jsync.plugins.plugin_utils._endpoint import Far
from ansible_collections.vgreb.jsync.plugins.plugin_utils._place import place, refusal

CONNECTIONS = {"web": "ssh", "db": "ssh", "localhost": "local", "box": "local"}


class Inventory:
    """Hosts without variables."""

    def __init__(self, _action: t.Any, task_vars: dict[str, t.Any]) -> None:
        self.own = task_vars["inventory_hostname"]

    def address(self, name: str) -> str:
        return name + ".example.com"

    def connection(self, name: str) -> str:
        return CONNECTIONS[name]

    def reach(self, name: str) -> Far:
        return Far(name, self.address(name), "al", private_key="/k", become=("sudo", "-n", "-u", "root"))


class Connection:
    """A connection of Ansible's."""

    def __init__(self, transport: str) -> None:
        self.transport = transport
        self.become: object = "a plugin"

    def set_become_plugin(self, plugin: object) -> None:
        self.become = plugin

    def set_options(self, var_options: dict[str, t.Any]) -> None:
        assert var_options == {}


class Action(types.SimpleNamespace):
    """An action plugin on a host, perhaps delegated."""

    def __init__(self, own: str, delegate: str | None = None, async_val: int = 0) -> None:
        context = types.SimpleNamespace(executable="/bin/fish", shell="fish", become=True)
        context.copy = lambda: types.SimpleNamespace(**vars(context))
        super().__init__(
            own=own,
            _task=types.SimpleNamespace(delegate_to=delegate, async_val=async_val),
            _connection=Connection(CONNECTIONS[delegate or own]),
            _play_context=context,
            _loader=types.SimpleNamespace(path_dwim=lambda path: "/play/" + path.rstrip("/")),
            _shared_loader_obj=types.SimpleNamespace(
                connection_loader=types.SimpleNamespace(get=lambda name, _context, _stdin: Connection(name))
            ),
        )

    def _find_needle(self, folder: str, path: str) -> str:
        if path == "absent":
            raise AnsibleFileNotFound(file_name=path)
        return f"/role/{folder}/{path}"

    def place(self, args: dict[str, t.Any], **how: t.Any) -> dict[str, t.Any]:
        known = {"inventory_hostname": self.own, "hostvars": CONNECTIONS_AS_VARS, "ansible_python_interpreter": "/far"}
        placed = place(t.cast("t.Any", self), args, known, **how)
        self.interpreter = placed.task_vars["ansible_python_interpreter"]
        return placed.args


CONNECTIONS_AS_VARS: dict[str, dict[str, t.Any]] = {
    **{name: {} for name in CONNECTIONS},
    "localhost": {"ansible_python_interpreter": "/here"},
}
REACHED = {"remote_rsync_path": ["sudo", "-n", "-u", "root", "rsync"], "private_key": "/k"}
FROM_ELSEWHERE = {**REACHED, "ssh_args": "-o 'IdentityFile=\"/k\"'"}
del FROM_ELSEWHERE["private_key"]
WEB = "al@web.example.com:"


@pytest.fixture(autouse=True)
def inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_place, "Inventory", Inventory)


# Host, delegate and options, and what the module gets.
PLACED: list[tuple[str, str | None, dict[str, t.Any], dict[str, t.Any]]] = [
    ("web", None, {"src": "a", "dest": "b:c"}, {"src": "a", "dest": "b:c"}),
    ("web", None, {"mode": "push", "src": "/a", "dest": "/b c"}, {"src": "/a", "dest": WEB + "/b c", **REACHED}),
    ("web", None, {"mode": "push", "src": "a/", "dest": "b"}, {"src": "/role/files/a/", "dest": WEB + "b", **REACHED}),
    ("web", None, {"mode": "push", "src": ["~/a", "b"], "dest": "/"},
     {"src": ["~/a", "/role/files/b"], "dest": WEB + "/", **REACHED}),
    ("web", None, {"mode": "pull", "src": ["/a", "b"], "dest": "c/"},
     {"src": [WEB + "/a", WEB + "b"], "dest": "/play/c/", **REACHED}),
    ("web", None, {"mode": "pull", "src": "rsync://h/m/", "dest": "c", "exclude_from": "list"},
     {"src": "rsync://h/m/", "dest": "/play/c", "exclude_from": "/role/files/list"}),
    ("web", None, {"mode": "pull", "src": 7, "dest": 5, "ssh_args": 3},
     {"src": WEB + "7", "dest": "/play/5", "ssh_args": "3", **REACHED}),
    ("web", "db", {"mode": "push", "src": "a", "dest": "/b"}, {"src": "a", "dest": WEB + "/b", **FROM_ELSEWHERE}),
    ("web", "localhost", {"mode": "push", "src": "/a", "dest": "/b"}, {"src": "/a", "dest": WEB + "/b", **REACHED}),
    ("web", "web", {"mode": "push", "src": "a", "dest": "b"}, {"src": "a", "dest": "b"}),
    ("box", None, {"mode": "push", "src": "a", "dest": "b"}, {"src": "/role/files/a", "dest": "b"}),
    ("db", None, {"src": "/a", "src_host": "web", "dest": "/b"}, {"src": WEB + "/a", "dest": "/b", **FROM_ELSEWHERE}),
    ("db", None, {"src": "/a", "dest": "/b", "src_host": "db", "dest_host": "web"},
     {"src": "/a", "dest": WEB + "/b", **FROM_ELSEWHERE}),
    ("box", None, {"src": "a", "src_host": "web", "dest": "b"}, {"src": WEB + "a", "dest": "b", **REACHED}),
    ("box", None, {"src": "a", "src_host": "localhost", "dest": "b"}, {"src": "a", "dest": "b"}),
]  # fmt: skip


@pytest.mark.parametrize(("own", "delegate", "options", "args"), PLACED)
def test_place(own: str, delegate: str | None, options: dict[str, t.Any], args: dict[str, t.Any]) -> None:
    action = Action(own, delegate)
    assert action.place(options) == args
    moved = own == "web" and delegate is None and "mode" in options
    assert action._connection.transport == ("local" if moved else CONNECTIONS[delegate or own])
    assert action.interpreter == ("/here" if moved else "/far")
    if moved:
        assert (action._play_context.executable, action._play_context.shell) == ("/bin/sh", None)


@pytest.mark.parametrize("delegate", ["db", "localhost"])
def test_become_is_for_the_other_end(delegate: str) -> None:
    action = Action("web", delegate)
    action.place({"mode": "push", "src": "/a", "dest": "/b"})
    assert action._connection.become is None


def test_become_stays_where_rsync_runs_when_nothing_else_is_reached() -> None:
    for action in (Action("box"), Action("web", "web")):
        action.place({"mode": "push", "src": "/a", "dest": "/b"})
        assert action._connection.become == "a plugin"


# Host, delegate and options, and what the refusal says.
REFUSED: list[tuple[str, str | None, dict[str, t.Any], str]] = [
    ("web", None, {"mode": "sideways"}, "mode is 'sideways': give target, push, pull"),
    ("web", None, {"mode": "push", "src_host": "db"}, "src_host is for mode=target: with mode=push it is the"),
    ("web", None, {"src_host": "nobody"}, "src_host is 'nobody', which is no host of the inventory"),
    ("web", None, {"src_host": "db", "dest_host": "box"}, "are both other hosts than web: delegate_to one of them"),
    (
        "web",
        None,
        {"src_host": "box"},
        "box is the controller .ansible_connection=local., which no other host can reach",
    ),
    ("box", "web", {"mode": "pull"}, "box is the controller"),
    ("web", None, {"mode": "push", "dest": "b:c"}, "dest is 'b:c', which names a host itself: give a path on web"),
    ("web", None, {"mode": "pull", "src": ""}, "src is empty: name a path"),
    (
        "web",
        None,
        {"mode": "push", "src": "absent"},
        "src is 'absent', which is not there: it is looked up as copy does",
    ),
    ("web", None, {"mode": "push", "dest": ["/b"]}, r"dest is \['/b'\]: give a text"),
    ("web", None, {"dest": {"/b": None}}, "dest is {'/b': None}: give a text"),
    ("web", None, {"src_host": ["db"]}, r"src_host is \['db'\]: give a text"),
    ("web", None, {"mode": "pull", "ssh_args": ["-v"]}, r"ssh_args is \['-v'\]: give a text"),
    ("web", None, {"src": "/\udcff"}, r"src is '/\\udcff', and Ansible can hand on nothing but UTF-8: use a link"),
    ("web", None, {"exclude": ["é", "\udcff"]}, r"exclude is '\\udcff', and Ansible can hand on nothing but UTF-8"),
    ("web", None, {"password": "\udcff"}, "password is secret, and Ansible can hand on nothing but UTF-8"),
]


@pytest.mark.parametrize(("own", "delegate", "options", "says"), REFUSED)
def test_refused(own: str, delegate: str | None, options: dict[str, t.Any], says: str) -> None:
    with pytest.raises(RequestError, match=says):
        Action(own, delegate).place({"src": "/a", "dest": "/b", **options})


def test_no_job_on_the_controller_for_another_host() -> None:
    options = {"mode": "push", "src": "/a", "dest": "/b"}
    with pytest.raises(RequestError, match="with mode=push the job is on the controller: add delegate_to: localhost"):
        Action("web", async_val=60).place(options)
    assert Action("web", "localhost", async_val=60).place(options)["dest"] == WEB + "/b"


def test_the_other_end_may_name_its_host() -> None:
    for text, dest in (("h:/b", "al@h:/b"), ("bo@h:/b", "bo@h:/b"), ("/b", WEB + "/b")):
        args = Action("web").place({"mode": "push", "src": "/a", "dest": text}, endpoints=True)
        assert args["dest"] == dest


def test_how_it_is_reached_may_be_changed() -> None:
    options = {"mode": "push", "src": "/a", "dest": "/b"}
    args = Action("web").place(options, adjust=lambda far: far._replace(user="", become=()))
    assert args == {"src": "/a", "dest": "web.example.com:/b", "private_key": "/k"}


def test_vaulted_values_are_texts() -> None:
    class Vaulted(collections.UserString):
        """As of ansible-core 2.18 and older: a sequence, and no str."""

        __ENCRYPTED__ = True

    options = {"mode": "push", "src": [Vaulted("a"), "b"], "dest": Vaulted("/b")}
    assert Action("web").place(options) == {"src": ["/role/files/a", "/role/files/b"], "dest": WEB + "/b", **REACHED}


def test_refusal_is_a_result() -> None:
    result = refusal(RequestError("this cannot be"))
    assert (result["failed"], result["msg"], result["rc"], result["stage"]) == (True, "this cannot be", 1, "request")
