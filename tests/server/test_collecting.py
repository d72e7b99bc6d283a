"""What is garbage in a circle is found soon, and looking for it never takes most of the time."""

from __future__ import annotations

import gc
import time
import weakref

from safelight.server.front.collecting import ALL, SPARING, YOUNG, Collecting


class Clocked:
    """A collector that takes as long as it is told, by a clock that only it moves."""

    def __init__(self) -> None:
        self.now, self.takes_s = 0.0, 0.0
        self.done: list[int] = []

    def collect(self, generation: int) -> None:
        self.done.append(generation)
        self.now += self.takes_s if generation == ALL else 0.0

    def times(self, count: int, collecting: Collecting) -> list[int]:
        self.done.clear()
        for _ in range(count):
            self.now += 1.0
            collecting()
        return list(self.done)


def test_with_little_to_look_through_all_of_it_is_each_time() -> None:
    clocked = Clocked()
    clocked.takes_s = 0.9 / SPARING
    assert clocked.times(3, Collecting(lambda: clocked.now, clocked.collect)) == [ALL] * 3


def test_with_much_what_is_young_is_each_time_and_all_of_it_seldom() -> None:
    clocked = Clocked()
    clocked.takes_s = 4.5 / SPARING
    found = clocked.times(11, Collecting(lambda: clocked.now, clocked.collect))
    assert found == ([ALL] + [YOUNG] * 4) * 2 + [ALL]


def test_a_circle_is_let_go_of() -> None:
    class Held:
        own: Held

    gc.disable()
    try:
        held = Held()
        held.own, seen = held, weakref.ref(held)
        del held
        assert seen() is not None
        Collecting(time.monotonic)()
        assert seen() is None
    finally:
        gc.enable()
