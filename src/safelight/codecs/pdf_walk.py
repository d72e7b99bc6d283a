"""The way through the objects of a PDF: what is found, and as what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from safelight.codecs.pdf_files import library
from safelight.codecs.pdf_rules import (
    ACTIONS,
    ANNOTATIONS,
    IN_ARRAY,
    KINDS,
    NAMED,
    VALUES,
    WITH_WORDS,
    WITHOUT_STRINGS,
)
from safelight.errors import ContainerBroken

MAX_OBJECTS = 2_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """One object on the way from the root; kind says which keys it may have, and is empty for what
    has none or is not known.
    """

    value: Any
    kind: str
    key: str


def reachable(pdf: Any) -> Iterator[Found]:
    """Every dictionary, stream and array below the root, once for each kind that it is met as.

    Children are looked for after the one that holds them was given, so that what is cut off there
    is not followed. What an object is follows from what holds it, never from the order of the way.
    """
    pikepdf = library()
    containers = (pikepdf.Dictionary, pikepdf.Stream, pikepdf.Array)
    seen: set[tuple[int, int, str]] = set()
    waiting: list[Found] = [Found(pdf.Root, "catalog", "/Root")]
    left = MAX_OBJECTS
    while waiting:
        found = waiting.pop()
        value = found.value
        if value.is_indirect:
            if (*value.objgen, found.kind) in seen:
                continue
            seen.add((*value.objgen, found.kind))
        left -= 1
        if left < 0:
            raise ContainerBroken("the PDF has too many objects")
        yield found
        for key, child, kind in children(found):
            if isinstance(child, containers):
                waiting.append(Found(child, kind_of(child, kind) or "", str(key)))


def children(found: Found) -> Iterator[tuple[Any, Any, str]]:
    """What lies in an object: its key or place, itself and the kind that is expected there.

    Where nothing is expected the kind is empty.
    """
    value, kind = found.value, found.kind
    if isinstance(value, library().Array):
        inner = IN_ARRAY.get(kind, kind)
        for place, child in enumerate(value):
            yield (found.key if kind else place), child, inner
        return
    for key in sorted(value.keys()):
        yield key, value[key], NAMED[kind] if kind in NAMED else KINDS.get(kind, {}).get(key, "")


@dataclass(frozen=True, slots=True)
class Part:
    """What lies in an object under a key, or in an array; goes when it may not be there."""

    key: Any
    value: Any
    goes: bool


def parts(found: Found) -> Iterator[Part]:
    """What lies in an object of a known kind; the rule for what a scrub takes away, and tells."""
    is_array = isinstance(found.value, library().Array)
    known = None if is_array or found.kind in NAMED else KINDS[found.kind]
    for key, child, kind in children(found):
        is_chosen = found.kind in NAMED and not is_array and isinstance(child, library().String)
        is_foreign = known is not None and (key not in known or _is_no_value(found, key, child))
        yield Part(key, child, is_chosen or is_foreign or not _may_be(child, kind))


def _is_no_value(found: Found, key: Any, child: Any) -> bool:
    """A word where a number stands, or a name that means nothing there."""
    if isinstance(child, library().Name):
        return str(child) not in VALUES.get(f"{found.kind} {key}", (str(child),))
    is_plain = found.kind in WITHOUT_STRINGS and not KINDS[found.kind][key]
    return is_plain and isinstance(child, library().String)


def _may_be(child: Any, expected: str) -> bool:
    pikepdf = library()
    if isinstance(child, (pikepdf.Dictionary, pikepdf.Stream)):
        return kind_of(child, expected) is not None
    return not isinstance(child, pikepdf.String) or expected in WITH_WORDS


def kind_of(value: Any, expected: str) -> str | None:
    """The kind of a dictionary, stream or array where one is expected; None for what may not be
    there.
    """
    pikepdf = library()
    if isinstance(value, pikepdf.Array):
        return expected
    is_stream = isinstance(value, pikepdf.Stream)
    kind = _told_by_itself(value, expected, is_stream)
    if not kind or (is_stream and "/Length" not in KINDS.get(kind, {})):
        return None
    return None if kind == "words" and not is_stream else kind


def _told_by_itself(value: Any, expected: str, is_stream: bool) -> str | None:
    match expected:
        case "xobject":
            usual = "/Form" if "/BBox" in value else ""  # some writers leave it out
            return {"/Image": "image", "/Form": "form"}.get(str(value.get("/Subtype", usual)))
        case "appearance":
            return "form" if is_stream else "looks"
        case "object":
            return _told_by_itself(value, "xobject" if is_stream else "drawn", is_stream)
        case "mark" | "drawn":
            return _mark(value, is_field_enough=expected == "mark")
        case "action":
            return expected if str(value.get("/S", "")) in ACTIONS else None
        case "attribute":
            return None if str(value.get("/O", "")) == "/UserProperties" else expected
        case "structure":
            return _part(value)
        case _:
            return expected


def _mark(value: Any, *, is_field_enough: bool) -> str | None:
    subtype = str(value.get("/Subtype", ""))
    if subtype == "/Widget" or (is_field_enough and not subtype):
        return "field"
    return "mark" if subtype in ANNOTATIONS else None


def _part(value: Any) -> str | None:
    """An element of the structure, or a part of it: marked content, or an object such as a link."""
    kind = str(value.get("/Type", ""))
    if "/Obj" in value or kind == "/OBJR":
        target = value.get("/Obj")
        is_there = isinstance(target, (library().Dictionary, library().Stream))
        return "object_part" if is_there and kind_of(target, "object") else None
    return "marked_part" if kind == "/MCR" else "structure"
