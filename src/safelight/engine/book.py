"""Book: what the engine writes down. Facts of a run become a receipt; the receipt's commitment goes
to the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from safelight.audit import shelf
from safelight.audit.environment import environment, runtime_version, storage
from safelight.audit.facts import (
    EgressFact,
    InputFact,
    LocalityFact,
    MetadataFact,
    OperationFact,
    OutputFact,
    ReceiptFacts,
)
from safelight.audit.journal import Journal
from safelight.audit.ledger import Ledger
from safelight.audit.models import ModelFact, RetryFact
from safelight.audit.receipt import Receipt, build, path_for
from safelight.engine.output import sha256_of
from safelight.engine.sealing import Written
from safelight.engine.source import Digest, Source
from safelight.engine.stock import Models
from safelight.errors import VerificationFailed
from safelight.formats import Format
from safelight.limits import MEGA
from safelight.models.entry import Entry
from safelight.models.providers import CPU, Device
from safelight.operation import ModelNeed
from safelight.recipe import Recipe
from safelight.vault.keys import Keys, load_or_make
from safelight.vault.private import open_regular
from safelight.worker.job import Answer, ModelFile

Door = Literal["command line", "python"]
# What receipts have called the processor from the first on.
CPU_NAME = "CPU"
MAX_RECEIPT_BYTES = 4 * MEGA


@dataclass(frozen=True, slots=True)
class Claim:
    """What an output must be the result of: this input, this recipe, of these models in order
    (SHA-256 each) those that the work came to use.
    """

    input_digest: str
    recipe_digest: str
    models: tuple[str, ...]

    @classmethod
    def of(cls, input_digest: str, recipe: Recipe, models: Mapping[ModelNeed, ModelFile]) -> Claim:
        digests = tuple(Entry.from_json(model.entry_json).sha256 for model in models.values())
        return cls(input_digest, recipe.digest, digests)

    def holds(self, facts: ReceiptFacts, *, any_input: bool) -> bool:
        """Whether a run with these facts is one of this claim."""
        left = iter(self.models)
        return (
            (any_input or facts.inputs[0].keyed_digest == self.input_digest)
            and facts.operation.recipe_sha256 == self.recipe_digest
            and all(model.sha256 in left for model in facts.models)
        )


@dataclass(frozen=True, slots=True)
class Work:
    """One run as it is written down: what came in, what a worker made of it, by what, on what."""

    source: Source
    answer: Answer
    recipe: Recipe
    models: Models
    device: Device = CPU


class Book:
    """Keys, receipts and journal of one user. Safe to use from many threads."""

    def __init__(self, state_dir: Path, door: Door = "python") -> None:
        self.state_dir, self.door = state_dir, door

    @cached_property
    def keys(self) -> Keys:
        return load_or_make(self.state_dir / "keys")

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.state_dir / "journal", self.keys.journal)

    @cached_property
    def ledger(self) -> Ledger:
        """Where connections that were allowed are written down."""
        return Ledger(self.state_dir / "ledger", self.keys.journal)

    def data_key(self) -> bytes:
        """The key of encrypted files. Raises VaultLocked."""
        return self.keys.data

    def input_digest(self) -> Digest:
        """A fresh keyed digest for one input."""
        return self.keys.keyed_digest_start()

    def prover(self, claim: Claim, *, any_input: bool = False) -> Callable[[Path], bool]:
        """Tells of a file whether its receipt, signed by us, shows it to be the result of the
        claim.
        """

        def proves(target: Path) -> bool:
            try:
                receipt = _receipt_of(target)
                facts = receipt.predicate
                is_ours = receipt.is_signed_by(self.keys.receipts.public_bytes)
                is_it = is_ours and claim.holds(facts, any_input=any_input)
                return is_it and sha256_of(target) == facts.outputs[0].sha256
            except (OSError, VerificationFailed, IndexError):
                return False

        return proves

    def write(self, work: Work, written: Written) -> Receipt:
        """Sign what was done, of which written came out; it has no name yet."""
        answer, recipe = work.answer, work.recipe
        facts = ReceiptFacts(
            inputs=(_input(work.source, answer),),
            outputs=(_output(answer, written),),
            operation=OperationFact.of(
                recipe.canonical,
                recipe.digest,
                duration_ms=round(answer.work_s * 1000),
                confidence=answer.confidence,
                decided=answer.decided,
                cages=answer.cage.cages,
            ),
            metadata=MetadataFact.of(answer.changes, is_reencoded=answer.is_reencoded),
            models=tuple(_models(work.models, answer, work.device)),
            locality=LocalityFact(entry=self.door),
            egress=EgressFact.of(
                level=answer.cage.level,
                attempted=len(answer.cage.attempts),
                contained=answer.cage.contained,
                layers=answer.cage.layers,
                filter_sha256=answer.cage.filter_sha256,
                not_covered=answer.cage.not_covered,
            ),
            storage=storage(),
            actor=self.keys.pseudonym(_user()),
            environment=environment(),
        )
        return build(facts, self.keys.receipts, self.journal.head())

    def signed_digest(self, receipt: bytes) -> str | None:
        """The SHA-256 of the output that a receipt of ours speaks of; None for any other bytes."""
        try:
            read = Receipt.parse(receipt)
            is_ours = read.is_signed_by(self.keys.receipts.public_bytes)
            return read.predicate.outputs[0].sha256 if is_ours else None
        except (VerificationFailed, IndexError):
            return None

    def record(self, receipt: Receipt) -> None:
        """Append the receipt's commitment to the journal; on return it is on disk. Raises
        Unavailable.
        """
        self.journal.append(receipt.leaf())

    def complete(self, target: Path) -> None:
        """Record the receipt of a finished output that a killed run did not come to record.

        Raises VerificationFailed when the journal was altered, Unavailable.
        """
        receipt = _receipt_of(target)
        if receipt.commitment not in self.journal.check().numbers:
            self.record(receipt)

    def keep(self, receipt: Receipt) -> Path:
        """Keep the receipt of a result that has no file; findable by its id."""
        return shelf.keep(self.state_dir / "receipts", receipt)


def _receipt_of(target: Path) -> Receipt:
    with open(open_regular(path_for(target)), "rb") as file:
        return Receipt.parse(file.read(MAX_RECEIPT_BYTES))


def _media_type(format: Format | None) -> str:
    return f"image/{format}"


def _input(source: Source, answer: Answer) -> InputFact:
    return InputFact(
        keyed_digest=source.digest,
        bytes=source.size_bytes,
        media_type=_media_type(answer.input_format),
        width=answer.input_width,
        height=answer.input_height,
        encryption=source.scheme or None,
    )


def _output(answer: Answer, written: Written) -> OutputFact:
    return OutputFact(
        sha256=written.sha256,
        bytes=written.size_bytes,
        media_type=_media_type(answer.format),
        width=answer.width,
        height=answer.height,
        encryption=written.scheme or None,
    )


def _models(models: Models, answer: Answer, device: Device) -> Iterator[ModelFact]:
    """Each model that ran, with what its exact twin did in its place."""
    for place in answer.ran:
        entry = models.entry(place)
        tiles = {retry.fault: retry.tiles for retry in answer.retries if retry.model == place}
        retried = None
        if tiles:
            twin = models.twin(place)
            retried = RetryFact.of(tiles, name=twin.name, sha256=twin.sha256)
        yield ModelFact.of(
            entry,
            runtime_version=runtime_version(entry.runtime),
            provider=CPU_NAME if device.kind == CPU.kind else device.name,
            is_repeatable=device.kind == CPU.kind,
            retried=retried,
        )


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
