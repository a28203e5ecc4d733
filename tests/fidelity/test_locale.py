# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Paths are bytes: a target whose locale cannot write them gets the same tree."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import typing as t

import pytest

from tests.support import engine, servers, snapshot, trees

if t.TYPE_CHECKING:
    import pathlib

NAMES = ["\u00e9".encode(), b"\xe9", b"plain"]


def ascii_locale(_folder: str) -> dict[str, str]:
    """Names that are no ASCII cannot be written."""
    return {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def latin_locale(folder: str) -> dict[str, str]:
    """The same text is other bytes."""
    words = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", os.path.join(folder, "en_US.ISO-8859-1")]
    if shutil.which(words[0]) is None or subprocess.run(words, check=False).returncode:
        pytest.skip("the system can make no locale")
    return {"LC_ALL": "en_US.ISO-8859-1", "LOCPATH": folder}


@pytest.mark.parametrize("way", ["local", "push", "pull"])
@pytest.mark.parametrize("locale", [ascii_locale, latin_locale], ids=["ASCII", "ISO 8859-1"])
def test_a_locale_that_is_not_utf_8(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, locale: t.Callable[[str], dict[str, str]], way: str
) -> None:
    """Names that are no ASCII at both ends, in the home directory, at the top of the tree and below."""
    home = str(tmp_path / "\u00e9")
    source, dest, plain = (os.path.join(home, name) for name in ("s\u00e9", "d\u00e9", "pl\u00e9"))
    for number in range(40):
        for name in NAMES:
            trees.write(os.path.join(source.encode(), b"%s%d" % (name, number)), name)
            trees.write(os.path.join(source.encode(), name, b"%s%d" % (name, number)), name)
    for path in (dest, plain):
        trees.write(os.path.join(path.encode(), NAMES[1], b"extraneous \xe9"), b"must go")
    subprocess.run(["rsync", "-a", "--delete", source + "/", plain], check=True)

    for variable, value in {**locale(str(tmp_path)), "HOME": home}.items():
        monkeypatch.setenv(variable, value)
    params: dict[str, t.Any] = {"src": "~/s\u00e9/", "dest": "~/d\u00e9", "delete": True}
    params["follow"] = str(tmp_path / "follow")
    with contextlib.ExitStack() as stack:
        if way != "local":
            ssh = stack.enter_context(servers.sshd(str(tmp_path)))
            end, path = ("dest", dest) if way == "push" else ("src", source + "/")
            params.update(ssh.options(), **{end: "%s:%s" % (ssh.host, path)})
        result = engine.Started(params, str(tmp_path)).result()
    assert (result["failed"], result["stats"]["files"], result["stats"]["deletions"]) == (False, 240, 1), result
    assert not snapshot.differences(snapshot.snapshot(plain), snapshot.snapshot(dest))
