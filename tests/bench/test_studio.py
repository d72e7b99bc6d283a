"""The Studio's measurement: its limits are the build's, and it counts and sums as it says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bench import studio
from bench.watch import Sample
from safelight.studio import files
from tests.server.studios import write


class Words:
    """A frame that shows these words and nothing else."""

    def __init__(self, words: str) -> None:
        self.words = words

    def locator(self, _selector: str) -> Words:
        return self

    def inner_text(self) -> str:
        return self.words


def held(level: int, leak: int) -> list[Sample]:
    return [Sample(done, level + leak * done) for done in range(studio.FILES + 1)]


def test_the_limits_are_those_that_the_build_is_held_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = files.load(write(tmp_path))
    monkeypatch.setattr(files, "load", lambda: small)
    budget = studio.limits_kb()
    assert set(budget) == {"first_script_bytes", "whole_bytes"}
    first, whole = studio.loaded().goals
    assert (first.wanted, whole.wanted) == (budget["first_script_bytes"], budget["whole_bytes"])
    entries = small.manifest.files
    assert first.measured == entries["main-abc.js"].size / 1e3
    assert whole.measured == sum(one.size for one in entries.values()) / 1e3


def test_a_leak_is_seen_and_a_level_is_none() -> None:
    early, late, slope = studio.figures(held(100_000_000, 0))
    assert (early, late) == (100_000_000, 100_000_000)
    assert slope == pytest.approx(0)
    early, late, slope = studio.figures(held(100_000_000, studio.LEAK_BYTES))
    assert slope == pytest.approx(studio.LEAK_BYTES)
    assert late / early > studio.MOST_GROWTH


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("7 of 50 files done", 7), ("50 files are done", 50), ("1 file is done", 1),
        ("Start with 50 files", 0),
    ],
)  # fmt: skip
def test_progress_is_read_from_what_is_shown(words: str, done: int) -> None:
    frame: Any = Words(words)
    assert studio.progress(frame) == done


def test_this_process_renders_no_page() -> None:
    assert not studio.is_renderer(os.getpid())
    assert not studio.is_renderer(2**22 + 1)
