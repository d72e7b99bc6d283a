"""Pixels of DICOM scrubbed: as shown unchanged, without words between, behind and beside them."""

from __future__ import annotations

import io
import struct
from itertools import pairwise
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames
from pydicom.uid import UID, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from safelight.codecs import metadata, scrub
from safelight.codecs.dicom_j2k import MAX_SEGMENTS, bare_j2k
from safelight.codecs.dicom_rle import bare_jls, bare_rle
from safelight.errors import ContainerBroken
from safelight.image import Wish
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_dicom import PIXELS, dicom, saved
from tests.codecs.test_canaries import pass_through
from tests.codecs.test_dicom_clean import faults, read, settled, shown

WORD = CANARY.decode()
GREY = np.arange(120, dtype=np.uint8).reshape(12, 10)


def grey(**tags: Any) -> Dataset:
    return dicom(BitsAllocated=8, BitsStored=8, HighBit=7, PixelData=GREY.tobytes(), **tags)


def coded(kind: str, **more: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(GREY).save(out, kind, comment=WORD, **more)
    return out.getvalue()


def held(frames: list[bytes], syntax: str, *, extended: bool = False) -> bytes:
    found = grey(NumberOfFrames=len(frames))
    if extended:
        found.PixelData, found.ExtendedOffsetTable, found.ExtendedOffsetTableLengths = (
            encapsulate_extended(frames)
        )
    else:
        found.PixelData = encapsulate(frames)
    data = saved(found)
    whole = pydicom.dcmread(io.BytesIO(data))
    whole.file_meta.TransferSyntaxUID = UID(syntax)
    whole["PixelData"].is_undefined_length = True
    out = io.BytesIO()
    pydicom.dcmwrite(out, whole, enforce_file_format=True)
    return out.getvalue()


def rle() -> bytes:
    body = b"".join(bytes((59,)) + GREY.tobytes()[at : at + 60] for at in (0, 60))
    return struct.pack("<16I", 1, 64, *[0] * 14) + body + CANARY + b"\0"


def jls() -> bytes:
    return (
        b"\xff\xd8\xff\xfe" + struct.pack(">H", len(CANARY) + 2) + CANARY
        + b"\xff\xf7\0\x0b\x08\0\x0c\0\x0a\1\1\x11\0\xff\xda\0\x08\1\1\0\0\0\0\x01\xff\x7f\xff\xd9"
        + CANARY
    )  # fmt: skip


def overlay(stored: int = 12, *, is_signed: bool = False) -> bytes:
    """Bits above those that are stored, which hold words."""
    values = np.frombuffer(PIXELS, "<u2") & ((1 << stored) - 1)
    bits = np.unpackbits(np.frombuffer(CANARY * 20, np.uint8))[:120].astype("<u2")
    tags = {"BitsStored": stored, "HighBit": stored - 1, "PixelRepresentation": int(is_signed)}
    return saved(dicom(PixelData=(values | (bits << 15)).tobytes(), **tags))


def lying(keyword: str, vr: str, value: Any) -> bytes:
    found = dicom()
    found.add(pydicom.DataElement(keyword, vr, value, validation_mode=0))
    return saved(found)


SPIKED = coded("JPEG") + CANARY
STREAM = coded("JPEG2000", no_jp2=True)
PLANTS = {
    "JPEG": held([SPIKED, coded("JPEG")], JPEGBaseline8Bit),
    "JPEG, extended index": held([SPIKED, coded("JPEG")], JPEGBaseline8Bit, extended=True),
    "JPEG 2000": held([STREAM], JPEG2000Lossless),
    "RLE": held([rle()], RLELossless),
    "behind the last frame": saved(dicom(PixelData=PIXELS + CANARY + b"\0")),
    "a lying representation": lying("BodyPartExamined", "OB", CANARY + b"\0"),
    "a palette that is none": lying("RedPaletteColorLookupTableDescriptor", "OW", CANARY + b"\0"),
    "a palette for greys": lying("RedPaletteColorLookupTableData", "OW", CANARY + b"\0"),
    "too many numbers": lying("ImagePositionPatient", "DS", ["1"] * 40),
    **{
        keyword: lying(keyword, vr, WORD[:15])
        for keyword, vr in (
            *(("StackID", "SH"), ("ConvolutionKernel", "SH"), ("FilterType", "SH")),
            *(("RescaleType", "LO"), ("CodeMeaning", "LO"), ("ImagedNucleus", "SH")),
        )
    },
    "ScanOptions": lying("ScanOptions", "CS", "CANARY_6F1D"),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_pixels_are_shown_the_same(place: str) -> None:
    clean = scrubbed(PLANTS[place], "dicom")
    assert faults(PLANTS[place], clean) == []
    assert "ImagePositionPatient" not in read(clean)


@pytest.mark.parametrize("place", sorted(set(PLANTS) - {"too many numbers"}))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert CANARY[:6] in pass_through(PLANTS[place], "share")


@pytest.mark.parametrize("is_signed", [False, True])
def test_bits_that_no_pixel_uses_are_zero_or_the_sign(is_signed: bool) -> None:
    data = overlay(is_signed=is_signed)
    clean = scrubbed(data, "dicom")
    samples = np.frombuffer(read(clean).PixelData, "<i2" if is_signed else "<u2")
    assert shown(read(clean)) == shown(read(data))
    assert (int(samples.min()) >> 11, int(samples.max()) >> 11) == (
        (-1, 0) if is_signed else (0, 1)
    )
    assert np.frombuffer(read(data).PixelData, "<u2").max() >> 15 == 1
    assert settled(scrubbed(clean, "dicom")) == settled(clean)


def test_what_went_from_the_pixels_is_in_the_changes() -> None:
    for data, words in (
        (overlay(), "bits that no pixel uses"),
        (PLANTS["behind the last frame"], "bytes behind the last frame"),
        (PLANTS["JPEG"], "words between coded pixels"),
    ):
        _, changes = scrub.rewrite(memoryview(data), "dicom", Wish())
        assert ("removed", f"DICOM pixels: {words}") in {
            (one.what, one.finding.name) for one in changes
        }
        clean = metadata.findings(memoryview(scrubbed(data, "dicom")), "dicom")
        assert clean == ()


def test_the_index_is_right_again() -> None:
    basic = read(scrubbed(PLANTS["JPEG"], "dicom"))
    extended = read(scrubbed(PLANTS["JPEG, extended index"], "dicom"))
    index = (extended.ExtendedOffsetTable, extended.ExtendedOffsetTableLengths)
    frames = list(generate_frames(basic.PixelData, number_of_frames=2))
    others = list(generate_frames(extended.PixelData, number_of_frames=2, extended_offsets=index))
    assert frames == others
    assert all(frame.rstrip(b"\0").endswith(b"\xff\xd9") for frame in frames)


def test_values_of_known_words_stay() -> None:
    tags = {"ConvolutionKernel": "B30f", "RescaleType": "HU", "ScanOptions": ["FS", "PER"]}
    clean = read(scrubbed(saved(dicom(StackID="1", FilterType="BODY FILTER", **tags)), "dicom"))
    assert (clean.ConvolutionKernel, clean.RescaleType, clean.StackID) == ("B30f", "HU", "1")
    assert (clean.FilterType, list(clean.ScanOptions)) == ("BODY FILTER", ["FS", "PER"])


def test_a_table_ends_with_its_last_entry() -> None:
    found = grey(PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        setattr(found, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, 16])
        setattr(found, f"{colour}PaletteColorLookupTableData", bytes(8) + CANARY + b"\0")
    clean = read(scrubbed(saved(found), "dicom"))
    assert clean.RedPaletteColorLookupTableData == bytes(8)


def test_codings_lose_what_is_no_pixel() -> None:
    assert CANARY not in bare_jls(memoryview(jls()))
    assert bare_jls(memoryview(jls())).endswith(b"\x01\xff\x7f\xff\xd9")
    packed = bare_rle(memoryview(rle()), 120)
    assert CANARY not in packed
    assert bare_rle(memoryview(packed), 120) == packed
    assert len(bare_rle(memoryview(rle()), 30)) == 64 + 32
    runs = struct.pack("<16I", 1, 64, *[0] * 14) + b"\x80\xf7\x05\xf7\x06"
    assert bare_rle(memoryview(runs), 15)[64:] == b"\xf7\x05\xfc\x06"
    stream = bare_j2k(memoryview(STREAM))
    assert CANARY not in stream
    assert bare_j2k(memoryview(stream)) == stream


@pytest.mark.parametrize("end", [0, 3, 20, 60, 100])
def test_codings_that_are_cut_short_are_refused(end: int) -> None:
    for bare, data in ((bare_jls, jls()[:40]), (bare_j2k, STREAM)):
        with pytest.raises((ContainerBroken, struct.error)):
            bare(memoryview(data[:end]))
    with pytest.raises((ContainerBroken, struct.error)):
        bare_rle(memoryview(rle()[: min(end, 63)]), 120)
    with pytest.raises(ContainerBroken):
        bare_rle(memoryview(bytes(64)), 120)


def test_lengths_of_tiles_are_listed_anew() -> None:
    at = STREAM.index(b"\xff\x90")
    listed = STREAM[:at] + b"\xff\x55\0\x0a\0\x60" + bytes(6) + STREAM[at:]
    clean = bare_j2k(memoryview(listed))
    (size,) = struct.unpack_from(">I", clean, clean.index(b"\xff\x55") + 8)
    first, last = clean.index(b"\xff\x90"), len(clean) - 2
    assert size == last - first
    assert all(one <= other for one, other in pairwise((first, last)))


def codestream(*segments: bytes, tile: bytes = b"") -> bytes:
    """The head of a JPEG 2000 picture with these segments, and tile-parts behind them."""
    size = struct.pack(">HHH", 0xFF51, 41, 0) + bytes(32) + struct.pack(">H", 1) + b"\7\1\1"
    return b"\xff\x4f" + size + b"".join(segments) + tile


def tile_part(length: int, body: bytes = b"\xff\x93data") -> bytes:
    return struct.pack(">HHHIBB", 0xFF90, 10, 0, length, 0, 1) + body


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no picture", "does not start"),
        (codestream(b"\xff\x10\0\4ab"), "wrong marker"),
        (b"\xff\x4f" + struct.pack(">HH", 0xFF51, 50) + bytes(48), "wrong header"),
        (
            codestream(*[struct.pack(">HHH", 0xFF64, 4, 0)] * (MAX_SEGMENTS + 1)),
            "too many segments",
        ),
        (codestream(tile=tile_part(9)), "wrong tile"),
        (codestream(tile=tile_part(18) + b"\1rubbish"), "disorder"),
    ],
    ids=["start", "marker", "header", "segments", "tile", "rest"],
)
def test_a_codestream_that_cannot_be_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ContainerBroken, match=words):
        bare_j2k(memoryview(data))


def test_a_tile_without_its_length_ends_at_the_last_mark() -> None:
    data = codestream(tile=tile_part(0) + b"\xff\xd9")
    made = bare_j2k(memoryview(data))
    assert made.endswith(b"\xff\x93data\xff\xd9")
    assert bare_j2k(memoryview(made)) == made


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (bytes(64), "impossible number"),
        (struct.pack("<16I", 1, 9, *[0] * 14), "wrong index"),
    ],
)
def test_an_rle_frame_that_cannot_be_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ContainerBroken, match=words):
        bare_rle(memoryview(data), 4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no picture", "does not start"),
        (b"\xff\xd8\xff\xf7\0\4ab\1\2", "disorder"),
        (b"\xff\xd8\xff\xda\0\4abdata", "cut short"),
    ],
)
def test_a_jpeg_ls_frame_that_cannot_be_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ContainerBroken, match=words):
        bare_jls(memoryview(data))
    assert bare_jls(memoryview(b"\xff\xd8\xff\xff\xd9")) == b"\xff\xd8\xff\xd9"
