"""View: a receipt as a page to read and to print. One file, no script, nothing from elsewhere.

The page is no receipt: nothing checks it. So it brings the signed file along, as text, and says by
which command that is checked.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from safelight.audit.receipt import Receipt
from safelight.audit.statement import Predicate
from safelight.audit.verify import Line, Verification
from safelight.audit.words import Block, blocks

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
BY = "Each row leads to a page for reading. What counts are the signed files in receipts/."
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d7dce1;
  --ground: #fff; --raised: #f6f8fa; --ok: #1a6b34; --failed: #b3261e; --unknown: #7a4f00; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaee; --soft: #9da7b1; --line: #363d46; --ground: #14171b;
    --raised: #1d2228; --ok: #6fd08c; --failed: #ff8a80; --unknown: #f0c063; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 56rem; padding: 2.5rem 1.5rem 4rem; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
header p { color: var(--soft); margin: 0; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
h2 { font-size: 1rem; margin: 2rem 0 .4rem; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0;
  border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th { width: 8.5rem; font-weight: 400; color: var(--soft); overflow-wrap: normal; }
.state { width: 5.5rem; font-weight: 600; }
.ok { color: var(--ok); } .failed { color: var(--failed); } .unknown { color: var(--unknown); }
.answers { background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
  padding: .2rem 1rem .5rem; margin-top: 1.2rem; }
.answers h2 { margin-top: .8rem; }
.answers tr:first-child > * { border-top: 0; }
.titles th { color: var(--soft); border-top: 0; } a { color: inherit; }
@media screen and (max-width: 36rem) {
  body { padding: 1.5rem 1rem 3rem; } .titles { display: none; }
  tr { display: flex; flex-wrap: wrap; padding: .35rem 0; border-top: 1px solid var(--line); }
  th, td { width: auto; padding: 0 .8rem 0 0; border-top: 0; } th:empty { display: none; }
  .facts th, .facts td, .answers td:last-child { flex-basis: 100%; }
  .answers tr:first-child { border-top: 0; } }
details { margin-top: 2rem; } summary { cursor: pointer; }
pre { font: 11px/1.4 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; background: var(--raised); padding: .8rem; border-radius: 6px; }
footer { margin-top: 2rem; color: var(--soft); font-size: .87rem; }
@page { size: A4; margin: 16mm 15mm; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --ground: #fff;
    --raised: #fff; --ok: #000; --failed: #000; --unknown: #000; }
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h2 { break-after: avoid; margin-top: 1.2rem; }
  th, td { padding: .2rem .8rem .2rem 0; } tr, .answers { break-inside: avoid; }
  details { display: none; } }
"""


def page(receipt: Receipt, found: Verification, *, when: str) -> str:
    """The receipt as HTML, with the answers that verify gave at that time (UTC)."""
    facts = receipt.predicate
    title = f"Receipt {facts.id[:8]}"
    head = (
        f"<header>\n<h1>{_text(title)}</h1>\n<p>{_text(', '.join(facts.operation.verbs))}"
        f" &middot; made {_text(facts.created)} &middot; {_text(facts.id)}</p>\n</header>\n"
    )
    told = (_block(block) for block in blocks(receipt))
    return _whole(title, "".join((head, _answers(found.lines, when), *told, _signed(receipt))))


def index(receipts: Iterable[Predicate]) -> str:
    """A page that lists receipts whose pages lie beside it under pages/, by their ids."""
    rows = "".join(
        f"<tr><td>{_text(facts.created)}</td>"
        f'<td><a href="pages/{_text(facts.id)}.html">{_text(facts.id[:8])}</a></td>'
        f"<td>{_text(', '.join(facts.operation.verbs))}</td>"
        f"<td>{_text(', '.join(one.media_type for one in facts.outputs))}</td></tr>\n"
        for facts in receipts
    )
    titles = "".join(
        f'<th scope="col">{title}</th>' for title in ("made", "receipt", "what", "result")
    )
    return _whole(
        "Receipts",
        f"<header>\n<h1>Receipts</h1>\n<p>{BY}</p>\n</header>\n<section>\n<table>\n"
        f'<tr class="titles">{titles}</tr>\n{rows}</table>\n</section>\n',
    )


def _whole(title: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}"
        "</body>\n</html>\n"
    )


def _answers(lines: Iterable[Line], when: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{_text(line.name)}</th>'
        f'<td class="state {line.state}">{_text(line.state)}</td>'
        f"<td>{_text(line.sentence)}</td></tr>\n"
        for line in lines
    )
    return (
        f'<section class="answers">\n<h2>Checked {_text(when)}</h2>\n<table>\n{rows}</table>\n'
        "</section>\n"
    )


def _block(block: Block) -> str:
    rows, last = [], ""
    for label, sentence in block.rows:
        shown = "" if label == last else label
        rows.append(f'<tr><th scope="row">{_text(shown)}</th><td>{_text(sentence)}</td></tr>\n')
        last = label
    return (
        f'<section class="facts">\n<h2>{_text(block.title)}</h2>\n<table>\n'
        f"{''.join(rows)}</table>\n</section>\n"
    )


def _signed(receipt: Receipt) -> str:
    data = receipt.data.decode()
    return (
        f"<details>\n<summary>The signed file</summary>\n<pre>{_text(data)}</pre>\n</details>\n"
        "<footer><p>This page is a copy for reading. What counts is the signed file, "
        "NAME.receipt.json: check it with <code>safelight verify</code>, or without Safelight with "
        "verify_receipt.py, which <code>safelight receipt verifier</code> writes.</p></footer>\n"
    )


def _text(untrusted: str) -> str:
    """Fit for HTML: signs that cannot be seen are left out, among them those that turn the
    direction of text.
    """
    return html.escape("".join(sign for sign in untrusted if sign.isprintable()))
