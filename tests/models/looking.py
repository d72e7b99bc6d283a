"""What the tests of looking share: facts of models, pictures made of numbers, and answers."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from safelight.models.contract import ModelInput, ModelOutput
from safelight.models.entry import Entry
from safelight.models.guard import Guarded
from safelight.models.tensors import Part, View
from safelight.operation import Kernel
from tests.models.making import entry_toml

Array = NDArray[Any]
Place = tuple[float, float, float, float]

INPUT: dict[str, Any] = {
    "name": "x",
    "layout": "NCHW",
    "channels": 3,
    "kind": "rgb",
    "range": (0.0, 1.0),
    "mean": (0.0,),
    "std": (1.0,),
    "resize": "stretch",
    "side": 8,
    "tile": 0,
    "halo": 0,
}


def taking(**changes: Any) -> ModelInput:
    """What a model takes: a picture of 8 x 8, unless it says otherwise."""
    return ModelInput(**INPUT | changes)


def giving(kind: str = "boxes", **changes: Any) -> ModelOutput:
    """What a model gives."""
    return ModelOutput(**{"name": "y", "kind": kind, "range": (0.0, 1.0)} | changes)


def whole(width: int, height: int, columns: int, rows: int) -> View:
    """A view of a whole picture, stretched."""
    return View(Part(0.0, 0.0, float(width), float(height)), columns, rows, (width, height))


class Places:
    """A picture whose red says how far from the left a pixel is, its green how far from the top,
    in 255ths of the picture's sides. It keeps what it was asked for.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.asked: list[tuple[int, int, Kernel, Place | None]] = []

    def sized(self, width: int, height: int, kernel: Kernel, part: Place | None = None) -> Array:
        self.asked.append((width, height, kernel, part))
        left, top, across, down = part or (0.0, 0.0, float(self.width), float(self.height))
        x = (left + (np.arange(width) + 0.5) / width * across) / self.width
        y = (top + (np.arange(height) + 0.5) / height * down) / self.height
        pixels = np.full((height, width, 3), 128, np.uint8)
        pixels[..., 0] = np.clip(np.rint(255 * x), 0, 255)[None, :]
        pixels[..., 1] = np.clip(np.rint(255 * y), 0, 255)[:, None]
        return pixels


class Sayer:
    """A session that gives the answers it was told, one list for each time it is asked."""

    def __init__(self, entry: Entry, *answers: list[Array]) -> None:
        self.model, self.heard = entry, list[Array]()
        self._answers = answers

    def run(self, tensor: Array) -> Array:
        return self.answers(tensor)[0]

    def answers(self, tensor: Array) -> list[Array]:
        self.heard.append(tensor)
        return self._answers[min(len(self.heard), len(self._answers)) - 1]


def model(taken: ModelInput, given: ModelOutput) -> Entry:
    """An entry of these facts."""
    plain = Entry.from_toml(entry_toml())
    return plain.model_copy(update={"input": taken, "output": given})


def guarded(session: Any) -> Guarded:
    """The session as a job holds it, without a twin."""
    return Guarded(session, None)


def bits(mask: bytes) -> Array:
    """A mask of an annotation as rows of 0 and 1."""
    return cast(Array, np.unpackbits(np.frombuffer(mask, np.uint8)).reshape(64, 64))
