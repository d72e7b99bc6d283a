"""Resources of a PDF that nothing draws: those whose name is in no content that they are for.

A name anywhere in a content counts, in its words and comments too: what is used never goes. Where
a content cannot be read, all that it could use stays.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from safelight.codecs.pdf_files import library, reasons
from safelight.codecs.pdf_streams import GENERAL, Budget, filters, unpacked
from safelight.codecs.pdf_walk import Found, reachable

CATEGORIES = (
    *("/XObject", "/Font", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading", "/Properties"),
)
# Used without a name in a content.
ALWAYS = frozenset({"/DefaultGray", "/DefaultRGB", "/DefaultCMYK"})
# Where the colour stands that another one is built on.
BASES = {"/Indexed": 1, "/I": 1, "/Pattern": 1, "/Separation": 2, "/DeviceN": 2}
MAX_ROUNDS, MAX_PARENTS, MAX_NAMES = 16, 64, 1_000_000
_NAME = re.compile(rb"/([^\0\t\n\f\r ()<>\[\]{}/%]*)")
_CODE = re.compile(rb"#([0-9A-Fa-f]{2})")
Names = set[bytes]


@dataclass(slots=True)
class Pool:
    """Resources of one category, and the names in what may use them; None when not all is known."""

    value: Any
    names: Names | None = field(default_factory=set)


@dataclass(slots=True)
class Looked:
    """Every pool; the names that any of them may be used by; what was read, by its object."""

    budget: Budget
    known: dict[tuple[int, int], Names | None] = field(default_factory=dict)
    pools: dict[tuple[object, ...], Pool] = field(default_factory=dict)
    loose: Names | None = field(default_factory=set)


def drop_unused(pdf: Any) -> None:
    """Take them away, and then what only they used."""
    known: dict[tuple[int, int], Names | None] = {}
    for _ in range(MAX_ROUNDS):
        found = list(unused(pdf, known))
        for value, key in found:
            del value[key]
        if not found:
            return


def unused(
    pdf: Any, known: dict[tuple[int, int], Names | None] | None = None
) -> Iterator[tuple[Any, str]]:
    """What nothing uses now: the dictionary and the key in it."""
    looked = Looked(Budget(), {} if known is None else known)
    for found in reachable(pdf):
        if isinstance(found.value, library().Array):
            _used(_bases(found.value) if found.kind == "colour" else [], looked)
        else:
            _holder(found, looked)
    for pool in looked.pools.values():
        if pool.names is None or looked.loose is None:
            continue
        for key in sorted(pool.value.keys()):
            word = key.encode("utf-8", "surrogateescape")[1:]
            if word not in pool.names and word not in looked.loose and key not in ALWAYS:
                yield pool.value, key


def _bases(colour: Any) -> list[Any]:
    """What a colour is built on, which may be the name of another; names of inks are none."""
    place = BASES.get(str(colour[0]) if len(colour) else "", 0)
    return list(colour)[place : place + 1] if place or len(colour) == 1 else []


def _used(values: list[Any], looked: Looked) -> None:
    """Names of colours that stand outside of a content."""
    for value in values:
        if isinstance(value, library().Name) and looked.loose is not None:
            looked.loose.add(bytes(value)[1:])


def _holder(found: Found, looked: Looked) -> None:
    """What has resources, or a content that uses them."""
    value = found.value
    _used([value[key] for key in ("/ColorSpace", "/CS") if key in value], looked)
    if found.kind == "form_fields" and "/DR" in value:
        _users(value, value.DR, None, looked)  # used by words that are made later
    elif found.kind == "page":
        if "/Resources" in value:
            _users(value, value.Resources, set(), looked)
        if "/Kids" not in value:
            owner = _owner(value)
            _users(owner, owner.get("/Resources"), _names(value.get("/Contents"), looked), looked)
    elif found.kind in ("form", "pattern") and isinstance(value, library().Stream):
        _users(value, value.get("/Resources"), _names(value, looked), looked)
    elif found.kind == "font" and "/CharProcs" in value:
        glyphs = value.CharProcs
        names: Names | None = set()
        for key in sorted(glyphs.keys()):
            names = _both(names, _names(glyphs[key], looked))
        _users(value, value.get("/Resources"), names, looked)


def _owner(page: Any) -> Any:
    """The page, or the nearest above it that has resources."""
    at = page
    for _ in range(MAX_PARENTS):
        if at is None or "/Resources" in at:
            break
        at = at.get("/Parent")
    return page if at is None else at


def _users(holder: Any, resources: Any, names: Names | None, looked: Looked) -> None:
    """Note these names for each pool; without resources of their own they may be for any."""
    if not isinstance(resources, library().Dictionary):
        looked.loose = _both(looked.loose, names)
        return
    for key in CATEGORIES:
        inner = resources.get(key)
        if not isinstance(inner, library().Dictionary):
            continue
        near = next((one for one in (inner, resources, holder) if one.is_indirect), None)
        if near is None:
            continue  # nothing else points to it
        pool = looked.pools.setdefault((*near.objgen, key), Pool(inner))
        pool.names = _both(pool.names, names)


def _both(one: Names | None, other: Names | None) -> Names | None:
    return None if one is None or other is None else one | other


def _names(content: Any, looked: Looked) -> Names | None:
    """Every name in a content, or in the parts of one; None when it cannot be read."""
    if content is None:
        return set()
    parts = list(content) if isinstance(content, library().Array) else [content]
    names: Names | None = set()
    for part in parts:
        if not isinstance(part, library().Stream):
            continue
        if part.objgen not in looked.known:
            looked.known[part.objgen] = _read(part, looked.budget)
        names = _both(names, looked.known[part.objgen])
    return names


def _read(part: Any, budget: Budget) -> Names | None:
    try:
        if not GENERAL.issuperset(filters(part)) or _is_cut(part):
            return None
        data = unpacked(part, budget)
    except reasons():
        return None
    if data.count(b"/") > MAX_NAMES:
        return None
    found = set(_NAME.findall(data))
    return {_CODE.sub(lambda code: bytes.fromhex(code[1].decode()), name) for name in found}


def _is_cut(part: Any) -> bool:
    """True for a packed content without its end: readers make of it what they can."""
    if filters(part) != ["/FlateDecode"]:
        return False
    inflater, data = zlib.decompressobj(), bytes(part.read_raw_bytes())
    try:
        while data and not inflater.eof:
            inflater.decompress(data, 1 << 20)
            data = inflater.unconsumed_tail
    except zlib.error:
        return True
    return not inflater.eof
