"""A goal is met or missed by the figure itself, and a table says so."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import pytest

from bench.tables import Goal, Spread, Table, missing, show


@pytest.mark.parametrize(
    ("measured", "wanted", "is_floor", "is_met"),
    [
        (1.3, 1.3, False, True),
        (1.301, 1.3, False, False),
        (25.0, 25.0, True, True),
        (24.999, 25.0, True, False),
        (float("nan"), 1.0, True, False),
        (float("nan"), 1.0, False, False),
    ],
)
def test_a_goal_is_met_at_its_figure_and_missed_beyond(
    measured: float, wanted: float, is_floor: bool, is_met: bool
) -> None:
    assert Goal("net", measured, wanted, is_floor=is_floor).is_met == is_met


def test_a_goal_says_which_side_it_is_on() -> None:
    assert str(Goal("net", 1.31, 1.3, "x")) == "MISSED  net: 1.31 x, at most 1.30 x"
    assert str(Goal("gain", 31.11, 31.1, "dB", is_floor=True)) == (
        "met     gain: 31.11 dB, at least 31.10 dB"
    )


def test_a_table_stands_in_columns_with_its_goals_below() -> None:
    table = Table("x4", ("method", "dB"), (("bicubic", "28.42"),), ("a note",), (Goal("a", 1, 2),))
    assert table.as_text().splitlines() == [
        "x4",
        "",
        "method      dB",
        "bicubic  28.42",
        "",
        "met     a: 1.00, at most 2.00",
        "",
        "a note",
    ]
    assert "| --- | --- |" in table.as_markdown()


def test_the_spread_is_the_middle_half() -> None:
    assert Spread.of([1.0, 2.0, 3.0, 4.0, 100.0]) == Spread(3.0, 2.0, 4.0)
    assert Spread.of([7.0]) == Spread(7.0, 7.0, 7.0)


@pytest.mark.parametrize(("measured", "code"), [(1.0, 0), (3.0, 1)])
def test_a_missed_goal_is_an_exit_code_when_asked(
    measured: float, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--check"])
    assert show("words", lambda quick: [Table("t", (), goals=(Goal("a", measured, 2.0),))]) == code


def test_what_is_missing_misses_no_goal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--check"])
    assert show("words", lambda quick: [missing("cutout", "no model yet")]) == 0
    assert "missing: no model yet" in capsys.readouterr().out


def test_a_table_makes_the_way_to_another_program_and_back() -> None:
    goals = (Goal("a", 1.5, 2.0, "dB", is_floor=True, digits=3),)
    table = Table("x4", ("method", "dB"), (("bicubic", "28.42"),), ("a note",), goals)
    assert Table.from_facts(json.loads(json.dumps(asdict(table)))) == table
