"""Colours of pictures that hold them in a table: how many a frame has, and which pixel has which.

A pixel is there or not, and one that is not has no colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from safelight.codecs.colour import has_alpha

# From this alpha on a pixel is there.
THERE = 128
ABSENT = 1 << 24
# A picture is counted in parts, and no further than to one colour too many.
PART_PIXELS = 1 << 18


def is_counted() -> bool:
    """True if tables can be made colour by colour: in a browser's tab there is no numpy."""
    return find_spec("numpy") is not None


def has_more(picture: Any, most: int) -> bool:
    """True if a frame has more colours than that. The picture is in memory, RGB in 8 bit."""
    clears = is_cleared(picture)
    if not is_counted():
        return any(_has_more(one, clears=clears, most=most) for one in picture.pagesplit())
    return any(len(colours_of(frame, clears=clears, most=most)) > most for frame in frames(picture))


def is_cleared(picture: Any) -> bool:
    """True if what a frame shows must be gone before the next: somewhere a pixel is absent, and so
    each frame needs a place for that in its table.
    """
    if picture.get_page_height() == picture.height or not has_alpha(picture):
        return False
    return bool(picture[picture.bands - 1].min() < THERE)


def colours_of(frame: Any, *, clears: bool, most: int) -> Any:
    """The numbers of the colours of a frame in their order; no more than too many of them."""
    import numpy as np

    known = np.array([ABSENT] if clears else [], np.uint32)
    for part in _parts(frame):
        found = _numbers(part)
        if len(known):
            found = found[known[np.searchsorted(known[:-1], found)] != found]
        known = np.union1d(known, found)
        if len(known) > most:
            break
    return known


def places_of(frame: Any, colours: Any) -> Any:
    """For every pixel the place of its colour among these, in a byte."""
    import numpy as np

    parts = [np.searchsorted(colours, _numbers(part)).astype(np.uint8) for part in _parts(frame)]
    return np.concatenate(parts).reshape(frame.shape[:2])


def is_partly_seen(picture: Any) -> bool:
    """True if some pixel is neither there nor gone."""
    if not has_alpha(picture):
        return False
    alpha = picture[picture.bands - 1]
    return bool(((alpha > 0) & (alpha < 255)).max())


def frames(picture: Any) -> Iterator[Any]:
    """Rows, columns and channels of each frame."""
    array = picture.numpy().reshape(picture.height, picture.width, picture.bands)
    height = picture.get_page_height()
    for top in range(0, picture.height, height):
        yield array[top : top + height]


def _has_more(frame: Any, *, clears: bool, most: int) -> bool:
    """Without numpy: every pixel as one number, what is absent as 0."""
    if has_alpha(frame):
        colours = frame[0 : frame.bands - 1].bandjoin(255)
        frame = (frame[frame.bands - 1] >= THERE).ifthenelse(colours, 0)
    else:
        frame = frame.bandjoin(255)
    with memoryview(frame.cast("uchar").write_to_memory()).cast("I") as pixels:
        known = {0} if clears else set()
        for start in range(0, len(pixels), PART_PIXELS):
            known.update(pixels[start : start + PART_PIXELS])
            if len(known) > most:
                return True
    return False


def _parts(frame: Any) -> Iterator[Any]:
    flat = frame.reshape(-1, frame.shape[2])
    for start in range(0, len(flat), PART_PIXELS):
        yield flat[start : start + PART_PIXELS]


def _numbers(pixels: Any) -> Any:
    """One number for each colour; what is absent has the highest."""
    import numpy as np

    wide = pixels.astype(np.uint32)
    packed = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    if pixels.shape[-1] == 4:
        packed[pixels[..., 3] < THERE] = ABSENT
    return packed
