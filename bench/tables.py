"""What every measurement gives: plain tables, goals met or missed, medians with their spread.

A file of bench/ that measures has `tables(quick: bool) -> list[Table]` and ends in
`sys.exit(show(__doc__, tables))`. scripts/bench and bench/quality.py call the same function.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import Any


@dataclass(frozen=True)
class Goal:
    """A figure and what it should be: at least wanted with is_floor, else at most."""

    what: str
    measured: float
    wanted: float
    unit: str = ""
    is_floor: bool = False
    digits: int = 2

    @property
    def is_met(self) -> bool:
        """Compared as measured, not as printed. What is no number is missed."""
        if self.is_floor:
            return self.measured >= self.wanted
        return self.measured <= self.wanted

    def __str__(self) -> str:
        side = "at least" if self.is_floor else "at most"
        verdict = "met" if self.is_met else "MISSED"
        measured, wanted = (f"{one:.{self.digits}f}" for one in (self.measured, self.wanted))
        return f"{verdict:6}  {self.what}: {measured} {self.unit}".rstrip() + (
            f", {side} {wanted} {self.unit}".rstrip()
        )


@dataclass(frozen=True)
class Table:
    """One table: the first column says what, the others hold words or figures as they are shown."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()
    goals: tuple[Goal, ...] = ()

    def as_text(self) -> str:
        """In columns, the way a terminal shows it; goals and notes below."""
        lines = [self.title, ""]
        cells = [self.head, *self.rows] if self.rows else []
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for row in cells:
            first, *rest = (
                cell.rjust(width) if place else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            lines.append("  ".join([first, *rest]).rstrip())
        lines += ["", *map(str, self.goals)] if self.goals else []
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines)

    def as_markdown(self) -> str:
        """The same for a page."""
        lines = [self.title, ""]
        if self.rows:
            rule = ("---",) * len(self.head)
            lines += ["| " + " | ".join(row) + " |" for row in (self.head, rule, *self.rows)]
        lines += ["", *(f"- {goal}" for goal in self.goals)] if self.goals else []
        lines += ["", *self.notes] if self.notes else []
        return "\n".join(lines)

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Table:
        """The way back from `asdict` and JSON."""
        lists = {name: tuple(facts[name]) for name in ("head", "notes")}
        rows = tuple(map(tuple, facts["rows"]))
        return cls(
            facts["title"], rows=rows, goals=tuple(Goal(**g) for g in facts["goals"]), **lists
        )


@dataclass(frozen=True)
class Spread:
    """Some measurements of one thing: the middle, and the quarter below and above it."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        if len(values) < 2:
            return cls(values[0], values[0], values[0])
        low, _, high = quantiles(values, n=4, method="inclusive")
        return cls(median(values), low, high)

    def shown(self, digits: int = 1) -> str:
        """Middle, and the two quarters in brackets."""
        return f"{self.middle:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"


def missing(title: str, why: str) -> Table:
    """A place in the list for what cannot be measured here; no goal, so nothing is missed."""
    return Table(title, ("missing",), notes=(f"missing: {why}",))


def show(words: str | None, tables: Callable[[bool], list[Table]]) -> int:
    """The command line of a measurement. With --check, 1 where a goal is missed."""
    parser = argparse.ArgumentParser(
        description=words, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="exit 1 where a goal is missed")
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds: the order, not decimals"
    )
    parser.add_argument("--markdown", action="store_true", help="print for a page")
    parser.add_argument("--json", action="store_true", help="print for another program")
    options = parser.parse_args()
    made = tables(options.quick)
    if options.json:
        print(json.dumps([asdict(one) for one in made]))
    else:
        texts = (one.as_markdown() if options.markdown else one.as_text() for one in made)
        print("\n\n".join(texts))
    return 1 if options.check and not all(goal.is_met for one in made for goal in one.goals) else 0
