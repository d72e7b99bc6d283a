"""Reference: the description as a page, made from the very document that programs read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from safelight.server.description.curl import command
from safelight.server.description.sheet import code, link, page, table
from safelight.server.description.words import kind_of, used

Document = dict[str, Any]


def reference_page(document: Document) -> str:
    """The whole page."""
    about = document["info"]
    parts = (
        _contents(document),
        *(part for tag in _tags(document) for part in _section(document, tag)),
        "<h2>What answers and bodies consist of</h2>",
        *(_schema(name, one) for name, one in document["components"]["schemas"].items()),
    )
    title = f"{about['title']} {about['version']}: the interface"
    return page(title, about["description"], parts)


def _tags(document: Document) -> list[str]:
    return [str(tag["name"]) for tag in document["tags"]]


def _tag(told: Document) -> str:
    return str(next(iter(told["tags"])))


def _told(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            answers = {status: _meant(document, one) for status, one in told["responses"].items()}
            yield path, method.upper(), {**told, "responses": answers}


def _meant(document: Document, response: Document) -> Document:
    """The response, where it is only referred to."""
    if "$ref" not in response:
        return response
    found: Document = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
    return found


def _contents(document: Document) -> str:
    lists = []
    for tag in _tags(document):
        items = "".join(
            f"<li>{link('#' + told['operationId'], f'{method} {_short(path)}')}</li>"
            for path, method, told in _told(document)
            if _tag(told) == tag
        )
        lists.append(f"<ul><li><h2>{escape(tag)}</h2></li>{items}</ul>")
    more = "".join(
        f"<li>{link(place, words)}</li>"
        for place, words in (
            ("/api/v1/openapi.json", "this page for programs (OpenAPI 3.1)"),
            ("/problems", "every problem"),
        )
    )
    lists.append(f"<ul><li><h2>more</h2></li>{more}</ul>")
    return f'<nav aria-label="contents">{"".join(lists)}</nav>'


def _short(path: str) -> str:
    return path.removeprefix("/api/v1")


def _section(document: Document, tag: str) -> Iterator[str]:
    yield f"<h2>{escape(tag)}</h2>"
    for path, method, told in _told(document):
        if _tag(told) == tag:
            yield _endpoint(path, method, told)


def _endpoint(path: str, method: str, told: Document) -> str:
    scopes = [scope for one in told["security"] for scopes in one.values() for scope in scopes]
    who = f"scope {code(scopes[0])}" if scopes else "nobody has to be known"
    parts = [
        f"<h3>{code(f'{method} {path}')}</h3>",
        f'<p>{escape(told["summary"])}</p><p class="soft">{who}</p>',
        _parameters(told),
        _body(told),
        _answers(told),
        f"<pre><code>{escape(command(path, method, told))}</code></pre>",
    ]
    return f'<section id="{escape(told["operationId"])}">{"".join(parts)}</section>'


def _parameters(told: Document) -> str:
    if not told["parameters"]:
        return ""
    rows = (
        (
            code(one["name"]),
            escape(one["in"]) + (", needed" if one["required"] else ""),
            kind_of(_schema_of(one)),
            _sentence(one.get("description", ""), _schema_of(one)),
        )
        for one in told["parameters"]
    )
    return "<h4>Parameters</h4>" + table(("name", "where", "what it is", "what it does"), rows)


def _schema_of(parameter: Document) -> Document:
    found: Document = parameter.get("schema") or parameter["content"]["application/json"]["schema"]
    return found


def _sentence(text: str, schema: Document) -> str:
    default = schema.get("default")
    told = [escape(text)] if text else []
    if default not in (None, [], ""):
        told.append(f"default {code(json.dumps(default, ensure_ascii=False))}")
    return "; ".join(told)


def _body(told: Document) -> str:
    if "requestBody" not in told:
        return ""
    rows = (
        (code(media), kind_of(one["schema"]))
        for media, one in told["requestBody"]["content"].items()
    )
    return "<h4>Body</h4>" + table(("kind", "what it is"), rows)


def _answers(told: Document) -> str:
    good = {status: one for status, one in told["responses"].items() if status < "400"}
    rows = (
        (
            status,
            escape(one["description"]),
            "<br>".join(
                f"{code(media)} {kind_of(content['schema'])}"
                for media, content in one.get("content", {}).items()
            ),
        )
        for status, one in good.items()
    )
    problems = sorted({name for one in told["responses"].values() for name in used(one)})
    links = ", ".join(link(f"/problems/{name}", name) for name in problems)
    return (
        "<h4>Answers</h4>"
        + table(("status", "what it says", "kinds"), rows)
        + f"<details><summary>{len(problems)} problems</summary><p>{links}</p></details>"
    )


def _schema(name: str, schema: Document) -> str:
    about = f"<p>{escape(schema.get('description', ''))}</p>"
    needed = set(schema.get("required", ()))
    rows = (
        (
            code(field) + (" needed" if field in needed else ""),
            kind_of(one),
            _sentence(one.get("description", ""), one),
        )
        for field, one in schema.get("properties", {}).items()
    )
    fields = table(("field", "what it is", "what it says"), rows)
    if not schema.get("properties"):
        fields = f"<p>{kind_of(schema)}</p>"
    return f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>{about}{fields}</section>'
