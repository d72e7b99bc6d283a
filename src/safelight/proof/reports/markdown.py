"""Markdown: a page to go on writing in. What the organisation must add stands in quote blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from safelight.proof.reports.html import ORGANISATION
from safelight.proof.reports.page import Arrow, Finding, Page, Section, Table
from safelight.proof.reports.plain import plain

SPECIAL = re.compile(r"([\\`*_\[\]<>|#&~])")
BLANK = "…"


def markdown(page: Page) -> str:
    """The page; unsigned, for it is there to be changed."""
    lines = [f"# {shown(page.title)}", "", f"Made {page.made} by Safelight {page.version}."]
    for text in page.intro:
        lines += ["", shown(text)]
    if page.asks:
        count = f"{page.asks} part{'' if page.asks == 1 else 's'}"
        lines += ["", f"**{count} {ORGANISATION}**, each marked ✎."]
    for section in page.sections:
        lines += ["", *_section(section)]
    lines += ["", "## What this program cannot know", ""]
    lines += [f"- {shown(text)}" for text in page.limits]
    return "\n".join(lines) + "\n"


def shown(text: str) -> str:
    """Fit for Markdown: nothing in it is markup, and it stays one line."""
    return SPECIAL.sub(r"\\\1", plain(text))


def _section(section: Section) -> Iterator[str]:
    yield f"## {shown(section.title)}"
    for text in section.text:
        yield from ("", shown(text))
    if section.facts:
        yield from _rows(
            ("", "", "rests on"), [(fact.name, fact.value, fact.basis) for fact in section.facts]
        )
    for finding in section.findings:
        yield from ("", *_finding(finding))
    if section.drawing is not None:
        titles = {node.id: node.title for node in section.drawing.nodes}
        ways = [
            (titles[one.start], titles[one.end], _one_line(one.words), _state(one))
            for one in section.drawing.arrows
        ]
        yield from _rows(("from", "to", "what and how", "way"), ways)
    for table in section.tables:
        yield from _table(table)
    for ask in section.asks:
        hint = f" — {shown(ask.hint)}" if ask.hint else ""
        yield from ("", f"> ✎ **{shown(ask.name)}**{hint}", ">", f"> {BLANK}")


def _finding(finding: Finding) -> Iterator[str]:
    yield f"### {finding.severity}: {shown(finding.words)} (`{finding.id}`)"
    yield from ("", shown(finding.evidence))
    if finding.fix:
        yield from ("", f"Mended by: {_with_code(finding.fix)}")
    if finding.accepted is not None:
        note = finding.accepted
        over = " Its time is over." if finding.is_due else ""
        until = f", until {shown(note.until)}" if note.until else ""
        who = f" by {shown(note.owner)}" if note.owner else ""
        yield from ("", f"Taken on{who} since {note.since}{until}: {shown(note.reason)}{over}")


def _with_code(text: str) -> str:
    """What stands in backticks stays code."""
    parts = text.split("`")
    return "".join(
        f"`{plain(part)}`" if at % 2 and at < len(parts) - 1 else shown(part)
        for at, part in enumerate(parts)
    )


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield from ("", f"### {shown(table.title)}")
    if not table.rows:
        yield from ("", "none")
        return
    yield from _rows(table.headings, table.rows)


def _one_line(text: str) -> str:
    return text.replace("\n", " ")


def _state(arrow: Arrow) -> str:
    return "closed" if arrow.is_closed else "open"


def _rows(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(map(shown, headings))} |"
    yield f"|{' --- |' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(map(shown, row))} |"
