"""SVG: what lies in a drawing beside its shapes. It is never rendered."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from safelight.codecs.blocks import Block
from safelight.codecs.svg_drawing import HREFS
from safelight.codecs.svg_hidden import DEAD, LIVING, life_in
from safelight.codecs.svg_images import inner_blocks, picture_in
from safelight.codecs.svg_style import addresses
from safelight.codecs.svg_tree import C2PA, SVG, XML, Aside, End, Event, Name, Start, Text
from safelight.codecs.svg_tree import read_events as walk
from safelight.codecs.svg_words import ATTRIBUTES, ELEMENTS
from safelight.codecs.xml_escapes import escape, quoteattr
from safelight.codecs.xmp import RDF
from safelight.image import Header

XMP, CC = "adobe:ns:meta/", "http://creativecommons.org/ns#"
TITLES = {(SVG, "title"): "Title", (SVG, "desc"): "Description"}
EDITORS = {
    "http://www.inkscape.org/namespaces/inkscape": "inkscape",
    "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd": "sodipodi",
    "http://ns.adobe.com/AdobeIllustrator/10.0/": "illustrator",
    "http://www.bohemiancoding.com/sketch/ns": "sketch",
    "http://www.serif.com/": "serif",
    "http://www.figma.com/figma/ns": "figma",
    "http://www.vectornator.io": "vectornator",
    "http://www.corel.com/coreldraw/odm/2003": "corel",
}
__all__ = ["blocks", "header", "walk"]


def header(data: memoryview) -> Header:
    """A drawing has no pixels of its own: no size. Raises FormatUnknown for other XML."""
    walk(data, only_root=True)
    return Header("svg", 0, 0, has_alpha=True, bands=4)


def blocks(data: memoryview, walked: list[Event] | None = None) -> Iterator[Block]:
    """Packets, words for people and programs, scripts, addresses, and pictures inside."""
    events = walk(data) if walked is None else walked
    yield from _told(events)
    for name, words in never_painted(events):
        yield Block("private", name, _raw(words))
    for name, words in life_in(events).drawing.reading.dropped.items():
        yield Block("comment", name, _raw(words))


def _told(events: list[Event]) -> Iterator[Block]:
    """What stands in the document, one element after the other."""
    told: set[str] = set()
    at = 0
    while at < len(events):
        event = events[at]
        if isinstance(event, Aside):
            yield Block("comment", event.kind, _raw(event.words))
        elif isinstance(event, Start):
            yield from _attributes(event, told)
            end = end_of(events, at)
            inner = events[at : end + 1]
            if event.name in TITLES:
                yield Block("text", TITLES[event.name], _raw(words_in(inner)))
                at = end
            elif event.name == (SVG, "metadata"):
                yield from _metadata(inner)
                at = end
            elif not _is_drawn(event):
                yield Block("private", _shown(event.name), _raw(words_in(inner)))
                at = end
            elif event.name == (SVG, "style"):
                for address in addresses(words_in(inner)):
                    yield Block("comment", "address", _raw(address))
                at = end
        at += 1


def never_painted(events: list[Event]) -> Iterator[tuple[str, str]]:
    """Parts that are hidden, or that nothing points to, with their words."""
    life = life_in(events)
    drawing = life.drawing
    at = 0
    while at < len(drawing.events):
        event, end = drawing.events[at], drawing.ends[at]
        if isinstance(event, Start) and life.levels[at] == DEAD:
            is_bare = event.name[1] == "defs" and end == at + 1
            if at in life.hidden or not is_bare:
                is_hidden = not life.hidden.isdisjoint((at, drawing.parents[at]))
                name = "hidden part" if is_hidden else "unused part"
                yield name, words_in(drawing.events[at:end])
            at = end
        elif isinstance(event, Text) and life.levels[drawing.parents[at]] != LIVING:
            yield "hidden part", event.words
        at += 1


def end_of(events: list[Event], at: int) -> int:
    """Where the element that starts here ends; a search only for those that are taken whole."""
    first = events[at]
    is_whole = isinstance(first, Start) and (
        first.name in TITLES
        or first.name == (SVG, "metadata")
        or first.name == (SVG, "style")
        or not _is_drawn(first)
    )
    depth = 0
    for place in range(at, len(events) if is_whole else at):
        depth += isinstance(events[place], Start)
        depth -= isinstance(events[place], End)
        if depth == 0:
            return place
    return at


def _is_drawn(start: Start) -> bool:
    return start.name[0] == SVG and start.name[1] in ELEMENTS


def words_in(events: list[Event]) -> str:
    """Every text of these events as one line."""
    return " ".join(" ".join(e.words for e in events if isinstance(e, Text)).split())


def _raw(words: str) -> memoryview:
    return memoryview(words.encode("utf-8", "replace"))


def _shown(name: Name) -> str:
    namespace, local = name
    if namespace in (SVG, ""):
        return local
    prefix = EDITORS.get(namespace, namespace.rstrip("/#").rpartition("/")[2][:40])
    return f"{prefix}:{local}"


def _attributes(start: Start, told: set[str]) -> Iterator[Block]:
    """Each foreign name once; every address and every picture."""
    for name, value in start.attributes.items():
        namespace, local = name
        if name in HREFS:
            found = picture_in(value)
            if found is not None:
                yield from inner_blocks(*found)
            elif not value.strip().startswith("#"):
                yield Block("comment", "address", _raw(value))
            continue
        for address in addresses(value):
            yield Block("comment", "address", _raw(address))
        is_known = not namespace and (local in ATTRIBUTES or local in ("id", "class", "style"))
        if not is_known and namespace != XML and _shown(name) not in told:
            told.add(_shown(name))
            yield Block("comment", _shown(name), _raw(value))


def _metadata(events: list[Event]) -> Iterator[Block]:
    """Packets of RDF, a manifest, the address of a licence; anything else as it is named."""
    place = 1
    while place < len(events):
        event = events[place]
        if isinstance(event, Start) and event.name == (RDF, "RDF"):
            inner = _element(events, place)
            yield Block("xmp", "RDF", _raw(packet_of(inner)))
            yield from _licences(inner)
            place += len(inner)
        elif isinstance(event, Start) and event.name == (C2PA, "manifest"):
            inner = _element(events, place)
            yield Block("c2pa", "c2pa:manifest", memoryview(_decoded(words_in(inner))))
            place += len(inner)
        else:
            if isinstance(event, Start) and event.name != (XMP, "xmpmeta"):
                yield Block("private", _shown(event.name), memoryview(b""))
            place += 1


def _element(events: list[Event], at: int) -> list[Event]:
    depth = 0
    for place in range(at, len(events)):
        depth += isinstance(events[place], Start)
        depth -= isinstance(events[place], End)
        if depth == 0:
            return events[at : place + 1]
    return events[at:]


def _decoded(words: str) -> bytes:
    try:
        return base64.b64decode(words)
    except (binascii.Error, ValueError):
        return words.encode("utf-8", "replace")


def _licences(events: list[Event]) -> Iterator[Block]:
    """A licence that is only linked is a notice like any other."""
    has_notice = any(isinstance(e, Start) and e.name[1] == "rights" for e in events)
    for event in events:
        if isinstance(event, Start) and event.name == (CC, "license") and not has_notice:
            yield Block("text", "Copyright", _raw(event.attributes.get((RDF, "resource"), "")))


def packet_of(events: list[Event]) -> str:
    """The RDF as a packet; what describes the drawing under another name is a description here."""
    prefixes: dict[str, str] = {RDF: "rdf", XML: "xml"}
    out: list[str] = []
    open_names: list[str] = []
    for event in events:
        if isinstance(event, Start):
            is_typed = len(open_names) == 1 and event.name[0] != RDF
            name = (RDF, "Description") if is_typed else event.name
            tag = _qualified(name, prefixes)
            attributes = "".join(
                f" {_qualified(key, prefixes)}={quoteattr(value)}"
                for key, value in event.attributes.items()
            )
            out.append(f"<{tag}{attributes}>")
            open_names.append(tag)
        elif isinstance(event, End):
            out.append(f"</{open_names.pop()}>")
        elif isinstance(event, Text):
            out.append(escape(event.words))
    spaces = "".join(
        f" xmlns:{prefix}={quoteattr(space)}" for space, prefix in prefixes.items() if space != XML
    )
    return f"<x:xmpmeta xmlns:x='{XMP}'{spaces}>{''.join(out)}</x:xmpmeta>"


def _qualified(name: Name, prefixes: dict[str, str]) -> str:
    namespace, local = name
    if not namespace:
        return local
    return f"{prefixes.setdefault(namespace, f'n{len(prefixes)}')}:{local}"
