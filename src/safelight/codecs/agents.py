"""The programs that an XMP history names, apart from what each of them did and when."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.codecs.reading import printable
from safelight.codecs.xmp import Node, Property

AGENT = "softwareAgent"
MOST = 16


def agents_of(item: Property) -> list[str]:
    """Each program once, in the order of the history; the first 16 of them."""
    found: dict[str, None] = {}
    for words in _agents(item.node):
        if len(found) == MOST:
            break
        if name := printable(words):
            found[name] = None
    return list(found)


def _agents(node: Node) -> Iterator[str]:
    for (_, name), value in node.attributes.items():
        if name == AGENT:
            yield value
    for child in node.children:
        if child.name[1] == AGENT:
            yield child.text
        yield from _agents(child)
