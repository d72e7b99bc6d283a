"""Sheet: a page of ours: one file, without scripts, pictures or anything from elsewhere. Its style
is allowed by its digest, and nothing else is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from importlib.resources import files

from starlette.responses import HTMLResponse, Response

STYLE = (files(__package__) / "sheet.css").read_text()
STYLE_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_DIGEST}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)


def as_html(text: str) -> Response:
    """An answer that shows this page, and forbids it everything else."""
    return HTMLResponse(text, headers={"Content-Security-Policy": POLICY})


def page(title: str, intro: str, parts: Iterable[str]) -> str:
    """A whole page; title and intro are plain text, the parts are HTML."""
    head = f"<h1>{escape(title)}</h1>\n<p>{escape(intro)}</p>"
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
        f"<header>\n{head}\n</header>\n<main>\n" + "\n".join(parts) + "\n</main>\n</html>\n"
    )


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Headings are plain text, cells are HTML."""
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in headings)
    body = "\n".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n{body}\n</table></div>'


def code(text: str) -> str:
    """A word of the interface, as HTML."""
    return f"<code>{escape(text)}</code>"


def link(place: str, words: str) -> str:
    """place and words are plain text."""
    return f'<a href="{escape(place)}">{escape(words)}</a>'
