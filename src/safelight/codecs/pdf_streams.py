"""Streams of a PDF unpacked step by step, never to more than a limit; pictures in them cleaned."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from safelight.codecs.coded_jpeg import bare_jpeg
from safelight.codecs.pdf_files import MAX_UNPACKED, library
from safelight.codecs.pdf_jbig2 import bare_jbig2
from safelight.codecs.pdf_jpx import bare_jpx
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
PICTURES = ("/DCTDecode", "/JPXDecode", "/JBIG2Decode")


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
    """The coding of a picture that lies in a stream, however it is packed; else ""."""
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
    """A picture in a coding of its own without its own metadata, packed in nothing else."""
    name = picture_filter(value)
    if not name:
        return
    raw = memoryview(unpacked(value, budget))
    clean = BARE[name](raw)
    names = filters(value)
    options = parameters(value, len(names) - 1)
    if clean != raw or len(names) > 1 or _is_array(value.Filter):
        value.write(bytes(clean), filter=library().Name(name), decode_parms=options)
    shared: Any = None if options is None else options.get("/JBIG2Globals")
    if name == "/JBIG2Decode" and hasattr(shared, "read_raw_bytes"):
        raw = memoryview(unpacked(shared, budget))
        if filters(shared) or bare_jbig2(raw) != raw:
            shared.write(bare_jbig2(raw))


def _jpeg(raw: memoryview) -> bytes | memoryview:
    """Some writers leave out the end; a reader does not miss it."""
    try:
        return bare_jpeg(raw)
    except ContainerBroken:
        return bare_jpeg(memoryview(bytes(raw) + b"\xff\xd9"))


BARE: dict[str, Callable[[memoryview], bytes | memoryview]] = {
    "/DCTDecode": _jpeg,
    "/JPXDecode": bare_jpx,
    "/JBIG2Decode": bare_jbig2,
}
