"""The steps of one picture's errand, answered by hand: what a server that is amiss leads to."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pytest

from safelight.client.documents import Item, Items, Job
from safelight.client.steps import Done, Errand, work
from safelight.errors import Cancelled, SafelightError, VerificationFailed, WireBroken

RESULT = {
    "format": "png", "width": 8, "height": 8, "bytes": 5,
    "input_format": "png", "input_width": 8, "input_height": 8, "input_bytes": 9,
    "reencoded": True,
    "cage": {"level": 3, "attempted": 101, "contained": 101},
}  # fmt: skip


@dataclass
class First:
    """The first answer."""

    status: int
    document: dict[str, Any] = field(default_factory=dict)


def after(answers: list[Any], **wishes: Any) -> Done:
    """What the errand ends with, once it was given these answers, each to the next step."""
    steps = work(Errand("/resize", b"picture", io.BytesIO(), **wishes))
    next(steps)
    try:
        for answer in answers:
            steps.send(answer)
    except StopIteration as end:
        done: Done = end.value
        return done
    raise AssertionError("it wants more answers")


JOB = First(202, {"id": "a"})
RUNNING = Job(id="a", state="running", items=1)
DONE = Job(id="a", state="done", items=1)


def test_a_job_without_its_item_is_no_answer() -> None:
    with pytest.raises(WireBroken, match="no item"):
        after([JOB, None, DONE, Items(items=()), None])


def test_how_far_it_is_is_told_until_nobody_wants_it() -> None:
    shares: list[float] = []
    half = Items(items=(Item(index=0, state="running", share=0.5),))
    with pytest.raises(Cancelled):
        after(
            [JOB, None, RUNNING, half, None],
            progress=shares.append,
            is_wanted=lambda: not shares,
        )
    assert shares == [0.5]


def test_bytes_of_another_number_are_not_taken() -> None:
    with pytest.raises(VerificationFailed, match="size"):
        after([First(200, {"result": RESULT, "asset": "/api/v1/results/b"}), None])


def test_what_has_no_picture_has_nothing_to_fetch() -> None:
    done = after([First(200, {"result": RESULT})])
    assert done.receipt == b""
    assert done.told.bytes == 5


@pytest.mark.parametrize("broken", [None, {"width": -1}])
def test_a_result_that_is_none_is_refused(broken: Any) -> None:
    with pytest.raises(SafelightError):
        after([First(200, {"result": broken})])
