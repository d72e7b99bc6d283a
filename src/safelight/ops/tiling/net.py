"""A net as tiles see it: planes of 0..peak in, planes of 0..peak out, facts by its entry alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safelight.errors import ModelMissing
from safelight.operation import Session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # [planes, rows, columns]
    Planes = NDArray[np.float32]

COLOURS = {"luma": 1, "rgb": 3}


@dataclass(frozen=True)
class Net:
    """A session, and the value of the constant plane that it wants beside the picture, if any."""

    session: Any
    constant: float | None = None

    @property
    def base(self) -> str:
        """What it takes: luma or rgb."""
        return str(self.session.model.input.kind).partition("+")[0]

    @property
    def colours(self) -> int:
        return COLOURS[self.base]

    @property
    def scale(self) -> int:
        return int(self.session.model.output.scale)

    @property
    def multiple(self) -> int:
        """Tiles start and end at multiples of this many pixels."""
        return int(self.session.model.input.multiple)

    @property
    def tile(self) -> int:
        """Side of a tile in pixels, without its halo; 0 takes the whole picture at once."""
        return _upwards(self.session.model.input.tile, self.multiple)

    @property
    def halo(self) -> int:
        return _upwards(self.session.model.input.halo, self.multiple)

    def run(self, planes: Planes, peak: int) -> Planes:
        """One patch of 0..peak as the net answers it, in 0..peak and not cut to that.

        Sides that are no multiple, or not those of the one size that the net takes, are filled up
        by repeating the last row and column.
        """
        import numpy as np

        _, rows, columns = planes.shape
        short = self._short(rows, columns)
        if any(short):
            planes = np.pad(planes, ((0, 0), (0, short[0]), (0, short[1])), mode="edge")
        given, facts = self._given(planes, peak), self.session.model.output
        if self.session.model.input.layout == "NHWC":
            given = np.ascontiguousarray(given.transpose(1, 2, 0))
        answer = self.session.run(given[None])[0]
        if (facts.layout or self.session.model.input.layout) == "NHWC":
            answer = answer.transpose(2, 0, 1)
        if self._is_blue_first:
            answer = answer[::-1]
        low, high = facts.range
        out: Planes = answer[:, : rows * self.scale, : columns * self.scale]
        if (low, high) != (0.0, float(peak)):
            out = out * np.float32(peak / (high - low))
            if low:
                out -= np.float32(low * peak / (high - low))
        return out

    def _short(self, rows: int, columns: int) -> tuple[int, int]:
        """The rows and columns that are missing to what the net takes."""
        facts = self.session.model.input
        if facts.side:
            return facts.rows - rows, facts.side - columns
        return -rows % self.multiple, -columns % self.multiple

    @property
    def _is_blue_first(self) -> bool:
        return self.colours > 1 and self.session.model.input.order == "BGR"

    def _given(self, planes: Planes, peak: int) -> Planes:
        """In the entry's order and range, less mean, by std; the constant plane last."""
        import numpy as np

        facts = self.session.model.input
        low, high = facts.range
        given: Planes = np.empty((facts.channels, *planes.shape[1:]), np.float32)
        given[: self.colours] = planes[::-1] if self._is_blue_first else planes
        given[: self.colours] *= np.float32((high - low) / peak)
        if self.constant is not None:
            given[self.colours] = self.constant * (high - low)
        mean = np.asarray(facts.mean, np.float32).reshape(-1, 1, 1)
        std = np.asarray(facts.std, np.float32).reshape(-1, 1, 1)
        if low or mean.any():
            given += np.float32(low) - mean
        if (std != 1).any():
            given /= std
        return given


def net_of(session: Session, constants: Mapping[str, float] | None = None) -> Net:
    """The session as a net. constants are the planes that the operation can fill, 0..1 each.

    Raises ModelMissing for a model that takes anything else than luma or rgb and one of those, in
    tiles.
    """
    facts = session.model
    if facts.input.resize != "tile" or facts.input.by_maximum:
        raise ModelMissing(
            "the model looks at a whole picture: this operation gives tiles of it",
            hint="safelight models list",
        )
    base, _, plane = facts.input.kind.partition("+")
    known = base in COLOURS and (not plane or plane in (constants or {}))
    channels = COLOURS.get(base, 0) + bool(plane)
    if not known or facts.input.channels != channels or facts.output.kind != base:
        raise ModelMissing(
            "the model takes something that this operation cannot give",
            hint="safelight models list",
        )
    return Net(session, (constants or {})[plane] if plane else None)


def _upwards(pixels: int, multiple: int) -> int:
    return -(-int(pixels) // multiple) * multiple
