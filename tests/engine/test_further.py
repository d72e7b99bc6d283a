"""A further picture may be of every kind that has pixels: the workers are warm for it too. A
document or a film in its place is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from safelight.codecs.further import Shelf
from safelight.engine.engine import Engine
from safelight.engine.result import Result
from safelight.engine.stock import Pictures
from safelight.errors import FormatUnknown, SafelightError, SomethingMissing
from safelight.formats import FORMATS, TABLE, Format
from safelight.recipe import Recipe, operation_named, operations
from tests.codecs import planting_mp4, planting_pdf, planting_webm
from tests.codecs.making import in_format, picture

READABLE = [format for format in FORMATS if TABLE[format].reads]
PIXELLESS = [format for format in FORMATS if not TABLE[format].reads]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
# Every operation that takes a further picture, and the parameter that names it.
TAKERS = {
    name: field
    for name, operation in operations().items()
    for field, known in operation.model_fields.items()
    if isinstance(known.json_schema_extra, dict) and "picture" in known.json_schema_extra
}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine(jobs=1) as engine:
        yield engine


def made(format: Format) -> bytes:
    if TABLE[format].reads:
        return in_format(picture(48, 36), format)
    if format == "svg":
        return SVG
    making: dict[Format, Any] = {
        "pdf": planting_pdf.document,
        "mp4": planting_mp4.film,
        "webm": planting_webm.film,
    }
    return bytes(making[format]())


def with_further(engine: Engine, name: str, data: bytes) -> Result:
    """The operation on a PNG, with this further picture."""
    wish = {"op": name, TAKERS[name]: f"picture:{engine.add_picture(data)}"}
    result = engine.run(in_format(picture(48, 36), "png"), Recipe.from_steps([wish]))
    assert isinstance(result, Result)
    return result


def test_all_that_take_a_further_picture_are_asked() -> None:
    assert set(TAKERS) == {"compare", "cutout", "difference", "watermark"}


@pytest.mark.parametrize("format", READABLE)
def test_every_format_with_pixels_can_come_second(engine: Engine, format: Format) -> None:
    assert with_further(engine, "compare", made(format)).measures["pixels"] == 48 * 36
    assert with_further(engine, "watermark", made(format)).data


@pytest.mark.parametrize("format", ["heic", "dicom"])
def test_workers_that_are_not_warm_for_it_cannot_open_it(
    format: Format, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the extras are installed, and the sealed worker cannot import them."""
    monkeypatch.setattr(Pictures, "formats", lambda *_: frozenset())
    with Engine(jobs=1) as cold, pytest.raises(SomethingMissing):
        with_further(cold, "compare", made(format))


@pytest.mark.parametrize("name", TAKERS)
@pytest.mark.parametrize("format", PIXELLESS)
def test_a_document_or_a_film_is_refused_with_a_hint(
    engine: Engine, tmp_path: Path, format: Format, name: str
) -> None:
    with pytest.raises(SafelightError) as inside:
        with_further(engine, name, made(format))
    assert type(inside.value) is FormatUnknown
    assert inside.value.hint or "ground picture" in inside.value.message
    (tmp_path / "logo.png").write_bytes(made(format))
    named = {TAKERS[name]: "logo.png"}
    with pytest.raises(FormatUnknown, match=r"logo\.png is a .*: its pixels are not read") as face:
        Shelf(tmp_path, 1 << 20).with_digests(operation_named(name), named, {})
    assert face.value.hint


@pytest.mark.parametrize("name", TAKERS)
def test_a_picture_in_its_place_is_taken(engine: Engine, name: str) -> None:
    assert with_further(engine, name, made("webp"))


def test_a_further_picture_that_is_known_and_not_read_is_told_by_its_kind(tmp_path: Path) -> None:
    (tmp_path / "logo.jxl").write_bytes(b"\xff\x0a" + bytes(200))
    with pytest.raises(FormatUnknown, match="is JPEG XL, which Safelight does not read"):
        Shelf(tmp_path, 1 << 20).with_digests(
            operation_named("watermark"), {"image": "logo.jxl"}, {}
        )
