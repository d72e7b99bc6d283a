"""XMP: packets read by a hardened parser, and minimal packets built anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from safelight.codecs.reading import printable
from safelight.codecs.software import telling
from safelight.codecs.xml_escapes import escape, quoteattr

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
DC = "http://purl.org/dc/elements/1.1/"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
# An address as the value of a property.
RESOURCE = (RDF, "resource")
# The prefixes that readers expect; some compare the text and not what it stands for.
PREFIXES = {
    DC: "dc",
    IPTC_EXTENSION: "Iptc4xmpExt",
    "http://ns.adobe.com/hdr-gain-map/1.0/": "hdrgm",
    "http://ns.google.com/photos/1.0/container/": "Container",
    "http://ns.google.com/photos/1.0/container/item/": "Item",
    "http://ns.apple.com/HDRGainMap/1.0/": "HDRGainMap",
    "http://ns.apple.com/pixeldatainfo/1.0/": "apdi",
}
MAX_PACKET = 8_000_000
MAX_NODES = 20_000
MAX_DEPTH = 64
MAX_WORDS = 1_000


class Unreadable(Exception):
    """The packet is no XMP that this reader accepts."""


@dataclass(slots=True)
class Node:
    """One element: (namespace, name), attributes by the same pairs, children, and its own text."""

    name: tuple[str, str]
    attributes: dict[tuple[str, str], str]
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def words(self) -> Iterator[str]:
        """Every text within, attribute values of structures included."""
        for (namespace, name), value in self.attributes.items():
            if namespace not in (RDF, XML) or (namespace, name) == RESOURCE:
                yield value
        if self.text.strip():
            yield self.text.strip()
        for child in self.children:
            yield from child.words()


@dataclass(frozen=True, slots=True)
class Property:
    """One property of the picture: namespace, name, and its node (for an attribute: a node with
    text).
    """

    namespace: str
    name: str
    node: Node

    @property
    def value(self) -> str:
        """All its words as one printable line of at most 200 characters."""
        return telling(self.words())

    def words(self, limit: int = MAX_WORDS) -> str:
        found, size = [], 0
        for word in self.node.words():
            found.append(word[:limit])
            size += len(word)
            if size > limit:
                break
        return printable("; ".join(found), limit)


def read_xmp(packet: bytes | memoryview) -> list[Property]:
    """The properties of every description.

    No DTD, no entity, bounded size, depth and count; raises Unreadable, also for words that are no
    RDF at all.
    """
    if len(packet) > MAX_PACKET:
        raise Unreadable
    root = _Builder().parse(_text_of(bytes(packet)))
    if not any(node.name == (RDF, "RDF") for node in (root, *root.children)):
        raise Unreadable
    found: list[Property] = []
    for description in _descriptions(root):
        for (namespace, name), value in description.attributes.items():
            if namespace not in (RDF, XML, ""):
                found.append(Property(namespace, name, Node((namespace, name), {}, text=value)))
        found.extend(Property(*child.name, child) for child in description.children)
    return found


def _text_of(raw: bytes) -> str:
    """The packet as text: UTF-16 shows by its first letter, everything else is UTF-8."""
    wide = {b"\0<": "utf-16-be", b"<\0": "utf-16-le"}.get(raw[:2], "utf-8")
    text = raw.decode(wide, "replace").strip("\0 \t\r\n\ufeff")
    return text.partition("?>")[2] if text.startswith("<?xml ") else text


def _descriptions(root: Node) -> Iterator[Node]:
    for node in [root, *root.children]:
        if node.name == (RDF, "RDF"):
            yield from (child for child in node.children if child.name == (RDF, "Description"))


class _Builder:
    """Builds nodes from expat's events and refuses whatever a packet has no need of."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Node] = []
        self.texts: list[list[str]] = []
        self.count = 0

    def parse(self, text: str) -> Node:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.buffer_text = True
        try:
            parser.Parse(text, True)
        except (expat.ExpatError, ValueError) as error:
            raise Unreadable from error
        if self.root is None:
            raise Unreadable
        return self.root

    def _refuse(self, *_declaration: object) -> None:
        raise Unreadable

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1 + len(attributes)
        if self.count > MAX_NODES or len(self.open) >= MAX_DEPTH:
            raise Unreadable
        pairs = {_pair(key): value for key, value in attributes.items()}
        node = Node(_pair(name), pairs)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)
        self.texts.append([])

    def _end(self, _name: str) -> None:
        # Joined once: a text of many small pieces must not cost its square.
        self.open.pop().text = "".join(self.texts.pop())

    def _text(self, text: str) -> None:
        self.texts[-1].append(text)


def _pair(name: str) -> tuple[str, str]:
    namespace, _, local = name.rpartition(" ")
    return namespace, local


def notice(words: str) -> Property:
    """dc:rights with these words."""
    item = Node((RDF, "li"), {(XML, "lang"): "x-default"}, text=words)
    return Property(DC, "rights", Node((DC, "rights"), {}, [Node((RDF, "Alt"), {}, [item])]))


def origin_mark(address: str) -> Property:
    """Iptc4xmpExt:DigitalSourceType with this address."""
    name = (IPTC_EXTENSION, "DigitalSourceType")
    return Property(*name, Node(name, {}, text=address))


def date_property(when: str) -> Property:
    """photoshop:DateCreated with this date: where XMP has what IPTC calls so."""
    name = (PHOTOSHOP, "DateCreated")
    return Property(*name, Node(name, {}, text=when))


def build_xmp(properties: Iterable[Property], *, flat: str = "") -> bytes | None:
    """A packet that holds these properties and nothing else; None when there are none.

    Those of the namespace flat that are one text are attributes: its readers look only there.
    """
    every = [item.node for item in properties]
    if not every:
        return None
    prefixes = {RDF: "rdf", XML: "xml"}
    short = [node for node in every if node.name[0] == flat and not node.children]
    nodes = [node for node in every if not any(node is other for other in short)]
    plain = "".join(
        f" {_qualified(node.name, prefixes)}={quoteattr(node.text.strip())}" for node in short
    )
    body = "".join(_written(node, prefixes) for node in nodes)
    spaces = "".join(
        f" xmlns:{prefix}={quoteattr(space)}" for space, prefix in prefixes.items() if space != XML
    )
    head = f"<rdf:Description rdf:about=''{plain}>"
    return (
        "<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>"
        f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF{spaces}>{head}"
        f"{body}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='r'?>"
    ).encode()


def _written(node: Node, prefixes: dict[str, str]) -> str:
    tag = _qualified(node.name, prefixes)
    attributes = "".join(
        f" {_qualified(key, prefixes)}={quoteattr(value)}" for key, value in node.attributes.items()
    )
    inner = "".join(_written(child, prefixes) for child in node.children)
    return f"<{tag}{attributes}>{escape(node.text.strip())}{inner}</{tag}>"


def _qualified(name: tuple[str, str], prefixes: dict[str, str]) -> str:
    namespace, local = name
    if not namespace:
        return local
    prefix = prefixes.setdefault(namespace, PREFIXES.get(namespace) or f"n{len(prefixes)}")
    return f"{prefix}:{local}"
