# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

from __future__ import annotations

import typing as t

import pytest

from tests.setup.release import disagreement

if t.TYPE_CHECKING:
    import pathlib


@pytest.mark.parametrize(
    ("tag", "entry", "fragment", "says"),
    [
        ("v1.2.3", "1.2.3", None, None),
        ("v1.2.4", "1.2.3", None, "the tag is v1.2.4 and the version in galaxy.yml is 1.2.3"),
        ("1.2.3", "1.2.3", None, "the tag is 1.2.3 and"),
        ("v1.2.3", "1.2.2", None, "has no entry for 1.2.3"),
        ("v1.2.3", "1.2.3", "7-new.yml", "has 7-new.yml, which"),
    ],
)
def test_disagreement(tmp_path: pathlib.Path, tag: str, entry: str, fragment: str | None, says: str | None) -> None:
    (tmp_path / "galaxy.yml").write_text("name: jsync\nversion: 1.2.3\n")
    (tmp_path / "changelogs" / "fragments").mkdir(parents=True)
    (tmp_path / "changelogs" / "fragments" / ".keep").touch()
    (tmp_path / "changelogs" / "changelog.yaml").write_text(f"ancestor: null\nreleases:\n  {entry}:\n    changes:\n")
    if fragment is not None:
        (tmp_path / "changelogs" / "fragments" / fragment).touch()
    found = disagreement(tag, str(tmp_path))
    assert (found is None) if says is None else (found is not None and says in found)
