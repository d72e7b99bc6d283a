"""Maps from codes to characters in a PDF (CMap, ToUnicode), written anew from their numbers."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import Any

from safelight.codecs.pdf_files import library, reasons
from safelight.codecs.pdf_streams import GENERAL, Budget, filters, unpacked

MAX_SIZE = 8_000_000
_COMMENT = rb"%[^\r\n]*"
_STRING = rb"\((?:[^()\\]|\\[\s\S])*\)"
_TOKEN = re.compile(
    _COMMENT + rb"|" + _STRING + rb"|<<|>>|<[^<>]*>|[\[\]{}]|/[^\s()<>\[\]{}/%]*|[^\s()<>\[\]{}/%]+"
)
_HEX = re.compile(rb"<[0-9A-Fa-f\s]*>")
_SPACE = re.compile(rb"\s+")
SECTIONS = frozenset(
    b"begin" + word.encode()
    for word in "codespacerange bfchar bfrange cidchar cidrange notdefchar notdefrange".split()
)
_WRITTEN_BOTH_WAYS = """GB-EUC GBpc-EUC GBK-EUC GBKp-EUC GBK2K UniGB-UCS2 UniGB-UTF16 B5pc HKscs-B5
    ETen-B5 ETenms-B5 CNS-EUC UniCNS-UCS2 UniCNS-UTF16 83pv-RKSJ 90ms-RKSJ 90msp-RKSJ 90pv-RKSJ
    Add-RKSJ EUC Ext-RKSJ UniJIS-UCS2 UniJIS-UCS2-HW UniJIS-UTF16 KSC-EUC KSCms-UHC KSCms-UHC-HW
    KSCpc-EUC UniKS-UCS2 UniKS-UTF16 Identity"""
# Maps that every reader has (ISO 32000-2, 9.7.5.2), which others may go on from.
KNOWN = frozenset(
    {b"/H", b"/V"}
    | {f"/{word}-{way}".encode() for word in _WRITTEN_BOTH_WAYS.split() for way in "HV"}
)
ORDERINGS = frozenset(f"({word})".encode() for word in "GB1 CNS1 Japan1 Korea1 KR UCS".split())


def clean_map(kind: str, value: Any, spare: Budget) -> None:
    """A map without comments, names and words; one that cannot be read stays as it is."""
    pikepdf = library()
    if kind != "encoding" or not isinstance(value, pikepdf.Stream):
        return
    with suppress(*reasons()):
        if not GENERAL.issuperset(filters(value)):
            return
        data = unpacked(value, spare)
        if len(data) > MAX_SIZE:
            return
        clean, name = bare_map(data)
        if "/CMapName" in value and bytes(value.CMapName) not in KNOWN:
            value.CMapName = pikepdf.Name(name.decode())
        if clean != data and filters(value):
            value.write(zlib.compress(clean), filter=pikepdf.Name.FlateDecode)
        elif clean != data:
            value.write(clean)


def bare_map(data: bytes) -> tuple[bytes, bytes]:
    """The map and the name it has now. One with words among its numbers loses its comments alone,
    and gets no name.
    """
    tokens = [token for token in _TOKEN.findall(data) if not token.startswith(b"%")]
    ordering = next((token for token in _behind(tokens, b"/Ordering") if token in ORDERINGS), None)
    supplement = next((one for one in _behind(tokens, b"/Supplement") if one.isdigit()), b"0")
    name = b"/Adobe-" + (ordering or b"(Identity)")[1:-1] + b"-" + supplement[:2]
    try:
        body = b"".join(_body(tokens))
    except ValueError:
        return _TOKEN.sub(_without_comment, data), name
    head = b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
    head += b"/CIDSystemInfo << /Registry (Adobe) /Ordering " + (ordering or b"(Identity)")
    head += b" /Supplement " + supplement[:2] + b" >> def\n/CMapName " + name + b" def\n"
    kind = b"2" if b"beginbf" in body else b"1"
    end = b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    return head + b"/CMapType " + kind + b" def\n" + body + end, name


def _without_comment(found: re.Match[bytes]) -> bytes:
    return b"" if found[0].startswith(b"%") else found[0]


def _behind(tokens: list[bytes], word: bytes) -> Iterator[bytes]:
    for token, after in pairwise(tokens):
        if token == word:
            yield after


def _body(tokens: list[bytes]) -> Iterator[bytes]:
    """What the map goes on from, its direction and its sections. Raises ValueError."""
    for token in _behind(tokens, b"/WMode"):
        if token in (b"0", b"1"):
            yield b"/WMode " + token + b" def\n"
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token == b"usecmap":
            if place == 0 or tokens[place - 1] not in KNOWN:
                raise ValueError
            yield tokens[place - 1] + b" usecmap\n"
        elif token in SECTIONS:
            end = tokens.index(b"end" + token[5:], place)
            count = tokens[place - 1] if place and tokens[place - 1].isdigit() else b"100"
            numbers = b" ".join(_number(one) for one in tokens[place + 1 : end])
            yield count + b" " + token + b"\n" + numbers + b"\nend" + token[5:] + b"\n"
            place = end
        place += 1


def _number(token: bytes) -> bytes:
    """A number as digits or as bytes, or a bracket around some. Raises ValueError."""
    if _HEX.fullmatch(token):
        return _SPACE.sub(b"", token)
    if token in (b"[", b"]") or token.isdigit():
        return token
    raise ValueError
