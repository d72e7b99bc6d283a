"""Timings: how fast models are here, as their trials showed; kept in the state folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from safelight.engine.selftest import Kept, now, processor_name
from safelight.engine.trial import Per, Trial
from safelight.errors import SafelightError
from safelight.models.entry import Entry
from safelight.models.facts import Digest
from safelight.vault.private import read_private, write_private

FILE = "model-timings.json"
MAX_FILE_BYTES = 256_000
Speed = Literal["fast", "medium", "slow"]
# Seconds for a megapixel of a result, or for a picture: below the first fast, above the last slow.
BOUNDS: dict[Per, tuple[float, float]] = {"megapixel": (1.0, 10.0), "picture": (0.3, 3.0)}


class Timing(Kept):
    """What a trial on this processor took, when (UTC)."""

    seconds: Annotated[float, Field(ge=0, le=1e6)]
    per: Per
    processor: Annotated[str, Field(max_length=200)]
    measured: Annotated[str, Field(max_length=32)]

    @property
    def speed(self) -> Speed:
        """Fast, medium or slow."""
        low, high = BOUNDS[self.per]
        return "fast" if self.seconds < low else "slow" if self.seconds > high else "medium"


class Timings(Kept):
    """All of them, by the SHA-256 of the model's file."""

    version: Literal[1] = 1
    models: dict[Digest, Timing] = Field(default_factory=dict, max_length=1_000)


def measured(folder: Path) -> dict[str, Timing]:
    """Those of this processor; none where nothing whole is kept."""
    found = _kept(folder).models
    return {pin: one for pin, one in found.items() if one.processor == processor_name()}


def keep(folder: Path, entry: Entry, trial: Trial) -> None:
    """Keep what a trial took; a folder that cannot be written costs nothing but the figure."""
    timing = Timing(
        seconds=round(trial.seconds, 4), per=trial.per, processor=processor_name(), measured=now()
    )
    models = measured(folder) | {entry.sha256: timing}
    with suppress(OSError, SafelightError, ValidationError):
        folder.mkdir(parents=True, exist_ok=True)
        write_private(folder / FILE, Timings(models=models).model_dump_json(indent=1).encode())


def _kept(folder: Path) -> Timings:
    try:
        data = read_private(folder / FILE, MAX_FILE_BYTES)
        return Timings.model_validate_json(data) if data else Timings()
    except (OSError, SafelightError, ValidationError):
        return Timings()
