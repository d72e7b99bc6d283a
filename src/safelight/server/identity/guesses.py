"""Guesses: how many wrong codes are heard before nobody is asked any more for a while."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from safelight.errors import Busy, CallerUnknown, SafelightError

WINDOW_S = 60.0
MOST_OF_ONE = 5
MOST_OF_ALL = 30
MOST_KNOWN = 1_000


class Guesses:
    """Per address, and of all together: whoever has many addresses guesses no faster."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self._all: deque[float] = deque()
        self._of: OrderedDict[str, deque[float]] = OrderedDict()

    @contextmanager
    def heard(self, address: str) -> Iterator[None]:
        """Hear one code, which counts as wrong from the start, so that many at once are no more;
        until it was right, or nobody could tell. Raises Busy.
        """
        self.require_few(address)
        at = self.add(address)
        try:
            yield
        except CallerUnknown:
            raise
        except SafelightError:
            self._take_back(address, at)
            raise
        self._take_back(address, at)

    def require_few(self, address: str) -> None:
        """Raises Busy."""
        start = self._now() - WINDOW_S
        for wrong, most in ((self._all, MOST_OF_ALL), (self._of.get(address), MOST_OF_ONE)):
            while wrong and wrong[0] <= start:
                wrong.popleft()
            if wrong and len(wrong) >= most:
                raise Busy("too many wrong codes were tried", hint="wait a minute and try again")

    def add(self, address: str) -> float:
        """One more was wrong: when."""
        now = self._now()
        self._all.append(now)
        self._of.setdefault(address, deque()).append(now)
        self._of.move_to_end(address)
        if len(self._of) > MOST_KNOWN:
            self._of.popitem(last=False)
        return now

    def _take_back(self, address: str, at: float) -> None:
        for wrong in (self._all, self._of.get(address, deque())):
            with suppress(ValueError):  # it was long ago
                wrong.remove(at)
