"""Every hostile file ends in a clean refusal or a safe result, and the zygote lives."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from safelight.batch.events import Event, Item
from safelight.batch.naming import Placement
from safelight.batch.plan import Selection, make_plan
from safelight.batch.run import Batch, Manner
from safelight.codecs import routing
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.errors import ContainerBroken, LimitExceeded
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from tests.codecs.making import scrubbed
from tests.codecs.pixels import stored
from tests.codecs.test_dicom_clean import at_rest
from tests.fuzz.caged import zygote

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

RECIPES = {"scrub": Recipe((Scrub(),)), "resize": Recipe((Resize(fit="64x64"),))}
EXPECTED_CODES = {
    "format-unknown",
    "container-broken",
    "limit-exceeded",
    "memory-exceeded",
    "time-exceeded",
    "input-refused",
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=2) as held:
        yield held


@pytest.mark.parametrize("verb", RECIPES)
def test_no_hostile_file_is_lost_or_does_harm(
    engine: Engine, shared_data: Path, tmp_path: Path, verb: str
) -> None:
    files = sorted(path for path in (shared_data / "hostile").rglob("*") if path.is_file())
    recipe = RECIPES[verb]
    selection = Selection((str(shared_data / "hostile"),), recursive=True)
    items = make_plan(selection, Placement(f"{tmp_path}/", "{index}.{ext}"), recipe)
    assert len(items) == len([path for path in files if not path.name.startswith(".")])
    events: list[Event] = []
    before = zygote(engine.host(recipe, "jpeg"))
    Batch(engine, recipe, items, manner=Manner(jobs=2), listener=events.append).run()
    ended = [event for event in events if isinstance(event, Item)]
    assert len(ended) == len(items)
    for item in ended:
        assert item.status in ("done", "skipped", "refused", "failed")
        if item.status in ("refused", "failed"):
            assert item.code in EXPECTED_CODES, item
            assert item.hint, item
        if item.status == "done":
            assert item.output is not None
            assert is_sound(Path(item.output)), item
    assert sum(item.status == "done" for item in ended) > 5
    assert sum(item.status == "refused" for item in ended) > 5
    alive = engine.run(tiny_jpeg(), recipe)
    assert isinstance(alive, Result)
    assert alive.data is not None
    assert zygote(engine.host(recipe, "jpeg")) == before


def is_sound(path: Path) -> bool:
    """Whether other decoders read a result; where none knows its kind, a second scrub must find
    nothing to do.
    """
    data = path.read_bytes()
    if not all(isinstance(one, str) for one in stored(data)):
        return True
    format = routing.route(data[: routing.ROUTE_BYTES])
    return format is not None and at_rest(scrubbed(data, format), format) == at_rest(data, format)


def test_a_result_that_is_cut_off_is_no_sound_one(tmp_path: Path) -> None:
    for number, data in enumerate((tiny_jpeg(), tiny_jpeg()[:150], b"text")):
        (tmp_path / str(number)).write_bytes(data)
    assert is_sound(tmp_path / "0")
    for name in "12":
        with pytest.raises((ContainerBroken, AssertionError)):
            assert is_sound(tmp_path / name)


def tiny_jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (9, 7), (200, 100, 50)).save(out, "JPEG")
    return out.getvalue()


def png_header(width: int, height: int, pixels: bytes) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + struct.pack(">I", len(pixels))
        + b"IDAT"
        + pixels
        + struct.pack(">I", zlib.crc32(b"IDAT" + pixels))
        + struct.pack(">I", 0)
        + b"IEND"
        + struct.pack(">I", zlib.crc32(b"IEND"))
    )


@pytest.mark.parametrize("verb", RECIPES)
def test_a_hundred_gigapixel_header_is_refused_before_any_pixel(engine: Engine, verb: str) -> None:
    """How fast is measured in bench/cage.py; here: told by the header, whatever follows it."""
    for pixels in (b"", b"x" * 8, bytes(100_000)):
        with pytest.raises(LimitExceeded):
            engine.run(png_header(1_000_000, 100_000, pixels), RECIPES[verb])
    with pytest.raises(ContainerBroken):
        engine.run(png_header(10, 10, b"x" * 8), RECIPES["resize"])
