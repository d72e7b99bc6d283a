"""The pages that the server has of itself: whole, without anything from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import SafelightError, family
from safelight.server.description.openapi import document, operation_id
from safelight.server.description.problem_pages import problem_page, problems_page
from safelight.server.description.reference import reference_page
from safelight.server.description.sheet import POLICY, STYLE, as_html
from safelight.server.description.words import kind_of
from safelight.server.endpoint import discovered
from tests.server.standing import engine_in, standing

VOID = {"meta", "br"}


class Seen(HTMLParser):
    """What a page consists of; tags that are not closed in order are noted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.wrong: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        found = dict(attrs)
        self.ids |= {str(found["id"])} if "id" in found else set()
        self.links |= {str(found["href"])} if "href" in found else set()
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def page() -> str:
    return reference_page(document(discovered()))


PAGES = [problems_page(), problem_page(SafelightError)]


def test_every_endpoint_has_its_place(page: str) -> None:
    seen = Seen(page)
    assert {operation_id(endpoint) for endpoint in discovered()} <= seen.ids


def test_links_lead_to_places_that_are_there(page: str) -> None:
    seen = Seen(page)
    codes = {f"/problems/{error.code}" for error in family()}
    known = {"/api/v1/openapi.json", "/problems", "/reference"} | codes
    assert {link for link in seen.links if not link.startswith("#")} <= known
    assert {link[1:] for link in seen.links if link.startswith("#")} <= seen.ids


def loads(text: str) -> set[str]:
    """What in a page would fetch, run or send something."""
    seen = Seen(text)
    found = seen.tags & {"script", "img", "link", "iframe", "object", "form", "video", "base"}
    found |= seen.attributes & {"style", "src", "srcset", "onclick", "onload", "onerror"}
    return found | set(re.findall(r"url\(|@import|https?://", text)) | set(seen.wrong)


def test_pages_are_whole_and_load_nothing(page: str) -> None:
    assert not any(loads(text) for text in (page, *PAGES))


@pytest.mark.parametrize(
    "planted",
    [
        "<script>1</script>",
        '<img src="/a.png">',
        "<style>a { background: url(/a) }</style>",
        '<a href="https://example.org">a</a>',
        '<p onclick="f()">',
        "<section>",
    ],
)
def test_what_would_load_something_is_seen(page: str, planted: str) -> None:
    assert loads(page.replace("<main>", f"<main>{planted}", 1))


def test_the_style_is_allowed_by_its_digest_and_nothing_else_is() -> None:
    headers = as_html("").headers
    assert headers["content-security-policy"] == POLICY
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert "prefers-color-scheme: dark" in STYLE


def test_every_problem_is_explained() -> None:
    text = problems_page()
    for error in family():
        assert error.code in text
        assert error.sentence in problem_page(error).replace("&#x27;", "'")


def test_what_others_wrote_is_no_markup() -> None:
    hostile: dict[str, Any] = document(discovered())
    hostile["info"]["description"] = "<script>alert(1)</script>"
    path = next(iter(hostile["paths"]))
    method = next(iter(hostile["paths"][path].values()))
    method["summary"] = "<img src=x>"
    seen = Seen(reference_page(hostile))
    assert not seen.tags & {"script", "img"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, "whole number, from 1, to 9"),
        ({"enum": ["a", 2]}, "<code>a</code>, <code>2</code>"),
        ({"const": None}, "<code>null</code>"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or nothing"),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 3},
         "list of text, at most 3"),
        ({"type": "array"}, "list"),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "integer"}]},
         "list of 2: whole number"),
        ({"$ref": "#/components/schemas/A"}, '<a href="#schema-A">A</a>'),
        ({"type": "object", "properties": {"a": {}}}, "object, with <code>a</code>"),
        ({"type": "string", "pattern": "^<$"}, "text, like <code>^&lt;$</code>"),
        ({}, "bytes"),
    ],
)  # fmt: skip
def test_schemas_in_words(schema: dict[str, Any], words: str) -> None:
    assert kind_of(schema) == words


def test_the_pages_are_handed_out_to_anybody(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine, standing(engine, tmp_path) as server:
        told = server.get("/api/v1/openapi.json", scopes=None)
        assert told.json()["openapi"] == "3.1.0"
        for path in ("/reference", "/problems", "/problems/busy"):
            answer = server.get(path, scopes=None)
            assert answer.headers["content-security-policy"] == POLICY
            assert answer.headers["content-type"].startswith("text/html")
        missing = server.get("/problems/none", scopes=None)
        assert (missing.status_code, missing.json()["code"]) == (404, "path-unknown")
