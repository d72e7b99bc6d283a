"""Shares: several steps tell how far each is, and one share of the whole is told for them."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[float], None]


class Shares:
    """The mean of what so many steps told, each from 0 to 1; it never goes back."""

    def __init__(self, tell: Tell, steps: int) -> None:
        self._tell = tell
        self._shares = [0.0] * steps

    def of(self, step: int) -> Tell:
        """How the step of this place, from 0 on, tells."""

        def told(share: float) -> None:
            if share > self._shares[step]:
                self._shares[step] = share
                self._tell(sum(self._shares) / len(self._shares))

        return told
