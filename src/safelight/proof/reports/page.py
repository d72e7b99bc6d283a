"""Page: a report as values. A page is signed, and shown as HTML, Markdown or lines of text.

Each fact tells on what it rests. What only the organisation can say is asked for in its place, and
what the program cannot know closes every page.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Basis = Literal[
    "enforced by kernel",
    "enforced in process",
    "measured",
    "observed",
    "recorded",
    "reported by the system",
    "declared by user",
    "by design",
]
Severity = Literal["note", "low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("note", "low", "medium", "high")
LONGEST = 4_000


def _line(value: object) -> object:
    """A name of a file may be no text, and parameters without end: escaped, and cut for all to
    see.
    """
    if not isinstance(value, str):
        return value
    text = value.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


Line = Annotated[str, BeforeValidator(_line), Field(max_length=LONGEST)]


class Value(BaseModel):
    """Base: frozen, strict, no field that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Fact(Value):
    """One thing that is known, and on what that rests."""

    name: Line
    value: Line
    basis: Basis


class Ask(Value):
    """What the organisation must add: the question, and what belongs into the answer."""

    name: Line
    hint: Line = ""


class Table(Value):
    """Rows of cells, each as long as the headings. title stands above it."""

    title: Line = ""
    headings: Annotated[tuple[Line, ...], Field(min_length=1, max_length=12)]
    rows: tuple[tuple[Line, ...], ...]


class Accepted(Value):
    """A risk that somebody took on: why, who, since when and until when (days as YYYY-MM-DD)."""

    reason: Line
    owner: Line
    since: Line
    until: Line


class Finding(Value):
    """What weakens the installation: an id that stays, plain words, what was seen, what mends it.

    accepted is the note of who took the risk on; is_due says that its time is over.
    """

    id: Line
    severity: Severity
    words: Line
    evidence: Line
    fix: Line
    accepted: Accepted | None = None
    is_due: bool = False

    @property
    def is_open(self) -> bool:
        """Nobody has taken it on, or not for today."""
        return self.accepted is None or self.is_due


class Node(Value):
    """A box of a drawing, at a column and a row counted from 0."""

    id: Line
    title: Line
    lines: tuple[Line, ...] = ()
    column: Annotated[int, Field(ge=0, le=5)]
    row: Annotated[int, Field(ge=0, le=9)]
    kind: Literal["entry", "memory", "cage", "disk", "outside"]


class Arrow(Value):
    """A way between two boxes; a closed one is drawn as such."""

    start: Line
    end: Line
    words: Line
    is_closed: bool = False


class Drawing(Value):
    """Boxes and the ways between them."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


class Section(Value):
    """A part of a page. What it holds is shown in the order of the fields."""

    title: Line
    text: tuple[Line, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    drawing: Drawing | None = None
    tables: tuple[Table, ...] = ()
    asks: tuple[Ask, ...] = ()


class Key(Value):
    """The key that signs the page: fingerprint, and the raw public key as base64."""

    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    public: Line


class Page(Value):
    """A report. made is UTC to the second; key is set once it is signed."""

    form: Literal["safelight-page/1"] = "safelight-page/1"
    kind: Line
    title: Line
    made: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    version: Line
    intro: tuple[Line, ...]
    sections: tuple[Section, ...]
    limits: tuple[Line, ...]
    key: Key | None = None

    @property
    def asks(self) -> int:
        """How many things the organisation must add."""
        return sum(len(section.asks) for section in self.sections)


def fact(name: str, value: object, basis: Basis) -> Fact:
    """A fact whose value is written out."""
    return Fact(name=name, value=str(value), basis=basis)
