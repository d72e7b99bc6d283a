"""Whether work in many small parts can be done in time, judged as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable

from safelight.errors import TimeExceeded

# A forecast is believed once this share of the time is spent, and only if it is so much too long:
# a machine that is busy now may be free later.
SPENT, TOO_LONG = 0.25, 1.5


class Pace:
    """Holds work to a deadline in seconds of the clock, from now on."""

    def __init__(self, deadline: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._deadline = clock, deadline
        self._start = clock()
        self._allowed_s = deadline - self._start

    def keep(self, share: float) -> None:
        """To be called after each part; share of the work that is done, above 0, to 1.

        Raises TimeExceeded after the deadline, and long before it where the rest cannot be done in
        time by far: then it says how long the whole would take.
        """
        now = self._clock()
        if now > self._deadline:
            raise TimeExceeded
        spent_s = now - self._start
        needed_s = spent_s / share
        if spent_s > SPENT * self._allowed_s and needed_s > TOO_LONG * self._allowed_s:
            raise TimeExceeded(
                f"this picture would take about {round(needed_s)} seconds,"
                f" {round(self._allowed_s)} are left for it"
            )
