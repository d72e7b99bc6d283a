"""The file-to-file table tells a gain from a loss."""

from __future__ import annotations

import pytest

from bench import resaved
from tests.ops.worn import scene


def test_the_defaults_gain_below_the_limit_and_leave_the_rest() -> None:
    table = resaved.resaved_table([scene(160, 120, 3)], "drawn (1)")
    gains = {row[0]: float(row[3]) for row in table.rows}
    assert gains["q 60"] > 0.5
    assert gains["q 75"] > 0.3
    assert gains["q 85"] == gains["q 90"] == gains["q 95"] == 0
    assert all(goal.is_met for goal in table.goals)


def test_a_loss_misses_the_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the test above."""
    worse = resaved.as_jpeg(scene(160, 120, 3), 10)
    monkeypatch.setattr(resaved, "restored", lambda _: worse)
    table = resaved.resaved_table([scene(160, 120, 3)], "drawn (1)")
    assert not any(goal.is_met for goal in table.goals)
