"""SVG rewritten: the elements and attributes that are painted, pictures inside scrubbed, and the
clean blocks. Names of parts stay only where something points to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from safelight.codecs.blocks import Carried
from safelight.codecs.svg import HREFS
from safelight.codecs.svg_images import clean_address
from safelight.codecs.svg_style import clean_sheet, clean_style, is_safe, references
from safelight.codecs.svg_tree import SVG, XLINK, XML, End, Event, Name, Start, Text
from safelight.codecs.svg_words import ATTRIBUTES, ELEMENTS, WORDS, is_meant

Pieces = list[bytes | memoryview]
_SELECTED = re.compile(r"#([^\s{},.:\[>+~#)(\"']+)")
_TIMED = re.compile(r"(?<![^\s;])([^\s;.]+)\.\w+")
_PACKET = re.compile(rb"<\?xpacket[^>]*\?>")


def rewritten(walked: list[Event], carried: Carried) -> Pieces:
    """The clean drawing as one piece."""
    drawn = list(_drawn(walked))
    starts = [event for event in drawn if isinstance(event, Start)]
    ids = {event.attributes.get(("", "id"), "") for event in starts}
    writer = Writer(_named(drawn), ids, any(event.name[1] == "style" for event in starts))
    out = "".join(writer.written(drawn, _head(carried)))
    return [out.encode("utf-8")]


def _drawn(events: list[Event]) -> Iterator[Event]:
    """Events of elements that are painted; the others fall away with all that they hold."""
    hidden = 0
    open_names: list[str] = []
    for event in events:
        if isinstance(event, Start):
            if hidden or event.name[0] != SVG or event.name[1] not in ELEMENTS:
                hidden += 1
            else:
                open_names.append(event.name[1])
                yield event
        elif isinstance(event, End):
            if hidden:
                hidden -= 1
            else:
                open_names.pop()
                yield event
        elif isinstance(event, Text) and not hidden and _is_read(open_names):
            words = clean_sheet(event.words) if open_names[-1] == "style" else event.words
            if words:
                yield Text(words)


def _is_read(open_names: list[str]) -> bool:
    """True for words that are painted, or a sheet; those of a link only within a text."""
    inner = open_names[-1] if open_names else ""
    return inner in WORDS or (inner == "a" and "text" in open_names)


def _named(events: list[Event]) -> set[str]:
    """The names of parts that something points to."""
    found: set[str] = set()
    is_sheet = False
    for event in events:
        if isinstance(event, Start):
            is_sheet = event.name[1] == "style"
            for name, value in event.attributes.items():
                if name in HREFS:
                    found |= {value.strip()[1:]} if value.strip().startswith("#") else set()
                elif (kept := _painted(name, value)) is not None:
                    found |= references(kept)
                    found |= set(_TIMED.findall(kept)) if name[1] in ("begin", "end") else set()
        elif isinstance(event, Text) and is_sheet:
            found |= set(_SELECTED.findall(event.words)) | references(event.words)
        elif isinstance(event, End):
            is_sheet = False
    return found


def _head(carried: Carried) -> str:
    """What stands first in the drawing: words that were asked for, and a packet."""
    texts = dict(reversed(carried.texts))
    out = [
        f"<{tag}>{escape(texts[name])}</{tag}>"
        for tag, name in (("title", "Title"), ("desc", "Description"))
        if name in texts
    ]
    if carried.xmp is not None:
        out.append(f"<metadata>{_PACKET.sub(b'', carried.xmp).decode()}</metadata>")
    return "".join(out)


class Writer:
    """Writes events as text, each attribute judged by itself."""

    def __init__(self, named: set[str], ids: set[str], has_sheet: bool) -> None:
        self._named = named
        self._ids = ids
        self._has_sheet = has_sheet

    def written(self, events: list[Event], head: str) -> Iterator[str]:
        """The document; head follows the first tag."""
        open_names: list[str] = []
        for place, event in enumerate(events):
            if isinstance(event, Start):
                open_names.append(event.name[1])
                is_empty = isinstance(events[place + 1], End) and (place or not head)
                spaces = f' xmlns="{SVG}" xmlns:xlink="{XLINK}"' if not place else ""
                yield f"<{event.name[1]}{spaces}{self._attributes(event)}"
                yield "/>" if is_empty else ">"
                yield "" if place else head
                if is_empty:
                    open_names[-1] = ""
            elif isinstance(event, End):
                name = open_names.pop()
                yield f"</{name}>" if name else ""
            elif isinstance(event, Text):
                yield escape(event.words)

    def _attributes(self, start: Start) -> str:
        kept: dict[str, str] = {}
        for name, value in start.attributes.items():
            clean = self._attribute(name, value)
            if clean is not None:
                key = {XLINK: "xlink:", XML: "xml:"}.get(name[0], "") + name[1]
                kept[key] = clean
        return "".join(f" {name}={quoteattr(value)}" for name, value in kept.items())

    def _attribute(self, name: Name, value: str) -> str | None:
        namespace, local = name
        if name in HREFS:
            inside = value.strip()
            if inside.startswith("#"):
                return inside if inside[1:] in self._ids else None
            return clean_address(value)
        if name == (XML, "space"):
            return value if value in ("preserve", "default") else None
        if not namespace and local == "id":
            return value if value in self._named else None
        if not namespace and local == "class":
            return value if self._has_sheet else None
        return _painted(name, value)


def _painted(name: Name, value: str) -> str | None:
    """What is kept of an attribute that says how something is painted."""
    namespace, local = name
    if namespace:
        return None
    if local == "style":
        return clean_style(value) or None
    is_kept = local in ATTRIBUTES and is_meant(local, value) and is_safe(value)
    return value if is_kept else None
