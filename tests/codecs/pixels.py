"""Two independent decoders say whether two files hold the same stored pixels."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pillow_heif
import pyvips
from PIL import Image, ImageSequence

pillow_heif.register_heif_opener()


def stored(data: bytes) -> tuple[object, object]:
    """What Pillow and libvips decode, every frame, before any turning; a text where one refuses."""
    return _by_pillow(data), _by_vips(data)


def _by_pillow(data: bytes) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            if image.format in ("MPO", "JPEG", "HEIF"):
                return image.mode, image.size, image.tobytes()
            frames = [
                (frame.mode, frame.size, frame.tobytes(), frame.info.get("duration"))
                for frame in ImageSequence.Iterator(image)
            ]
            return frames
    except (OSError, SyntaxError, ValueError, RuntimeError) as error:
        return f"refused: {type(error).__name__}"


@contextmanager
def drawing() -> Iterator[None]:
    """SVG is drawn meanwhile: the program blocks that, and goes on doing so afterwards."""
    pyvips.operation_block_set("VipsForeignLoadSvg", False)
    try:
        yield
    finally:
        pyvips.operation_block_set("VipsForeignLoadSvg", True)


def _by_vips(data: bytes) -> object:
    try:
        with drawing():
            image = pyvips.Image.new_from_buffer(data, "", fail_on="none")
        return image.width, image.height, image.bands, bytes(image.write_to_memory())
    except pyvips.Error:
        return "refused"


def differences(before: bytes, after: bytes) -> list[str]:
    """Which decoder sees other pixels afterwards; a file that none reads must become one that some
    reads.
    """
    pairs = list(zip(("Pillow", "libvips"), stored(before), stored(after), strict=True))
    read = [pair for pair in pairs if not isinstance(pair[1], str)]
    if not read and all(isinstance(after, str) for _, _, after in pairs):
        return ["no decoder reads the file"]
    return [f"{name} sees other pixels" for name, one, other in read if one != other]
