"""Block: one piece of metadata as a container holds it, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "exif",  # a TIFF structure
    "xmp",  # an XML packet
    "iptc",  # IIM records
    "photoshop",  # image resources, which may hold the three above
    "icc",
    "text",  # a keyword (the name) and its words
    "comment",
    "c2pa",  # JUMBF boxes with a manifest
    "time",  # a date on its own
    "thumbnail",
    "sound",
    "pictures",  # an index of further pictures beside the first
    "gain map",  # a further picture that tells a bright display what to do with the first
    "numbers",  # those of a gain map, as a binary structure
    "picture",  # any other further picture: a preview, a depth map, the next one of a series
    "private",  # anything without a public meaning
    "trailer",  # bytes after the end
]


@dataclass(frozen=True, slots=True)
class Block:
    """kind says how to read data; name is the container's own word for the place it lies in.

    raw is the block as stored with its framing, for the few that can be carried over as they are;
    for a gain map that is an item of its own file, the XMP packet that belongs to it.
    is_aside: it lies where viewers do not look for it, so it does not say how the picture is shown.
    is_inner: it belongs to a further picture, so it says nothing of the first.
    """

    kind: Kind
    name: str
    data: memoryview
    raw: memoryview | None = None
    is_aside: bool = False
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A further picture that crosses over beside the first: the block that it came as, and the
    clean blocks that it may have itself.
    """

    block: Block
    carried: Carried


@dataclass(frozen=True, slots=True)
class Carried:
    """The clean blocks that a profile lets through, rebuilt from nothing: no byte of the input's
    framing.

    icc is a profile, exif a TIFF structure, xmp a packet, texts keyword and words; raw holds whole
    blocks that the user asked to keep as they are, time the last change of a PNG as its seven
    bytes. pictures are further pictures, gain_map the numbers of the one that this is (ISO
    21496-1); with standard_colour every profile is a standard one or has no name.
    """

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    texts: tuple[tuple[str, str], ...] = ()
    raw: tuple[Block, ...] = ()
    time: bytes | None = None
    pictures: tuple[Aside, ...] = ()
    gain_map: bytes | None = None
    standard_colour: bool = False
