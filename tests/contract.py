"""What every operation promises, whatever it does. tests/ops/test_contract.py holds each to it.

A new operation is held to this without a line here, if it can be made without parameters.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pyvips
from PIL import Image as Pillow

from safelight.annotation import Seen
from safelight.codecs.decode import open_image
from safelight.codecs.encode import Encoded, encode
from safelight.image import Image
from safelight.limits import Limits
from safelight.models.guard import Guarded
from safelight.models.look import look
from safelight.models.runtimes import open_session
from safelight.models.session import Session
from safelight.models.store import Store
from safelight.operation import Context, ModelNeed, Operation, Sample
from safelight.recipe import Recipe, operations

# Parameters for operations that cannot be made without, and for the branches worth holding.
SAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "resize": (
        {"fit": "20x20"},
        {"width": 30, "height": 20, "mode": "cover"},
        {"fit": "64x64", "mode": "exact", "enlarge": True},
        {"percent": 50, "linear": True},
    ),
    "crop": ({"aspect": "1:1"}, {"width": 1, "height": 1, "gravity": "southeast"}),
    "rotate": ({"angle": 90}, {"angle": 30}, {"angle": -7, "cut": True}),
    "flip": ({"horizontal": True, "vertical": True},),
    # They need a second picture; tests/ops/test_compare.py holds them to all this.
    "compare": (),
    "difference": (),
    # They need a model that is pulled, or a look before; tests/ops/test_sights.py holds them to it.
    "detect": (),
    "pose": (),
    "classify": (),
    "draw": (),
    "mark": ({"origin": "ai-edited"},),
    "redact": ({"box": [[0, 0, 1, 1]]}, {"box": ["0,0,9,9"], "colour": "red", "margin": 2}),
    "watermark": ({"text": "© A"}, {"text": "© A", "tile": True}),
    "canvas": ({"border": 3}, {"aspect": "1:1", "background": "blur"}),
    "convert": ({"to": "png"}, {"to": "jpeg"}, {"to": "webp", "lossless": True}, {"to": "tiff"}),
    "cutout": (
        {},
        {"bg": "blur"},
        {"bg": "#10a0ff"},
        {"mask_only": True},
        {"format": "webp"},
    ),
    "restore": ({}, {"denoise": 40, "jpeg": 30}),
    "upscale": ({"scale": 2}, {"scale": 3}, {"scale": 4}, {"to": "16x16"}),
}
CHANGES_SIZE = frozenset({"resize", "crop", "upscale", "rotate", "canvas"})
WIDTH, HEIGHT = 48, 36
LIMITS = Limits()


def samples() -> list[Operation]:
    """Every operation in the folder, some with several sets of parameters."""
    return [
        cls.model_validate(parameters)
        for name, cls in operations().items()
        for parameters in SAMPLES.get(name, ({},))
    ]


@cache
def session(need: ModelNeed) -> Session:
    """The built-in models, opened once."""
    with Store().load(need) as model:
        return open_session(model.entry, model.view(), threads=1)


def look_with(session: Session, sample: Sample) -> Seen:
    """What a session sees in a picture, as in a worker."""
    return look(Guarded(session, None), sample)


def context(**changes: Any) -> Context:
    usual = {"look": lambda need, sample: look_with(session(need), sample)}
    return Context(LIMITS, session, **usual | changes)


def drawn(width: int = WIDTH, height: int = HEIGHT, bands: int = 3) -> Any:
    """A smooth picture with an edge, the same every time."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    planes = [
        120 + 90 * np.sin(x / (5 + band) + y / 9) * (1 if band % 2 else -1) for band in range(bands)
    ]
    planes[0][: height // 2, : width // 2] = 250
    return np.clip(np.stack(planes, 2), 0, 255).astype(np.uint8)


def with_pillow(array: Any, format: str, mode: str | None = None, **options: Any) -> bytes:
    out = io.BytesIO()
    image = Pillow.fromarray(array.squeeze())
    (image.convert(mode) if mode else image).save(out, format, **options)
    return out.getvalue()


def sideways() -> bytes:
    """Orientation 6: displayed, it is HEIGHT wide and WIDTH high."""
    exif = Pillow.Exif()
    exif[0x0112] = 6
    return with_pillow(drawn(), "JPEG", exif=exif)


def deep(bands: int) -> bytes:
    """A 16-bit PNG."""
    array = drawn(bands=bands).astype(np.uint16) * 257
    interpretation = "rgb16" if bands > 2 else "grey16"
    picture = pyvips.Image.new_from_array(array.squeeze(), interpretation=interpretation)
    data: bytes = picture.pngsave_buffer()
    return data


def wide(array: Any) -> bytes:
    """A PNG whose profile is Display P3."""
    profile = bytes(pyvips.Operation.call("profile_load", "p3"))
    return with_pillow(array, "PNG", icc_profile=profile)


def animated(colours: tuple[str, ...], delays: tuple[int, ...], *, format: str = "GIF") -> bytes:
    """An animation of WIDTH x HEIGHT: frames of one colour, a black corner at the left top."""
    frames = []
    for colour in colours:
        frame = Pillow.new("RGB", (WIDTH, HEIGHT), colour)
        frame.paste("black", (0, 0, 8, 8))
        frames.append(frame)
    out = io.BytesIO()
    options = {"lossless": True} if format == "WEBP" else {}
    frames[0].save(
        out, format, save_all=True, append_images=frames[1:], duration=delays, loop=3, **options
    )
    return out.getvalue()


def frames_of(data: bytes) -> tuple[list[Any], list[int], int]:
    """Frames as RGBA, their delays in milliseconds, and how often it is repeated."""
    image = Pillow.open(io.BytesIO(data))
    frames, delays = [], []
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        frames.append(np.asarray(image.convert("RGBA")))
        delays.append(int(image.info["duration"]))
    return frames, delays, int(image.info["loop"])


PICTURES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: with_pillow(drawn(), "JPEG", quality=90),
    "png": lambda: with_pillow(drawn(), "PNG"),
    "webp": lambda: with_pillow(drawn(), "WEBP", lossless=True),
    "tiff": lambda: with_pillow(drawn(), "TIFF"),
    "gif": lambda: with_pillow(drawn(), "GIF"),
    "avif": lambda: with_pillow(drawn(), "AVIF"),
    "one pixel": lambda: with_pillow(drawn(1, 1), "PNG"),
    "one pixel jpeg": lambda: with_pillow(drawn(1, 1), "JPEG"),
    "grey": lambda: with_pillow(drawn(bands=1), "PNG"),
    "grey jpeg": lambda: with_pillow(drawn(bands=1), "JPEG"),
    "alpha": lambda: with_pillow(drawn(bands=4), "PNG"),
    "grey alpha": lambda: with_pillow(drawn(bands=2), "PNG"),
    "palette": lambda: with_pillow(drawn(), "PNG", mode="P"),
    "cmyk": lambda: with_pillow(drawn(), "JPEG", mode="CMYK"),
    "cmyk tiff": lambda: with_pillow(drawn(), "TIFF", mode="CMYK"),
    "16 bit": lambda: deep(3),
    "16 bit grey": lambda: deep(1),
    "16 bit alpha": lambda: deep(4),
    "sideways": sideways,
}


def opened(data: bytes) -> Image:
    return open_image(memoryview(data), LIMITS)


def result(operation: Operation, data: bytes) -> Encoded:
    """The whole way of one picture."""
    image = operation.apply(opened(data), context())
    return encode(image, memoryview(data), LIMITS)


def pixels(made: Encoded) -> Any:
    """The encoded picture as another library sees it, upright."""
    return np.asarray(Pillow.open(io.BytesIO(b"".join(made.pieces))))


def does_not_change_its_input(operation: Operation, data: bytes) -> None:
    image, before = opened(data), bytes(data)
    copy = Image(image.header, image.decoder, image.read_findings)
    seen = opened(data).vips.write_to_memory()
    operation.apply(image, context())
    assert image == copy
    assert data == before
    assert image.vips.write_to_memory() == seen


def survives_and_says_its_size(operation: Operation, data: bytes) -> None:
    image = opened(data)
    after = operation.apply(image, context())
    if operation.name not in CHANGES_SIZE:
        assert (after.width, after.height) == (image.width, image.height)
    if not operation.gives_image:
        return
    made = encode(after, memoryview(data), LIMITS)
    assert (made.width, made.height) == (after.width, after.height)
    array = pixels(made)
    stored = (array.shape[1], array.shape[0])
    # A picture that is rewritten without decoding keeps its orientation tag.
    is_turned = not made.is_reencoded and image.header.orientation >= 5
    assert stored == ((made.height, made.width) if is_turned else (made.width, made.height))


def gives_the_same_again(operation: Operation, data: bytes) -> None:
    if operation.gives_image:
        assert b"".join(result(operation, data).pieces) == b"".join(result(operation, data).pieces)
    else:
        first, again = (operation.apply(opened(data), context()) for _ in range(2))
        assert first.findings == again.findings


def comes_back_from_its_recipe(operation: Operation) -> None:
    recipe = Recipe((operation,))
    again = Recipe.from_canonical(recipe.canonical)
    assert again.steps == recipe.steps
    assert again.digest == recipe.digest


def describes_its_fields(operation: Operation) -> None:
    assert type(operation).__doc__
    for name, field in type(operation).model_fields.items():
        assert field.description, f"{operation.name}.{name} has no description"
