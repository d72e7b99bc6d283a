"""PDF rewritten object by object: pages and what draws them, with content streams as they were.

Every object that nothing kept points to falls away, and with it all earlier versions.
"""

from __future__ import annotations

import io
import struct
from typing import Any

from safelight.codecs import icc
from safelight.codecs.blocks import Carried
from safelight.codecs.pdf_cmap import clean_map
from safelight.codecs.pdf_files import Document, foreign_errors, library
from safelight.codecs.pdf_rules import INFO_NAMES, NAMED, TRAILER
from safelight.codecs.pdf_streams import Budget, clean_picture, is_profile, unpacked
from safelight.codecs.pdf_trim import trim
from safelight.codecs.pdf_unused import drop_unused
from safelight.codecs.pdf_walk import Found, parts, reachable
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]
INFO_KEYS = {name: key for key, name in INFO_NAMES.items()}
# Arrays whose members have no place of their own: what may not be there leaves no gap.
WITHOUT_GAPS = frozenset({"/Annots", "/K", "/Fields", "/Kids", "/CO"})


def rewritten(walked: Document, carried: Carried) -> Pieces:
    """The clean document as one piece. Raises ContainerBroken, LimitExceeded."""
    with foreign_errors():
        return [_saved(walked.pdf, carried)]


def _saved(pdf: Any, carried: Carried) -> bytes:
    pikepdf = library()
    if "/Pages" not in pdf.Root or len(pdf.pages) == 0:
        raise ContainerBroken("the PDF has no pages")
    _cut(pdf.trailer, TRAILER)
    for key in ("/Info", "/ID"):
        if key in pdf.trailer:
            del pdf.trailer[key]
    # The library fills it in, but only where it was: a repaired document has none.
    pdf.trailer.Size = len(pdf.objects) + 1
    budget, spare = Budget(), Budget()
    for found in reachable(pdf):
        _keys(found)
    drop_unused(pdf)
    for found in reachable(pdf):
        _streams(found, carried, budget)
        if found.kind not in NAMED:
            trim(found.kind, found.value, spare)
            clean_map(found.kind, found.value, spare)
    _blocks(pdf, carried)
    out = io.BytesIO()
    pdf.save(
        out,
        deterministic_id=True,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        normalize_content=False,
        linearize=False,
    )
    return out.getvalue()


def _blocks(pdf: Any, carried: Carried) -> None:
    """The clean packet, and of the list of facts what was asked for."""
    pikepdf = library()
    if carried.xmp is not None:
        packet = pikepdf.Stream(pdf, carried.xmp)
        packet.Type, packet.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
        pdf.Root.Metadata = pdf.make_indirect(packet)
    facts = {INFO_KEYS.get(name, f"/{name}"): words for name, words in carried.texts}
    if carried.time is not None:
        year, *rest = struct.unpack(">HBBBBB", carried.time)
        facts["/CreationDate"] = f"D:{year:04}" + "".join(f"{part:02}" for part in rest) + "Z"
    if facts:
        pdf.trailer.Info = pdf.make_indirect(pikepdf.Dictionary(facts))


def _cut(value: Any, allowed: dict[str, str]) -> None:
    for key in [key for key in value.keys() if key not in allowed]:  # noqa: SIM118 - no mapping
        del value[key]


def _keys(found: Found) -> None:
    """One object with the keys that its kind may have, and under them only what belongs there."""
    if isinstance(found.value, library().Array):
        _array(found)
        return
    for key in [part.key for part in parts(found) if part.goes]:
        del found.value[key]


def _streams(found: Found, carried: Carried, budget: Budget) -> None:
    """A picture, or a profile of colours, without its words."""
    value = found.value
    if not isinstance(value, library().Stream):
        return
    clean_picture(value, budget)
    if is_profile(found.kind, value, set(value.keys())):
        _profile(value, carried, budget)


def _array(found: Found) -> None:
    for place, part in reversed(list(enumerate(parts(found)))):
        if not part.goes:
            continue
        if found.key in WITHOUT_GAPS:
            del found.value[place]
        else:
            found.value[place] = None


def _profile(value: Any, carried: Carried, budget: Budget) -> None:
    """A profile without its words."""
    data = unpacked(value, budget)
    if data[36:40] != b"acsp":
        return
    clean = icc.clean(data, standard=carried.standard_colour)
    if clean is not None and clean != data:
        value.write(clean)
