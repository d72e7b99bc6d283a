"""A drawing of where a picture goes in this installation, as it is set up now."""

from __future__ import annotations

from safelight.proof.reports import shared
from safelight.proof.reports.evidence import Evidence
from safelight.proof.reports.page import Ask, Page, Section

ONLY_NAMED = False
INTRO = (
    "Where a picture goes in this installation, drawn from its settings and from what was measured"
    " now. What lies in the pictures themselves, and who touched them before, is told by safelight"
    " audit dataflow FOLDER."
)


def page(evidence: Evidence) -> Page:
    """The drawing, the recipients, and what is held where."""
    return shared.page(
        "dataflow",
        "Where a picture goes",
        INTRO,
        (
            Section(title="The way of a picture", drawing=shared.flow(evidence)),
            Section(title="Recipients", facts=shared.recipients(evidence)),
            Section(title="What is held", tables=(shared.retention(evidence),)),
            Section(
                title="Around Safelight",
                asks=(
                    Ask(name="Legal roles", hint="who is controller, who processor, at each box"),
                    Ask(name="Where inputs come from"),
                    Ask(name="Where results go"),
                ),
            ),
        ),
    )
