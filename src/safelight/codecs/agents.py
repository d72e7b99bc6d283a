"""What an XMP history tells: the programs that it names, and each step with its time."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.codecs.reading import printable
from safelight.codecs.xmp import Node, Property

AGENT = "softwareAgent"
STEP = "action"
MOST = 16
MOST_STEPS = 64


def agents_of(item: Property) -> list[str]:
    """Each program once, in the order of the history; the first 16 of them."""
    found: dict[str, None] = {}
    for words in _agents(item.node):
        if len(found) == MOST:
            break
        if name := printable(words):
            found[name] = None
    return list(found)


def steps_of(item: Property) -> list[str]:
    """The steps of a history in its order, each as `action; program; time`, what is not told left
    out; the first 64 of them. Nothing for a property that is no history.
    """
    if item.name != "History":
        return []
    found: list[str] = []
    for told in _steps(item.node):
        parts = (printable(told.get(name, "")) for name in (STEP, AGENT, "when"))
        if len(found) < MOST_STEPS and (step := printable("; ".join(filter(None, parts)))):
            found.append(step)
    return found


def _agents(node: Node) -> Iterator[str]:
    for (_, name), value in node.attributes.items():
        if name == AGENT:
            yield value
    for child in node.children:
        if child.name[1] == AGENT:
            yield child.text
        yield from _agents(child)


def _steps(node: Node) -> Iterator[dict[str, str]]:
    """Every structure that tells what was done, its attributes and the texts within it by name."""
    told = {name: value for (_, name), value in node.attributes.items()}
    told |= {child.name[1]: child.text for child in node.children if not child.children}
    if STEP in told and node.name[1] != STEP:
        yield told
    else:
        for child in node.children:
            yield from _steps(child)
