"""Words: a receipt in plain words, block by block, as `receipt show` prints it."""

from __future__ import annotations

from collections.abc import Iterable

from safelight.audit.facts import (
    FileFact,
    GroupFact,
    InputFact,
    MetadataFact,
    OutputFact,
)
from safelight.audit.models import ModelFact, RetryFact
from safelight.audit.operation import OperationFact
from safelight.audit.receipt import Receipt
from safelight.audit.statement import Predicate

Row = tuple[str, str]


def describe(receipt: Receipt) -> tuple[Row, ...]:
    """Label and sentence for every block of the receipt, in reading order."""
    facts = receipt.predicate
    return (
        ("receipt", facts.id),
        ("made", f"{facts.created} ({facts.clock})"),
        ("key", facts.key.fingerprint),
        ("follows", f"{facts.follows.entries} earlier entries, root {facts.follows.root}"),
        *(("input", _input(fact)) for fact in facts.inputs),
        *(("output", _output(fact)) for fact in facts.outputs),
        ("operation", _operation(facts.operation)),
        ("recipe", facts.operation.recipe_sha256),
        *(("metadata", _group(group)) for group in facts.metadata.groups),
        ("metadata", _metadata(facts.metadata)),
        *(("model", _model(model)) for model in facts.models),
        ("disclosure", facts.disclosure),
        ("locality", f"{facts.locality.place}, by {facts.locality.entry}"),
        ("egress", _egress(facts)),
        *(("not covered", sentence) for sentence in facts.egress.not_covered),
        ("storage", _storage(facts)),
        ("actor", f"pseudonym {facts.actor}"),
        ("environment", _environment(facts)),
        *(("limit", sentence) for sentence in facts.limits),
    )


def _operation(fact: OperationFact) -> str:
    sure = "" if fact.confidence is None else f", confidence {fact.confidence:.2f}"
    decided = [f", {kind} {value:g}" for kind, value in sorted((fact.decided or {}).items())]
    cages = ", in two cages: one decoded, only pixels crossed, one encoded" if fact.cages else ""
    return f"{', '.join(fact.verbs)} in {fact.duration_ms} ms{sure}{''.join(decided)}{cages}"


def _input(fact: InputFact) -> str:
    return f"{_file(fact)}, keyed digest {fact.keyed_digest}"


def _output(fact: OutputFact) -> str:
    return f"{_file(fact)}, SHA-256 {fact.sha256}"


def _file(fact: FileFact) -> str:
    how = f", encrypted as {fact.encryption}" if fact.encryption else ""
    return f"{fact.media_type}, {fact.width} x {fact.height}, {fact.bytes} bytes{how}"


def _group(fact: GroupFact) -> str:
    parts = (
        ("removed", fact.removed, fact.removed_names),
        ("kept", fact.kept, fact.kept_names),
        ("added", fact.added, fact.added_names),
    )
    told = (f"{count} {word} ({', '.join(names)})" for word, count, names in parts if count)
    return f"{fact.group}: {'; '.join(told)}"


def _metadata(fact: MetadataFact) -> str:
    pixels = "coded anew" if fact.is_reencoded else "bit-identical"
    place = f"place {_yes(fact.place_before)} before, {_yes(fact.place_after)} after"
    thumbnail = (
        f"thumbnail {_yes(fact.thumbnail_before)} before, {_yes(fact.thumbnail_after)} after"
    )
    return f"{place}; {thumbnail}; pixels {pixels}"


def _model(fact: ModelFact) -> str:
    tiles = f"tiles of {fact.tile} px with {fact.halo} px around" if fact.tile else "no tiles"
    return _list(
        (
            f"{fact.name}, SHA-256 {fact.sha256}",
            f"{fact.licence}, {fact.source}",
            f"{fact.runtime} {fact.runtime_version} on {fact.provider}, {fact.precision}, {tiles}",
            fact.determinism,
            *(_retried(retried) for retried in (fact.retried,) if retried is not None),
        )
    )


def _retried(fact: RetryFact) -> str:
    counts = (
        ("not finite", fact.not_finite),
        ("out of range", fact.out_of_range),
        ("blank", fact.blank),
        ("wrong shape", fact.wrong_shape),
    )
    told = ", ".join(f"{count} {word}" for word, count in counts if count)
    return f"faulty tiles done again by {fact.name}, SHA-256 {fact.sha256}: {told}"


def _egress(facts: Predicate) -> str:
    egress = facts.egress
    return _list(
        (
            f"level {egress.level}, {egress.strength}",
            f"{egress.contained} of {egress.attempted} attempts contained in this worker",
            f"by {', '.join(egress.mechanisms) or 'nothing'}",
            f"filter {egress.filter_sha256 or 'none'}",
        )
    )


def _storage(facts: Predicate) -> str:
    storage = facts.storage
    return _list(
        (
            f"held in {', '.join(storage.held)}",
            f"{storage.temporary_files} temporary files",
            f"swap {storage.swap}, core dumps {storage.core_dumps}",
        )
    )


def _environment(facts: Predicate) -> str:
    here = facts.environment
    libraries = ", ".join(f"{name} {version}" for name, version in here.libraries.items())
    return _list(
        (
            f"Safelight {here.safelight}, Python {here.python}",
            f"{here.system} {here.system_version} {here.machine}",
            libraries,
        )
    )


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _list(parts: Iterable[str]) -> str:
    return "; ".join(parts)
