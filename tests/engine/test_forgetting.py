"""An error that leaves the engine tells where it came from, and holds nothing that was in hand."""

from __future__ import annotations

import gc
import traceback
import weakref
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import pytest

from safelight.engine.forgetting import forgetting


class Picture:
    """Something that is in hand while a call works."""


seen: list[weakref.ref[Picture]] = []


def below() -> None:
    picture = Picture()
    seen.append(weakref.ref(picture))
    raise KeyError("below")


def between() -> None:
    """Fails of what failed below, and holds its own error, as who tells it later does."""
    picture = Picture()
    seen.append(weakref.ref(picture))
    try:
        below()
    except KeyError as error:
        reason = ValueError("between")
        raise reason from error


def hidden() -> None:
    """Fails in place of something that nobody is told of."""
    try:
        below()
    except KeyError:
        raise ValueError("between") from None


@pytest.fixture
def by_hand() -> Iterator[None]:
    """Nobody collects meanwhile."""
    gc.disable()
    seen.clear()
    yield
    gc.enable()
    gc.collect()


def held_after(work: Callable[[], None], *, forgets: bool) -> tuple[int, str]:
    """How many pictures an error holds once it was caught, and what it tells of its way."""
    try:
        with forgetting() if forgets else nullcontext():
            work()
    except ValueError as error:
        told = "".join(traceback.format_exception(error))
        kept = sum(one() is not None for one in seen)
        return kept, told
    raise LookupError("it went well")


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("work", [between, hidden])
def test_nothing_is_held_and_the_way_is_still_told(work: Callable[[], None]) -> None:
    kept, told = held_after(work, forgets=True)
    assert kept == 0
    assert work.__name__ in told


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("work", [between, hidden])
def test_control_an_error_holds_what_was_in_hand(work: Callable[[], None]) -> None:
    assert held_after(work, forgets=False)[0] > 0


def test_errors_that_know_each_other_in_a_circle_come_to_an_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__context__, other.__cause__ = other, one
    with pytest.raises(ValueError, match="one"), forgetting():
        raise one


def test_what_ends_well_is_left_alone() -> None:
    with forgetting():
        done = True
    assert done
