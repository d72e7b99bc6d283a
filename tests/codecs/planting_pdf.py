"""PDFs made in code, a canary in every place where bytes can hide, by the name of the place."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream, String

from tests.codecs.making import CANARY, exif, jpeg, picture
from tests.codecs.planting import SECRET_XMP, spiked_profile

WORD = CANARY.decode()
CONTENT = b"q 30 0 0 20 0 0 cm /Im0 Do Q BT /F1 9 Tf (shown) Tj ET"


def photo(**options: object) -> bytes:
    return jpeg(picture(30, 20), **options)


def document(change: Callable[[Any], None] | None = None, picture: bytes | None = None) -> bytes:
    """One page with a picture and words, after a change."""
    pdf = pikepdf.new()
    image = Stream(pdf, picture or photo())
    image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.DCTDecode
    image.Width, image.Height, image.BitsPerComponent = 30, 20, 8
    image.ColorSpace = Name.DeviceRGB
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    resources = Dictionary(
        XObject=Dictionary({"/Im0": pdf.make_indirect(image)}), Font=Dictionary({"/F1": font})
    )
    page = Dictionary(
        Type=Name.Page,
        MediaBox=[0, 0, 60, 40],
        Resources=resources,
        Contents=pdf.make_indirect(Stream(pdf, CONTENT)),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    if change is not None:
        change(pdf)
    out = io.BytesIO()
    pdf.save(out, static_id=True, compress_streams=False)
    return out.getvalue()


def everything_in(data: bytes) -> bytes:
    """The file, and every object and stream in it, as bytes to look for words in."""
    found = [data]
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for one in pdf.objects:
            if not isinstance(one, Object):  # null, a number, a truth: as others write them
                found.append(repr(one).encode())
                continue
            found.append(one.unparse(resolved=True))
            if isinstance(one, Stream):
                found.append(one.read_raw_bytes())
                with contextlib.suppress(pikepdf.PdfError):  # a picture in a coding of its own
                    found.append(one.read_bytes())
        found.append(repr(pdf.trailer).encode())
    return b"\n".join(found)


def secret(pdf: Any) -> Any:
    return pdf.make_indirect(Stream(pdf, CANARY))


def _set(path: str, value: Callable[[Any], Any]) -> Callable[[Any], None]:
    """A change that puts a value below the root (Root/A/B), the page (Page/A) or the picture."""

    def change(pdf: Any) -> None:
        start, *names = path.split("/")
        page = pdf.pages[0].obj
        image = page.Resources.XObject["/Im0"]
        places = {"Root": pdf.Root, "Page": page, "Trailer": pdf.trailer, "Image": image}
        at: Any = places[start]
        for name in names[:-1]:
            if f"/{name}" not in at:
                at[f"/{name}"] = Dictionary()
            at = at[f"/{name}"]
        at[f"/{names[-1]}"] = value(pdf)

    return change


def _note(**more: Any) -> Callable[[Any], None]:
    def change(pdf: Any) -> None:
        note = Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **more)
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(note)])

    return change


def _field(**more: Any) -> Callable[[Any], None]:
    def change(pdf: Any) -> None:
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, Rect=[0, 0, 9, 9], T=String("f"), **more
            )
        )
        pdf.pages[0].obj.Annots = Array([field])
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]), XFA=String(WORD), SigFlags=3)

    return change


def _facts(pdf: Any) -> None:
    for key in ("Title", "Author", "Producer", "Own"):
        pdf.docinfo[f"/{key}"] = WORD


def _script(pdf: Any) -> Any:
    return Dictionary(S=Name.JavaScript, JS=String(WORD))


def changes() -> dict[str, Callable[[Any], None]]:
    stream, word = secret, (lambda _pdf: String(WORD))
    page_data = lambda pdf: Dictionary(Tool=Dictionary(Private=String(WORD)))  # noqa: E731 - short
    file = lambda pdf: Dictionary(  # noqa: E731 - short
        Names=Array([String(WORD), Dictionary(Type=Name.Filespec, EF=Dictionary(F=secret(pdf)))])
    )
    return {
        "facts": _facts,
        "XMP": _set("Root/Metadata", lambda pdf: pdf.make_indirect(Stream(pdf, SECRET_XMP))),
        "XMP of a page": _set("Page/Metadata", stream),
        "XMP of a picture": _set("Image/Metadata", stream),
        "data of a program": _set("Page/PieceInfo", page_data),
        "data of a program, whole": _set("Root/PieceInfo", page_data),
        "attachment": _set("Root/Names/EmbeddedFiles", file),
        "script of the document": _set("Root/Names/JavaScript", _script),
        "action on opening": _set("Root/OpenAction", _script),
        "action of a page": _set("Page/AA", lambda pdf: Dictionary(O=_script(pdf))),
        "small picture of a page": _set("Page/Thumb", stream),
        "unknown of the root": _set("Root/Own", word),
        "unknown of a page": _set("Page/Own", word),
        "unknown of a picture": _set("Image/Own", word),
        "unknown of the trailer": _set("Trailer/Own", word),
        "viewport": _set("Page/VP", lambda pdf: Array([Dictionary(Name=String(WORD))])),
        "portfolio": _set("Root/Collection", lambda pdf: Dictionary(Own=String(WORD))),
        "signature": _set("Root/Perms", lambda pdf: Dictionary(Own=String(WORD))),
        "note": _note(Subtype=Name.Text, Contents=String(WORD), T=String(WORD)),
        "author of a mark": _note(Subtype=Name.Highlight, T=String(WORD), NM=String(WORD)),
        "words of a mark": _note(Subtype=Name.Square, Contents=String(WORD), RC=String(WORD)),
        "script of a link": _note(Subtype=Name.Link, A=Dictionary(S=Name.JavaScript, JS=WORD)),
        "program of a link": _note(Subtype=Name.Link, A=Dictionary(S=Name.Launch, F=String(WORD))),
        "file in the margin": _note(Subtype=Name.FileAttachment, FS=String(WORD)),
        "form in XML": _field(FT=Name.Tx),
        "signature in a field": _field(FT=Name.Sig, V=Dictionary(Name=String(WORD))),
        "words of a profile": _profile,
    }


def _profile(pdf: Any) -> None:
    stream = Stream(pdf, spiked_profile())
    stream.N = 3
    image = pdf.pages[0].obj.Resources.XObject["/Im0"]
    image.ColorSpace = Array([Name.ICCBased, pdf.make_indirect(stream)])


def plants() -> dict[str, bytes]:
    found = {name: document(change) for name, change in changes().items()}
    spiked = photo(exif=exif({0x013B: WORD}))
    return found | {
        "words of a photo": document(picture=spiked),
        "behind a photo": document(picture=photo() + CANARY),
        "behind the end": document() + CANARY,
        "comment": document()
        .replace(b"%PDF-1", b"%PDF-1", 1)
        .replace(b"\nendobj", b"\n%" + CANARY + b"\nendobj", 1),
        "object of nobody": orphan(),
        "earlier version": earlier(),
        "JPEG 2000": document(_jpeg_2000),
    }


def orphan() -> bytes:
    """An object that nothing points to, behind the others."""
    data = document()
    at = data.index(b"xref")
    return data[:at] + b"99 0 obj\n(" + CANARY + b")\nendobj\n" + data[at:]


def earlier() -> bytes:
    """A title that was replaced: the first version is still in the file."""
    first = document(_facts)
    at = first.rindex(b"startxref") + 10
    start = first[at:].split(b"\n")[0]
    number = first.index(b"/Info ") + 6
    info = first[number:].split(b" ")[0].decode()
    added = f"{info} 0 obj\n<< /Title (new) >>\nendobj\n".encode()
    place = len(first)
    table = f"xref\n{info} 1\n{place:010} 00000 n \n".encode()
    trailer = first[first.rindex(b"trailer") : first.rindex(b"startxref")].replace(
        b">>", b"/Prev " + start + b" >>", 1
    )
    end = f"startxref\n{place + len(added)}\n%%EOF\n".encode()
    return first + added + table + trailer + end


def _jpeg_2000(pdf: Any) -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return (len(body) + 8).to_bytes(4, "big") + kind + body

    data = box(b"jP  ", b"\r\n\x87\n") + box(b"xml ", CANARY) + box(b"jp2c", b"coded")
    image = pdf.pages[0].obj.Resources.XObject["/Im0"]
    image.write(data, filter=Name.JPXDecode)
