"""PDF: what unpacks to too much is one finding and no work; the rest of the file is still told."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Name, Stream

from safelight.codecs import metadata, pdf, pdf_streams
from safelight.errors import ContainerBroken, LimitExceeded
from safelight.image import Finding, Risk
from tests.codecs.making import scrubbed
from tests.codecs.planting_pdf import document, photo
from tests.codecs.planting_pdf_deep import PACKED, bomb
from tests.codecs.test_profiles import PACKET

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them


def found_in(data: bytes) -> list[Finding]:
    return list(metadata.findings(memoryview(data), "pdf"))


def titled(data: bytes) -> bytes:
    """The same document with a title, a note and a photo that says something."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.docinfo["/Title"] = "A title"
        image: Any = pdf.pages[0].obj.Resources.XObject["/Im0"]
        image.write(photo(comment=b"a remark"), filter=Name.DCTDecode)
        pdf.save(
            out,
            static_id=True,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            fix_metadata_version=False,
            compress_streams=False,
        )
    return out.getvalue()


def test_a_packet_that_is_a_bomb_is_one_finding_and_the_rest_is_told() -> None:
    data = titled(bomb(is_profile=False))
    with pikepdf.open(io.BytesIO(data)) as pdf:
        packed = len(pdf.Root.Metadata.read_raw_bytes())
    found = found_in(data)
    unread = [one for one in found if one.name == metadata.UNREADABLE]
    assert unread == [Finding(Risk.OTHER, metadata.UNREADABLE, f"{packed} bytes")]
    assert {"Title", "Comment"} <= {one.name for one in found}
    assert b"A title" not in scrubbed(data, "pdf")


def test_a_profile_that_is_a_bomb_is_told() -> None:
    assert metadata.UNREADABLE in {one.name for one in found_in(bomb(is_profile=True))}


def test_a_broken_packet_is_one_finding_and_the_rest_is_told() -> None:
    def broken(pdf: Any) -> None:
        pdf.docinfo["/Title"] = "A title"
        packet = Stream(pdf, b"not packed at all")
        packet.Filter = Name.Own
        pdf.Root.Metadata = pdf.make_indirect(packet)

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as pdf:
        broken(pdf)
        pdf.save(out, static_id=True, fix_metadata_version=False, compress_streams=False)
    found = {one.name: one.value for one in found_in(out.getvalue())}
    assert found[metadata.UNREADABLE] == "17 bytes"
    assert found["Title"] == "A title"


def many(count: int, size: int) -> bytes:
    """A document with so many pictures, each packed once more and so many bytes long."""

    def change(pdf: Any) -> None:
        small = zlib.compress(photo() + bytes(size), 9)
        objects = pdf.pages[0].obj.Resources.XObject
        for number in range(count):
            image = Stream(pdf, b"")
            image.Type, image.Subtype, image.Width, image.Height = Name.XObject, Name.Image, 30, 20
            image.write(small, filter=Array([Name.FlateDecode, Name.DCTDecode]))
            objects[f"/B{number:02}"] = pdf.make_indirect(image)
            drawn = pdf.pages[0].obj.Contents
            drawn.write(drawn.read_bytes() + b" /B%02d Do" % number)
        pdf.Root.Metadata = pdf.make_indirect(Stream(pdf, PACKET))

    return document(change)


def test_all_streams_together_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    data = many(4, 60_000_000)
    assert len(data) < 500_000
    monkeypatch.setattr(pdf_streams, "MAX_ALL", 150_000_000)
    with pytest.raises(LimitExceeded, match="together") as refused:
        scrubbed(data, "pdf")
    assert (refused.value.exit_code, bool(refused.value.hint)) == (8, True)
    unpacked: list[int] = []
    real = pdf_streams._undone

    def counted(*given: Any) -> bytes:
        unpacked.append(len(done := real(*given)))
        return done

    monkeypatch.setattr(pdf_streams, "_undone", counted)
    found = found_in(data)
    assert len(unpacked) == 2
    assert metadata.UNREADABLE in {one.name for one in found}
    assert "XMP rights" in {one.name for one in found}


def test_a_document_within_the_bound_is_scrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = many(12, 1_000)
    size = 12 * (len(photo()) + 1_000)
    monkeypatch.setattr(pdf_streams, "MAX_ALL", size)
    assert scrubbed(data, "pdf")
    monkeypatch.setattr(pdf_streams, "MAX_ALL", size - 1)
    with pytest.raises(LimitExceeded, match="together"):
        scrubbed(data, "pdf")


def objects_packed(blanks: int) -> bytes:
    """A document whose objects lie in a stream, with so many million blanks behind them."""
    inner = (
        b"<</Type/Catalog/Pages 3 0 R>>",
        b"<</Type/Pages/Count 1/Kids[4 0 R]>>",
        b"<</Type/Page/Parent 3 0 R/MediaBox[0 0 9 9]>>",
    )
    starts = [sum(len(one) for one in inner[:place]) for place in range(3)]
    head = " ".join(f"{2 + place} {start}" for place, start in enumerate(starts)).encode() + b" "
    packer = zlib.compressobj(9)
    packed = packer.compress(head + b"".join(inner))
    packed += b"".join(packer.compress(b" " * 1_000_000) for _ in range(blanks)) + packer.flush()
    start = b"%PDF-1.5\n"
    facts = f"/Type/ObjStm/N 3/First {len(head)}/Filter/FlateDecode/Length {len(packed)}"
    body = b"1 0 obj\n<<" + facts.encode() + b">>\nstream\n" + packed + b"\nendstream\nendobj\n"
    at = len(start + body)
    rows = ((0, 0, 65535), (1, len(start), 0), (2, 1, 0), (2, 1, 1), (2, 1, 2), (1, at, 0))
    table = b"".join(struct.pack(">BIH", *row) for row in rows)
    facts = f"/Type/XRef/Size 6/W[1 4 2]/Root 2 0 R/Length {len(table)}"
    last = b"5 0 obj\n<<" + facts.encode() + b">>\nstream\n" + table + b"\nendstream\nendobj\n"
    return start + body + last + b"startxref\n%d\n%%%%EOF\n" % at


def test_a_bomb_of_objects_is_refused() -> None:
    assert scrubbed(objects_packed(1), "pdf")
    with pytest.raises(ContainerBroken):
        scrubbed(objects_packed(100), "pdf")


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("/RunLengthDecode", b"\x02abc\xfez\x80more", None),
        ("/ASCII85Decode", b"zz87cURDZ~>", None),
        ("/FlateDecode", zlib.compress(bytes(3_000_000)), None),
    ],
)
def test_the_size_counted_is_never_less_than_what_is_made(
    name: str, data: bytes, options: Any
) -> None:
    with pikepdf.new() as scratch:
        stream = Stream(scratch, data)
        stream.Filter = Name(name)
        made = len(stream.read_bytes(pikepdf.StreamDecodeLevel.specialized))
    assert made <= pdf_streams._size(data, name, options) <= made + len(data)


def test_a_stream_in_too_many_wrappings_is_refused_unread() -> None:
    with pikepdf.new() as scratch:
        stream = Stream(scratch, b"41>")
        stream.Filter = Array([Name.ASCIIHexDecode] * 17)
        with pytest.raises(ContainerBroken, match="unknown way"):
            pdf_streams.unpacked(stream, pdf_streams.Budget())


def test_a_fault_on_the_way_leaves_what_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    data = document(PACKED["picture packed once more"])

    def faulty(*_given: object) -> bool:
        raise ValueError

    monkeypatch.setattr(pdf, "picture_filter", faulty)
    assert metadata.UNREADABLE in {one.name for one in found_in(data)}
