"""SVG rewritten: what is painted, with values of their form and names that say nothing, pictures
inside scrubbed, and the clean blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.codecs.blocks import Carried
from safelight.codecs.svg_drawing import HREFS
from safelight.codecs.svg_hidden import DEAD, LIVING, Life, life_in
from safelight.codecs.svg_images import clean_address
from safelight.codecs.svg_names import Names
from safelight.codecs.svg_tree import SVG, XLINK, XML, End, Event, Name, Start, Text
from safelight.codecs.xml_escapes import escape, quoteattr

Pieces = list[bytes | memoryview]
_PACKET = re.compile(rb"<\?xpacket[^>]*\?>")


def rewritten(walked: list[Event], carried: Carried) -> Pieces:
    """The clean drawing as one piece."""
    life = life_in(walked)
    out = "".join(Writer(life).written(_head(carried)))
    return [out.encode("utf-8")]


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
    """Writes what is alive as text, each attribute with its new names."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._drawing = life.drawing
        self._names = Names(life)

    def _alive(self) -> Iterator[int]:
        """Places of the events that are written."""
        at, events, levels = 0, self._drawing.events, self._life.levels
        while at < len(events):
            event = events[at]
            if isinstance(event, Start) and levels[at] == DEAD:
                at = self._drawing.ends[at]
            elif not isinstance(event, Text) or levels[self._drawing.parents[at]] == LIVING:
                yield at
            at += 1

    def written(self, head: str) -> Iterator[str]:
        """The document; head follows the first tag."""
        # A tag is closed when it is known whether anything follows within it.
        waiting = ""
        for place in self._alive():
            event = self._drawing.events[place]
            if isinstance(event, End):
                opened = self._drawing.starts[place]
                yield "/>" if waiting else f"</{self._drawing.name(opened)}>"
                waiting = ""
                continue
            yield waiting
            waiting = ""
            if isinstance(event, Start):
                yield self._tag(event, place)
                within = head if not place else self._sheet(place)
                yield f">{within}" if within else ""
                waiting = "" if within else ">"
            elif isinstance(event, Text):
                yield escape(event.words)

    def _sheet(self, place: int) -> str:
        rules = self._drawing.sheets.get(place)
        return escape(self._names.sheet(rules)) if rules else ""

    def _tag(self, start: Start, place: int) -> str:
        spaces = f' xmlns="{SVG}" xmlns:xlink="{XLINK}"' if not place else ""
        kept: dict[str, str] = {}
        for name, value in start.attributes.items():
            clean = self._attribute(start, name, value)
            if clean is not None:
                key = {XLINK: "xlink:", XML: "xml:"}.get(name[0], "") + name[1]
                kept[key] = clean
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in kept.items())
        return f"<{start.name[1]}{spaces}{attributes}"

    def _attribute(self, start: Start, name: Name, value: str) -> str | None:
        if name in HREFS:
            if not value.startswith("#"):
                return clean_address(value)
            return f"#{self._names.part(value[1:])}" if self._life.has(value[1:]) else None
        if name[0]:
            return value
        aimed = start.attributes.get(("", "attributeName"), "")
        if name[1] in ("from", "to", "by", "values"):
            if aimed in ("href", "xlink:href"):
                parts = (part.strip()[1:] for part in value.split(";"))
                return ";".join(f"#{self._names.part(part)}" for part in parts)
            return ";".join(self._names.declared(aimed, part) for part in value.split(";"))
        return self._names.attribute(name[1], value)
