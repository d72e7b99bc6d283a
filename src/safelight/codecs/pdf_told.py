"""What a scrub would take out of the objects of a PDF, told by the very rule that it goes by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from safelight.codecs.blocks import Block
from safelight.codecs.pdf_files import library
from safelight.codecs.pdf_rules import KINDS, NAMED
from safelight.codecs.pdf_walk import Found, Part, parts
from safelight.codecs.place_names import PDF_PLACES

# Told once each, by what they are for; their words are the business of programs.
TOLD = {
    "/JavaScript": "JavaScript",
    "/JS": "JavaScript",
    "/PieceInfo": "private data of a program",
    "/AA": "actions",
    "/OpenAction": "action on opening",
    "/XFA": "form data",
    "/Collection": "portfolio",
    "/SpiderInfo": "web capture",
    "/Perms": "signature",
    "/Measure": "measures",
}
NOTES = ("/T", "/Contents", "/RC", "/NM")
# Told with what is in them, elsewhere.
APART = frozenset({*TOLD, "/Metadata", "/Thumb", "/EF"})
MAX_TOLD = 400
MOST_LETTERS, MOST_DEPTH, MOST_PARTS = 400, 2, 16


def is_note(keys: set[str]) -> bool:
    """True for an annotation that is no link and no field of a form."""
    return {"/Subtype", "/Rect"} <= keys and "/FT" not in keys and "/Parent" not in keys


def gone(found: Found, told: set[tuple[str, str]]) -> Iterator[Block]:
    """What goes of this object besides what is told apart: where it stood, and its words."""
    is_array = isinstance(found.value, library().Array)
    if found.kind not in (KINDS.keys() | NAMED.keys()) or (is_array and not found.key):
        return
    keys = set() if is_array else set(found.value.keys())
    apart = APART.union(NOTES) if is_note(keys) else APART
    for part in parts(found) if len(told) < MAX_TOLD else ():
        if not part.goes or str(part.key) in apart or _is_told_below(part):
            continue
        one = (_name(found, part), " ".join(_words(part.value, MOST_DEPTH))[:MOST_LETTERS])
        if one not in told:
            told.add(one)
            yield Block("comment", one[0], memoryview(one[1].encode("utf-8", "replace")))


def _is_told_below(part: Part) -> bool:
    """A note, whose words are told apart, or a script."""
    pikepdf = library()
    if not isinstance(part.value, (pikepdf.Dictionary, pikepdf.Stream)):
        return False
    keys = set(part.value.keys())
    return (is_note(keys) and not keys.isdisjoint(NOTES)) or not keys.isdisjoint(APART)


def _name(found: Found, part: Part) -> str:
    """Our words for it where there are any; else the kind of object and the key."""
    name = f"{found.kind.replace('_', ' ')} {part.key}"[:61]
    return PDF_PLACES.get(name, name)


def _words(value: Any, depth: int) -> Iterator[str]:
    """The words of an object, and of what lies in it; a stream says how long it is."""
    pikepdf = library()
    if isinstance(value, pikepdf.Stream):
        yield f"{len(value.read_raw_bytes())} bytes"
    elif isinstance(value, pikepdf.Dictionary):
        inner = sorted(value.keys())[:MOST_PARTS] if depth else []
        for key in inner:
            if key != "/Parent":
                yield from _words(value[key], depth - 1)
    elif isinstance(value, pikepdf.Array):
        for place in range(min(len(value), MOST_PARTS) if depth else 0):
            yield from _words(value[place], depth - 1)
    elif value is not None:
        yield str(value)[:MOST_LETTERS]
