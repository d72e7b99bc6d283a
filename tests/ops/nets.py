"""Sessions made in code: nets of any kind whose answer is known, with a count of their runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from safelight.errors import ModelMissing
from safelight.models.entry import Entry
from safelight.operation import Context, ModelNeed
from tests.contract import LIMITS
from tests.models.making import entry_toml

CHANNELS = {"luma": 1, "rgb": 3, "rgb+sigma": 4, "rgb+quality": 4}
RADIUS = 2
# A plane for each channel that comes back, [planes, rows, columns], from all that came in.
Answer = Callable[[Any], Any]


class Net:
    """One net: what it answers, the entry that describes it, and each tensor it was given."""

    def __init__(self, kind: str, scale: int = 1, *, answer: Answer, **facts: Any) -> None:
        entry = Entry.from_toml(entry_toml(scale=scale))
        given = {
            "kind": kind,
            "channels": CHANNELS[kind],
            "tile": 0,
            "halo": 0,
            "multiple": 2,
        } | facts
        self.model = entry.model_copy(
            update={
                "input": entry.input.model_copy(update=given),
                "output": entry.output.model_copy(update={"kind": kind.partition("+")[0]}),
            }
        )
        self.given: list[Any] = []
        self._answer = answer

    def run(self, tensor: Any) -> Any:
        self.given.append(tensor.copy())
        if self.model.input.layout == "NHWC":
            return self._answer(tensor[0].transpose(2, 0, 1)).transpose(1, 2, 0)[None]
        return self._answer(tensor[0])[None]


def same(planes: Any) -> Any:
    """The picture as it is."""
    return planes[:3].copy()


def blurred(planes: Any) -> Any:
    """A mean over RADIUS samples on each side, with black around, as convolutions pad."""
    out = np.zeros_like(planes[:3])
    wide = np.pad(planes[:3], ((0, 0), (RADIUS, RADIUS), (RADIUS, RADIUS)))
    rows, columns = planes.shape[1:]
    for down in range(2 * RADIUS + 1):
        for across in range(2 * RADIUS + 1):
            out += wide[:, down : down + rows, across : across + columns]
    return out / (2 * RADIUS + 1) ** 2


def by_quarters(planes: Any) -> Any:
    """Another change for each of the four places in a square of 2: it knows odd from even."""
    out = planes[:3].copy()
    out[:, ::2, ::2] += 0.1
    out[:, 1::2, ::2] -= 0.1
    out[:, :, 1::2] *= 0.9
    return out


def enlarged(scale: int) -> Answer:
    """Each pixel repeated."""
    return lambda planes: planes[:3].repeat(scale, 1).repeat(scale, 2)


def context(*nets: tuple[ModelNeed, Net], **changes: Any) -> Context:
    """A context that has these nets and no other."""
    known = dict(nets)

    def session(need: ModelNeed) -> Net:
        if need not in known:
            raise ModelMissing
        return known[need]

    return Context(LIMITS, session, **changes)
