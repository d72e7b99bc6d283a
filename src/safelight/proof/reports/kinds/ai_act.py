"""A sheet on Art. 50 of the AI Act: what was done by AI, what was marked, what is missing."""

from __future__ import annotations

from collections import Counter

from safelight.proof.reports import shared
from safelight.proof.reports.evidence import Evidence
from safelight.proof.reports.page import Ask, Page, Section, Table, fact

ONLY_NAMED = False
INTRO = (
    "What Safelight knows that bears on Art. 50 of Regulation (EU) 2024/1689: which operations used"
    " a model, which marks of origin results carry, and what a marking scheme asks for that this"
    " version does not do."
)
CLASSES = {
    "none": "no model changed the picture",
    "algorithmic": "a model decided what stays; it made no pixels",
    "ai-restored": "a model made pixels from those that were there",
}
# Layers that the Code of Practice of June 2026 names, and what there is of each.
LAYERS = (
    ("a mark in the metadata", "XMP DigitalSourceType, written where a model made pixels"),
    ("marks that came in", "carried over; a manifest is replaced by its bare mark"),
    ("signed and time-stamped metadata in the file", "no: the receipt beside the file is signed"),
    ("an imperceptible watermark in the pixels", "no"),
    ("a means of detection", "safelight mark show FILE tells of marks in metadata"),
    ("a visible label", "safelight watermark, where it is asked for"),
)


def page(evidence: Evidence) -> Page:
    """The sheet."""
    return shared.page(
        "ai-act",
        "AI in use, marks and gaps: Art. 50 AI Act",
        INTRO,
        (
            shared.basis(evidence),
            Section(title="AI in use", tables=(_classes(evidence), shared.operations(evidence))),
            _marks(evidence),
            Section(
                title="What a marking scheme asks for, and what there is",
                tables=(Table(headings=("layer", "in this version"), rows=LAYERS),),
            ),
            _decided(),
        ),
    )


def _classes(evidence: Evidence) -> Table:
    count: Counter[str] = Counter(work.facts.disclosure for work in evidence.works)
    rows = tuple((name, words, str(count[name])) for name, words in CLASSES.items())
    return Table(headings=("class", "meaning", "pictures"), rows=rows)


def _marks(evidence: Evidence) -> Section:
    count: Counter[str] = Counter()
    for work in evidence.works:
        marks = work.facts.marks
        if marks is None:
            count["unmarked"] += work.facts.disclosure == "ai-restored"
            continue
        is_marked = bool(marks.written or marks.carried)
        count["written"] += bool(marks.written)
        count["carried"] += bool(marks.carried)
        count["removed"] += bool(marks.removed)
        count["manifests"] += bool(marks.manifests_removed)
        count["unmarked"] += work.facts.disclosure == "ai-restored" and not is_marked
    return Section(
        title="Marks of origin",
        facts=(
            fact("results with a mark written", count["written"], "recorded"),
            fact("results with a mark carried over", count["carried"], "recorded"),
            fact("results whose mark was taken away", count["removed"], "recorded"),
            fact("results whose manifest was replaced", count["manifests"], "recorded"),
            fact("AI-restored results without a mark", count["unmarked"], "recorded"),
        ),
    )


def _decided() -> Section:
    return Section(
        title="For the organisation to decide",
        asks=(
            Ask(name="Role", hint="provider or deployer, for each use"),
            Ask(name="Exception relied on", hint="standard editing, or no substantial alteration"),
            Ask(name="Signatory of the Code of Practice", hint="yes or no, since when"),
            Ask(name="How deep fakes are disclosed", hint="if any result is one"),
            Ask(name="Decided by", hint="name, role, date"),
        ),
    )
