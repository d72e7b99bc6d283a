"""The record of processing of Art. 30 GDPR: of a controller, or of a processor."""

from __future__ import annotations

from safelight.proof.reports import shared
from safelight.proof.reports.evidence import Evidence
from safelight.proof.reports.page import Ask, Page, Section, Table, fact

ONLY_NAMED = False
INTRO = (
    "A part of the record of processing activities: what Safelight knows of its own work, in the"
    " order of Art. 30, beside what only the organisation can say."
)


def page(evidence: Evidence) -> Page:
    """The record; evidence.role chooses paragraph 1 (controller) or 2 (processor)."""
    make = _processor if evidence.role == "processor" else _controller
    paragraph = 2 if evidence.role == "processor" else 1
    return shared.page(
        "gdpr-art30",
        f"Record of processing, Art. 30({paragraph}) GDPR",
        INTRO,
        (shared.basis(evidence), *make(evidence)),
    )


def _controller(evidence: Evidence) -> tuple[Section, ...]:
    return (
        Section(
            title="(a) Controller",
            asks=(
                Ask(name="Controller: name and contact details"),
                Ask(name="Joint controllers", hint="if there are any"),
                Ask(name="Representative in the Union", hint="if there is one"),
                Ask(name="Data protection officer", hint="name and contact details"),
            ),
        ),
        Section(
            title="(b) Purposes",
            text=(
                "Codes of purpose as they were given with the work; each should point to an entry"
                " of the organisation's own record.",
            ),
            tables=(
                shared.assignments(evidence, "purpose", "Purposes that were given"),
                shared.operations(evidence),
            ),
            asks=(
                Ask(name="Each purpose in words", hint="what the codes above stand for"),
                Ask(name="Legal basis", hint="Art. 6, and Art. 9 for special categories"),
            ),
        ),
        _categories(evidence),
        _recipients(evidence, "(d) Recipients"),
        _transfers(evidence, "(e)"),
        _retention(evidence, "(f) Time limits for erasure"),
        *_measures(evidence, "(g)"),
        _examined(),
    )


def _processor(evidence: Evidence) -> tuple[Section, ...]:
    return (
        Section(
            title="(a) Processor and controllers",
            tables=(shared.assignments(evidence, "case", "Cases or clients that were given"),),
            asks=(
                Ask(name="Processor: name and contact details"),
                Ask(name="Each controller on whose behalf work is done"),
                Ask(name="Representatives", hint="if there are any"),
                Ask(name="Data protection officer", hint="name and contact details"),
            ),
        ),
        Section(
            title="(b) Categories of processing for each controller",
            tables=(
                shared.operations(evidence),
                shared.assignments(evidence, "purpose", "Purposes that were given"),
                shared.metadata(evidence),
            ),
            asks=(
                Ask(name="Which of these for which controller", hint="and under which contract"),
            ),
        ),
        _recipients(evidence, "Further processors and recipients"),
        _transfers(evidence, "(c)"),
        _retention(evidence, "Time limits for erasure"),
        *_measures(evidence, "(d)"),
        _examined(),
    )


def _categories(evidence: Evidence) -> Section:
    kinds = sorted({one.media_type for work in evidence.works for one in work.facts.inputs})
    models = sorted({one.name for work in evidence.works for one in work.facts.models})
    return Section(
        title="(c) Categories of data subjects and of personal data",
        facts=(
            fact("kinds of files", ", ".join(kinds) or "none", "recorded"),
            fact("models that saw pixels", ", ".join(models) or "none", "recorded"),
            fact("recognising who somebody is", "no operation does it", "by design"),
            fact(
                "vectors of pictures",
                "made by embed alone, and written where its results go",
                "by design",
            ),
        ),
        tables=(shared.metadata(evidence),),
        asks=(
            Ask(name="Categories of data subjects", hint="clients, patients, staff, passers-by"),
            Ask(name="Categories of personal data in what the pictures show"),
            Ask(name="Special categories", hint="health, faces used to identify, and so on"),
        ),
    )


def _recipients(evidence: Evidence, title: str) -> Section:
    return Section(
        title=title,
        facts=shared.recipients(evidence),
        asks=(Ask(name="Recipients of results", hint="whom the organisation gives them to"),),
    )


def _transfers(evidence: Evidence, letter: str) -> Section:
    count = len(evidence.connections)
    return Section(
        title=f"{letter} Transfers to third countries",
        facts=(
            fact("transfers of pictures over a connection of Safelight", "none", "by design"),
            fact("connections in the ledger", f"{count}, for models alone", "recorded"),
            fact("where the work ran, as receipts say", _where(evidence), "recorded"),
        ),
        asks=(
            Ask(
                name="Transfers of results by other means",
                hint="shares and synchronised folders too, and the safeguards of Art. 46",
            ),
        ),
    )


def _where(evidence: Evidence) -> str:
    places = sorted({work.facts.locality.place for work in evidence.works})
    return ", ".join(places) or "no receipt tells"


def _retention(evidence: Evidence, title: str) -> Section:
    return Section(
        title=title,
        facts=(
            fact(
                "pictures in Safelight's own store",
                "none; a case keeps its originals in the folder of the case",
                "by design",
            ),
            fact("memory of a picture", "overwritten when its job ends", "enforced in process"),
        ),
        tables=(shared.retention(evidence),),
        asks=(
            Ask(name="Time limits for inputs and results", hint="where they are filed"),
            Ask(name="Time limits for receipts and journal", hint="they prove what was done"),
        ),
    )


def _measures(evidence: Evidence, letter: str) -> tuple[Section, ...]:
    first, second = shared.measures(evidence)
    organisation = (
        Ask(name="Organisational measures", hint="access, training, contracts, incident response"),
    )
    drawing = Section(title=f"{letter} Where data goes", drawing=shared.flow(evidence))
    return (
        drawing,
        first.model_copy(update={"title": f"{letter} {first.title}"}),
        second.model_copy(update={"asks": organisation}),
    )


def _examined() -> Section:
    return Section(
        title="Examined",
        tables=(Table(headings=("by", "role", "date", "signature"), rows=(("", "", "", ""),)),),
        asks=(Ask(name="Examined by", hint="name, role, date"),),
    )
