"""Streams of a PDF unpacked step by step, never to more than a limit; pictures in them cleaned."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from safelight.codecs import icc
from safelight.codecs.coded_jpeg import bare_jpeg
from safelight.codecs.isobmff import boxed, boxes
from safelight.codecs.pdf_files import MAX_UNPACKED, library
from safelight.errors import ContainerBroken, LimitExceeded

# All streams of a file together, each step of each counted.
MAX_ALL = 512_000_000
MAX_FILTERS = 16
STEP = 1 << 20
HINT = "no document needs that much: ask for it again, from somebody you trust"
CLEAR, END, FIRST_STRING, MOST_STRINGS = 256, 257, 258, 4_096
END_OF_RUNS = 128
SHORT = {
    "/Fl": "/FlateDecode",
    "/LZW": "/LZWDecode",
    "/A85": "/ASCII85Decode",
    "/AHx": "/ASCIIHexDecode",
    "/RL": "/RunLengthDecode",
    "/DCT": "/DCTDecode",
}
GENERAL = frozenset(SHORT.values()) - {"/DCTDecode"}
PICTURES = ("/DCTDecode", "/JPXDecode")
# Boxes of a JPEG 2000 that are the picture and its colour, and those in its head.
JPEG_2000 = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"rreq"})
JPEG_2000_HEAD = frozenset({b"ihdr", b"bpcc", b"colr", b"pclr", b"cmap", b"cdef", b"res "})
CODESTREAM = b"\xff\x4f\xff\x51"
COMMENT, TILE = 0xFF64, 0xFF90


@dataclass(slots=True)
class Budget:
    """What the streams of one file may still unpack to, together."""

    left: int = field(default_factory=lambda: MAX_ALL)

    def take(self, size: int) -> None:
        """Raises LimitExceeded when there is not so much left, and from then on always."""
        self.left -= size
        if self.left < 0:
            raise LimitExceeded(
                f"the streams of the PDF unpack to more than {MAX_ALL} bytes together", hint=HINT
            )


def filters(value: Any) -> list[str]:
    """The filters of a stream in the order in which they are undone, by their long names."""
    found = value.get("/Filter")
    names = [] if found is None else list(found) if _is_array(found) else [found]
    return [SHORT.get(str(name), str(name)) for name in names]


def parameters(value: Any, place: int) -> Any:
    """Those of one filter; None where it has none."""
    found = value.get("/DecodeParms")
    if _is_array(found):
        return found[place] if place < len(found) else None
    return found if place == 0 else None


def _is_array(value: Any) -> bool:
    return isinstance(value, library().Array)


def picture_filter(value: Any) -> str:
    """The coding of a JPEG or a JPEG 2000 that lies in a stream, however it is packed; else ""."""
    names = filters(value) if hasattr(value, "read_raw_bytes") else []
    if not names or names[-1] not in PICTURES or not GENERAL.issuperset(names[:-1]):
        return ""
    return names[-1]


def is_profile(kind: str, value: Any, keys: set[str]) -> bool:
    """True for a profile of colours: neither an array nor a function of theirs."""
    is_stream = isinstance(value, library().Stream)
    return kind == "colour" and is_stream and "/N" in keys and "/FunctionType" not in keys


def unpacked(value: Any, budget: Budget) -> bytes:
    """The bytes of a stream; of a picture those of its own coding.

    Raises LimitExceeded when they are too many, ContainerBroken when they are packed in a way that
    is not known.
    """
    data = bytes(value.read_raw_bytes())
    names = filters(value)
    if len(names) > MAX_FILTERS:
        raise ContainerBroken("a stream of the PDF is packed in an unknown way")
    for place, name in enumerate(names):
        if name in PICTURES:
            break
        if name not in GENERAL:
            raise ContainerBroken("a stream of the PDF is packed in an unknown way")
        data = _undone(data, name, parameters(value, place), budget)
    return data


def _undone(data: bytes, name: str, options: Any, budget: Budget) -> bytes:
    """One step. What it would make is known before anything is made, and paid for either way."""
    budget.take(0)
    size = _size(data, name, options)
    budget.take(size)
    if size > MAX_UNPACKED:
        raise LimitExceeded("a stream of the PDF unpacks to too many bytes", hint=HINT)
    scratch = library().new()
    stream = library().Stream(scratch, data)
    stream.Filter = library().Name(name)
    if options is not None:
        stream.DecodeParms = library().Dictionary(
            {key: int(options[key]) for key in options.keys()}  # noqa: SIM118 - no mapping
        )
    level = library().StreamDecodeLevel.specialized  # runs of bytes count as that
    return bytes(stream.read_bytes(level))


def _size(data: bytes, name: str, options: Any) -> int:
    """How many bytes one step makes of these, counted without keeping them: at most as many, and of
    what passes the limit as far as it was counted.
    """
    match name:
        case "/LZWDecode":
            return _lzw_size(data, options)
        case "/FlateDecode":
            return _flate_size(data)
        case "/RunLengthDecode":
            return _runs_size(data)
    # Four bytes of zero have one letter in ASCII85.
    return len(data) + 3 * data.count(b"z")


def _runs_size(data: bytes) -> int:
    """An end within the data is none to the library: it reads on."""
    at = size = 0
    while at < len(data):
        length, at = data[at], at + 1
        if length < END_OF_RUNS:
            size += min(length + 1, len(data) - at)
            at += length + 1
        elif length > END_OF_RUNS:
            size, at = size + 257 - length, at + 1
    return size


def _flate_size(data: bytes) -> int:
    inflater, size = zlib.decompressobj(), 0
    try:
        while size <= MAX_UNPACKED and not inflater.eof:
            part = inflater.decompress(data, STEP)
            data = inflater.unconsumed_tail
            size += len(part)
            if not part and not data:
                break
    except zlib.error:
        pass  # as far as it goes
    return size


def _lzw_size(data: bytes, options: Any) -> int:
    """How many bytes LZW makes of these: lengths of its strings alone, none of them is built."""
    early = 1 if options is None else int(options.get("/EarlyChange", 1))
    known, last, size = [1] * FIRST_STRING, 0, 0
    bits, ready, width = 0, 0, 9
    for byte in data:
        bits, ready = (bits << 8 | byte) & 0xFFFFFF, ready + 8
        if ready < width:
            continue
        ready -= width
        code = bits >> ready & (1 << width) - 1
        if code == CLEAR:
            del known[FIRST_STRING:]
            last, width = 0, 9
            continue
        if code == END or size > MAX_UNPACKED:
            break
        length = known[code] if code < len(known) else last + 1
        if last and len(known) < MOST_STRINGS:
            known.append(last + 1)
        size, last = size + length, length
        width = min(12, (len(known) + early).bit_length())
    return size


def clean_picture(value: Any, budget: Budget) -> None:
    """A JPEG or JPEG 2000 without its own metadata, packed in nothing else; others as they are."""
    name = picture_filter(value)
    if not name:
        return
    raw = memoryview(unpacked(value, budget))
    clean = _jpeg(raw) if name == "/DCTDecode" else _jpeg_2000(raw)
    names = filters(value)
    if clean is not raw or len(names) > 1 or _is_array(value.Filter):
        options = parameters(value, len(names) - 1)
        value.write(bytes(clean), filter=library().Name(name), decode_parms=options)


def _jpeg(raw: memoryview) -> bytes | memoryview:
    """Some writers leave out the end; a reader does not miss it."""
    try:
        return bare_jpeg(raw)
    except ContainerBroken:
        return bare_jpeg(memoryview(bytes(raw) + b"\xff\xd9"))


def _jpeg_2000(raw: memoryview) -> bytes | memoryview:
    if bytes(raw[:4]) == CODESTREAM:
        clean = _codestream(raw)
    elif bytes(raw[4:8]) == b"jP  ":
        clean = b"".join(
            boxed(box.type, _box(box.type, box.body)) for box in boxes(raw) if box.type in JPEG_2000
        )
    else:
        return raw
    return raw if clean == raw else clean


def _box(type: bytes, body: memoryview) -> bytes:
    if type == b"jp2c":
        return _codestream(body)
    if type != b"jp2h":
        return bytes(body)
    inner = [(box.type, bytes(box.body)) for box in boxes(body) if box.type in JPEG_2000_HEAD]
    return b"".join(boxed(kind, _colour(data) if kind == b"colr" else data) for kind, data in inner)


def _colour(body: bytes) -> bytes:
    if body[:1] != b"\x02":
        return body
    return body[:3] + (icc.clean(body[3:]) or body[3:])


def _codestream(data: memoryview) -> bytes:
    """Without the comments of its main header."""
    at, out = 2, bytearray(data[:2])
    while at + 4 <= len(data):
        marker, size = struct.unpack_from(">HH", data, at)
        if marker == TILE or marker < 0xFF00 or size < 2:
            break
        if marker != COMMENT:
            out += data[at : at + 2 + size]
        at += 2 + size
    return bytes(out + data[at:])
