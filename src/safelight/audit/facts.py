"""Facts: what a receipt says was done, as plain values that the engine fills.

No file name, no host name, no pixel and no value of any metadata has a field here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, SerializerFunctionWrapHandler, model_serializer

from safelight.annotation import Decision
from safelight.audit.canonical import canonical, parse_canonical
from safelight.audit.fact import Count, Digest, Fact, Text, Time
from safelight.audit.models import ModelFact
from safelight.audit.names import public_name
from safelight.image import Change, Risk
from safelight.limits import MAX_RECIPE_BYTES

Strength = Literal["enforced by kernel", "enforced in process", "observed", "none"]
State = Literal["on", "off", "unknown"]

MAX_NAMES = 64


class InputFact(Fact):
    """The source: HMAC-SHA256 under the local key, bytes, type, pixels as displayed. No name."""

    keyed_digest: Digest
    bytes: Count
    media_type: Text
    width: Count
    height: Count


class OutputFact(Fact):
    """The result: plain SHA-256 of the file, bytes, media type, pixels as displayed. No name."""

    sha256: Digest
    bytes: Count
    media_type: Text
    width: Count
    height: Count


class OperationFact(Fact):
    """What was asked for: verbs in order, the recipe with parameters resolved, its digest, time.

    confidence is how sure the models were, 0..1; decided what operations left to decide for
    themselves came to, 0..100; cages is 2 where one decoded, only pixels crossed, and another
    encoded. Each stands in a receipt only where there is something to say.
    """

    verbs: Annotated[tuple[Text, ...], Field(min_length=1)]
    recipe: dict[str, JsonValue]
    recipe_sha256: Digest
    duration_ms: Count
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    decided: dict[Decision, Annotated[float, Field(ge=0, le=100)]] | None = None
    cages: Annotated[int, Field(ge=2, le=2)] | None = None

    @model_serializer(mode="wrap")
    def _without_nothing(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = serialize(self)
        return {name: value for name, value in fields.items() if value is not None}

    @classmethod
    def of(
        cls,
        recipe: bytes,
        digest: str,
        *,
        duration_ms: int,
        confidence: float | None = None,
        decided: Mapping[Decision, float] | None = None,
        cages: int = 1,
    ) -> Self:
        """From a recipe's canonical form and its digest."""
        document = parse_canonical(recipe, MAX_RECIPE_BYTES)
        verbs = tuple(step["op"] for step in document["steps"])
        return cls(
            verbs=verbs,
            recipe=document,
            recipe_sha256=digest,
            duration_ms=duration_ms,
            confidence=confidence,
            decided=dict(decided) if decided else None,
            cages=cages if cages > 1 else None,
        )


class GroupFact(Fact):
    """What became of one risk group: counts, and tag names (never values)."""

    group: Text
    removed: Count
    kept: Count
    added: Count
    removed_names: tuple[Text, ...]
    kept_names: tuple[Text, ...]
    added_names: tuple[Text, ...]


class MetadataFact(Fact):
    """What became of the metadata. place: GPS or a named place; is_reencoded: pixels coded anew."""

    groups: tuple[GroupFact, ...]
    place_before: bool
    place_after: bool
    thumbnail_before: bool
    thumbnail_after: bool
    is_reencoded: bool

    @classmethod
    def of(cls, changes: Iterable[Change], *, is_reencoded: bool) -> Self:
        """From the changes that the worker listed. A name that no table has is "(other)"."""
        changes = tuple(changes)
        groups = sorted({change.finding.group for change in changes})

        def has(group: Risk, *what: str) -> bool:
            return any(c.finding.group == group and c.what in what for c in changes)

        return cls(
            groups=tuple(_group(group, changes) for group in groups),
            place_before=has(Risk.PLACE, "removed", "kept"),
            place_after=has(Risk.PLACE, "kept", "added"),
            thumbnail_before=has(Risk.THUMBNAIL, "removed", "kept"),
            thumbnail_after=has(Risk.THUMBNAIL, "kept", "added"),
            is_reencoded=is_reencoded,
        )


class LocalityFact(Fact):
    """Where the work ran and by which door it came in."""

    place: Literal["this computer"] = "this computer"
    entry: Literal["command line", "python"]


class EgressFact(Fact):
    """What kept the worker from sending anything, measured in this worker; what is not covered."""

    mechanisms: tuple[Text, ...]
    strength: Strength
    attempted: Count
    contained: Count
    level: Annotated[int, Field(ge=0, le=3)]
    filter_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    not_covered: tuple[Text, ...]

    @classmethod
    def of(
        cls,
        *,
        level: int,
        attempted: int,
        contained: int,
        layers: Mapping[str, bool],
        filter_sha256: str,
        not_covered: Iterable[str],
    ) -> Self:
        """From a cage's report; a layer that was not seen working is not named."""
        return cls(
            mechanisms=tuple(name for name, is_seen in layers.items() if is_seen),
            strength="enforced by kernel" if level else "none",
            attempted=attempted,
            contained=contained,
            level=level,
            filter_sha256=filter_sha256,
            not_covered=tuple(not_covered),
        )


class StorageFact(Fact):
    """Where bytes lived, how many temporary files were made and removed, swap and core dumps."""

    held: tuple[Text, ...]
    temporary_files: Count
    swap: State
    core_dumps: State


class EnvironmentFact(Fact):
    """Versions and the family of the system; no host name, serial or address."""

    safelight: Text
    python: Text
    system: Text
    system_version: Text
    machine: Text
    libraries: dict[str, Text]


class Head(Fact):
    """A state of a journal: whose key (fingerprint), how many entries, the root of their tree."""

    journal: Digest
    entries: Count
    root: Digest


def utc_now() -> str:
    """The system clock in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ReceiptFacts(Fact):
    """All that the engine tells a receipt. outputs is empty after an analysis."""

    created: Time = Field(default_factory=utc_now)
    clock: Literal["system clock, not checked"] = "system clock, not checked"
    inputs: Annotated[tuple[InputFact, ...], Field(min_length=1, max_length=64)]
    outputs: Annotated[tuple[OutputFact, ...], Field(max_length=64)]
    operation: OperationFact
    metadata: MetadataFact
    models: Annotated[tuple[ModelFact, ...], Field(max_length=16)]
    locality: LocalityFact
    egress: EgressFact
    storage: StorageFact
    actor: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    environment: EnvironmentFact


def recipe_digest_holds(operation: OperationFact) -> bool:
    """True if recipe, digest and verbs of the operation belong together."""
    digest = hashlib.sha256(canonical(operation.recipe)).hexdigest()
    match operation.recipe.get("steps"):
        case list(steps) if digest == operation.recipe_sha256:
            verbs = [step.get("op") for step in steps if isinstance(step, dict)]
            return list(operation.verbs) == verbs
    return False


def _group(group: Risk, changes: tuple[Change, ...]) -> GroupFact:
    names: dict[str, list[str]] = {"removed": [], "kept": [], "added": []}
    for change in changes:
        if change.finding.group == group:
            names[change.what].append(public_name(change.finding.name))
    return GroupFact(
        group=group.name.lower(),
        removed=len(names["removed"]),
        kept=len(names["kept"]),
        added=len(names["added"]),
        removed_names=tuple(sorted(set(names["removed"]))[:MAX_NAMES]),
        kept_names=tuple(sorted(set(names["kept"]))[:MAX_NAMES]),
        added_names=tuple(sorted(set(names["added"]))[:MAX_NAMES]),
    )
