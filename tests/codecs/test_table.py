"""The published table of formats, cell by cell: each yes and each no is tried."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from PIL import Image as Pillow

from safelight.cli import abilities
from safelight.codecs import scrub
from safelight.codecs.encode import Encoded, encode
from safelight.codecs.routing import FOREIGN, ROUTE_BYTES, route
from safelight.errors import FormatUnknown, SafelightError, SomethingMissing
from safelight.formats import FORMATS, TABLE, WRITABLE, Format, Kept, is_picture
from safelight.image import Wish
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.ops.scrub import Scrub
from safelight.recipe import Recipe
from tests.codecs.bearing import bearing, holds
from tests.codecs.making import in_format, picture
from tests.contract import LIMITS, context, opened

DOCUMENTS = {
    "pdf": "metadata/mat2/dirty.pdf",
    "svg": "metadata/mat2/dirty.svg",
    "mp4": "metadata/mat2/dirty.mp4",
    "webm": "video/mdn/flower.webm",
}
PAIRS = [(format, kept) for format in FORMATS for kept in abilities.KEPT]


def sample(format: Format, shared: Path) -> bytes:
    """A plain file of the format."""
    if is_picture(format):
        return in_format(picture(64, 48), format)
    folder = shared / "metadata"
    found = [shared / DOCUMENTS[format]] if (shared / DOCUMENTS[format]).is_file() else []
    found += [path for root in (folder, shared / "video") for path in sorted(root.rglob("*"))]
    for path in found:
        if path.is_file() and route(path.read_bytes()[:ROUTE_BYTES]) == format:
            return path.read_bytes()
    raise LookupError(format)


@pytest.mark.parametrize("format", FORMATS)
def test_pixels_read(format: Format, shared_data: Path) -> None:
    data = sample(format, shared_data)
    if TABLE[format].reads:
        assert opened(data).vips.copy_memory().width == 64
    else:
        with pytest.raises(FormatUnknown):
            opened(data).vips.copy_memory()


@pytest.mark.parametrize("format", FORMATS)
def test_pixels_written(format: Format) -> None:
    data = in_format(picture(64, 48), "png")
    image = Resize(fit="32x32").apply(opened(data), context()).with_wish(format=format)
    if TABLE[format].writes:
        made = b"".join(encode(image, memoryview(data), LIMITS).pieces)
        assert route(made[:ROUTE_BYTES]) == format
        assert opened(made).vips.copy_memory().width == 32
    else:
        with pytest.raises(FormatUnknown):
            encode(image, memoryview(data), LIMITS)


def test_what_can_be_asked_for_is_what_is_written() -> None:
    assert set(WRITABLE) == {format for format in FORMATS if TABLE[format].writes}


@pytest.mark.parametrize("format", FORMATS)
def test_scrubbed_without_decoding(format: Format, shared_data: Path) -> None:
    data = sample(format, shared_data)
    if TABLE[format].scrubs:
        made = encode(Scrub().apply(opened(data), context()), memoryview(data), LIMITS)
        assert not made.is_reencoded
        assert route(bytes(b"".join(made.pieces)[:ROUTE_BYTES])) == format
    else:
        with pytest.raises(FormatUnknown):
            scrub.rewrite(memoryview(data), format, Wish())


def encoded(data: bytes, to: Format) -> Encoded:
    image = Convert(to=to, effort=1).apply(opened(data), context())
    return encode(image, memoryview(data), LIMITS)


# Which format brings what is asked for, so that a new encoding could hold it.
BRINGS: dict[Kept, Format] = {
    "icc": "png",
    "alpha": "png",
    "animation": "gif",
    "depth": "png",
    "pages": "tiff",
    "gain map": "jpeg",
}
# 16 bit become 10 there, more than 8 and yet not all.
FEWER_BITS = {("avif", "depth")}
SAID = {
    "alpha": "transparency",
    "animation": "1 further frames",
    "depth": "sample depth",
    "pages": "1 further frames",
    "gain map": "gain map",
    "icc": "ICC_Profile",
}


@pytest.mark.parametrize(("format", "kept"), [pair for pair in PAIRS if pair[0] in WRITABLE])
def test_kept_in_a_new_encoding(format: Format, kept: Kept, shared_data: Path) -> None:
    data = bearing(BRINGS[kept], kept, shared_data)
    assert data is not None
    assert holds(data, BRINGS[kept], kept)
    made = encoded(data, format)
    assert made.is_reencoded
    assert holds(b"".join(made.pieces), format, kept) == (kept in TABLE[format].keeps)
    told = {change.finding.name for change in made.changes if change.what == "removed"}
    is_less = kept not in TABLE[format].keeps or (format, kept) in FEWER_BITS
    assert (SAID[kept] in told) == is_less


@pytest.mark.parametrize(("format", "kept"), [pair for pair in PAIRS if TABLE[pair[0]].scrubs])
def test_kept_in_a_scrub(format: Format, kept: Kept, shared_data: Path) -> None:
    data = bearing(format, kept, shared_data) if is_picture(format) else None
    if data is None:
        # No other library makes such a file, and the table promises no more.
        assert kept not in TABLE[format].keeps_stored or (format, kept) in MADE_BY_US
        return
    assert holds(data, format, kept)
    pieces, _ = scrub.rewrite(memoryview(data), format, Wish())
    assert holds(b"".join(pieces), format, kept) == (kept in TABLE[format].keeps_stored)


# What only our own encoder makes here, or only a phone; tested beside their walkers.
MADE_BY_US = {
    *(("bmp", "icc"), ("bmp", "alpha")),
    *(("heic", "gain map"), ("heic", "animation")),
}


@pytest.mark.parametrize("kept", ["icc", "alpha"])
def test_our_own_bmp_is_scrubbed_without_a_loss(kept: Kept) -> None:
    data = bearing("png", kept, Path())
    assert data is not None
    bmp = b"".join(encoded(data, "bmp").pieces)
    pieces, _ = scrub.rewrite(memoryview(bmp), "bmp", Wish())
    assert holds(b"".join(pieces), "bmp", kept)


PACKAGES = ("pillow_heif", "pydicom", "pikepdf")


@pytest.mark.parametrize("format", FORMATS)
def test_the_extra_is_what_is_missing_without_it(
    format: Format, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = sample(format, shared_data)
    for package in PACKAGES:
        for name in [package, *(one for one in sys.modules if one.startswith(f"{package}."))]:
            monkeypatch.setitem(sys.modules, name, None)
    extra = TABLE[format].extra
    if extra is None:
        assert worked(format, data)
        return
    with pytest.raises(SomethingMissing) as missing:
        worked(format, data)
    assert missing.value.hint == f"pip install 'safelight[{extra}]'"


def worked(format: Format, data: bytes) -> bool:
    """Decode what has pixels, rewrite what has none."""
    if is_picture(format):
        return bool(opened(data).vips.copy_memory().width)
    return bool(encode(Scrub().apply(opened(data), context()), memoryview(data), LIMITS).pieces)


def test_the_page_shows_the_table(root: Path) -> None:
    page = (root / "docs" / "reference" / "formats.md").read_text()
    for rows in (abilities.first_table(), abilities.kept_when_encoded(),
                 abilities.kept_when_scrubbed(), abilities.known_by_name()):  # fmt: skip
        for cells in rows:
            assert f"| {' | '.join(cells)} |" in page
    for foreign in FOREIGN:
        assert foreign.title in page


def test_every_cell_of_the_page_comes_from_a_fact() -> None:
    head, *rows = abilities.kept_when_encoded()
    for format, row in zip(WRITABLE, rows, strict=True):
        cells = dict(zip(head[1:], row[1:], strict=True))
        for kept in abilities.KEPT:
            assert (cells[abilities.WORDS[kept]] == "yes") == (kept in TABLE[format].keeps)


@pytest.mark.parametrize("format", [name for name in FORMATS if not TABLE[name].writes])
def test_what_is_not_written_is_refused_before_any_work(format: Format) -> None:
    recipe = Recipe((Resize(fit="9x9"),))
    refused = recipe.refusal(format)
    assert isinstance(refused, FormatUnknown)
    assert refused.hint


def test_raw_in_tiff_is_inspected_and_its_pixels_refused(shared_data: Path) -> None:
    data = (shared_data / "metadata" / "exiftool" / "CanonRaw.cr2").read_bytes()
    image = opened(data)
    assert image.with_findings().findings
    with pytest.raises(SafelightError, match="raw file"):
        image.vips.copy_memory()


def test_a_written_file_opens_elsewhere() -> None:
    data = in_format(picture(64, 48), "png")
    for format in (name for name in WRITABLE if name != "dicom"):
        made = b"".join(encoded(data, format).pieces) if format != "png" else data
        assert Pillow.open(io.BytesIO(made)).size == (64, 48)
