"""Ending: what the end of a picture's work says of it."""

from __future__ import annotations

from safelight.errors import SafelightError, TimeExceeded, WireBroken, WorkerDied

POISON = (WorkerDied, WireBroken, TimeExceeded)


def bare(raised: BaseException) -> SafelightError:
    """What it ended with, as it can be told. Without its frames: they hold what was worked on, in a
    circle that would stay until some day.
    """
    raised.__traceback__ = raised.__context__ = raised.__cause__ = None
    return raised if isinstance(raised, SafelightError) else SafelightError()


def is_poison(error: SafelightError | None) -> bool:
    """Whether it broke its worker, or held it until it was ended; not where somebody else did."""
    if isinstance(error, WorkerDied) and error.was_killed:
        return False
    return isinstance(error, POISON)
