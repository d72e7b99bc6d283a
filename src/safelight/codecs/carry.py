"""What crosses over: clean blocks built from what is known of a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from safelight.codecs import gain_map, icc, jpeg, jpeg_clean
from safelight.codecs.blocks import Aside, Block, Carried
from safelight.codecs.exif import ORIENTATION, Exif
from safelight.codecs.exif_build import build_exif, copyright_of
from safelight.codecs.metadata import Known, blocks_of, read_blocks
from safelight.codecs.origin import SCHEME, stronger
from safelight.codecs.policy import Policy
from safelight.codecs.reading import short_is_broken, starts
from safelight.codecs.xmp import DC, IPTC_EXTENSION, Property, build_xmp, notice, origin_mark
from safelight.codecs.xmp_names import risk_of
from safelight.errors import InputRefused
from safelight.formats import TABLE, Format
from safelight.image import Risk

JPEG = b"\xff\xd8"
# What one segment of a JPEG holds, with room for its head; the same bound for every format.
MAX_PACKET = 60_000
# Groups whose XMP properties a profile keeps when they look like a date or a number.
PLAIN = frozenset({Risk.TIME, Risk.SETTINGS})
_PLAIN = re.compile(r"[0-9:/.,+\- TZ]{1,40}")
# Formats whose encoder writes no EXIF: a notice that stands there crosses over as XMP.
WITHOUT_EXIF: frozenset[Format] = frozenset({"tiff"})
# Formats that are one EXIF structure themselves: its small picture would be a page of theirs.
WITHOUT_THUMBNAIL: frozenset[Format] = frozenset({"tiff"})

# Formats that hold words by their name, once each.
ONE_OF_A_NAME: frozenset[Format] = frozenset({"mp4"})


def carry(known: Known, policy: Policy, *, upright: bool) -> Carried:
    """The clean blocks.

    With upright the pixels are turned already, so no orientation crosses over.
    """
    orientation = 1 if upright else _orientation(known)
    profile = None
    if known.icc is not None and policy.keeps(Risk.COLOUR):
        profile = icc.clean(known.icc, standard=policy.standard_colour)
    takes_thumbnail = policy.is_asked(Risk.THUMBNAIL) and not upright
    exif = build_exif(
        _with_clean_thumbnail(known.exif) if takes_thumbnail else known.exif,
        orientation=orientation,
        notice=copyright_of(known.exif) if known.exif and policy.keeps_notice else "",
        keeps=policy.keeps,
        is_asked=policy.is_asked,
        takes_thumbnail=takes_thumbnail,
    )
    texts = tuple(
        (name, words)
        for risk, name, words in known.texts
        if policy.is_asked(risk) and name != "Copyright"
    )
    return Carried(
        icc=profile,
        exif=exif,
        xmp=_packet(_as_pictured(known) if upright else known, policy),
        texts=texts,
        raw=tuple(raw for risk, raw in known.raw if policy.is_asked(risk)),
        time=known.time if policy.keeps(Risk.TIME) else None,
        pictures=tuple(_asides(known, policy)),
        standard_colour=policy.standard_colour,
    )


def _with_clean_thumbnail(exif: Exif | None) -> Exif | None:
    """The small picture in EXIF without anything but its pixels; without it when that fails."""
    if exif is None or exif.thumbnail is None:
        return exif
    try:
        with short_is_broken():
            pieces = jpeg_clean.rewritten(jpeg.walk(exif.thumbnail), Carried())
    except InputRefused:
        return replace(exif, thumbnail=None)
    return replace(exif, thumbnail=memoryview(b"".join(pieces)))


def _asides(known: Known, policy: Policy) -> Iterator[Aside]:
    """The further pictures that stay: one gain map, and the others where thumbnails are wanted."""
    maps = [block for block in known.beside if block.kind == "gain map"]
    for block in maps[:1] if policy.keeps_gain_map else []:
        carried = _inside(block, policy)
        # One in a JPEG is nothing without its numbers; elsewhere they can be an item of their own.
        if carried.xmp or carried.gain_map or not starts(block.data, JPEG):
            yield Aside(block, carried)
    for block in known.beside if policy.is_asked(Risk.THUMBNAIL) else []:
        if block.kind == "picture":
            yield Aside(block, _inside(block, policy))


def _inside(block: Block, policy: Policy) -> Carried:
    """What a further picture keeps of its own: colour, and the numbers of a gain map."""
    if not starts(block.data, JPEG):
        words = [Block("xmp", "XMP", block.raw)] if block.raw is not None else []
        return Carried(xmp=_numbers(read_blocks(words)))
    known = read_blocks(blocks_of(block.data, "jpeg"))
    profile = known.icc and icc.clean(known.icc, standard=policy.standard_colour)
    if block.kind != "gain map":
        return Carried(icc=profile or None)
    return Carried(icc=profile or None, xmp=_numbers(known), gain_map=known.gain_map)


def _numbers(known: Known) -> bytes | None:
    """A packet with the numbers of a gain map alone, in the form that its readers look for."""
    return build_xmp(gain_map.parameters(known.properties), flat=gain_map.ULTRA_HDR)


def for_encoder(known: Known, format: Format) -> Known:
    """What is known, with its notice where an encoder of this format can write it."""
    notice = copyright_of(known.exif) if known.exif else ""
    if format not in WITHOUT_EXIF or not notice:
        return known
    return replace(known, notices=["; ".join(dict.fromkeys([notice, *known.notices[:1]]))])


def for_rewriter(known: Known, format: Format) -> Known:
    """What is known, without what a container of this format has no place for: a small picture,
    more than one text of a name.
    """
    if format in ONE_OF_A_NAME:
        first = {name: (risk, name, words) for risk, name, words in reversed(known.texts)}
        return replace(known, texts=list(first.values())[::-1])
    if format not in WITHOUT_THUMBNAIL or known.exif is None:
        return known
    return replace(known, exif=replace(known.exif, thumbnail=None))


def for_format(carried: Carried, format: Format) -> Carried:
    """What the target format can hold when a library encodes it."""
    match TABLE[format].mark:
        case None:
            return Carried(icc=carried.icc if "icc" in TABLE[format].keeps else None)
        case "rewriter":
            return Carried(xmp=carried.xmp)
    exif = None if format in WITHOUT_EXIF else carried.exif
    return replace(carried, exif=exif, texts=(), raw=(), time=None, pictures=())


def _orientation(known: Known) -> int:
    for tag in known.exif.tags if known.exif else ():
        if (
            tag.directory == "IFD0"
            and tag.entry.number == ORIENTATION
            and 1 <= tag.entry.first <= 8
        ):
            return tag.entry.first
    return 1


def _as_pictured(known: Known) -> Known:
    """Without small pictures: they show what was there before the pixels were changed."""
    stays = [
        item for item in known.properties if risk_of(item.namespace, item.name) != Risk.THUMBNAIL
    ]
    return replace(known, properties=stays)


def _packet(known: Known, policy: Policy) -> bytes | None:
    """Notice and mark always fit; when the rest makes the packet too long, only they cross over."""
    marks = list(_marks(known, policy))
    packet = build_xmp([*_properties(known, policy), *marks])
    return packet if packet is None or len(packet) <= MAX_PACKET else build_xmp(marks)


def _properties(known: Known, policy: Policy) -> Iterator[Property]:
    taken = {(DC, "rights"), (IPTC_EXTENSION, "DigitalSourceType")}
    for item in (*known.properties, *known.dates):
        risk = risk_of(item.namespace, item.name)
        if (item.namespace, item.name) in taken or risk == Risk.ORIENTATION:
            continue
        if gain_map.is_announcement(item):
            continue
        if policy.is_asked(risk) or (risk in PLAIN and policy.keeps(risk) and _is_plain(item)):
            taken.add((item.namespace, item.name))
            yield item


def _marks(known: Known, policy: Policy) -> Iterator[Property]:
    if policy.keeps_notice and known.notices:
        yield notice(known.notices[0])
    mark = mark_of(known, policy)
    if mark:
        yield origin_mark(mark)


def mark_of(known: Known, policy: Policy) -> str:
    """The address of the mark that the result carries, or nothing. Raises InputRefused."""
    if policy.drops_mark:
        return ""
    wished = SCHEME + policy.mark if policy.mark else known.mark
    if policy.mark_rule == "gives way":
        return wished
    strongest = stronger(known.mark, policy.mark)
    if policy.mark_rule == "refused" and strongest != wished:
        raise InputRefused(
            "the picture carries a mark that says more of machines than the one asked for",
            hint="--reason says why it may say less; safelight mark show",
        )
    return strongest


def _is_plain(item: Property) -> bool:
    """A date or a number by its look: no words can hide in it."""
    value = item.value
    return (
        not item.node.children and not item.node.attributes and _PLAIN.fullmatch(value) is not None
    )
