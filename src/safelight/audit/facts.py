"""Facts: what a receipt says was done, as plain values that the engine fills.

No host name, no pixel and no value of any metadata has a field here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from safelight.audit.blocks import (
    AssignmentFact,
    CustodyFact,
    MarksFact,
    RedactionFact,
    SelfTestFact,
    WindowFact,
)
from safelight.audit.fact import FIRST, SECOND, Count, Digest, Fact, Pseudonym, Sparse, Text, Time
from safelight.audit.models import ModelFact
from safelight.audit.names import public_name
from safelight.audit.operation import OperationFact
from safelight.image import Change, Risk

Strength = Literal["enforced by kernel", "enforced in process", "observed", "none"]
State = Literal["on", "off", "unknown"]

Clock = Literal[
    "system clock, not checked",
    "system clock, synchronised as the system says",
    "system clock, not synchronised as the system says",
]

# Gives the keyed digest of bytes, hexadecimal, as the owner of a key makes it.
Keyed = Callable[[bytes], str]
MAX_NAMES = 64
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
Redactions = Annotated[tuple[RedactionFact, ...], Field(min_length=1, max_length=64)]


class FileFact(Sparse):
    """A file: bytes as it lies there, media type, pixels as displayed, and at least one digest.

    sha256 is the plain digest, keyed_digest HMAC-SHA256 under the local key. pixel_sha256 is that
    of the decoded pixels (see ops/digest). A name only where it was asked for, never a path.
    encryption is how the file is encrypted; then sha256 and bytes are those of the encrypted file.
    """

    bytes: Count
    media_type: Text
    width: Count
    height: Count
    pixel_sha256: Digest | None = Field(None, json_schema_extra=SECOND)
    name: Text | None = Field(None, json_schema_extra=SECOND)
    encryption: Text | None = Field(None, json_schema_extra=SECOND)

    @model_validator(mode="after")
    def _has_digest(self) -> Self:
        if getattr(self, "sha256", None) is None and getattr(self, "keyed_digest", None) is None:
            raise ValueError("a file needs a digest")
        return self


class InputFact(FileFact):
    """The source. Its digest is keyed; in a case it is plain too. Of an encrypted file the keyed
    digest and the bytes are those of what it holds.
    """

    keyed_digest: Digest | None = Field(None, json_schema_extra=FIRST)
    sha256: Digest | None = Field(None, json_schema_extra=SECOND)


class OutputFact(FileFact):
    """The result. Its digest is plain; in sensitive receipts it is keyed (see keyed_file)."""

    sha256: Digest | None = Field(None, json_schema_extra=FIRST)
    keyed_digest: Digest | None = Field(None, json_schema_extra=SECOND)

    def is_file(self, sha256: str, size_bytes: int, keyed: Keyed | None) -> bool:
        """Whether this is a file with that plain digest and size; keyed keys bytes as the signer
        does. Without it no keyed digest fits.
        """
        if self.bytes != size_bytes:
            return False
        if self.sha256 is not None:
            return self.sha256 == sha256
        return keyed is not None and self.keyed_digest == keyed_file(sha256, keyed)


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
    entry: Literal["command line", "python", "server"]


class EgressFact(Sparse):
    """What kept the worker from sending anything, measured in this worker; what is not covered.

    window is the time of the work, self_test the last one that was kept before it.
    """

    mechanisms: tuple[Text, ...]
    strength: Strength
    attempted: Count
    contained: Count
    level: Annotated[int, Field(ge=0, le=3)]
    filter_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    not_covered: tuple[Text, ...]
    window: WindowFact | None = Field(None, json_schema_extra=SECOND)
    self_test: SelfTestFact | None = Field(None, json_schema_extra=SECOND)

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
        window: WindowFact | None = None,
        self_test: SelfTestFact | None = None,
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
            window=window,
            self_test=self_test,
        )


class StorageFact(Sparse):
    """Where bytes lived, how many temporary files were made and removed, swap and core dumps.

    spilled_bytes lay on the disk under a key that was in memory alone, for this job; wipe says what
    becomes of the memory when the job ends, which is after this was signed.
    """

    held: tuple[Text, ...]
    temporary_files: Count
    swap: State
    core_dumps: State
    spilled_bytes: Count | None = Field(None, json_schema_extra=SECOND)
    wipe: Text | None = Field(None, json_schema_extra=SECOND)


class EnvironmentFact(Sparse):
    """Versions and the family of the system; no host name, serial or address.

    package_sha256 is the digest over every source file of Safelight as it is installed here.
    """

    safelight: Text
    python: Text
    system: Text
    system_version: Text
    machine: Text
    libraries: dict[Text, Text]
    package_sha256: Digest | None = Field(None, json_schema_extra=SECOND)


class Head(Fact):
    """A state of a journal: whose key (fingerprint), how many entries, the root of their tree."""

    journal: Digest
    entries: Count
    root: Digest


def keyed_file(sha256: str, keyed: Keyed) -> str:
    """The keyed digest of a result by its plain one, so that a file need be read only once."""
    return keyed(b"output\0" + bytes.fromhex(sha256))


def utc_now() -> str:
    """The system clock in UTC, to the second."""
    return datetime.now(UTC).strftime(TIME_FORMAT)


class ReceiptFacts(Sparse):
    """All that the engine tells a receipt. outputs is empty after an analysis."""

    created: Time = Field(default_factory=utc_now)
    clock: Clock = "system clock, not checked"
    inputs: Annotated[tuple[InputFact, ...], Field(min_length=1, max_length=64)]
    outputs: Annotated[tuple[OutputFact, ...], Field(max_length=64)]
    operation: OperationFact
    metadata: MetadataFact
    redactions: Redactions | None = Field(None, json_schema_extra=SECOND)
    marks: MarksFact | None = Field(None, json_schema_extra=SECOND)
    models: Annotated[tuple[ModelFact, ...], Field(max_length=16)]
    locality: LocalityFact
    egress: EgressFact
    storage: StorageFact
    actor: Pseudonym
    assignment: AssignmentFact | None = Field(None, json_schema_extra=SECOND)
    custody: CustodyFact | None = Field(None, json_schema_extra=SECOND)
    environment: EnvironmentFact


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
