"""Sights: the report of verbs whose models look; and the flags that put a look before a verb."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from safelight.annotation import Annotation
from safelight.batch.events import Item, Summary
from safelight.cli import table
from safelight.cli.face import Face
from safelight.cli.options import stacked
from safelight.cli.printable import printable
from safelight.cli.report import Report
from safelight.cli.seeing import PRIVACY, lines

if TYPE_CHECKING:
    from safelight.recipe import Recipe

drawing = click.option(
    "--draw", is_flag=True, help="Draw what was seen onto the picture, and write that: see draw."
)
looking = stacked(
    click.option("--faces", is_flag=True, help="Find faces first, and work on them."),
    click.option(
        "--model", "detector", metavar="TEXT", help="The model that finds; usual if not given."
    ),
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What is shown of one picture at the end."""

    index: int
    input: str
    facts: str
    lines: tuple[str, ...]


class Sights(Report):
    """The report of a recipe that looks: what was seen in each picture; or, where pictures are
    written, in all of them.
    """

    def __init__(self, face: Face, verbs: Sequence[str], recipe: Recipe) -> None:
        super().__init__(face, verbs)
        self._gives_image = recipe.gives_image
        self._picks = tuple(word for step in recipe.steps for word in step.picks())
        self._uncovered = 0
        self._looked: list[Looked] = []

    def keep(self, item: Item) -> None:
        result = item.result
        self._uncovered += result is not None and not self._covers(result.annotations)
        if result is None or self.face.is_json or (self._gives_image and item.index > 1):
            return
        size = table.sides(result.input_width, result.input_height)
        seen = tuple(lines(result.annotations))
        self._looked.append(Looked(item.index, item.input, f"{result.input_format}, {size}", seen))

    def conclude(self, summary: Summary) -> int:
        """As every report; and where nothing was found to be covered, that is said aloud."""
        code = super().conclude(summary)
        looked = self.figures.seen.looked
        if self._uncovered:
            which = "the picture" if looked == 1 else f"{self._uncovered} of {looked} pictures"
            self.face.warn(f"nothing was found in {which}, so nothing seen is covered: look at it")
        return code

    def _covers(self, sights: Sequence[Annotation]) -> bool:
        """Whether something of it was to be covered, or nothing is to be."""
        from safelight.ops.looking.labels import is_asked

        found = (one.box is not None and is_asked(one, self._picks, 0) for one in sights)
        return not self._picks or any(found)

    def show(self, summary: Summary) -> None:
        """Each picture with what was seen in it, then the table."""
        face = self.face
        if face.verbosity < 0 or self.is_picture_out:
            return
        is_lone = self.figures.items == 1
        for one in sorted(self._looked, key=lambda one: one.index):
            if self._gives_image and not is_lone:
                continue
            face.out(f"{face.paint(printable(one.input, 200), 'bold')} ({one.facts})")
            for line in one.lines or ("nothing seen",):
                face.out(f"  {line}")
        if self._gives_image or not is_lone:
            super().show(summary)
        elif self._looked:
            face.out(f"  network: {table.network(self.figures.cages)}")
        if self._looked or self.figures.seen.looked:
            face.out(f"  {PRIVACY}")
