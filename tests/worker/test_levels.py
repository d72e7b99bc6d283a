"""A real job in a real worker: as root and as an ordinary user, with namespaces and without."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.formats import FORMATS
from safelight.recipe import Recipe
from safelight.worker.host import open_host
from safelight.worker.job import Job
from tests.worker.children import become_nobody_with_this_python, in_child, refuse_namespaces
from tests.worker.hosts import plan, source

Step = Callable[[], None]
STEPS = [{"op": "resize", "fit": "64x64"}, {"op": "convert", "to": "webp"}]


def _nothing() -> None: ...


@pytest.mark.parametrize(
    ("become", "refuse", "level"),
    [
        (_nothing, _nothing, 3),
        (become_nobody_with_this_python, _nothing, 3),
        (_nothing, refuse_namespaces, 2),
        (become_nobody_with_this_python, refuse_namespaces, 2),
    ],
    ids=["root", "user", "root without namespaces", "user without namespaces"],
)
def test_a_picture_passes_at_the_level_that_the_system_gives(
    become: Step, refuse: Step, level: int, root: Path
) -> None:
    picture = (root / "examples" / "pictures" / "lake.jpg").read_bytes()

    def work() -> Any:
        become()
        refuse()
        recipe = Recipe.from_steps(STEPS)
        with source(picture) as sheet, open_host(plan(pixels=True)) as host:
            work = Job(sheet.fd, len(picture), recipe.canonical)
            with host.run(work) as answer:
                cage = answer.cage
                counts = [len(cage.attempts), cage.contained]
                return [answer.format, max(answer.width, answer.height), cage.level, *counts]

    format, side, found, attempts, contained = in_child(work)
    assert format in FORMATS
    assert side == 64
    assert found == level
    assert attempts == contained > 40
