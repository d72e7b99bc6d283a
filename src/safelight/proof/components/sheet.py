"""Sheet: under which terms each part is used, and what commercial use of it asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from safelight.audit.environment import version_of
from safelight.audit.facts import utc_now
from safelight.models.entry import Entry, LicenceClass
from safelight.models.store import Store
from safelight.proof.components.bundled import libraries
from safelight.proof.components.installed import Package, packages
from safelight.proof.components.terms import class_of, commercial
from safelight.proof.reports.page import Ask, Page, Section, Table, fact
from safelight.studio import files

MODELS: dict[LicenceClass, str] = {
    "free": "yes, with its notice",
    "consent": "read its terms",
    "excluded": "no",
}
LIMITS = (
    "Whether a licence was stated rightly by whoever published a part.",
    "Licences of parts that nothing in a wheel names.",
    "What a licence means for your case: that is for a lawyer to say.",
)
INTRO = (
    "What this installation is made of and under which terms, as the parts themselves state it."
    " It helps to document; accepting terms is yours.",
)
Row = tuple[str, ...]


def sheet(store: Store) -> Page:
    """The page of all terms."""
    ours, *others = packages()
    inside = tuple(_inside(others))
    return Page(
        kind="licences",
        title="Licences",
        made=utc_now(),
        version=version_of("safelight"),
        intro=INTRO,
        sections=(
            _summary(ours, others, store.entries()),
            Section(title="Packages", tables=(_table(map(_package, (ours, *others))),)),
            Section(
                title="Libraries inside packages",
                text=("An optional one may be in the package or not; its list does not say.",),
                tables=(_table(inside),),
            ),
            Section(
                title="In the Studio that browsers are handed",
                tables=(_table(_in_studio()),),
            ),
            Section(title="Models that are here", tables=(_models(store.entries()),)),
            Section(
                title="Acceptance",
                asks=(
                    Ask(name="Terms accepted, by whom and when", hint="name, role, date"),
                    Ask(name="Parts that must not be used here", hint="and what takes their place"),
                ),
            ),
        ),
        limits=LIMITS,
    )


def rows(store: Store) -> Iterator[dict[str, str]]:
    """Every part as JSON values."""
    ours, *others = packages()
    for kind, found in (
        ("package", map(_package, (ours, *others))),
        ("library", _inside(others)),
        ("library", _in_studio()),
        ("model", map(_model, store.entries())),
    ):
        for name, version, licence, use, within in found:
            part = {"kind": kind, "name": name, "version": version, "licence": licence}
            yield part | {"commercial": use, "within": within}


def _summary(ours: Package, others: Sequence[Package], models: Sequence[Entry]) -> Section:
    bound = [one.name for one in others if class_of(one.licence) == "bound"]
    read = [one.name for one in others if class_of(one.licence) == "read"]
    consent = [one.name for one in models if one.licence_class != "free"]
    return Section(
        title="Summary",
        facts=(
            fact("Safelight", f"{ours.licence}: {commercial(ours.licence)}", "recorded"),
            fact("packages", len(others), "observed"),
            fact("packages that bind who passes them on", _several(bound), "recorded"),
            fact("packages whose terms only their text tells", _several(read), "recorded"),
            fact("models here", len(models), "observed"),
            fact("models with terms to read", _several(consent), "recorded"),
        ),
    )


def _several(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _package(one: Package) -> Row:
    brought = f"extra {one.extra}" if one.extra else "always"
    return (one.name, one.version, one.licence or "not stated", commercial(one.licence), brought)


def _inside(others: Sequence[Package]) -> Iterator[Row]:
    for package in others:
        for one in libraries(package.name, package.found):
            if not one.is_crate:
                within = package.name + (" (optional)" if one.is_optional else "")
                version, licence = one.version or "not told", one.licence or "not told"
                yield (one.name, version, licence, commercial(one.licence), within)


def _in_studio() -> Iterator[Row]:
    for one in files.parts():
        within = f"{one.within} in the Studio" if one.within else "the Studio"
        version, licence = one.version or "not told", one.licence or "not told"
        yield (one.name, version, licence, commercial(one.licence), within)


def _model(one: Entry) -> Row:
    words = MODELS[one.licence_class] + (f"; {one.caveat}" if one.caveat else "")
    return (one.name, one.sha256[:16], one.licence, words, one.source)


def _table(found: Iterator[Row] | tuple[Row, ...]) -> Table:
    headings = ("part", "version", "licence", "commercial use", "comes with")
    return Table(headings=headings, rows=tuple(found))


def _models(entries: Sequence[Entry]) -> Table:
    headings = ("model", "SHA-256, its start", "licence", "commercial use", "source")
    return Table(headings=headings, rows=tuple(map(_model, entries)))
