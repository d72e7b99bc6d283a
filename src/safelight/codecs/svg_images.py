"""Pictures inside a document, as `data:` addresses: scrubbed by their own walkers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote_to_bytes

from safelight.codecs.blocks import Block
from safelight.codecs.metadata import blocks_of
from safelight.codecs.routing import ROUTE_BYTES, route
from safelight.codecs.scrub import rewrite
from safelight.codecs.svg_tree import Start, read_events
from safelight.errors import InputRefused
from safelight.formats import TABLE, Format, is_picture
from safelight.image import Wish

_DATA = re.compile(r"\s*data:([\w.+/-]*+)(?:;(?!base64,)[\w.=+-]+)*+(;base64)?+,", re.I)
_DRAWING = "image/svg+xml"
# The least that a profile keeps: colour, orientation, the mark of AI. Nobody asked for more of what
# lies inside of another file.
LEAST = Wish(profile="strict")


def picture_in(address: str) -> tuple[Format, bytes] | None:
    """The picture that a `data:` address holds, and its format; None for anything else."""
    head = _DATA.match(address)
    if head is None:
        return None
    words = unquote_to_bytes(address[head.end() :])
    try:
        data = base64.b64decode(b"".join(words.split()), validate=True) if head[2] else words
    except (binascii.Error, ValueError):
        return None
    format = route(data[:ROUTE_BYTES])
    is_drawing = head[1].lower() == _DRAWING
    if format is None or is_drawing != (format == "svg") or not TABLE[format].scrubs:
        return None
    return (format, data) if is_picture(format) or (is_drawing and _is_last(data)) else None


def _is_last(data: bytes) -> bool:
    """True for a drawing in which no further one is shown."""
    try:
        starts = [event for event in read_events(memoryview(data)) if isinstance(event, Start)]
    except InputRefused:
        return False
    return not any(_DRAWING in value.lower() for one in starts for value in one.attributes.values())


def clean_picture(format: Format, data: bytes) -> bytes:
    """The same picture without its metadata. Raises InputRefused when it cannot be walked."""
    pieces, _ = rewrite(memoryview(data), format, LEAST)
    return b"".join(pieces)


def clean_address(address: str) -> str | None:
    """The address with its picture scrubbed; None for what is no picture that can be."""
    found = picture_in(address)
    if found is None:
        return None
    format, data = found
    try:
        clean = clean_picture(format, data)
    except InputRefused:
        return None
    kind = _DRAWING if format == "svg" else f"image/{format}"
    return f"data:{kind};base64,{base64.b64encode(clean).decode()}"


def inner_blocks(format: Format, data: bytes | memoryview) -> Iterator[Block]:
    """What a picture inside of another file says of itself."""
    for block in blocks_of(memoryview(data), format):
        yield replace(block, raw=None, is_inner=True)
