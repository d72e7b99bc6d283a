"""Two independent decoders say whether two files hold the same stored pixels."""

from __future__ import annotations

import io
import warnings

import pyvips
from PIL import Image, ImageSequence


def stored(data: bytes) -> tuple[object, object]:
    """What Pillow and libvips decode, every frame, before any turning; a text where one refuses."""
    return _by_pillow(data), _by_vips(data)


def _by_pillow(data: bytes) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            if image.format in ("MPO", "JPEG"):
                return image.mode, image.size, image.tobytes()
            frames = [
                (frame.mode, frame.size, frame.tobytes(), frame.info.get("duration"))
                for frame in ImageSequence.Iterator(image)
            ]
            return frames, image.info.get("transparency"), image.info.get("gamma")
    except (OSError, SyntaxError, ValueError) as error:
        return f"refused: {type(error).__name__}"


def _by_vips(data: bytes) -> object:
    try:
        image = pyvips.Image.new_from_buffer(data, "", fail_on="none")
        return image.width, image.height, image.bands, image.write_to_memory()
    except pyvips.Error:
        return "refused"


def decodes(data: bytes) -> bool:
    """True when both decoders take it."""
    return not any(isinstance(result, str) for result in stored(data))
