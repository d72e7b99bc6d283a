"""HTML: a page as one file that needs nothing else: no script, no link, no font, no picture.

The policy in its head lets a browser fetch nothing. Every text is escaped; what cannot be printed
is shown as an escape first.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from safelight.proof.reports.drawing import svg
from safelight.proof.reports.page import Ask, Fact, Finding, Page, Section, Table
from safelight.proof.reports.plain import plain

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
SIGNED_START, SIGNED_END = '<pre class="envelope">', "</pre>"
# Cells of at most so many characters stay on one line: versions, days, counts.
SHORT = 12
ORGANISATION = "to be added by the organisation"


def html(page: Page, *, envelope: str = "") -> str:
    """The page; envelope is its signed form as base64, shown at the end."""
    style = files(__package__).joinpath("page.css").read_text("utf-8")
    lines = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{shown(page.title)}</title>",
        f"<style>\n{style}</style>",
        "</head>",
        f'<body class="{shown(page.kind)}">',
        *_head(page),
        *(line for section in page.sections for line in _section(section)),
        *_limits(page),
        *_foot(page, envelope),
        "</body>",
        "</html>",
    ]
    return "\n".join(lines) + "\n"


def shown(text: str) -> str:
    """Fit for HTML, between tags and in quotes."""
    return escape(plain(text))


def _head(page: Page) -> Iterator[str]:
    yield "<header>"
    yield f"<h1>{shown(page.title)}</h1>"
    yield f'<p class="made">made {shown(page.made)} by Safelight {shown(page.version)}</p>'
    yield from (f'<p class="intro">{shown(text)}</p>' for text in page.intro)
    if page.asks:
        count = f"{page.asks} part{'' if page.asks == 1 else 's'}"
        yield f'<p class="legend"><span class="ask-mark">{count} {ORGANISATION}</span></p>'
    yield "</header>"


def _section(section: Section) -> Iterator[str]:
    yield "<section>"
    yield f"<h2>{shown(section.title)}</h2>"
    yield from (f"<p>{shown(text)}</p>" for text in section.text)
    if section.facts:
        yield from _facts(section.facts)
    for finding in section.findings:
        yield from _finding(finding)
    if section.drawing is not None:
        yield f'<figure class="drawing">{svg(section.drawing)}</figure>'
    for table in section.tables:
        yield from _table(table)
    for ask in section.asks:
        yield from _ask(ask)
    yield "</section>"


def _facts(facts: tuple[Fact, ...]) -> Iterator[str]:
    yield '<table class="facts"><tbody>'
    for one in facts:
        basis = f'<td class="basis">{shown(one.basis)}</td>'
        yield f'<tr><th scope="row">{shown(one.name)}</th><td>{shown(one.value)}</td>{basis}</tr>'
    yield "</tbody></table>"


def _finding(finding: Finding) -> Iterator[str]:
    state = "" if finding.is_open else " taken"
    yield f'<article class="finding {finding.severity}{state}">'
    badge = f'<span class="badge">{finding.severity}</span>'
    yield f"<h3>{badge} {shown(finding.words)} <code>{shown(finding.id)}</code></h3>"
    yield f"<p>{shown(finding.evidence)}</p>"
    if finding.fix:
        yield f'<p class="fix">mended by: {_with_code(finding.fix)}</p>'
    if finding.accepted is not None:
        note = finding.accepted
        over = " — its time is over" if finding.is_due else ""
        until = f" until {note.until}" if note.until else ""
        who = f" by {note.owner}" if note.owner else ""
        words = f"taken on{who} since {note.since}{until}{over}: {note.reason}"
        yield f'<p class="accepted">{shown(words)}</p>'
    yield "</article>"


def _with_code(text: str) -> str:
    """What stands in backticks as code."""
    parts = shown(text).split("`")
    return "".join(
        f"<code>{part}</code>" if at % 2 and at < len(parts) - 1 else part
        for at, part in enumerate(parts)
    )


def _table(table: Table) -> Iterator[str]:
    if table.title:
        yield f"<h3>{shown(table.title)}</h3>"
    if not table.rows:
        yield '<p class="none">none</p>'
        return
    yield '<div class="wide"><table class="rows"><thead><tr>'
    yield "".join(f'<th scope="col">{shown(cell)}</th>' for cell in table.headings)
    yield "</tr></thead><tbody>"
    for row in table.rows:
        yield "<tr>" + "".join(map(_cell, row)) + "</tr>"
    yield "</tbody></table></div>"


def _cell(text: str) -> str:
    short = ' class="short"' if len(text) <= SHORT else ""
    return f"<td{short}>{shown(text)}</td>"


def _ask(ask: Ask) -> Iterator[str]:
    yield '<div class="ask">'
    yield f'<p><span class="ask-mark">{ORGANISATION}</span> <b>{shown(ask.name)}</b></p>'
    if ask.hint:
        yield f'<p class="hint">{shown(ask.hint)}</p>'
    yield '<div class="blank"></div></div>'


def _limits(page: Page) -> Iterator[str]:
    yield '<section class="limits"><h2>What this program cannot know</h2><ul>'
    yield from (f"<li>{shown(text)}</li>" for text in page.limits)
    yield "</ul></section>"


def _foot(page: Page, envelope: str) -> Iterator[str]:
    yield "<footer>"
    if page.key is not None:
        yield f"<p>signed by the key <code>{shown(page.key.fingerprint)}</code>"
        yield "<br>checked by <code>safelight verify report FILE</code></p>"
    else:
        yield "<p>not signed</p>"
    if envelope:
        yield "<details><summary>the signed form of this page</summary>"
        yield f"{SIGNED_START}{envelope}{SIGNED_END}</details>"
    yield "</footer>"
