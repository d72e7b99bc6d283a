"""The page of a receipt says what the receipt says, holds no script and leads nowhere."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from safelight.audit import dsse
from safelight.audit.canonical import canonical
from safelight.audit.receipt import Receipt, path_for
from safelight.audit.verify import Line, Verification
from safelight.audit.view import index, page
from safelight.audit.words import describe
from tests.audit.making import Desk, fixed_keys

WHEN = "2026-11-21T12:00:00Z"
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=y>\u202egnp.exe\x07"


class Reader(HTMLParser):
    """Every element with its attributes, and the text that people see."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def found(tmp_path: Path) -> tuple[Receipt, Verification]:
    desk = Desk.at(tmp_path)
    output = desk.run("a.png")
    return Receipt.parse(path_for(output).read_bytes()), desk.verify(output)


def test_everything_that_the_receipt_says_stands_on_the_page(
    found: tuple[Receipt, Verification],
) -> None:
    receipt, verification = found
    text = Reader(page(receipt, verification, when=WHEN)).text
    for _label, sentence in describe(receipt):
        assert sentence in text
    for line in verification.lines:
        assert line.sentence in text
    assert f"Checked {WHEN}" in text


def test_the_page_is_whole_by_itself(found: tuple[Receipt, Verification]) -> None:
    elements = Reader(page(*found, when=WHEN)).elements
    policies = [
        attrs["content"] for tag, attrs in elements if attrs.get("http-equiv") and tag == "meta"
    ]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    assert not {"script", "link", "img", "iframe", "form", "a"} & {tag for tag, _ in elements}
    leads = {"src", "href", "action", "onload", "onerror", "onclick", "srcset"}
    assert not any(leads & set(attrs) for _tag, attrs in elements)
    assert "@media print" in page(*found, when=WHEN)


def test_the_signed_file_can_be_taken_from_the_page(found: tuple[Receipt, Verification]) -> None:
    receipt, _verification = found
    text = Reader(page(*found, when=WHEN)).text
    assert receipt.data.decode() in text


def test_what_a_strangers_receipt_says_is_text_and_nothing_else(
    found: tuple[Receipt, Verification],
) -> None:
    sound, verification = found
    document = json.loads(sound.payload)
    document["predicate"]["environment"]["system"] = HOSTILE
    document["predicate"]["limits"][0] = HOSTILE
    receipt = Receipt.parse(dsse.sign(canonical(document), fixed_keys().receipts))
    lines = (*verification.lines, Line("time", "unknown", HOSTILE))
    hostile = Verification(lines, (), receipt, None)
    text = page(receipt, hostile, when=WHEN)
    usual = {tag for tag, _ in Reader(page(sound, verification, when=WHEN)).elements}
    assert {tag for tag, _ in Reader(text).elements} == usual
    assert not {"\u202e", "\x07"} & set(text)


def test_control_without_escaping_the_hostile_text_would_be_seen(
    found: tuple[Receipt, Verification], monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.audit import view

    monkeypatch.setattr(view, "_text", str)
    receipt, verification = found
    hostile = Verification((Line("time", "unknown", HOSTILE),), (), receipt, None)
    tags = {tag for tag, _ in Reader(page(receipt, hostile, when=WHEN)).elements}
    assert {"script", "img"} <= tags
    assert verification.lines


def test_the_list_of_a_bundle_leads_to_its_own_pages_alone(
    found: tuple[Receipt, Verification],
) -> None:
    receipt, _verification = found
    links = [
        attrs["href"] for tag, attrs in Reader(index([receipt.predicate])).elements if tag == "a"
    ]
    assert links == [f"pages/{receipt.id}.html"]
