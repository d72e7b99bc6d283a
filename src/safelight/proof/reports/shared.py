"""Shared: sections that several reports have, made from the same evidence."""

from __future__ import annotations

from collections import Counter, defaultdict

from safelight.audit.environment import version_of
from safelight.audit.facts import utc_now
from safelight.audit.statement import LIMITS
from safelight.proof.reports.evidence import DONE, Evidence, codes, ended, verbs
from safelight.proof.reports.page import (
    SEVERITIES,
    Arrow,
    Basis,
    Drawing,
    Fact,
    Node,
    Page,
    Section,
    Table,
    fact,
)


def _sentence(limit: str) -> str:
    start = f"a receipt {limit}" if limit.startswith("does ") else limit
    return f"{start[:1].upper()}{start[1:]}."


CANNOT_KNOW = (
    "What was done with these pictures outside Safelight, or with results once they were made.",
    "Work whose receipts were not shown to this report: the journal counts it, and no more.",
    "Whether codes of role, purpose and case were given truthfully.",
    "What the pictures show, and so whose personal data they hold.",
    *(_sentence(text) for text in LIMITS),
)
RESULTS = (
    "go into the folder that is named; what carries such a folder elsewhere (mounts, programs) is"
    " told by safelight audit dataflow, not here"
)
HELPS = "It helps to document; whether what it documents is lawful is not for a program to say."
NOT_MEASURES = ("Summary", "What is held where")
WORDS_OF_GROUPS = {
    "place": "place, as GPS position or name",
    "identity": "people: names, addresses, owners, artists",
    "device": "devices: makes, models, serial numbers",
    "time": "times of capture and change",
    "history": "history of edits",
    "thumbnail": "embedded small pictures",
    "provenance": "marks and credentials of origin",
    "rights": "notices of copyright",
    "colour": "colour profiles",
    "orientation": "orientation",
    "settings": "camera settings",
    "other": "other metadata",
}


def page(kind: str, title: str, intro: str, sections: tuple[Section, ...]) -> Page:
    """A report of this kind, made now."""
    return Page(
        kind=kind,
        title=title,
        made=utc_now(),
        version=version_of("safelight"),
        intro=(intro, HELPS),
        sections=sections,
        limits=CANNOT_KNOW,
    )


def basis(evidence: Evidence) -> Section:
    """What the report is made of."""
    bounded = bool(evidence.since or evidence.until)
    total, done = len(evidence.runs), ended(evidence.runs)[DONE]
    facts = [
        fact("time", evidence.period, "declared by user" if bounded else "by design"),
        fact("runs in the journal", f"{total}, {total - done} of them failed", "recorded"),
        fact("receipts that were read and hold", len(evidence.works), "measured"),
    ]
    facts += [
        fact(f"receipts left out: {why}", number, "measured")
        for why, number in sorted(evidence.left_out.items())
    ]
    facts.append(fact("the journal's key", evidence.journal, "recorded"))
    return Section(title="What this is made of", facts=tuple(facts))


def operations(evidence: Evidence) -> Table:
    """Each chain of verbs: how often, from when to when, by how many accounts."""
    rows = []
    for words, number in sorted(verbs(evidence.works).items()):
        works = [one for one in evidence.works if " + ".join(one.facts.operation.verbs) == words]
        days = sorted(one.facts.created[:10] for one in works)
        accounts = len({one.facts.actor for one in works})
        rows.append((words, str(number), f"{days[0]} to {days[-1]}", str(accounts)))
    headings = ("operation", "pictures", "first and last day", "accounts")
    return Table(title="Operations in use", headings=headings, rows=tuple(rows))


def metadata(evidence: Evidence) -> Table:
    """Categories of metadata: in how many pictures found, taken away, left in."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for work in evidence.works:
        for group in work.facts.metadata.groups:
            count = found[group.group]
            count["found"] += bool(group.removed or group.kept)
            count["removed"] += bool(group.removed)
            count["kept"] += bool(group.kept or group.added)
    rows = tuple(
        (
            WORDS_OF_GROUPS.get(name, name),
            *(str(found[name][what]) for what in ("found", "removed", "kept")),
        )
        for name in WORDS_OF_GROUPS
        if found[name].total()
    )
    headings = ("category", "pictures with it", "taken away in", "in the result of")
    return Table(title="Categories of metadata", headings=headings, rows=rows)


def assignments(evidence: Evidence, name: str, title: str) -> Table:
    """How often each code of this kind stands in the receipts."""
    rows = tuple(
        (code or "(none was given)", str(number))
        for code, number in sorted(codes(evidence.works, name).items())
    )
    return Table(title=title, headings=("code", "pictures"), rows=rows)


def recipients(evidence: Evidence) -> tuple[Fact, ...]:
    """Who got anything, as far as the program can open a way at all."""
    levels = sorted({work.facts.egress.level for work in evidence.works})
    attempted = sum(work.facts.egress.attempted for work in evidence.works)
    contained = sum(work.facts.egress.contained for work in evidence.works)
    hosts = Counter(str(entry.get("host", "")) for entry in evidence.connections)
    told = ", ".join(f"{host} ({number})" for host, number in sorted(hosts.items()))
    kernel = bool(levels) and levels[0] > 0
    facts = [
        fact("recipients of pictures over a connection", "none: no verb sends one", "by design"),
        fact("results", RESULTS, "by design"),
        fact("connections that were allowed", told or "none", "recorded"),
        fact("what a connection is for", "models pull, from hosts on its list", "by design"),
    ]
    if levels:
        words = f"{contained} of {attempted}, at level {levels[0]} at least"
        strength: Basis = "enforced by kernel" if kernel else "measured"
        facts.insert(
            1,
            Fact(
                name="attacks contained in the workers that did the work",
                value=words,
                basis=strength,
            ),
        )
    return tuple(facts)


def retention(evidence: Evidence) -> Table:
    """What is held where and until when, as the posture found it."""
    held = next(one for one in evidence.posture.sections if one.title == "What is held where")
    return held.tables[0].model_copy(update={"title": "What is held where"})


def measures(evidence: Evidence) -> tuple[Section, ...]:
    """Technical measures as they were found at the time of the report, and what weakens them."""
    facts = tuple(
        one
        for section in evidence.posture.sections
        if section.title not in NOT_MEASURES
        for one in section.facts
    )
    findings = tuple(
        one
        for section in evidence.posture.sections
        for one in section.findings
        if one.severity != "note"
    )
    findings = tuple(sorted(findings, key=lambda one: -SEVERITIES.index(one.severity)))
    none = () if findings else ("Nothing of more than note was found.",)
    return (
        Section(title="Technical measures, as found", facts=facts),
        Section(title="What weakens them, as found", text=none, findings=findings),
    )


def flow(evidence: Evidence) -> Drawing:
    """Where a picture goes in this installation as it is set up now."""
    settings = evidence.settings
    enforcement = next(one for one in evidence.posture.sections if one.title == "Enforcement")
    told = {one.name: one.value for one in enforcement.facts}
    level = told.get("level", "not measured").split(",")[0]
    ways = told.get("network from a worker", "not measured")
    count = len(evidence.connections)
    may_pull = settings.network == "pull"
    outside = f"{count} connection{'' if count == 1 else 's'}" if may_pull else "shut by a setting"
    return Drawing(
        nodes=(
            _node("entry", "Command line, Python", (0, 1), "entry", "files, folders, streams"),
            _node("memory", "Sealed memory", (1, 1), "memory", "read once,", "bounded, sealed"),
            _node("worker", "Worker, one a picture", (2, 1), "cage", f"level {level}", told.get(
                "attacks in a fresh worker", ""), "decodes, works, encodes"),
            _node("result", "Result", (3, 1), "disk", "where you say,", "with a signed receipt"),
            _node("hosts", "Hosts of models", (1, 0), "outside", "outside this computer", outside),
            _node("models", "Models", (2, 0), "disk", f"{len(evidence.models)} here,",
                  "each with its SHA-256"),
            _node("spill", "Spill file", (1, 2), "disk", "encrypted, key of one job,",
                  f"beyond {settings.shown('memory_budget')}"),
            _node("network", "Network", (2, 2), "outside", ways),
            _node("state", "State folder", (3, 2), "disk", "journal, ledger, receipts", "keys"),
        ),
        arrows=(
            Arrow(start="entry", end="memory", words="the file's bytes"),
            Arrow(start="memory", end="worker", words="descriptor,\nread only"),
            Arrow(start="worker", end="result", words="exactly the\nbytes counted"),
            Arrow(start="hosts", end="models", words="models pull", is_closed=not may_pull),
            Arrow(start="models", end="worker", words="what was hashed"),
            Arrow(start="memory", end="spill", words="what a job holds"),
            Arrow(start="worker", end="network", words="shut", is_closed=True),
            Arrow(start="result", end="state", words="time, size, code"),
        ),
    )  # fmt: skip


def _node(id: str, title: str, place: tuple[int, int], kind: str, *lines: str) -> Node:
    facts = {"id": id, "title": title, "column": place[0], "row": place[1], "kind": kind}
    return Node.model_validate(facts | {"lines": tuple(line for line in lines if line)})
