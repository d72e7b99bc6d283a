"""One share for several steps: it goes on through all of them, never back."""

from __future__ import annotations

from safelight.worker.shares import Shares


def test_the_whole_is_the_mean_and_never_goes_back() -> None:
    heard: list[float] = []
    shares = Shares(heard.append, 2)
    first, second = shares.of(0), shares.of(1)
    for tell, share in ((first, 0.5), (second, 0.25), (second, 0.1), (first, 1.0), (second, 1.0)):
        tell(share)
    assert heard == [0.25, 0.375, 0.625, 1.0]


def test_one_step_is_the_whole() -> None:
    heard: list[float] = []
    tell = Shares(heard.append, 1).of(0)
    tell(0.5)
    tell(1.0)
    assert heard == [0.5, 1.0]
