"""PDF rewritten object by object: pages and what draws them, with content streams as they were.

Every object that nothing kept points to falls away, and with it all earlier versions.
"""

from __future__ import annotations

import io
import struct
from typing import Any

from safelight.codecs import icc
from safelight.codecs.blocks import Carried
from safelight.codecs.coded_jpeg import bare_jpeg
from safelight.codecs.isobmff import boxed, boxes
from safelight.codecs.pdf import is_jpeg
from safelight.codecs.pdf_files import Document, Found, foreign_errors, library, reachable
from safelight.codecs.pdf_rules import (
    ACRO_FORM,
    ACTIONS,
    ANNOTATION,
    ANNOTATIONS,
    CATALOG,
    FORM_XOBJECT,
    IMAGE,
    INFO_NAMES,
    NAME_TREES,
    NAMED,
    NOWHERE,
    PAGE,
    PAGES,
    TRAILER,
)
from safelight.errors import ContainerBroken

Pieces = list[bytes | memoryview]
INFO_KEYS = {name: key for key, name in INFO_NAMES.items()}
# Boxes of a JPEG 2000 that are the picture and its colour.
JPEG_2000 = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"rreq"})
ALLOWED: dict[str, frozenset[str]] = {"/Page": PAGE, "/Pages": PAGES}


def rewritten(walked: Document, carried: Carried) -> Pieces:
    """The clean document as one piece. Raises ContainerBroken."""
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
    _catalog(pdf.Root)
    for found in reachable(pdf, NAMED):
        if not found.is_named:
            _object(found, carried)
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


def _cut(value: Any, allowed: frozenset[str]) -> None:
    for key in [key for key in value.keys() if key not in allowed]:  # noqa: SIM118 - no mapping
        del value[key]


def _catalog(root: Any) -> None:
    _cut(root, CATALOG)
    if "/Names" in root:
        _cut(root.Names, NAME_TREES)
    if "/AcroForm" in root:
        _cut(root.AcroForm, ACRO_FORM)


def _object(found: Found, carried: Carried) -> None:
    """One object with the keys that it may have."""
    pikepdf = library()
    value = found.value
    if isinstance(value, pikepdf.Array):
        if found.key == "/Annots":
            _annotations(value)
        return
    for key in NOWHERE & set(value.keys()):
        del value[key]
    kind = str(value.get("/Type", ""))
    if kind in ALLOWED:
        _cut(value, ALLOWED[kind])
    if "/A" in value and found.key != "/Root":
        _action(value)
    if value.get("/FT") == "/Sig":
        _cut(value, ANNOTATION - {"/V", "/DV"})
    if isinstance(value, pikepdf.Stream):
        _stream(value, carried)


def _annotations(found: Any) -> None:
    """Those that draw or lead somewhere, without their authors, dates and words."""
    for place in reversed(range(len(found))):
        annotation = found[place]
        if str(annotation.get("/Subtype", "")) not in ANNOTATIONS:
            del found[place]
            continue
        is_field = annotation.get("/Subtype") == "/Widget"
        _cut(annotation, ANNOTATION if is_field else ANNOTATION - {"/T", "/TU", "/V", "/DV"})


def _action(value: Any) -> None:
    """What a click does: go somewhere, in this document or to an address. Nothing is run."""
    action = value.A
    if not isinstance(action, library().Dictionary) or "/S" not in action:
        return
    if str(action.S) not in ACTIONS:
        del value["/A"]
    elif "/Next" in action:
        del action["/Next"]


def _stream(value: Any, carried: Carried) -> None:
    """Pictures without their own metadata, profiles without their words; all others as they are."""
    for key in ("/F", "/FFilter", "/FDecodeParms"):
        if key in value:
            del value[key]
    subtype = str(value.get("/Subtype", ""))
    if subtype == "/Image":
        _cut(value, IMAGE)
        _picture(value)
    elif subtype == "/Form":
        _cut(value, FORM_XOBJECT)
    elif "/N" in value and not subtype:
        _profile(value, carried)


def _picture(value: Any) -> None:
    raw = memoryview(value.read_raw_bytes())
    if is_jpeg(value):
        clean = _jpeg(raw)
    elif value.get("/Filter") == "/JPXDecode":
        clean = b"".join(boxed(box.type, box.body) for box in boxes(raw) if box.type in JPEG_2000)
        clean = clean if bytes(raw[4:8]) == b"jP  " else raw
    else:
        return
    if clean is not raw:
        value.write(bytes(clean), filter=value.Filter, decode_parms=value.get("/DecodeParms"))


def _jpeg(raw: memoryview) -> bytes | memoryview:
    """Some writers leave out the end; a reader does not miss it."""
    try:
        return bare_jpeg(raw)
    except ContainerBroken:
        return bare_jpeg(memoryview(bytes(raw) + b"\xff\xd9"))


def _profile(value: Any, carried: Carried) -> None:
    data = value.read_bytes()
    if data[36:40] != b"acsp":
        return
    clean = icc.clean(data, standard=carried.standard_colour)
    if clean is not None and clean != data:
        value.write(clean)
