"""Book: whether journal and ledger hold, and what the last self-test in the ledger said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from safelight.audit.journal import Journal
from safelight.audit.ledger import Ledger
from safelight.errors import SafelightError, VerificationFailed
from safelight.proof.posture.finding import found
from safelight.proof.reports.page import Fact, Finding, Table, fact
from safelight.proof.reports.plain import size

OLD_DAYS = 30


def journal(one: Journal) -> Iterator[Fact | Finding]:
    """Whether the whole journal is what it was signed to be."""
    try:
        entries = one.check().head.entries
    except VerificationFailed as error:
        yield fact("journal", "altered", "measured")
        yield found("journal-altered", error.message)
    except SafelightError as error:
        yield fact("journal", f"not looked at: {error.message}", "measured")
    else:
        words = f"{entries} entr{'y' if entries == 1 else 'ies'}, whole"
        yield fact("journal", words, "measured")


def runs(one: Journal) -> Table:
    """How many runs ended with each code in each month, and what went in and came out."""
    count: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    given: Counter[tuple[str, str]] = Counter()
    for entry in one.log().entries():
        place = (entry.leaf.time[:7], entry.leaf.code)
        count[place] += 1
        taken[place] += entry.leaf.input_bytes
        given[place] += entry.leaf.output_bytes
    rows = tuple(
        (*place, str(number), size(taken[place]), size(given[place]))
        for place, number in sorted(count.items())
    )
    headings = ("month", "ended with", "runs", "went in", "came out")
    return Table(title="Runs", headings=headings, rows=rows)


def notes(altered: str) -> Iterator[Fact | Finding]:
    """Whether the notes of risks taken on are what they were signed to be; altered says why not."""
    if altered:
        yield fact("notes of risks taken on", "altered, none of them counts", "measured")
        yield found("notes-altered", altered.replace("the ledger", "the notes"))


def ledger(one: Ledger, *, now: datetime | None = None) -> Iterator[Fact | Finding]:
    """Connections that were allowed, and how old and how good the last self-test is."""
    try:
        entries = one.read()
    except VerificationFailed as error:
        yield fact("ledger", "altered", "measured")
        yield found("ledger-altered", error.message)
        return
    except SafelightError as error:
        yield fact("ledger", f"not looked at: {error.message}", "measured")
        return
    hosts = Counter(str(entry.get("host", "")) for entry in connections(entries))
    told = ", ".join(f"{host} {number}" for host, number in sorted(hosts.items()))
    yield fact("connections since the first run", told or "none", "recorded")
    tests = [entry for entry in entries if entry["what"] == "self-test"]
    if not tests:
        yield fact("last self-test", "none", "recorded")
        yield found("self-test-none", "the ledger holds no self-test")
        return
    yield from _self_test(tests[-1], now or datetime.now(UTC))


def connections(entries: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines of a ledger that tell of a connection."""
    return [entry for entry in entries if entry["what"] == "connection"]


def _self_test(entry: Mapping[str, Any], now: datetime) -> Iterator[Fact | Finding]:
    attempted, contained = entry["attempted"], entry["contained"]
    made = datetime.strptime(str(entry["time"]), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    days = (now - made).days
    words = f"{contained} of {attempted} contained, {entry['time']}"
    yield fact("last self-test", words, "recorded")
    if contained != attempted:
        yield found("self-test-failed", words)
    if days > OLD_DAYS:
        yield found("self-test-old", f"{days} days ago")
