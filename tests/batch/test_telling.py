"""What a server tells of a result makes the same Result elsewhere; nonsense is refused."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator

import pytest
from PIL import Image

from safelight.annotation import MASK_BYTES, Annotation, Keypoint
from safelight.batch.telling import read, result_of, told
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.errors import WireBroken
from safelight.models.guard import Retry
from safelight.ops.inspect import Inspect
from safelight.ops.resize import Resize
from safelight.recipe import Recipe

MASK = bytes(range(256)) * (MASK_BYTES // 256)
MAKER = "a maker of cameras"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=1) as held:
        yield held


def jpeg() -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = MAKER
    Image.new("RGB", (24, 16), (9, 80, 160)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def again(result: Result) -> Result:
    """Through JSON and back."""
    return result_of(read(json.loads(json.dumps(told(result)))), receipt=result.receipt)


def test_a_picture_is_told_whole_but_for_what_was_removed(engine: Engine) -> None:
    result = engine.run(jpeg(), Recipe((Resize(fit="8x8"),)))
    assert isinstance(result, Result)
    found = again(result)
    for name in ("format", "width", "height", "output_bytes", "input_format", "input_width",
                 "input_bytes", "is_reencoded", "receipt", "receipt_id", "models"):  # fmt: skip
        assert getattr(found, name) == getattr(result, name)
    assert found.cage.level == result.cage.level
    assert found.cage.contained == result.cage.contained == len(found.cage.attempts)
    assert [one.finding.name for one in found.changes] == [
        one.finding.name for one in result.changes
    ]
    assert MAKER not in json.dumps(told(result))
    assert not found.has_looked


def test_an_inspection_is_told_with_its_values(engine: Engine) -> None:
    result = engine.run(jpeg(), Recipe((Inspect(),)))
    assert isinstance(result, Result)
    assert sorted(again(result).findings, key=str) == sorted(result.findings, key=str)
    assert MAKER not in json.dumps(told(result, hides=True))
    assert any(one.value == MAKER for one in again(result).findings)


def test_what_was_seen_is_told_with_its_places(engine: Engine) -> None:
    result = engine.run(jpeg(), Recipe((Inspect(),)))
    assert isinstance(result, Result)
    sights = (
        Annotation("box", "cup", 0.5, (1, 2, 3, 4), (Keypoint("nose", 1.5, 2.5, 0.25),), MASK),
        Annotation("label", "kitchen", 0.25),
    )
    seen = dataclasses.replace(
        result,
        annotations=sights,
        has_looked=True,
        confidence=0.5,
        vector=(0.5, 0.25),
        measures={"ssim": 0.5},
        retries=(Retry(0, "blank", 2),),
    )
    found = again(seen)
    assert (found.annotations, found.has_looked) == (sights, True)
    assert (found.vector, found.measures, found.retries) == (
        (0.5, 0.25),
        {"ssim": 0.5},
        seen.retries,
    )
    assert again(result).has_looked is False


@pytest.mark.parametrize(
    "change",
    [
        {"width": -1},
        {"format": "exe"},
        {"cage": None},
        {"findings": [{"group": "nowhere", "name": ""}]},
        {"annotations": [{"kind": "box", "mask": "AAAA"}]},
        {"annotations": [{"kind": "box", "mask": "?"}]},
        {"receipt": "../../x"},
    ],
)
def test_what_no_server_of_ours_would_say_is_refused(
    engine: Engine, change: dict[str, object]
) -> None:
    result = engine.run(jpeg(), Recipe((Resize(fit="8x8"),)))
    assert isinstance(result, Result)
    with pytest.raises(WireBroken):
        result_of(read(told(result) | change))
    with pytest.raises(WireBroken):
        read("nothing")
