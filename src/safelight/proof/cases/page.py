"""Page: pieces of a self-contained HTML page: no script, no link to outside, fit for paper."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from safelight.proof.reports.plain import plain

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #5c6670; --line: #d5dae0;
  --ground: #ffffff; --raised: #f5f7f9; --warn: #8a4b00; --warn-ground: #fff4e2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa4af; --line: #3a424b;
  --ground: #15181c; --raised: #1e2329; --warn: #ffc680; --warn-ground: #3a2a12; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 60rem; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, "Noto Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-bottom: .25rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 0 0 .4rem; }
p { margin: .4rem 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: .92em; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td.num, th.num { text-align: right; font-variant-numeric: tabular-nums; }
td.tight, th.tight, th.num { white-space: nowrap; overflow-wrap: normal; }
dl { display: grid; grid-template-columns: 11rem 1fr; gap: .25rem 1rem; margin: .5rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
code { font: .86em/1.45 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
section.card { border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1.1rem 1rem;
  margin: 1rem 0; background: var(--raised); break-inside: avoid; }
section.warn { border-color: var(--warn); }
.badge { display: inline-block; padding: .05rem .5rem; border-radius: 999px; font-size: .8em;
  font-weight: 600; border: 1px solid var(--line); color: var(--soft); margin-left: .5rem; }
.badge.warn, p.warn { color: var(--warn); background: var(--warn-ground);
  border-color: var(--warn); }
p.warn { padding: .5rem .8rem; border: 1px solid; border-radius: 6px; font-weight: 600; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; margin: .6rem 0; }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .85em; margin-top: .25rem; }
figure img { display: block; width: 100%; height: 20rem; object-fit: contain;
  background: var(--ground); border: 1px solid var(--line); border-radius: 4px; }
.blanks { grid-template-columns: 18rem 1fr; gap: .9rem 1rem; margin: 1rem 0; }
.blanks dd { border-bottom: 1px solid var(--ink); min-height: 1.5rem; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
@page { size: A4; margin: 16mm 15mm; }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb;
  --ground: #fff; --raised: #fff; --warn: #000; --warn-ground: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; } h2 { break-after: avoid; }
  tr, figure, .blanks { break-inside: avoid; } thead { display: table-header-group; }
  figure img { height: 6.2cm; } }
"""


def shown(text: str) -> str:
    """A text that others chose, for HTML: what cannot be seen, or turns the line, is escaped."""
    return html.escape(plain(text))


def code(text: str) -> str:
    return f"<code>{shown(text)}</code>"


def document(title: str, parts: Iterable[str]) -> str:
    """The whole page."""
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{shown(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def facts(rows: Iterable[tuple[str, str]]) -> str:
    """Names with what they are; the second of each is HTML already."""
    return "<dl>" + "".join(f"<dt>{shown(a)}</dt><dd>{b}</dd>" for a, b in rows) + "</dl>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], kinds: Sequence[str] = ()) -> str:
    """Rows whose cells are HTML already; kinds are the classes of the columns."""
    classes = [f' class="{kind}"' if kind else "" for kind in kinds] or [""] * len(heads)
    top = "".join(f"<th{c}>{shown(h)}</th>" for h, c in zip(heads, classes, strict=True))
    lines = (
        "<tr>" + "".join(f"<td{c}>{x}</td>" for x, c in zip(row, classes, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def moment(time: str) -> str:
    """A time in UTC, for people."""
    return shown(time.replace("T", " ").removesuffix("Z"))


def blanks(labels: Iterable[str]) -> str:
    """Lines that somebody is to fill in."""
    return (
        '<dl class="blanks">'
        + "".join(f"<dt>{shown(label)}</dt><dd></dd>" for label in labels)
        + "</dl>"
    )


def picture(data: bytes, caption: str) -> str:
    """A small JPEG picture inside the page itself."""
    source = base64.b64encode(data).decode()
    return (
        f'<figure><img alt="{shown(caption)}" src="data:image/jpeg;base64,{source}">'
        f"<figcaption>{shown(caption)}</figcaption></figure>"
    )
