"""Reports: what is known here, as a signed page."""

from __future__ import annotations

from typing import Any

from safelight.engine.widest import widest
from safelight.errors import PathUnknown, SafelightError, UsageError
from safelight.proof.posture.posture import Place, posture
from safelight.proof.reports import signed
from safelight.proof.reports.catalogue import kind, names
from safelight.proof.reports.evidence import Asked, gather
from safelight.proof.reports.markdown import markdown
from safelight.proof.reports.page import Page
from safelight.server.back.asking import Given
from safelight.worker.job import CageReport

POSTURE = "posture"
FORMS = ("json", "html", "markdown")


def answer(given: Given) -> dict[str, Any]:
    """facts: kind, form, since, until, role. The page in that form, signed unless it is Markdown.

    Raises PathUnknown for another kind, VerificationFailed where journal or ledger were altered.
    """
    form = given.text("form")
    if form not in FORMS:
        raise UsageError(f"form is one of {', '.join(FORMS)}")
    page = _page(given)
    if form == "markdown":
        return {"text": markdown(page)}
    one = signed.sign(page, given.engine.book.keys.receipts)
    return {"text": signed.as_html(one) if form == "html" else one.envelope.decode()}


def _page(given: Given) -> Page:
    named, settings = given.text("kind"), given.engine.settings
    if named not in (*names(), POSTURE):
        raise PathUnknown(
            "there is no report of this kind", hint=f"kinds: {', '.join((*names(), POSTURE))}"
        )
    stands = posture(Place(settings), _cage(given))
    if named == POSTURE:
        return stands
    texts = {name: str(given.untrusted_facts.get(name) or "") for name in ("since", "until")}
    role = str(given.untrusted_facts.get("role") or "controller")
    asked = Asked(since=texts["since"], until=texts["until"], role=role)
    return kind(named).page(gather(settings, stands, asked))


def _cage(given: Given) -> CageReport | None:
    try:
        return widest(given.engine)[0].report()
    except SafelightError:
        return None
