"""What a film, a document or a scan holds besides metadata, read by other code than ours."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable, Iterator

import pikepdf
import pydicom

from safelight.formats import Format
from tests.codecs.pixels import differences
from tests.codecs.test_dicom_clean import shown

CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
PLAYED = (b"vide", b"soun")


def lost(before: bytes, after: bytes, format: Format) -> list[str]:
    """What a reader of this format does not find any more as it was."""
    reader = READERS.get(format)
    if reader is None:
        return differences(before, after)
    there = reader(after)
    found = reader(before).items()
    return [f"{name} is another one" for name, one in found if there.get(name) != one]


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of an ISO file, those inside of its containers too, each with its body."""
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        body = data[at + head : at + (size or len(data) - at)]
        yield kind, body
        if kind in CONTAINERS:
            yield from boxes(body)
        at += size or len(data)


def tracks(data: bytes) -> dict[str, object]:
    """Every sample of every track that is seen or heard, in order."""
    found: dict[str, object] = {}
    for body in (body for kind, body in boxes(data) if kind == b"trak"):
        tables = dict(boxes(body))
        kind = tables[b"hdlr"][8:12]
        if kind in PLAYED:
            found[f"track {len(found)}"] = (kind, list(_samples(data, tables)))
    return found


def _samples(data: bytes, tables: dict[bytes, bytes]) -> Iterator[bytes]:
    size, count = struct.unpack_from(">4xII", tables[b"stsz"])
    sizes = [size] * count if size else struct.unpack_from(f">{count}I", tables[b"stsz"], 12)
    letter, table = ("Q", tables[b"co64"]) if b"co64" in tables else ("I", tables[b"stco"])
    (chunks,) = struct.unpack_from(">4xI", table)
    places = struct.unpack_from(f">{chunks}{letter}", table, 8)
    (runs,) = struct.unpack_from(">4xI", tables[b"stsc"])
    steps = [struct.unpack_from(">III", tables[b"stsc"], 8 + 12 * n) for n in range(runs)]
    rest = iter(sizes)
    for number, at in enumerate(places, 1):
        per_chunk = next(many for first, many, _ in reversed(steps) if first <= number)
        for _ in range(per_chunk):
            length = next(rest, 0)
            yield data[at : at + length]
            at += length


def elements(data: bytes) -> dict[str, object]:
    """The blocks of a Matroska file that hold frames, in order: number of the track and coding."""
    return {"frames": list(_blocks(data))}


def _blocks(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        mark_size = 9 - data[at].bit_length()
        mark = data[at : at + mark_size]
        at += mark_size
        length_size = 9 - data[at].bit_length()
        length = int.from_bytes(data[at : at + length_size]) & ((1 << 7 * length_size) - 1)
        unknown = length == (1 << 7 * length_size) - 1
        at += length_size
        end = len(data) if unknown else at + length
        if mark in (b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75", b"\xa0"):
            yield from _blocks(data[at:end])
        elif mark in (b"\xa3", b"\xa1"):
            yield data[at:end]
        at = end


def drawn(data: bytes) -> dict[str, object]:
    """What the pages of a PDF draw."""
    with pikepdf.open(io.BytesIO(data)) as document:
        return {
            f"page {number}": page.Contents.read_bytes()
            if isinstance(page.get("/Contents"), pikepdf.Stream)
            else [one.read_bytes() for one in page.get("/Contents", pikepdf.Array())]
            for number, page in enumerate(document.pages)
        }


def scanned(data: bytes) -> dict[str, object]:
    """The pixels of a DICOM file, decoded where they can be, and how they are laid out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = pydicom.dcmread(io.BytesIO(data), force=True)
        pixels = shown(read) if "PixelData" in read else b""
    words = ("Rows", "Columns", "BitsAllocated", "SamplesPerPixel", "NumberOfFrames")
    items = {word: read.get_item(word) for word in words}
    stored = {word: item and item.value for word, item in items.items()}
    return stored | {"PixelData": pixels, "coding": read.file_meta.TransferSyntaxUID}


READERS: dict[Format, Callable[[bytes], dict[str, object]]] = {
    "mp4": tracks,
    "webm": elements,
    "pdf": drawn,
    "dicom": scanned,
}
