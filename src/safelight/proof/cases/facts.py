"""Facts: what each kind of event says besides who, when and why."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from safelight.audit.fact import Count, Digest, Fact, Text, Time
from safelight.proof.cases.event import Item, Place, ResultId, Said

Name = Annotated[str, Field(max_length=1_000)]


class Created(Fact):
    """The case itself: what it is called, and by which rules it is led."""

    title: Said
    profile: Literal["evidence"] = "evidence"


class File(Fact):
    """A file of the case: its place in the folder, bytes, and two digests of two families."""

    place: Place
    bytes: Count
    sha256: Digest
    sha3_256: Digest


class Acquired(Fact):
    """An original: as which item, under which name and with which time of change it was found."""

    item: Item
    file: File
    name: Name
    changed: Time


class Noted(Fact):
    """A remark: about which item or result, "" for the case as a whole. Its text is the why."""

    about: Annotated[str, Field(pattern=r"^([ER]\d{4,6})?$")] = ""


class Began(Fact):
    """Work on a copy that was about to begin."""

    result: ResultId
    item: Item
    verbs: Annotated[tuple[Text, ...], Field(min_length=1)]
    recipe: dict[str, JsonValue]
    recipe_sha256: Digest
    effect: Literal["exact", "bounded", "model"]
    is_illustrative: bool


class Slip(Fact):
    """A receipt: its id and its file."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    file: File


class Processed(Fact):
    """The result of work that began. is_settled: a later run found it finished by one that died.
    pixels: SHA-256 of what the original and the result show, decoded; None for what has no pixels.
    previews: small pictures of the two, in this order, for the report.
    """

    result: ResultId
    file: File
    receipt: Slip
    models: tuple[Text, ...] = ()
    pixels: tuple[Digest | None, Digest | None] = (None, None)
    previews: Annotated[tuple[File, ...], Field(max_length=2)] = ()
    is_settled: bool = False


class Failed(Fact):
    """Work that began and gave nothing; code is an error's, or interrupted."""

    result: ResultId
    code: Annotated[str, Field(pattern=r"^[a-z-]{1,40}$")]


class Moved(Fact):
    """A hand-over: the role of who has the case now."""

    role: Said


class Sealed(Fact):
    """A seal: its id, how many files were there, and one digest over all of them."""

    seal: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    files: Count
    content: Digest


class Opened(Fact):
    """A seal that was opened again, so that work can go on."""

    seal: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
