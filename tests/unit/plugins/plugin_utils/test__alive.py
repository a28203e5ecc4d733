# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Whether a job runs, on a clock of the test's own; test__follow.py has the rest with a real shell."""

from __future__ import annotations

import pytest
from ansible_collections.vgreb.jsync.plugins.plugin_utils._alive import Alive

SILENT = (
    "the run on the target host has given no sign of life for 180 s: it was killed, or stopped by a signal; run the "
    "task again, which first ends what a killed run has left"
)


def said(beat: int) -> dict[str, str]:
    return {"boot": "1", "directory": f"beat-{beat}"}


def test_silence_is_borne_for_a_lease() -> None:
    alive = Alive(180, 0.0)
    assert [alive.doubt(said(7), now) for now in range(2, 182, 2)] == [None] * 90
    assert alive.doubt(said(7), 182.0) == SILENT


def test_any_beat_will_do() -> None:
    """They are seen as rarely as the host is asked; a slow run has all the time that it takes."""
    alive = Alive(180, 0.0)
    assert not any(alive.doubt(said(now // 170), now) for now in range(0, 100_000, 2))


@pytest.mark.parametrize("lease", [1, 180, 100_000])
def test_time_without_answers_does_not_count(lease: int) -> None:
    """A host that was suspended for hours has had no time to beat."""
    alive = Alive(lease, 0.0)
    assert alive.doubt(said(1), 1.0) is None
    assert alive.doubt(said(1), 1.0 + 9 * lease) is None
    assert alive.doubt(said(2), 1.0 + 99 * lease) is None


@pytest.mark.parametrize(("lease", "late"), [(180, 189.0), (8, 69.0)])
def test_a_job_may_begin_late(lease: int, late: float) -> None:
    alive = Alive(lease, 0.0)
    assert not any(alive.doubt({"boot": "1"}, now) for now in (10.0, late))
    assert alive.doubt(said(0), late + 1) is None
