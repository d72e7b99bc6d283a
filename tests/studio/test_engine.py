"""The engine in the tab gives what the engine on this computer gives, and says no as plainly."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from safelight.errors import LimitExceeded
from safelight.limits import Limits
from safelight.recipe import operations
from tests.codecs import planting_bmp, planting_gif, planting_tiff
from tests.codecs.test_canaries import PLANTS, reveals
from tests.studio.tab_engine import Answer, Question, asked, native, png_of

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF")
FLIP = Image.Transpose.FLIP_LEFT_RIGHT
PROFILES = ("share", "strict", "minimal")
# What the same encoders are asked for on both sides: byte for byte the same.
EXACT: dict[str, tuple[dict[str, Any], ...]] = {
    "resize": ({"op": "resize", "fit": "50x50"},),
    "larger": ({"op": "resize", "long": 300, "enlarge": True},),
    "crop": ({"op": "crop", "box": [10, 5, 60, 40]},),
    "aspect": ({"op": "crop", "aspect": "1:1"},),
    "quarter": ({"op": "rotate", "angle": 90},),
    "slant": ({"op": "rotate", "angle": 13.5},),
    "flip": ({"op": "flip", "horizontal": True},),
    "canvas": ({"op": "canvas", "border": 9, "background": "#12ab34"},),
    "blur": ({"op": "canvas", "aspect": "3:1", "background": "blur"},),
    "redact": ({"op": "redact", "box": [[4, 5, 30, 20], [50, 9, 12, 40]]},),
    "logo": ({"op": "watermark", "image": "logo", "opacity": 70},),
    "jpeg": ({"op": "convert", "to": "jpeg", "quality": 71},),
    "within": ({"op": "convert", "to": "jpeg", "to_bytes": 3_000},),
    "webp": ({"op": "convert", "to": "webp"},),
    "tiff": ({"op": "convert", "to": "tiff"},),
    "bmp": ({"op": "convert", "to": "bmp"},),
    "deep": ({"op": "convert", "to": "png", "depth": 16},),
    "chain": (
        {"op": "resize", "fit": "70x70"},
        {"op": "scrub", "profile": "strict"},
        {"op": "convert", "to": "webp", "lossless": True},
    ),
}


@cache
def picture(format: str) -> bytes:
    """Drawn here, with a camera's EXIF where the format has it."""
    noise = Image.effect_noise((12, 8), 60).resize((96, 64), Image.Resampling.BICUBIC)
    drawn = Image.merge("RGB", (noise, noise.rotate(180), noise.transpose(FLIP)))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B], exif[0x8298] = "Maker", "Model", "A. Person", "mine"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    out = io.BytesIO()
    rest: dict[str, Any] = {} if format == "GIF" else {"exif": exif}
    drawn.save(out, format, **rest)
    return out.getvalue()


@cache
def logo() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((40, 20)).convert("LA").save(out, "PNG")
    return out.getvalue()


def scrubbing(profile: str) -> tuple[dict[str, Any], ...]:
    return ({"op": "scrub", "profile": profile},)


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><metadata>A. Person</metadata><rect width="9"/></svg>'
)
# More pixels than a tab decodes; more than the command line takes unless it is told to.
LARGE, HUGE = png_of(15_000, 10_000, "A. Person"), png_of(20_000, 15_000)
# The vectors of the engine: files with a canary in every place that their formats have.
PLANTED = [
    *PLANTS.values(),
    *(
        data
        for one in (planting_bmp, planting_gif, planting_tiff)
        for data in one.plants().values()
    ),
]
SCRUBS = [(format, profile) for format in FORMATS for profile in PROFILES]
WRONG: dict[str, Question] = {
    "empty": Question("inspect", b""),
    "text": Question("inspect", b"no picture at all, only words"),
    "huge": Question("inspect", HUGE),
    "large": Question("run", LARGE, ({"op": "resize", "fit": "9x9"},)),
    "cut short": Question("run", picture("JPEG")[:1_500], ({"op": "resize", "fit": "9x9"},)),
    "too large a canvas": Question(
        "run", picture("PNG"), ({"op": "canvas", "size": "20000x20000"},)
    ),
    "a model": Question("run", picture("PNG"), ({"op": "upscale", "scale": 2},)),
    "two cages": Question("run", picture("PNG"), ({"op": "sanitize"},)),
    "no operation": Question("run", picture("PNG"), ({"op": "nonsense"},)),
    "out of range": Question("run", picture("PNG"), ({"op": "convert", "quality": 900},)),
    "a pdf": Question("inspect", b"%PDF-1.7\n%%EOF\n"),
    "no logo": Question("run", picture("PNG"), ({"op": "watermark", "image": "logo"},)),
}


def questions() -> dict[tuple[str, ...], Question]:
    """Everything that is asked below, so that one worker answers it."""
    asked: dict[tuple[str, ...], Question] = {("start",): Question("start")}
    asked |= {("operations",): Question("operations")}
    asked |= {("inspect", one): Question("inspect", picture(one)) for one in FORMATS}
    asked |= {("inspect", "SVG"): Question("inspect", SVG)}
    for format, profile in SCRUBS:
        asked["scrub", format, profile] = Question("run", picture(format), scrubbing(profile))
    for number, data in enumerate(PLANTED):
        asked["planted", str(number)] = Question("run", data, scrubbing("share"))
    asked["scrub", "SVG", "share"] = Question("run", SVG, scrubbing("share"))
    asked |= {("inspect", "large"): Question("inspect", LARGE)}
    asked["scrub", "large", "share"] = Question("run", LARGE, scrubbing("share"))
    for name, steps in EXACT.items():
        extra = {"logo": logo()} if name == "logo" else {}
        asked["exact", name] = Question("run", picture("PNG"), steps, extra)
    for one in FORMATS:
        asked["opened", one] = Question("run", picture(one), ({"op": "convert", "to": "png"},))
    for target in ("gif", "avif"):
        asked["saved", target] = Question("run", picture("PNG"), ({"op": "convert", "to": target},))
    return asked | {("wrong", name): question for name, question in WRONG.items()}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Answer]:
    every = questions()
    folder = tmp_path_factory.mktemp("tab")
    return dict(zip(every, asked(folder, list(every.values())), strict=True))


Tab = dict[tuple[str, ...], Answer]


@pytest.mark.parametrize(("format", "profile"), SCRUBS)
def test_a_scrub_gives_the_same_bytes(tab: Tab, format: str, profile: str) -> None:
    answer = tab["scrub", format, profile]
    assert answer.failure is None
    assert answer.data == native(picture(format), scrubbing(profile))
    assert answer.told["report"]["reencoded"] is False


def test_a_canary_is_gone_from_every_place_as_from_the_engine(tab: Tab) -> None:
    assert len(PLANTED) > 150
    for number, data in enumerate(PLANTED):
        answer = tab["planted", str(number)]
        assert answer.failure is None
        assert answer.data == native(data, scrubbing("share"))
        assert reveals(data)
        assert not reveals(answer.data)


def test_a_drawing_is_scrubbed(tab: Tab) -> None:
    assert tab["scrub", "SVG", "share"].data == native(SVG, scrubbing("share"))
    assert b"Person" not in tab["scrub", "SVG", "share"].data


def test_of_what_is_too_large_to_be_decoded_metadata_goes_as_on_the_command_line(tab: Tab) -> None:
    facts = tab["inspect", "large"].told
    assert (facts["width"], facts["height"]) == (15_000, 10_000)
    assert "A. Person" in [one["value"] for one in facts["metadata"]]
    scrubbed = tab["scrub", "large", "share"]
    assert scrubbed.data == native(LARGE, scrubbing("share"), Limits())
    assert b"Person" not in scrubbed.data
    assert scrubbed.told["report"]["reencoded"] is False
    with pytest.raises(LimitExceeded):
        native(HUGE, scrubbing("share"), Limits())


def test_facts_are_those_of_inspect(tab: Tab) -> None:
    facts = tab["inspect", "JPEG"].told
    assert (facts["width"], facts["height"], facts["format"]) == (96, 64, "jpeg")
    named = {(one["group"], one["name"]): one["value"] for one in facts["metadata"]}
    assert named["identity", "Artist"] == "A. Person"
    assert named["place", "GPSLatitude"] == "52.520000"
    place = facts["place"]
    assert (place["latitude"], place["longitude"], place["town"]) == (52.52, 13.405, "Berlin")
    assert place["around"][0]["name"] == "Berlin"
    assert facts["meanings"]["place"] == "says where it was taken: near Berlin, Germany"
    assert tab["inspect", "GIF"].told["metadata"] == []
    assert tab["inspect", "SVG"].told["kind"] == "document"


@pytest.mark.parametrize("name", [name for name in EXACT if name != "logo"])
def test_pixels_are_those_of_this_computer(tab: Tab, name: str) -> None:
    answer = tab["exact", name]
    assert answer.failure is None
    assert answer.data == native(picture("PNG"), EXACT[name])


def test_another_picture_would_be_noticed(tab: Tab) -> None:
    """The control of those above: one pixel's worth of another recipe gives other bytes."""
    other = ({"op": "crop", "box": [10, 5, 60, 41]},)
    assert tab["exact", "crop"].data != native(picture("PNG"), other)
    assert tab["scrub", "JPEG", "share"].data != native(picture("JPEG"), scrubbing("strict"))


def test_a_picture_is_laid_over_another(tab: Tab) -> None:
    was, now = (np.asarray(shown(one), int) for one in (picture("PNG"), tab["exact", "logo"].data))
    assert was.shape == now.shape
    changed = np.abs(was - now).max(2) > 0
    assert 0.02 < changed.mean() < 0.3
    assert not changed[:32, :48].any()  # it lies in the lower right corner


@pytest.mark.parametrize("format", FORMATS)
def test_each_format_is_opened_as_on_this_computer(tab: Tab, format: str) -> None:
    answer = tab["opened", format]
    assert answer.failure is None
    expected = np.asarray(shown(native(picture(format), ({"op": "convert", "to": "png"},))), int)
    off = np.abs(np.asarray(shown(answer.data), int) - expected)
    assert off.mean() <= 0.02


def test_a_table_of_colours_is_close(tab: Tab) -> None:
    """Without numpy and Pillow libvips chooses the colours; with them, we do."""
    answer = tab["saved", "gif"]
    source = np.asarray(shown(picture("PNG")), int)
    ours = native(picture("PNG"), ({"op": "convert", "to": "gif"},))
    off = [np.abs(np.asarray(shown(one), int) - source).mean() for one in (answer.data, ours)]
    assert off[0] <= off[1] + 1
    assert "colours beyond 256" in answer.told["report"]["lost"]


def test_avif_is_written(tab: Tab) -> None:
    off = np.asarray(shown(tab["saved", "avif"].data), int) - np.asarray(shown(picture("PNG")), int)
    assert np.abs(off).mean() < 8


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty", "format-unknown"), ("text", "format-unknown"), ("huge", "limit-exceeded"),
        ("large", "limit-exceeded"),
        ("cut short", "container-broken"), ("too large a canvas", "limit-exceeded"),
        ("a model", "model-missing"), ("two cages", "recipe-invalid"),
        ("no operation", "recipe-invalid"), ("out of range", "recipe-invalid"),
        ("a pdf", "missing"), ("no logo", "recipe-invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(tab: Tab, name: str, code: str) -> None:
    failure = tab["wrong", name].failure
    assert failure is not None
    assert failure["code"] == code
    assert failure["title"]
    # Nobody in a browser can use a hint for a terminal.
    assert "safelight " not in failure["hint"]
    assert "--" not in failure["hint"]


def test_what_can_be_done_here_follows_from_what_operations_declare(tab: Tab) -> None:
    here = set(tab["operations",].told)
    assert {"resize", "crop", "rotate", "flip", "canvas", "convert", "scrub"} <= here
    assert {"redact", "watermark", "mark"} <= here
    declared = operations()
    assert here <= set(declared)
    assert not here & {name for name, one in declared.items() if not one.gives_image}
    assert not here & {"upscale", "cutout", "restore", "sanitize", "draw"}
    quality = tab["operations",].told["convert"]["properties"]["quality"]
    assert {"minimum": 1, "maximum": 100, "type": "integer"} in quality["anyOf"]


def test_shared_pictures_are_told_and_scrubbed_alike(shared_data: Path, tmp_path: Path) -> None:
    folders = ("metadata", "formats", "hostile")
    found = [one for name in folders for one in sorted((shared_data / name).rglob("*.*"))]
    small = [one for one in found if one.is_file() and one.stat().st_size < 400_000]
    chosen = [one.read_bytes() for one in small[::40]]
    answers = asked(tmp_path, [Question("run", data, scrubbing("share")) for data in chosen])
    same = 0
    for data, answer in zip(chosen, answers, strict=True):
        if answer.failure is None:
            assert answer.data == native(data, scrubbing("share"))
            same += 1
        else:
            assert answer.failure["code"] != "failed"
    assert same > len(chosen) / 3


def shown(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")
