"""A sheet on the audit controls of 45 CFR 164.312(b): what is recorded, and how it is kept."""

from __future__ import annotations

from safelight.proof.reports import shared
from safelight.proof.reports.evidence import Evidence, ended
from safelight.proof.reports.page import Ask, Page, Section, Table, fact

ONLY_NAMED = False
INTRO = (
    "What Safelight records of its own work, how that is kept from being changed unseen, and what"
    " the organisation must add to make audit controls of it."
)
RECORDED = (
    ("every run", "time, duration, sizes, how it ended", "journal"),
    ("every result", "what was done, models, digests, account, role, purpose", "receipt"),
    ("every connection and self-test", "time, host, bytes; attacks contained", "ledger"),
    ("every risk taken on", "why, by whom, until when", "notes of risks"),
    ("views and searches", "not recorded: this version has no store to look into", "nowhere"),
)


def page(evidence: Evidence) -> Page:
    """The sheet."""
    rows = tuple((code, str(number)) for code, number in sorted(ended(evidence.runs).items()))
    return shared.page(
        "hipaa-audit",
        "Audit controls: 45 CFR 164.312(b)",
        INTRO,
        (
            shared.basis(evidence),
            Section(
                title="What is recorded",
                tables=(
                    Table(headings=("of", "what", "where"), rows=RECORDED),
                    Table(title="How runs ended", headings=("code", "runs"), rows=rows),
                ),
            ),
            _integrity(evidence),
            Section(title="How long it is kept", tables=(shared.retention(evidence),)),
            Section(
                title="For the organisation to add",
                asks=(
                    Ask(name="Policies on audit logs", hint="who reviews them, how often"),
                    Ask(name="Reviews done", hint="date, reviewer, what was found"),
                    Ask(name="Retention", hint="documentation is to be kept for six years"),
                    Ask(name="Workforce with access", hint="and their training"),
                    Ask(name="Risk analysis", hint="164.308(a)(1)(ii)(A)"),
                ),
            ),
        ),
    )


def _integrity(evidence: Evidence) -> Section:
    return Section(
        title="How it is kept from being changed unseen",
        facts=(
            fact("journal", "one signed tree over all entries (RFC 6962)", "enforced in process"),
            fact(
                "journal, checked for this sheet", f"{len(evidence.runs)} runs, whole", "measured"
            ),
            fact("receipts, checked for this sheet", f"{len(evidence.works)} hold", "measured"),
            fact("ledger", "each line signed, with the digest of the one before", "recorded"),
            fact("a rolled back journal", "noticed by whoever kept a checkpoint", "by design"),
            fact("key of the journal", evidence.journal, "recorded"),
        ),
    )
