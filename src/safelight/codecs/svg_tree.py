"""SVG as a flat list of events, read by a parser that knows neither DTD nor entities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from safelight.errors import ContainerBroken, FormatUnknown, LimitExceeded

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"
# Some programs write a manifest and forget to bind its prefix.
C2PA = "http://c2pa.org/manifest"
MAX_BYTES = 64_000_000
MAX_EVENTS = 1_000_000
MAX_DEPTH = 500
Name = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Start:
    """An element begins: (namespace, name) and attributes in their order."""

    name: Name
    attributes: dict[Name, str]


@dataclass(frozen=True, slots=True)
class Text:
    """Words between elements, entities of XML itself resolved."""

    words: str


@dataclass(frozen=True, slots=True)
class End:
    """The innermost open element ends."""


@dataclass(frozen=True, slots=True)
class Aside:
    """What no renderer shows: a comment, or an instruction to a program."""

    kind: str
    words: str


Event = Start | Text | End | Aside


class Document(list[Event]):
    """Events in order; told is what was found out about them, so that nobody does it twice."""

    def __init__(self, events: list[Event]) -> None:
        super().__init__(events)
        self.told: dict[str, Any] = {}


class _RootSeen(Exception):
    """The first element is there; no more is wanted."""


@dataclass(slots=True)
class _Reader:
    """Gathers events and refuses what a drawing has no need of."""

    only_root: bool = False
    events: list[Event] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    spaces: dict[str, str] = field(default_factory=lambda: {"xml": XML, "c2pa": C2PA})
    # What each open element bound anew, with what was bound before.
    undone: list[dict[str, str | None]] = field(default_factory=list)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.undone) >= MAX_DEPTH:
            raise LimitExceeded(f"the SVG is nested more than {MAX_DEPTH} deep")
        bound = {key: value for key, value in attributes.items() if key.startswith("xmlns")}
        spaces = self.spaces
        self.undone.append({key[6:]: spaces.get(key[6:]) for key in bound})
        spaces.update((key[6:], value) for key, value in bound.items())
        found = {
            _pair(key, spaces) if ":" in key else ("", key): value
            for key, value in attributes.items()
            if key not in bound
        }
        self._add(Start(_pair(name, spaces), found))
        if self.only_root:
            raise _RootSeen

    def end(self, _name: str) -> None:
        for prefix, before in self.undone.pop().items():
            if before is None:
                del self.spaces[prefix]
            else:
                self.spaces[prefix] = before
        self._add(End())

    def text(self, words: str) -> None:
        self.waiting.append(words)

    def comment(self, words: str) -> None:
        self._add(Aside("Comment", words))

    def instruction(self, target: str, words: str) -> None:
        self._add(Aside(f"instruction {target}", words))

    def doctype(
        self, _name: str, _system: str | None, _public: str | None, has_subset: bool, /
    ) -> None:
        if has_subset:
            self.refuse()

    def refuse(self, *_what: object) -> None:
        raise FormatUnknown(
            "an SVG that defines entities is not read", hint="save it as plain SVG first"
        )

    def _add(self, event: Event) -> None:
        if self.waiting:
            # Joined once: the parser gives long words in pieces.
            words, self.waiting = "".join(self.waiting), []
            self._add(Text(words))
        if len(self.events) >= MAX_EVENTS:
            raise LimitExceeded(f"the SVG has more than {MAX_EVENTS} parts")
        self.events.append(event)


def _pair(name: str, spaces: dict[str, str]) -> Name:
    """Namespace and name; a prefix that nobody bound stands for itself, as programs leave them."""
    prefix, _, local = name.rpartition(":")
    return spaces.get(prefix, prefix), local


def read_events(data: memoryview, *, only_root: bool = False) -> Document:
    """The document in order; only_root stops at its first element.

    Raises ContainerBroken, FormatUnknown for another document than SVG, LimitExceeded.
    """
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"the SVG has {len(data)} bytes, at most {MAX_BYTES} are read")
    reader = _Reader(only_root)
    parser = _parser(reader)
    try:
        parser.Parse(bytes(data), True)
    except _RootSeen:
        pass
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ContainerBroken("the SVG is no well-formed XML") from error
    root = next((event for event in reader.events if isinstance(event, Start)), None)
    if root is None or root.name != (SVG, "svg"):
        raise FormatUnknown("this is XML, and no SVG")
    return Document(reader.events)


def _parser(reader: _Reader) -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.CommentHandler = reader.comment
    parser.ProcessingInstructionHandler = reader.instruction
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.EntityDeclHandler = reader.refuse
    parser.SkippedEntityHandler = reader.refuse
    return parser
