"""A draft for the assessment of Art. 35 GDPR: what is technical in it."""

from __future__ import annotations

from safelight.proof.reports import shared
from safelight.proof.reports.evidence import Evidence
from safelight.proof.reports.page import Ask, Page, Section, Table, fact

ONLY_NAMED = False
INTRO = (
    "A draft in the order of Art. 35(7): the systematic description and the technical measures are"
    " filled in from this installation; necessity, proportionality and the rating of risks are not"
    " a program's to say."
)
# Fears that such an assessment is expected to treat, and what of Safelight bears on them.
FEARS = (
    (
        "somebody gets at the pictures who should not",
        "workers without network and files; nothing kept; memory overwritten; keys",
    ),
    ("pictures are changed unseen", "signed receipts, a journal that notices every change"),
    ("pictures are lost", "inputs are never written to, unless --in-place is asked for"),
    ("a model invents or hides detail", "receipts name each model and what AI did; limits below"),
)


def page(evidence: Evidence) -> Page:
    """The draft."""
    return shared.page(
        "dpia",
        "Data protection impact assessment: draft",
        INTRO,
        (shared.basis(evidence), _described(evidence), _needed(), *_risks(evidence), _signed()),
    )


def _described(evidence: Evidence) -> Section:
    return Section(
        title="(a) Systematic description",
        facts=(
            *shared.recipients(evidence),
            fact("automated decisions on people", "none by this program", "by design"),
        ),
        drawing=shared.flow(evidence),
        tables=(shared.operations(evidence), shared.metadata(evidence), shared.retention(evidence)),
        asks=(
            Ask(name="Purposes and interests pursued"),
            Ask(name="Whose data, and how many people", hint="and whether any are vulnerable"),
        ),
    )


def _needed() -> Section:
    return Section(
        title="(b) Necessity and proportionality",
        asks=(
            Ask(name="Why the purpose needs this processing", hint="and no less would do"),
            Ask(name="Legal basis and rights of the people concerned"),
        ),
    )


def _risks(evidence: Evidence) -> tuple[Section, ...]:
    first, second = shared.measures(evidence)
    models = Table(
        title="Models: measured quality stands in the card of each",
        headings=("model", "task", "card", "what to know"),
        rows=tuple((one.name, one.task, one.card, one.caveat) for one in evidence.models),
    )
    return (
        Section(
            title="(c) Risks to the people concerned",
            tables=(Table(headings=("fear", "what bears on it"), rows=FEARS), models),
            asks=(
                Ask(name="Likelihood and severity of each", hint="before and after the measures"),
                Ask(name="Further risks", hint="of where results go and who sees them"),
            ),
        ),
        first.model_copy(update={"title": "(d) Technical measures, as found"}),
        second.model_copy(update={"title": "(d) Residual technical risks, as found"}),
    )


def _signed() -> Section:
    return Section(
        title="Advice and decision",
        asks=(
            Ask(name="Advice of the data protection officer"),
            Ask(name="Views of the people concerned", hint="or why they were not sought"),
            Ask(name="Decision", hint="name, role, date"),
        ),
    )
