"""What the layers of ncnn are given: blobs, and settings by their numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from safelight.models.forms.faults import damaged, unknown

# Said in the place of a size: whatever is left of a cut or a shape; or as many as keep the size.
LEFT = SAME = -233
MOST = 64_000_000


class Store(Protocol):
    """Where the numbers of layers lie, in their order."""

    def plain(self, count: int) -> NDArray[np.float32]: ...

    def kernel(self, count: int) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Blob:
    """A tensor in the graph; its channels, 0 where they are not known; how many axes ncnn sees."""

    value: str
    channels: int = 0
    axes: int = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """The settings of a layer by number, how many blobs it gives, and where its numbers lie."""

    settings: dict[int, tuple[float, ...]]
    gives: int
    numbers: Store

    def whole(self, key: int, usual: int = 0) -> int:
        """A setting that is a whole number."""
        return int(self.settings.get(key, (usual,))[0])

    def count(self, key: int, usual: int = 0) -> int:
        """A setting that counts something. Raises PolicyRefused for what no net needs."""
        found = self.whole(key, usual)
        if not 0 <= found <= MOST:
            raise damaged()
        return found

    def real(self, key: int, usual: float = 0.0) -> float:
        """A setting that is a fraction."""
        found = float(self.settings.get(key, (usual,))[0])
        if not math.isfinite(found):
            raise damaged()
        return found

    def only(self, *keys: int) -> None:
        """Raises PolicyRefused for a setting that would mean something else than what we build."""
        if any(key not in keys and any(self.settings[key]) for key in self.settings):
            raise unknown()

    @property
    def kernel(self) -> tuple[int, int]:
        """Rows and columns."""
        columns = self.count(1)
        return self.count(11, columns), columns

    @property
    def steps(self) -> tuple[int, int]:
        columns = self.count(3, 1)
        return self.count(13, columns), columns
