"""The rows of a cut picture: from the top, all of them, and the same that is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from safelight.errors import TimeExceeded
from safelight.ops.cutout import Cutout
from safelight.ops.cutting import finish
from safelight.ops.cutting.finish import Finisher, finished
from tests.contract import deep, opened, with_pillow
from tests.ops.drawn_mug import drawn_mug
from tests.ops.test_cutout import Knowing, knowing

GROUND = "picture:" + "ab" * 32


def translucent() -> bytes:
    mug = drawn_mug()
    own = np.full((400, 480, 1), 255, np.uint8)
    own[:200] = 100
    return with_pillow(np.concatenate([mug.picture, own], 2), "PNG")


SOURCES: dict[str, Callable[[], bytes]] = {
    "opaque": lambda: with_pillow(drawn_mug().picture, "PNG"),
    "translucent": translucent,
    "deep": lambda: deep(3),
}


def finisher_of(data: bytes, **changes: Any) -> Finisher:
    deadline = changes.pop("deadline", 1e12)
    ground = opened(translucent())
    net = Knowing(drawn_mug().cover)
    context = knowing(net, deadline=deadline, picture=lambda _sha: ground)
    finisher, _ = Cutout(**changes)._decided(opened(data), context)
    assert isinstance(finisher, Finisher)
    return finisher


@pytest.mark.parametrize(
    "changes", [{}, {"bg": "red"}, {"bg": "blur"}, {"bg": GROUND}, {"mask_only": True}]
)
@pytest.mark.parametrize("source", SOURCES)
def test_the_rows_are_the_picture(
    source: str, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    finisher = finisher_of(SOURCES[source](), **changes)
    monkeypatch.setattr(finish, "PIXELS_AT_ONCE", 4 * finisher.source.fresh().width)
    parts = [bytes(part) for part in finisher.rows()]
    assert len(parts) > 1
    picture, trouble = finished(finisher)
    assert b"".join(parts) == bytes(picture.write_to_memory())
    assert trouble() is None


def test_what_the_picture_let_through_is_in_the_rows() -> None:
    finisher = finisher_of(translucent())
    seen = np.frombuffer(b"".join(bytes(part) for part in finisher.rows()), np.uint8)
    alpha = seen.reshape(400, 480, 4)[..., 3]
    assert alpha[:200].max() == 100
    assert alpha[200:].max() == 255
    assert not seen.reshape(400, 480, 4)[alpha == 0].any()


def test_the_bounds_are_those_of_the_alpha() -> None:
    finisher = finisher_of(SOURCES["opaque"]())
    left, top, width, height = finisher.bounds() or (0, 0, 0, 0)
    picture = np.frombuffer(finished(finisher)[0].write_to_memory(), np.uint8)
    alpha = picture.reshape(400, 480, 4)[..., 3] > 0
    rows, columns = (np.flatnonzero(alpha.any(axis)) for axis in (1, 0))
    assert (left, left + width - 1) == (columns[0], columns[-1])
    assert (top, top + height - 1) == (rows[0], rows[-1])


def test_no_row_is_made_after_the_deadline() -> None:
    finisher = finisher_of(SOURCES["opaque"](), deadline=0.0)
    with pytest.raises(TimeExceeded):
        next(finisher.rows())
