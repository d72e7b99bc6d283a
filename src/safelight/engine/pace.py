"""Pace: how fast a device is here, by a whole job on a drawn picture, from JPEG to JPEG."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.tuning import drawn
from safelight.errors import ModelMissing
from safelight.models.providers import Device
from safelight.recipe import Recipe
from safelight.settings import Settings

SIDE, SCALE = 320, 4
ROUNDS = 3
EXPECTED_MEGAPIXELS = 12


@dataclass(frozen=True, slots=True)
class Pace:
    """What one device does: megapixels of the result in a second, when enlarging four times, and
    the level of what holds its workers.
    """

    device: Device
    megapixels_a_second: float
    level: int

    @property
    def expected_s(self) -> float:
        """For a picture of EXPECTED_MEGAPIXELS, four times as wide and high, in seconds."""
        return EXPECTED_MEGAPIXELS * SCALE**2 / self.megapixels_a_second

    def sentence(self) -> str:
        """For people."""
        expected = f"{self.expected_s:.0f} s for {EXPECTED_MEGAPIXELS} megapixels enlarged x{SCALE}"
        pace = f"{self.megapixels_a_second:.1f} megapixels a second"
        place = f"{self.device.name} ({self.device.provider})"
        return f"{place}: {pace}; expect {expected}; level {self.level}"


def measure(settings: Settings, device: Device, folder: Path) -> Pace:
    """The best of a few jobs. folder: where keys and journal of these may lie. Raises what a job
    raises, ModelMissing.
    """
    private = replace(settings, device=device.name, state_dir=folder, jobs=1)
    with Engine(private, jobs=1) as engine:
        picture = _jpeg(engine)
        recipe = Recipe.from_steps([{"op": "upscale", "scale": SCALE}])
        results = [_done(engine, picture, recipe) for _ in range(ROUNDS)]
    best = min(results, key=lambda result: result.work_s)
    pixels = best.width * best.height
    return Pace(device, pixels / 1e6 / best.work_s, best.cage.level)


def _jpeg(engine: Engine) -> bytes:
    recipe = Recipe.from_steps([{"op": "convert", "to": "jpeg"}])
    return _done(engine, drawn(SIDE, colours=3), recipe).data or b""


def _done(engine: Engine, picture: bytes, recipe: Recipe) -> Result:
    result = engine.run(picture, recipe)
    if not isinstance(result, Result):
        raise ModelMissing("nothing could be timed")
    return result
