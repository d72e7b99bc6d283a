"""Words: a receipt in plain words, block by block, as `receipt show` and the page for reading have
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from safelight.audit.blocks import (
    AssignmentFact,
    CustodyFact,
    MarksFact,
    RedactionFact,
    SelfTestFact,
    WindowFact,
)
from safelight.audit.facts import FileFact, GroupFact, InputFact, MetadataFact, OutputFact
from safelight.audit.models import ModelFact, RetryFact
from safelight.audit.names import OTHER
from safelight.audit.operation import OperationFact
from safelight.audit.receipt import Receipt
from safelight.audit.statement import Predicate

Row = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a receipt: what it is called, and its rows of label and sentence."""

    title: str
    rows: tuple[Row, ...]


def blocks(receipt: Receipt) -> tuple[Block, ...]:
    """Every block that says something, in reading order."""
    facts = receipt.predicate
    found = {
        "Identity": _identity(facts),
        "Files": _files(facts),
        "Operation": _operations(facts),
        "Metadata": _metadata_rows(facts),
        "Models": (("model", _model(model)) for model in facts.models),
        "Artificial intelligence": _disclosure(facts),
        "Network": _network(facts),
        "Storage": (("storage", _storage(facts)),),
        "Who and what for": _people(facts),
        "Environment": _environments(facts),
        "What this cannot prove": (("limit", sentence) for sentence in facts.limits),
    }
    made = (Block(title, tuple(rows)) for title, rows in found.items())
    return tuple(block for block in made if block.rows)


def describe(receipt: Receipt) -> tuple[Row, ...]:
    """Label and sentence for every block of the receipt, in reading order."""
    return tuple(row for block in blocks(receipt) for row in block.rows)


def _identity(facts: Predicate) -> Iterator[Row]:
    yield "receipt", facts.id
    yield "made", f"{facts.created} ({facts.clock})"
    yield "key", facts.key.fingerprint
    yield "follows", f"{facts.follows.entries} earlier entries, root {facts.follows.root}"
    yield "journal", f"signed by the key {facts.follows.journal}"


def _files(facts: Predicate) -> Iterator[Row]:
    yield from (("input", _input(fact)) for fact in facts.inputs)
    yield from (("output", _output(fact)) for fact in facts.outputs)


def _operations(facts: Predicate) -> Iterator[Row]:
    operation = facts.operation
    yield "operation", _operation(operation)
    yield "recipe", operation.recipe_sha256
    for step in _steps(operation):
        yield "step", step
    if operation.withheld:
        names = ", ".join(operation.withheld)
        yield "withheld", f"{names}; keyed digest of the whole recipe {operation.recipe_keyed}"
    yield from (("redaction", _redaction(fact)) for fact in facts.redactions or ())


def _steps(operation: OperationFact) -> Iterator[str]:
    steps = operation.recipe["steps"]
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and isinstance(step.get("parameters"), dict):
            given = step["parameters"]
            pairs = given.items() if isinstance(given, dict) else ()
            told = ", ".join(
                f"{name} {_value(value)}" for name, value in pairs if value not in (None, [])
            )
            yield f"{step.get('op')}: {told or 'nothing further'}"


def _value(value: object) -> str:
    match value:
        case bool():
            return _yes(value)
        case list():
            return " ".join(map(_value, value))
    return str(value)


def _metadata_rows(facts: Predicate) -> Iterator[Row]:
    yield from (("metadata", _group(group)) for group in facts.metadata.groups)
    yield "metadata", _metadata(facts.metadata)


def _disclosure(facts: Predicate) -> Iterator[Row]:
    yield "disclosure", facts.disclosure
    if facts.marks is not None:
        yield "marks", _marks(facts.marks)


def _network(facts: Predicate) -> Iterator[Row]:
    yield "locality", f"{facts.locality.place}, by {facts.locality.entry}"
    yield "egress", _egress(facts)
    if facts.egress.window is not None:
        yield "window", _window(facts.egress.window)
    if facts.egress.self_test is not None:
        yield "self-test", _self_test(facts.egress.self_test)
    yield from (("not covered", sentence) for sentence in facts.egress.not_covered)


def _people(facts: Predicate) -> Iterator[Row]:
    yield "actor", f"pseudonym {facts.actor}"
    if facts.assignment is not None:
        yield "assignment", _assignment(facts.assignment)
    if facts.custody is not None:
        yield "custody", _custody(facts.custody)


def _environments(facts: Predicate) -> Iterator[Row]:
    yield "environment", _environment(facts)
    if facts.environment.package_sha256 is not None:
        yield "package", f"SHA-256 over its files {facts.environment.package_sha256}"


def _redaction(fact: RedactionFact) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(fact.kinds.items()))
    around = f"{fact.margin} px around" + (
        f", {fact.grow:g} % around what was seen" if fact.grow else ""
    )
    what = f"regions covered: {fact.regions}" + (f" ({kinds})" if kinds else "")
    return _list((what, fact.fill, around, f"looked at again: {fact.recheck}"))


def _marks(fact: MarksFact) -> str:
    parts = (("written", fact.written), ("carried", fact.carried), ("left out", fact.removed))
    told = [f"{word} {', '.join(terms)}" for word, terms in parts if terms]
    if fact.manifests_removed:
        told.append(f"manifests of credentials left out: {fact.manifests_removed}")
    return _list(told)


def _window(fact: WindowFact) -> str:
    return f"{fact.start} to {fact.end}: connections allowed to this program: {fact.connections}"


def _self_test(fact: SelfTestFact) -> str:
    return (
        f"{fact.time}: level {fact.level}, {fact.contained} of {fact.attempted} attempts contained"
    )


def _assignment(fact: AssignmentFact) -> str:
    parts = (("role", fact.role), ("purpose", fact.purpose), ("case", fact.case))
    return _list(f"{word} {code}" for word, code in parts if code)


def _custody(fact: CustodyFact) -> str:
    parts = (
        ("from", fact.from_role),
        ("to", fact.to_role),
        ("because", fact.reason),
        ("witness", fact.witness_role),
        ("seal", fact.seal),
    )
    return _list((fact.event, *(f"{word} {text}" for word, text in parts if text)))


def _operation(fact: OperationFact) -> str:
    sure = "" if fact.confidence is None else f", confidence {fact.confidence:.2f}"
    decided = [f", {kind} {value:g}" for kind, value in sorted((fact.decided or {}).items())]
    cages = ", in two cages: one decoded, only pixels crossed, one encoded" if fact.cages else ""
    return f"{', '.join(fact.verbs)} in {fact.duration_ms} ms{sure}{''.join(decided)}{cages}"


def _input(fact: InputFact) -> str:
    return _list((_file(fact), *_digests(fact)))


def _output(fact: OutputFact) -> str:
    return _list((_file(fact), *_digests(fact)))


def _digests(fact: InputFact | OutputFact) -> Iterator[str]:
    """As far as there are any."""
    for word, digest in (
        ("SHA-256", fact.sha256),
        ("keyed digest", fact.keyed_digest),
        ("SHA-256 of the pixels", fact.pixel_sha256),
    ):
        if digest is not None:
            yield f"{word} {digest}"


def _file(fact: FileFact) -> str:
    how = f", encrypted as {fact.encryption}" if fact.encryption else ""
    name = f"{fact.name}, " if fact.name else ""
    return f"{name}{fact.media_type}, {fact.width} x {fact.height}, {fact.bytes} bytes{how}"


def _group(fact: GroupFact) -> str:
    parts = (
        ("removed", fact.removed, fact.removed_names),
        ("kept", fact.kept, fact.kept_names),
        ("added", fact.added, fact.added_names),
    )
    told = (f"{count} {word} ({_names(names)})" for word, count, names in parts if count)
    return f"{fact.group}: {'; '.join(told)}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join("names that no table has" if name == OTHER else name for name in names)


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
    told = [f"held in {', '.join(storage.held)}", f"{storage.temporary_files} temporary files"]
    if storage.spilled_bytes:
        told.append(f"{storage.spilled_bytes} bytes on the disk, under a key in memory alone")
    told.append(f"swap {storage.swap}, core dumps {storage.core_dumps}")
    if storage.wipe:
        told.append(f"memory {storage.wipe}")
    return _list(told)


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
