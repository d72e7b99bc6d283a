"""PDFs with a canary in objects that lie deep: where names are chosen, in the structure, packed."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image

from tests.codecs.making import CANARY
from tests.codecs.planting_pdf import WORD, document, photo

Change = Callable[[Any], None]


def _page(pdf: Any) -> Any:
    return pdf.pages[0].obj


def _marked_page(pdf: Any) -> Array:
    """An address of the page, which has something to hide."""
    page = _page(pdf)
    page.PieceInfo = Dictionary(Tool=String(WORD))
    page.AA = Dictionary(O=Dictionary(S=Name.JavaScript, JS=String(WORD)))
    return Array([page, Name.Fit])


def _address_of_a_bookmark(pdf: Any) -> None:
    item = Dictionary(Title=String("t"), A=Dictionary(S=Name.GoTo, D=_marked_page(pdf)))
    pdf.Root.Outlines = pdf.make_indirect(Dictionary(Type=Name.Outlines, First=item, Last=item))


def _address_with_a_name(pdf: Any) -> None:
    at = Dictionary(D=_marked_page(pdf), Own=String(WORD))
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String("a"), at])))


def _old_address_with_a_name(pdf: Any) -> None:
    pdf.Root.Dests = Dictionary({"/N": Dictionary(D=_marked_page(pdf)), "/Text": String(WORD)})


def _note_of_the_structure(pdf: Any) -> None:
    page = _page(pdf)
    note = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents=String(WORD))
    )
    page.Annots = Array([note])
    part = Dictionary(Type=Name.OBJR, Obj=note, Pg=page)
    pdf.Root.StructTreeRoot = Dictionary(
        Type=Name.StructTreeRoot,
        K=Dictionary(S=Name.Annot, K=Array([0, part])),
        ParentTree=Dictionary(Nums=Array([0, note])),
    )


def _structure(pdf: Any) -> None:
    own = Dictionary(O=Name.UserProperties, P=Array([Dictionary(N=String(WORD), V=String(WORD))]))
    part = Dictionary(S=Name.P, T=String(WORD), Own=String(WORD), A=own, Alt=String("a mug"))
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=part)
    pdf.Root.MarkInfo = Dictionary(Marked=True, Own=String(WORD))


def _layers(pdf: Any) -> None:
    used = Dictionary(User=Dictionary(Type=Name.Ind, Name=String(WORD)))
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("l"), Usage=used))
    shown = Dictionary(Creator=String(WORD), Name=String(WORD), Order=Array([layer]))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=shown)
    _page(pdf).Resources.Properties = Dictionary(M0=layer)


def _drawing(pdf: Any) -> None:
    resources = _page(pdf).Resources
    resources.Own = String(WORD)
    resources.Font["/F1"].Own = String(WORD)
    resources.Font["/Text"] = String(WORD)
    resources.ExtGState = Dictionary(G0=Dictionary(CA=1, Own=String(WORD)))
    _page(pdf).Contents.Own = String(WORD)


def _form(pdf: Any) -> None:
    field = Dictionary(FT=Name.Tx, T=String("f"), TU=String(WORD), TM=String(WORD))
    field.Own = String(WORD)
    pdf.Root.AcroForm = Dictionary(Fields=Array([pdf.make_indirect(field)]), Own=String(WORD))


def _click(pdf: Any) -> None:
    act = Dictionary(S=Name.URI, URI=String("https://example.org/"), Own=String(WORD))
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9], A=act)
    _page(pdf).Annots = Array([link])
    pdf.Root.OutputIntents = Array([Dictionary(S=Name.GTS_PDFX, Info=String(WORD))])
    pdf.Root.ViewerPreferences = Dictionary(Own=String(WORD))


def lzw(data: bytes) -> bytes:
    """Packed as PDF and TIFF have it, by the other library's writer."""
    out = io.BytesIO()
    page = Image.frombytes("L", (len(data), 1), data)
    page.save(out, "TIFF", compression="tiff_lzw")
    with Image.open(io.BytesIO(out.getvalue())) as file:
        start, size = file.tag_v2[273][0], file.tag_v2[279][0]  # type: ignore[attr-defined]  # TIFF
    return out.getvalue()[start : start + size]


def packed(*steps: str) -> Change:
    """The picture of the page, with a comment, and around its coding each of these filters."""
    packers: dict[str, Callable[[bytes], bytes]] = {
        "FlateDecode": zlib.compress,
        "Fl": zlib.compress,
        "ASCII85Decode": lambda raw: base64.a85encode(raw) + b"~>",
        "ASCIIHexDecode": lambda raw: raw.hex().encode() + b">",
        "LZWDecode": lzw,
    }

    def change(pdf: Any) -> None:
        data = photo(comment=CANARY)
        for step in reversed(steps):
            data = packers[step](data)
        names = [Name(f"/{step}") for step in (*steps, "DCTDecode")]
        _page(pdf).Resources.XObject["/Im0"].write(data, filter=Array(names))

    return change


def _jpeg_2000(pdf: Any) -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, "JPEG2000", comment=WORD)
    data = zlib.compress(out.getvalue())
    image = _page(pdf).Resources.XObject["/Im0"]
    image.write(data, filter=Array([Name.FlateDecode, Name.JPXDecode]))


PACKED = {
    "picture packed once more": packed("FlateDecode"),
    "picture packed with a short name": packed("Fl"),
    "picture as text": packed("ASCII85Decode"),
    "picture packed twice more": packed("ASCIIHexDecode", "FlateDecode"),
    "picture packed by LZW": packed("LZWDecode"),
    "comment of a JPEG 2000": _jpeg_2000,
}
LOOSE: dict[str, Change] = {
    "page behind a bookmark": _address_of_a_bookmark,
    "page behind a name": _address_with_a_name,
    "page behind an old name": _old_address_with_a_name,
    "note of the structure": _note_of_the_structure,
    "structure": _structure,
    "layers": _layers,
    "keys of what draws": _drawing,
    "keys of a form": _form,
    "keys of a click": _click,
}


def deep() -> dict[str, bytes]:
    """Every such document, by the name of the place."""
    return {name: document(change) for name, change in (LOOSE | PACKED).items()}


def bomb(*, is_profile: bool) -> bytes:
    """A packet of facts or a profile that unpacks in two steps to far more than it should."""
    small = zlib.compress(zlib.compress(bytes(200_000_000), 9), 9)
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as pdf:
        packet = Stream(pdf, b"")
        packet.write(small, filter=Array([Name.FlateDecode, Name.FlateDecode]))
        if is_profile:
            packet.N = 3
            colour = Array([Name.ICCBased, pdf.make_indirect(packet)])
            _page(pdf).Resources.XObject["/Im0"].ColorSpace = colour
        else:
            pdf.Root.Metadata = pdf.make_indirect(packet)
        none = pikepdf.StreamDecodeLevel.none
        # Otherwise the library would look into the packet, and write another.
        pdf.save(
            out,
            static_id=True,
            stream_decode_level=none,
            fix_metadata_version=False,
            compress_streams=False,
        )
    return out.getvalue()


def unpacked_pictures(data: bytes) -> bytes:
    """The picture of the first page without the filters around its coding."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        image: Any = _page(pdf).Resources.XObject["/Im0"]
        raw = bytes(image.read_raw_bytes())
        names = image.Filter if isinstance(image.Filter, Array) else [image.Filter]
        for name in names:
            if name in (Name.DCTDecode, Name.JPXDecode):
                break
            part = Stream(pdf, raw)
            part.Filter = name
            raw = bytes(part.read_bytes())
    return raw
