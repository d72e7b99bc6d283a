"""Work that cannot be done in time is stopped early, and says how long it would take."""

from __future__ import annotations

from itertools import count

import pytest

from safelight.codecs.encode import encode
from safelight.errors import TimeExceeded
from safelight.ops.restore import Restore
from safelight.ops.tiling.pace import Pace
from safelight.worker.sentences import error_of, failure_of
from tests.contract import LIMITS, opened, with_pillow
from tests.ops.nets import Net, context, same
from tests.ops.test_restore import DENOISE
from tests.ops.worn import scene

PARTS, START_S = 100, 1_000.0


def worked(seconds_each: float, allowed_s: float) -> float:
    """How long work of so many parts goes on. Raises what stops it."""
    times = [START_S + seconds_each * part for part in range(PARTS + 1)]
    kept = Pace(START_S + allowed_s, iter(times).__next__)
    for part in range(1, PARTS + 1):
        try:
            kept.keep(part / PARTS)
        except TimeExceeded as error:
            error.add_note(str(part * seconds_each))
            raise
    return seconds_each * PARTS


def test_hopeless_work_stops_after_a_quarter_of_its_time_and_tells_what_it_needs() -> None:
    with pytest.raises(TimeExceeded, match="about 300 seconds, 120 are left") as caught:
        worked(3, 120)
    assert float(caught.value.__notes__[0]) == pytest.approx(33, abs=3)
    assert "--timeout" in caught.value.hint


@pytest.mark.parametrize(("seconds_each", "allowed_s"), [(1, 120), (3, 1_000), (3, float("inf"))])
def test_work_that_fits_is_let_be(seconds_each: float, allowed_s: float) -> None:
    """The control of the test above."""
    assert worked(seconds_each, allowed_s) == PARTS * seconds_each


def test_work_that_nearly_fits_may_try() -> None:
    with pytest.raises(TimeExceeded) as caught:
        worked(1.5, 120)
    assert not caught.value.detail
    assert float(caught.value.__notes__[0]) > 120


def test_a_large_picture_is_stopped_so_and_the_words_cross_the_wall(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow = count(0, 10)
    monkeypatch.setattr(Pace.__init__, "__defaults__", (lambda: float(next(slow)),))
    net = Net("rgb+sigma", answer=same, tile=32)
    data = with_pillow(scene(320, 240), "PNG")
    ctx = context((DENOISE, net), deadline=60.0)
    after = Restore(denoise=20, jpeg="off").apply(opened(data), ctx)
    with pytest.raises(TimeExceeded) as caught:
        encode(after, memoryview(data), LIMITS)
    assert len(net.given) < 320 * 240 / 32**2
    heard = error_of(failure_of(caught.value))
    assert isinstance(heard, TimeExceeded)
    assert heard.message == "this picture would take about 750 seconds, 60 are left for it"
