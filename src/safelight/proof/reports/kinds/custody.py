"""The custody report: each result with its digests, what was done to it, and whether that holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from safelight.audit.receipt import output_for
from safelight.engine.output import sha256_of
from safelight.proof.reports import shared
from safelight.proof.reports.evidence import Evidence, Work
from safelight.proof.reports.page import Ask, Fact, Finding, Page, Section, Table, fact

ONLY_NAMED = True
INTRO = (
    "What was done to each picture, in the order of time, as receipts state it that were signed"
    " when it was done. Each receipt was checked for this report: its signature, and its place in"
    " the journal."
)
SHORT = 16
SAME, ALTERED = "the one that was signed, byte for byte", "NOT the one that was signed"
ABSENT = "not beside its receipt"
KEYED = "there, and not compared: its digest is keyed (safelight verify FILE compares it)"
UNREAD = "there, and cannot be read"


def page(evidence: Evidence) -> Page:
    """The report; one section a result, so that each can be taken out and filed."""
    return shared.page(
        "custody",
        "Chain of custody",
        INTRO,
        (
            shared.basis(evidence),
            _overview(evidence),
            *(_result(number, work, evidence) for number, work in enumerate(evidence.works, 1)),
            _means(evidence),
            _examiner(),
        ),
    )


def _overview(evidence: Evidence) -> Section:
    rows = tuple(
        (
            str(number),
            work.facts.created,
            " + ".join(work.facts.operation.verbs),
            _digest(work)[:SHORT],
            str(work.number or "elsewhere"),
        )
        for number, work in enumerate(evidence.works, 1)
    )
    headings = (
        "no.",
        "made (UTC)",
        "operation",
        "SHA-256 of the result, its start",
        "journal entry",
    )
    text = () if rows else ("No receipt that holds was shown to this report.",)
    tables = (Table(headings=headings, rows=rows),) if rows else ()
    return Section(title="Results", text=text, tables=tables)


def _result(number: int, work: Work, evidence: Evidence) -> Section:
    return Section(
        title=f"Result {number}",
        facts=(*_made(work, evidence), *_pictures(work), *_done(work), *_held(work)),
        findings=tuple(_altered(work)),
        tables=tuple(table for table in (_models(work), _steps(work)) if table.rows),
    )


def _altered(work: Work) -> Iterator[Finding]:
    """What must not be overlooked: a file that is not the one that was signed."""
    if found_beside(work) == ALTERED:
        yield Finding(
            id="result-altered",
            severity="high",
            words="the file is not the one that was signed",
            evidence="the SHA-256 of the file beside the receipt is another",
            fix="keep the file and its receipt as evidence: `safelight verify FILE`",
        )


def found_beside(work: Work) -> str:
    """Whether the result still lies beside its receipt, and is what was signed."""
    place = output_for(work.place)
    outputs = work.facts.outputs
    if place is None or not place.is_file() or not outputs:
        return ABSENT
    if outputs[0].sha256 is None:
        return KEYED
    try:
        is_same = sha256_of(place) == outputs[0].sha256
    except OSError:
        return UNREAD
    return SAME if is_same else ALTERED


def _made(work: Work, evidence: Evidence) -> tuple[Fact, ...]:
    facts = work.facts
    name = work.place.name.removesuffix(".receipt.json")
    names = [fact("file, as found", name, "observed")] if evidence.has_names else []
    place = f"entry {work.number}" if work.number else "signed elsewhere, its journal is not here"
    return (
        *names,
        fact("receipt", facts.id, "recorded"),
        fact("made (UTC)", f"{facts.created} ({facts.clock})", "recorded"),
        fact("signature", f"holds, key {facts.key.fingerprint}", "measured"),
        fact("journal", place, "measured"),
        fact("the result on the disk", found_beside(work), "measured"),
        fact("account", f"{facts.actor} (pseudonym)", "recorded"),
        *_assigned(work),
    )


def _assigned(work: Work) -> tuple[Fact, ...]:
    given, custody = work.facts.assignment, work.facts.custody
    found = [(name, getattr(given, name, None)) for name in ("role", "purpose", "case")]
    if custody is not None:
        found.append(("event of custody", custody.event))
        found += [(name, getattr(custody, name)) for name in CUSTODY]
    return tuple(
        fact(name.replace("_", " "), value, "declared by user") for name, value in found if value
    )


CUSTODY = ("from_role", "to_role", "reason", "witness_role", "seal")


def _pictures(work: Work) -> tuple[Fact, ...]:
    found = []
    for word, pictures in (("input", work.facts.inputs), ("result", work.facts.outputs)):
        for one in pictures:
            shape = f"{one.media_type}, {one.bytes} bytes, {one.width} x {one.height}"
            found.append(fact(word, shape, "recorded"))
            if one.sha256:
                found.append(fact(f"{word}: SHA-256", one.sha256, "recorded"))
            if one.keyed_digest:
                words = f"{one.keyed_digest} (HMAC-SHA256 under the local key)"
                found.append(fact(f"{word}: keyed digest", words, "recorded"))
            if one.pixel_sha256:
                found.append(fact(f"{word}: SHA-256 of its pixels", one.pixel_sha256, "recorded"))
    return tuple(found)


def _done(work: Work) -> tuple[Fact, ...]:
    facts = work.facts
    removed = sum(group.removed for group in facts.metadata.groups)
    pixels = "coded anew" if facts.metadata.is_reencoded else "as they were, bit for bit"
    repeatable = sorted({model.determinism for model in facts.models})
    return (
        fact("operation", " + ".join(facts.operation.verbs), "recorded"),
        fact("recipe: SHA-256", facts.operation.recipe_sha256, "recorded"),
        fact("took", f"{facts.operation.duration_ms} ms", "recorded"),
        fact("pixels", pixels, "recorded"),
        fact("metadata taken away", f"{removed} fact{'' if removed == 1 else 's'}", "recorded"),
        fact("AI in it", facts.disclosure, "recorded"),
        fact("repeatable", ", ".join(repeatable) or "no model ran", "recorded"),
    )


def _held(work: Work) -> tuple[Fact, ...]:
    egress, system = work.facts.egress, work.facts.environment
    words = f"level {egress.level}, {egress.contained} of {egress.attempted} attacks contained"
    kernel = egress.strength == "enforced by kernel"
    return (
        Fact(name="cage", value=words, basis="enforced by kernel" if kernel else "measured"),
        fact("software", f"Safelight {system.safelight}, Python {system.python}", "recorded"),
        fact("system", f"{system.system} {system.system_version}, {system.machine}", "recorded"),
    )


def _models(work: Work) -> Table:
    rows = tuple(
        (one.name, one.sha256, f"{one.runtime} {one.runtime_version}", one.provider, one.licence)
        for one in work.facts.models
    )
    headings = ("model", "SHA-256", "runtime", "on", "licence")
    return Table(title="Models", headings=headings, rows=rows)


def _steps(work: Work) -> Table:
    found = work.facts.operation.recipe.get("steps")
    steps = [step for step in found if isinstance(step, dict)] if isinstance(found, list) else []
    rows = tuple((_named(step), _parameters(step)) for step in steps)
    return Table(title="Parameters", headings=("step", "with"), rows=rows)


def _named(step: Mapping[str, object]) -> str:
    return f"{step.get('op', '')}, version {step.get('version', 1)}"


def _parameters(step: Mapping[str, object]) -> str:
    """Every parameter that has a value, as the recipe writes it."""
    found = step.get("parameters")
    given = found.items() if isinstance(found, dict) else ()
    told = (f"{name} {json.dumps(value, sort_keys=True)}" for name, value in given)
    return "; ".join(one for one in told if not one.endswith(" null"))


def _means(evidence: Evidence) -> Section:
    return Section(
        title="How to check this without us",
        text=(
            "safelight verify FILE checks a result against its receipt and the journal.",
            "safelight receipt verifier writes a program of one readable file that checks a receipt"
            " on a machine without Safelight.",
            "Equal digests show that two files are the same, byte for byte. They do not show where"
            " the first one came from.",
        ),
        facts=(fact("key of the journal", evidence.journal, "recorded"),),
    )


def _examiner() -> Section:
    return Section(
        title="Statement of the examiner",
        asks=(
            Ask(name="How the originals were acquired", hint="from whom, when, by which means"),
            Ask(name="Who held them since", hint="each hand-over: from, to, when, why"),
            Ask(name="Why each step was needed"),
            Ask(name="Examiner", hint="name, qualification, place, date, signature"),
            Ask(name="Certification", hint="where a court asks for one, such as FRE 902(14)"),
        ),
    )


def _digest(work: Work) -> str:
    if not work.facts.outputs:
        return "no picture came out"
    first = work.facts.outputs[0]
    return first.sha256 or first.keyed_digest or ""
