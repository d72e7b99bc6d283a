"""The time of change of an output: of the work, of the input, or the same for all."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from safelight import Engine, Recipe
from safelight.engine.output import NO_TIME_NS
from safelight.settings import Settings
from tests.codecs.making import jpeg

LONG_AGO_NS = 1_000_000_000 * 10**9


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("file_time", ["now", "input", "none"])
def test_an_output_gets_the_time_that_was_asked_for(
    tmp_path: Path, file_time: str, in_place: bool
) -> None:
    source = tmp_path / "photo.jpg"
    source.write_bytes(jpeg())
    os.utime(source, ns=(LONG_AGO_NS, LONG_AGO_NS))
    settings = replace(Settings(), file_time=file_time, state_dir=tmp_path / "state")
    target = source if in_place else tmp_path / "out.jpg"
    before_ns = time.time_ns()
    with Engine(settings, jobs=1) as engine:
        engine.run(source, Recipe.from_steps([{"op": "scrub"}]), output=target, in_place=in_place)
    changed_ns = target.stat().st_mtime_ns
    if file_time == "now":
        # File systems keep times more coarsely than the clock tells them.
        assert changed_ns > before_ns - 10**9
    else:
        assert changed_ns == {"input": LONG_AGO_NS, "none": NO_TIME_NS}[file_time]
