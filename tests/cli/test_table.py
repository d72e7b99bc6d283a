"""What was passed over is counted in words, for one and for several."""

from __future__ import annotations

import pytest

from safelight.batch.events import Item, Summary
from safelight.cli import table


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        ("link-outside", 1, "1 link out of the folder not followed"),
        ("link-outside", 2, "2 links out of the folder not followed"),
        ("own-output", 1, "1 already a result of this run's inputs"),
        ("own-output", 3, "3 already results of this run's inputs"),
        ("verified", 2, "2 already done"),
    ],
)
def test_passed_over(code: str, number: int, words: str) -> None:
    items = [Item(index, f"{index}.jpg", "skipped", code=code) for index in range(1, number + 1)]
    summary = Summary(done=0, skipped=number, refused=0, failed=0)
    heading = table.lines(items, summary, ("scrub",))[0]
    assert heading.endswith(f" · {words}")
