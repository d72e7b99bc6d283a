"""Findings: what an inspection saw, grouped by what it can reveal, in plain words; --fail-on."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import click

from safelight.batch.events import SCHEMA, Item, Summary
from safelight.cli import table
from safelight.cli.face import Face
from safelight.cli.printable import printable
from safelight.cli.report import Report
from safelight.cli.table import LABELS
from safelight.cli.tagnames import known_names
from safelight.codecs.maker_notes import is_unread_note
from safelight.engine.plain import UNREADABLE, plain, services_of
from safelight.errors import ParameterInvalid
from safelight.image import Finding

FOUND = 4
# Of a value with its escapes; wider lines than these are broken, never cut in the middle.
LONGEST_VALUE, WIDEST = 800, 100
INDENT = " " * 33
LONGEST_MEANING = 400
ANY, SERIAL = "any", "serial"
UNREADABLE_MEETS = "a block that could not be read may hold anything"
NOTES_MEET = "the maker's notes may hold a serial number, and cannot be read in full"
ALARMING = 7
HONESTY = (
    "nothing shown does not mean nothing there: pixels themselves can tell a place or a person"
)

failing = click.option(
    "--fail-on",
    metavar="A,B",
    help="Leave with exit code 4 when one of these is there: a group (place, device), a part of "
    "a tag's name (gps, serial), or any. A block that could not be read meets every word, notes "
    "in a camera maker's own way meet serial: they may hold one.",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is shown of one picture at the end: its size and format in words, its metadata."""

    index: int
    input: str
    facts: str
    findings: list[Finding]


class Findings(Report):
    """The report of a verb that writes no picture."""

    nothing, honesty = "no metadata found", HONESTY

    def __init__(self, face: Face, verbs: Sequence[str], fail_on: str | None) -> None:
        super().__init__(face, verbs)
        self.words = asked(fail_on)
        self.hides = face.settings.hide_values
        self._met: dict[str, None] = {}  # the words of --fail-on that something met
        self._entries = self._files = 0
        self._whys: dict[str, None] = {}  # why what is not understood met them
        self._seen: list[Seen] = []

    def keep(self, item: Item) -> None:
        findings = self.shown(item)
        self._count(findings)
        if item.result is not None and not self.face.is_json:
            result = item.result
            size = table.sides(result.input_width, result.input_height)
            facts = ", ".join(part for part in (result.input_format, size) if part)
            self._seen.append(Seen(item.index, item.input, facts, findings))

    def shown(self, item: Item) -> list[Finding]:
        """The findings of one picture that this report speaks of, sorted."""
        findings = item.result.findings if item.result is not None else ()
        return sorted(findings, key=lambda finding: (finding.group, finding.name))

    def before_item(self, item: Item) -> None:
        if item.result is not None and self.face.is_json:
            self.face.document(
                {
                    "type": "meaning",
                    "schema": SCHEMA,
                    "index": item.index,
                    "input": item.input,
                    "groups": self._meaning(item),
                    "services": [] if self.hides else list(services_of(item.result.findings)),
                }
            )
        for finding in self.shown(item):
            self.face.document(
                {
                    "type": "finding",
                    "schema": SCHEMA,
                    "index": item.index,
                    "input": item.input,
                    "group": finding.group.name.lower(),
                    "name": finding.name,
                    "value": "" if self.hides else finding.value,
                }
            )

    def conclude(self, summary: Summary) -> int:
        code = super().conclude(summary)
        if not self._entries or summary.cancelled:
            return code
        if not self.face.is_json:
            entries = f"{self._entries} entr{'y' if self._entries == 1 else 'ies'}"
            files = f"{self._files} file{'' if self._files == 1 else 's'}"
            why = "".join(f"; {why}" for why in self._whys)
            met = ",".join(self._met)
            self.face.note(f"safelight: --fail-on {met}: {entries} in {files}{why}")
        return FOUND

    def show(self, summary: Summary) -> None:
        if self.face.verbosity < 0:
            return
        for seen in sorted(self._seen, key=lambda seen: seen.index):
            self._show_item(seen)
        if self.figures.items > 1:
            for line in table.lines(self.figures, summary, self.verbs):
                self.face.out(line)
        elif self._seen:
            self.face.out(f"  network: {table.network(self.figures.cages)}")
        if self._seen:
            self.face.out(f"  {self.honesty}")

    def _show_item(self, seen: Seen) -> None:
        face = self.face
        face.out(f"{face.paint(printable(seen.input, 200), 'bold')} ({seen.facts})")
        if not seen.findings:
            face.out(f"  {self.nothing}")
        said = {} if self.hides else plain(seen.findings)
        there = {finding.group for finding in seen.findings}
        for group in sorted(there | set(said)):  # a sentence may stand alone
            paint = "yellow" if group.value <= ALARMING else "dim"
            meaning = f"  {printable(said[group], LONGEST_MEANING)}" if group in said else ""
            face.out(f"  {face.paint(LABELS[group], paint)}{meaning}")
            for finding in seen.findings:
                if finding.group == group:
                    self._show_finding(finding)

    def _show_finding(self, finding: Finding) -> None:
        value = "" if self.hides else printable(finding.value, LONGEST_VALUE)
        head = f"    {printable(finding.name, 40):<28} "
        lines = textwrap.wrap(value, WIDEST, break_on_hyphens=False)
        self.face.out((head + (lines[0] if lines else "")).rstrip())
        for line in lines[1:]:
            self.face.out(INDENT + line)

    def _meaning(self, item: Item) -> dict[str, str]:
        """Group and sentence; with hidden values the groups alone."""
        said = plain(self.shown(item))
        return {group.name.lower(): "" if self.hides else text for group, text in said.items()}

    def _count(self, findings: Sequence[Finding]) -> None:
        met = [words for finding in findings if (words := self._asked_of(finding))]
        self._entries += len(met)
        self._files += bool(met)
        for words in met:
            self._met |= dict.fromkeys(words)

    def _asked_of(self, finding: Finding) -> list[str]:
        group, label = finding.group.name.lower(), LABELS[finding.group].lower()
        name = finding.name.lower()
        if finding.name == UNREADABLE:  # it may hold what was asked for: an unknown is not a no
            self._whys |= dict.fromkeys([UNREADABLE_MEETS] * bool(self.words))
            return self.words
        met = [word for word in self.words if word in (ANY, group, label) or word in name]
        unsure = [word for word in self.words if SERIAL in word and word not in met]
        if unsure and is_unread_note(finding):
            self._whys[NOTES_MEET] = None
            return [*met, *unsure]
        return met


def asked(fail_on: str | None) -> list[str]:
    """The words of --fail-on. Raises ParameterInvalid for one that no finding could ever meet."""
    if fail_on is None:
        return []
    words = [word.strip().lower() for word in fail_on.split(",") if word.strip()]
    names = [name.lower() for name in known_names()]
    groups = {risk.name.lower() for risk in LABELS} | {word.lower() for word in LABELS.values()}
    for word in words or [""]:
        if word and (word == ANY or word in groups or any(word in name for name in names)):
            continue
        raise ParameterInvalid(
            f"--fail-on: nothing is called {word!r}",
            hint=f"{', '.join(risk.name.lower() for risk in LABELS)}, any, or a part of a "
            "tag's name, as gps, serial",
        )
    return words
