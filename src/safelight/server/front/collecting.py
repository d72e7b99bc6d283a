"""Collecting: what an error and its frames hold of each other is let go of soon, at little cost.

What is young is looked through each time. Looking through everything takes the longer the more jobs
are kept, and nobody is answered meanwhile: so it is done as often as its cost allows.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

# Looking through everything takes at most one part in so many of the time.
SPARING = 100
YOUNG, ALL = 1, 2


class Collecting:
    """Call it every second or so, with what tells the seconds."""

    def __init__(
        self, clock: Callable[[], float], collect: Callable[[int], object] = gc.collect
    ) -> None:
        self._clock, self._collect = clock, collect
        self._due = clock()

    def __call__(self) -> None:
        began = self._clock()
        if began < self._due:
            self._collect(YOUNG)
            return
        self._collect(ALL)
        ended = self._clock()
        self._due = ended + SPARING * (ended - began)
