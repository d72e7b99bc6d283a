"""Trial: a model works once over a drawn picture, in the cage, before it is used for work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.tuning import png
from safelight.errors import SafelightError
from safelight.limits import MEGA
from safelight.models.contract import PICTURES
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.recipe import Recipe, operations
from safelight.settings import Settings

# A net over tiles does the same for every pixel: a few show the pace of a slow one; a fast one is
# timed over more, so that the start of its worker does not count.
SIDE, FEW_SIDE, FAST_S = 512, 96, 1.0
Per = Literal["megapixel", "picture"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What one trial showed: the operation that used the model, and how long it worked, for a
    megapixel of its result or for a picture.
    """

    operation: str
    seconds: float
    per: Per


def step_for(entry: Entry) -> dict[str, Any] | None:
    """A step of a recipe that uses this model; None if no operation takes it by its name."""
    ways: tuple[dict[str, Any], ...] = ({}, {"scale": entry.output.scale})
    for name, operation in operations().items():
        for way in ways if "model" in operation.model_fields else ():
            try:
                step = operation.model_validate({"model": entry.name, **way})
            except ValidationError:
                continue
            asked = {(need.task, need.name, need.scale) for need in step.needs()}
            if (entry.task, entry.name, entry.output.scale) in asked:
                return {"op": name, "model": entry.name, **way}
    return None


def _reading_step(entry: Entry, store: Store) -> dict[str, Any] | None:
    """A step in which it reads words for a model that sees pictures and is here."""
    for seeing in store.entries():
        if seeing.text == entry.name and seeing.output.gain:
            return {"op": "classify", "model": seeing.name, "labels": ["a photo", "a drawing"]}
    return None


def try_out(entry: Entry, store: Store, settings: Settings) -> Trial | None:
    """Run the model of this store once; None where no operation takes it by its name, nor by that
    of a model here that it reads words for.

    Raises what the work raises: RuntimeMissing, ModelFaulty, MemoryExceeded and the like.
    """
    step = step_for(entry) or _reading_step(entry, store)
    if step is None:
        return None
    is_tiled = entry.output.kind in PICTURES
    recipe = Recipe.from_steps([step])
    with Engine(settings, jobs=1, door="command line", store=store) as engine:
        engine.tuning.choice()  # a self-test of the machine is no time of the model
        result = _run(engine, recipe, FEW_SIDE if is_tiled else SIDE)
        if is_tiled and result.work_s < FAST_S:
            result = _run(engine, recipe, SIDE)
    if not is_tiled:
        return Trial(step["op"], result.work_s, "picture")
    return Trial(step["op"], result.work_s * MEGA / (result.width * result.height), "megapixel")


def drawing(side: int) -> bytes:
    """A PNG of side x side pixels in colour: soft light, a sun and a fence, as pictures have; made
    without any image library.
    """
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            rows += bytes(_colour(x, y, side))
    return png(bytes(rows), side, 3)


def _colour(x: int, y: int, side: int) -> tuple[int, int, int]:
    if (x - side // 3) ** 2 + (y - side // 3) ** 2 < (side // 6) ** 2:
        return 240, 220, 90
    if 3 * y > 2 * side and x * 16 // side % 2 == 0:
        return 90, 60, 40
    shade = 40 + 150 * y // side + 50 * x // side
    return shade, (shade + 200) // 2, 230 - shade // 2


def _run(engine: Engine, recipe: Recipe, side: int) -> Result:
    result = engine.run(drawing(side), recipe)
    if not isinstance(result, Result):
        raise SafelightError("the trial gave no result")
    return result


def usual_name(task: str) -> str | None:
    """The name by which operations ask for a model of this task where none is named; None if no
    operation does.
    """
    for operation in operations().values():
        try:
            needs = operation().needs()
        except ValidationError:
            continue
        for need in needs:
            if need.task == task:
                return need.name
    return None
