"""The pixels of a BMP: palettes, runs, rows of whole bytes or of masked bits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from safelight.codecs.bmp import RLE4, RLE8, Layout, walk
from safelight.codecs.colour import PROFILE, RGB
from safelight.codecs.libvips import libvips
from safelight.codecs.loading import from_array
from safelight.codecs.reading import part
from safelight.errors import ContainerBroken
from safelight.image import Header

# 5 bits of each colour in 16, a byte of each in 32: what is meant where no masks are given.
USUAL_MASKS = {16: (0x7C00, 0x3E0, 0x1F), 32: (0xFF0000, 0xFF00, 0xFF)}
ROWS_AT_ONCE = 256
FULL = 255


def opened(data: memoryview, header: Header) -> Any:
    """The picture, decoded at once: 8-bit RGB, with alpha where bits are said to be that."""
    import numpy as np

    layout = walk(data)
    out = np.empty((layout.height, layout.width, header.bands), np.uint8)
    rows = _indexed_rows(layout) if layout.bits <= 8 else _coloured_rows(layout)
    for start, block in rows:
        out[start : start + len(block)] = block
    picture = from_array(out if layout.is_top_down else out[::-1], RGB[False])
    if layout.profile is not None and len(layout.profile):
        picture.set_type(libvips().GValue.blob_type, PROFILE, bytes(layout.profile))
    return picture


def _indexed_rows(layout: Layout) -> Iterator[tuple[int, Any]]:
    """Colours of the palette in the order of the file; what it does not hold is black."""
    import numpy as np

    table = np.zeros((1 << layout.bits, 3), np.uint8)
    given = np.frombuffer(layout.palette, np.uint8).reshape(-1, layout.entry)[:, 2::-1]
    table[: len(given)] = given
    if layout.coding in (RLE8, RLE4):
        runs = _runs(layout)
        for start in range(0, layout.height, ROWS_AT_ONCE):
            yield start, table[runs[start : start + ROWS_AT_ONCE]]
        return
    for start, block in _stored_rows(layout):
        yield start, table[_unpacked(block, layout.bits)[:, : layout.width]]


def _stored_rows(layout: Layout) -> Iterator[tuple[int, Any]]:
    """Some rows at a time, each with its padding; that of the last row may be missing."""
    import numpy as np

    for start in range(0, layout.height, ROWS_AT_ONCE):
        count = min(ROWS_AT_ONCE, layout.height - start)
        stored = layout.pixels[start * layout.stride : (start + count) * layout.stride]
        missing = bytes(count * layout.stride - len(stored))
        yield start, np.frombuffer(bytes(stored) + missing, np.uint8).reshape(count, layout.stride)


def _unpacked(rows: Any, bits: int) -> Any:
    """One number a pixel, where several share a byte; the first has the highest bits."""
    import numpy as np

    shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    parts = rows[..., None] >> shifts & np.uint8((1 << bits) - 1)
    return parts.reshape(len(rows), -1)


def _coloured_rows(layout: Layout) -> Iterator[tuple[int, Any]]:
    import numpy as np

    size = layout.bits // 8
    masks = layout.masks or USUAL_MASKS.get(layout.bits, ())
    kept = list(masks[:3]) + [mask for mask in masks[3:] if mask]
    for start, block in _stored_rows(layout):
        pixels = block[:, : layout.width * size]
        if size == 3:
            yield start, pixels.reshape(len(block), layout.width, 3)[..., ::-1]
            continue
        whole = np.ascontiguousarray(pixels).view(np.dtype(f"<u{size}"))
        yield start, np.stack([_channel(whole, mask) for mask in kept], 2)


def _channel(pixels: Any, mask: int) -> Any:
    """The bits under the mask, stretched to the whole of a byte; none give black."""
    import numpy as np

    shift = (mask & -mask).bit_length() - 1 if mask else 0
    most = mask >> shift
    if not most:
        return np.zeros(pixels.shape, np.uint8)
    bits = (pixels.astype(np.uint64) & np.uint64(mask)) >> np.uint64(shift)
    return ((bits * np.uint64(FULL) + np.uint64(most // 2)) // np.uint64(most)).astype(np.uint8)


def _runs(layout: Layout) -> Any:
    """Run-length coded indices; what is skipped has index 0. Raises ContainerBroken for a run
    outside the picture.
    """
    import numpy as np

    out = np.zeros((layout.height, layout.width), np.uint8)
    take = _nibbles if layout.coding == RLE4 else bytes
    data, at, x, y = layout.pixels, 0, 0, 0
    while at + 1 < len(data):
        count, value = data[at], data[at + 1]
        at += 2
        if count:
            run = take(bytes([value]) * ((count + 1) // 2 if take is _nibbles else count))[:count]
            x = _put(out, (x, y), run)
        elif value == 0:
            x, y = 0, y + 1
        elif value == 1:
            return out
        elif value == 2:
            across, down = part(data, at, 2)
            x, y, at = x + across, y + down, at + 2
        else:
            size = (value + 1) // 2 if take is _nibbles else value
            x = _put(out, (x, y), take(bytes(part(data, at, size)))[:value])
            at += size + size % 2
    if (y, x) < (layout.height - 1, layout.width):
        raise ContainerBroken("the BMP is truncated: rows are missing")
    return out


def _put(out: Any, place: tuple[int, int], run: bytes) -> int:
    """The column behind the run. Some writers let a run end outside; those pixels are not there."""
    import numpy as np

    x, y = place
    if y >= len(out):
        raise ContainerBroken("the BMP has more rows than it says")
    room = max(0, out.shape[1] - x)
    out[y, x : x + room][: len(run)] = np.frombuffer(run, np.uint8)[:room]
    return x + len(run)


def _nibbles(data: bytes) -> bytes:
    return bytes(half for byte in data for half in (byte >> 4, byte & 15))
