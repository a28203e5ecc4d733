# Copyright (c) 2026, the vgreb.jsync authors
# MIT License (see LICENSE or https://opensource.org/licenses/MIT)
# SPDX-License-Identifier: MIT

"""Trees and command lines that nobody thought of. ``make fidelity-long`` looks for as long as it is told."""

from __future__ import annotations

import os
import tempfile
import time

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fidelity.conftest import Bench
from tests.support import generated

EXAMPLES = 60
SECONDS = float(os.environ.get("JSYNC_FIDELITY_SECONDS", "0"))


def compare(source: generated.Tree, dest: generated.Tree, reference: generated.Tree, words: str) -> None:
    """Hold the module against rsync; what it deletes after an error it is told to delete."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="jsync-generated-") as folder:
        os.chmod(folder, 0o777)
        bench = Bench(folder, folder)

        def build(source_top: str, dest_top: str) -> None:
            generated.build(source_top, source)
            generated.build(dest_top, dest)
            generated.build(os.path.join(os.path.dirname(source_top), "ref"), reference)

        bench.prepare_trees(build)
        try:
            bench.compare_words("-a --ignore-errors " + words)
        finally:
            os.chdir(here)


GIVEN = given(generated.TREES, generated.TREES, generated.TREES, generated.COMMAND_LINES)
COMMON = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True)


def test_generated() -> None:
    """The same examples each time."""
    settings(COMMON, max_examples=EXAMPLES, derandomize=True)(GIVEN(compare))()


@pytest.mark.skipif(not SECONDS, reason="make fidelity-long runs it")
def test_generated_for_long() -> None:
    """Other examples each time, for JSYNC_FIDELITY_SECONDS."""
    end = time.monotonic() + SECONDS
    start = int(time.time())
    while time.monotonic() < end:
        start += 1
        print("seed", start, flush=True)
        seed(start)(settings(COMMON, max_examples=100, phases=[Phase.generate, Phase.shrink])(GIVEN(compare)))()
