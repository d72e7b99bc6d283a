"""Pictures inside a document, as `data:` addresses: scrubbed by their own walkers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace

from safelight.codecs.blocks import Block
from safelight.codecs.metadata import blocks_of
from safelight.codecs.routing import ROUTE_BYTES, route
from safelight.codecs.scrub import rewrite
from safelight.errors import InputRefused
from safelight.formats import TABLE, Format, is_picture
from safelight.image import Wish

_DATA = re.compile(r"\s*data:[\w.+/-]*(?:;[\w.=+-]+)*;base64,", re.I)
# The least that a profile keeps: colour, orientation, the mark of AI. Nobody asked for more of what
# lies inside of another file.
LEAST = Wish(profile="strict")


def picture_in(address: str) -> tuple[Format, bytes] | None:
    """The picture that a `data:` address holds, and its format; None for anything else."""
    head = _DATA.match(address)
    if head is None:
        return None
    try:
        data = base64.b64decode("".join(address[head.end() :].split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    format = route(data[:ROUTE_BYTES])
    if format is None or not is_picture(format) or not TABLE[format].scrubs:
        return None
    return format, data


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
    return f"data:image/{format};base64,{base64.b64encode(clean).decode()}"


def inner_blocks(format: Format, data: bytes | memoryview) -> Iterator[Block]:
    """What a picture inside of another file says of itself."""
    for block in blocks_of(memoryview(data), format):
        yield replace(block, raw=None, is_inner=True)
