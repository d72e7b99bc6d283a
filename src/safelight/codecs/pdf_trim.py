"""Streams and tables of a PDF cut to what is read of them: nothing behind their end stays.

What cannot be measured, or would unpack to too much, stays as it is.
"""

from __future__ import annotations

import math
import re
import zlib
from contextlib import suppress
from typing import Any

from safelight.codecs.pdf_files import MAX_UNPACKED, library, reasons
from safelight.codecs.pdf_streams import GENERAL, STEP, Budget, filters, parameters, unpacked

_ONE = "/DeviceGray /G /CalGray /Indexed /I /Separation"
CHANNELS = {
    **dict.fromkeys(_ONE.split(), 1),
    **dict.fromkeys(("/DeviceRGB", "/RGB", "/CalRGB", "/Lab"), 3),
    **dict.fromkeys(("/DeviceCMYK", "/CMYK"), 4),
}
# How many members an array has that says what a colour is.
MEMBERS = {
    **dict.fromkeys(("/DeviceGray", "/DeviceRGB", "/DeviceCMYK", "/G", "/RGB", "/CMYK"), 1),
    **dict.fromkeys(("/CalGray", "/CalRGB", "/Lab", "/ICCBased"), 2),
    "/Indexed": 4,
    "/I": 4,
    "/Separation": 4,
    "/DeviceN": 5,
}
TABLES = ("/Indexed", "/I")
SAMPLED, CALCULATOR = 0, 4
_TOKEN = re.compile(rb"%[^\r\n]*|[{}]|[^\s{}%\0]+")
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)")
OPERATORS = frozenset(
    word.encode()
    for word in """{ } abs add atan ceiling cos cvi cvr div exp floor idiv ln log mod mul neg round
    sin sqrt sub truncate and bitshift eq false ge gt le lt ne not or true xor if ifelse copy dup
    exch index pop roll""".split()
)


def trim(kind: str, value: Any, spare: Budget) -> None:
    """One object: a stream without what follows its end or its last sample, a table of colours."""
    pikepdf = library()
    with suppress(*reasons()):
        if kind == "colour" and isinstance(value, pikepdf.Array):
            _colours(value, spare)
        elif isinstance(value, pikepdf.Stream):
            if int(value.get("/FunctionType", -1)) == CALCULATOR:
                _calculator(value, spare)
            else:
                _cut(value, _needed(kind, value), spare)


def _colours(value: Any, spare: Budget) -> None:
    """What says what a colour is: no members too many, no entries that no number reaches."""
    family = str(value[0]) if len(value) else ""
    while len(value) > MEMBERS.get(family, len(value)):
        del value[len(value) - 1]
    channels = _channels(value[1]) if family in TABLES and len(value) == 4 else None
    if channels is None:
        return
    size = (int(value[2]) + 1) * channels
    if isinstance(value[3], library().Stream):
        _cut(value[3], size, spare)
    elif len(bytes(value[3])) > size > 0:
        value[3] = library().String(bytes(value[3])[:size])


def _channels(colour: Any) -> int | None:
    """How many numbers a colour has; None where it is not known."""
    if not isinstance(colour, library().Array):
        return CHANNELS.get(str(colour))
    family = str(colour[0])
    if family == "/ICCBased":
        count = int(colour[1].get("/N", 0))
        return count if count in (1, 3, 4) else None
    return len(colour[1]) if family == "/DeviceN" else CHANNELS.get(family)


def _needed(kind: str, value: Any) -> int | None:
    """How many bytes of a stream are read when it is unpacked; None where it is not known."""
    if kind == "image":
        return _picture(value)
    if int(value.get("/FunctionType", -1)) == SAMPLED:
        samples = math.prod(int(size) for size in value.Size) * (len(value.Range) // 2)
        return (samples * int(value.BitsPerSample) + 7) // 8
    if kind != "halftone":
        return None
    match int(value.get("/HalftoneType", 0)):
        case 6:
            return int(value.Width) * int(value.Height)
        case 10:
            return int(value.Xsquare) ** 2 + int(value.Ysquare) ** 2
        case 16:
            second = int(value.get("/Width2", 0)) * int(value.get("/Height2", 0))
            return 2 * (int(value.Width) * int(value.Height) + second)
    return None


def _picture(value: Any) -> int | None:
    if bool(value.get("/ImageMask", False)):
        bits: int | None = 1
    else:
        channels = _channels(value.get("/ColorSpace"))
        bits = None if channels is None else channels * int(value.get("/BitsPerComponent", 0))
    return None if not bits else (int(value.Width) * bits + 7) // 8 * int(value.Height)


def _cut(value: Any, size: int | None, spare: Budget) -> None:
    """No more than so many bytes, and nothing behind the end of what is packed."""
    names = filters(value)
    if not GENERAL.issuperset(names) or (size is not None and size <= 0):
        return
    if not names:
        raw = bytes(value.read_raw_bytes())
        if size is not None and len(raw) > size:
            value.write(raw[:size])
    elif names == ["/FlateDecode"]:
        _cut_packed(value, size, spare)
    # The library reads on behind the end of runs: only a length tells what belongs to them.
    elif size is not None or "/RunLengthDecode" not in names:
        _repack(value, unpacked(value, spare)[:size], None)


def _cut_packed(value: Any, size: int | None, spare: Budget) -> None:
    raw, options = bytes(value.read_raw_bytes()), parameters(value, 0)
    limit = None if size is None else _before_prediction(size, options)
    inflater, data, made = zlib.decompressobj(), raw, 0
    with suppress(zlib.error):  # as far as it goes
        while data and not inflater.eof:
            part = inflater.decompress(data, STEP)
            spare.take(len(part))
            data, made = inflater.unconsumed_tail, made + len(part)
    if limit is not None and limit < made and limit <= MAX_UNPACKED:
        _repack(value, zlib.decompressobj().decompress(raw, limit), options)
    elif inflater.eof and inflater.unused_data:
        _write(value, raw[: len(raw) - len(inflater.unused_data)], options)


def _before_prediction(size: int, options: Any) -> int:
    """How many bytes become so many; those of PNG's kind have one more in each row."""
    predictor = 1 if options is None else int(options.get("/Predictor", 1))
    if predictor == 1:
        return size
    bits = int(options.get("/Colors", 1)) * int(options.get("/BitsPerComponent", 8))
    row = max(1, (bits * int(options.get("/Columns", 1)) + 7) // 8)
    return -(-size // row) * (row + (predictor >= 10))


def _repack(value: Any, data: bytes, options: Any) -> None:
    _write(value, zlib.compress(data), options)


def _write(value: Any, raw: bytes, options: Any) -> None:
    value.write(raw, filter=library().Name.FlateDecode, decode_parms=options)


def _calculator(value: Any, spare: Budget) -> None:
    """A function written as a small program: its numbers, operators and braces up to the last one.

    One with any other word is no function to a reader: it loses its comments alone.
    """
    data = unpacked(value, spare)
    words = [word for word in _TOKEN.findall(data) if not word.startswith(b"%")]
    if all(word in OPERATORS or _NUMBER.fullmatch(word) for word in words[: _end(words)]):
        words = words[: _end(words)]
    clean = b" ".join(words)
    if clean != data or filters(value):
        value.write(clean)


def _end(words: list[bytes]) -> int:
    """How many words there are up to the brace that closes the first one."""
    depth = 0
    for place, word in enumerate(words):
        depth += (word == b"{") - (word == b"}")
        if depth <= 0:
            return place + 1
    return len(words)
