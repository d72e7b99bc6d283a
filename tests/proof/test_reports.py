"""Reports: they count only what holds, ask for the rest, and cannot be changed once signed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from safelight.audit import dsse
from safelight.audit.canonical import canonical
from safelight.engine.book import Book
from safelight.engine.engine import Engine
from safelight.errors import InputMissing, VerificationFailed
from safelight.proof.posture.posture import Place, posture
from safelight.proof.reports import signed
from safelight.proof.reports.catalogue import kind, names
from safelight.proof.reports.drawing import svg
from safelight.proof.reports.evidence import Asked, Evidence, gather
from safelight.proof.reports.html import html
from safelight.proof.reports.markdown import markdown
from safelight.proof.reports.page import Accepted, Ask, Finding, Page, Section, Table, fact
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.cli.pictures import draw
from tests.proof.desk import held
from tests.proof.ground import Ground

HOSTILE = '<script>alert(1)</script>\u202e\x1b[31m & "quoted" | *star* `tick`'


@dataclass
class Shop:
    """Some work that was done: two pictures scrubbed for a purpose, one made smaller."""

    folder: Path
    settings: Settings

    def gather(self, *places: Path, **asked: Any) -> Evidence:
        place = Place(self.settings, Ground(self.folder / "root").plant(), self.folder / "tmp")
        page = posture(place, held())
        return gather(self.settings, page, replace(Asked(places), **asked))

    @property
    def out(self) -> Path:
        return self.folder / "out"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    for name in ("root", "tmp", "out"):
        (folder / name).mkdir()
    settings = Settings(
        state_dir=folder / "state", data_dir=folder / "data", role="clerk", purpose="PR-7"
    )
    for name in ("anna.jpg", "bert.jpg"):
        draw(folder / name, "gps")
    with Engine(settings, jobs=1, door="command line") as engine:
        for name in ("anna.jpg", "bert.jpg"):
            scrub = Recipe.from_steps([{"op": "scrub"}])
            engine.run(folder / name, scrub, output=folder / "out" / name)
        small = Recipe.from_steps([{"op": "resize", "width": 4}])
        engine.run(folder / "anna.jpg", small, output=folder / "out" / "small.jpg")
    return Shop(folder, settings)


@pytest.fixture
def shop(done: Shop, tmp_path: Path) -> Shop:
    """The same work, in a folder that a test may change."""
    shutil.copytree(done.folder, tmp_path / "shop", symlinks=True)
    settings = replace(
        done.settings, state_dir=tmp_path / "shop/state", data_dir=tmp_path / "shop/data"
    )
    return Shop(tmp_path / "shop", settings)


def cells(page: Page, title: str) -> dict[str, tuple[str, ...]]:
    """The rows of the table with this title, by their first cells."""
    tables = [table for section in page.sections for table in section.tables]
    return {row[0]: row[1:] for table in tables if table.title == title for row in table.rows}


def told(page: Page) -> dict[str, str]:
    return {one.name: one.value for section in page.sections for one in section.facts}


def test_the_record_of_art_30_is_filled_with_what_was_done(done: Shop) -> None:
    page = kind("gdpr-art30").page(done.gather(done.out))
    assert {name: row[0] for name, row in cells(page, "Operations in use").items()} == {
        "resize": "1",
        "scrub": "2",
    }
    assert cells(page, "Purposes that were given") == {"PR-7": ("3",)}
    place = cells(page, "Categories of metadata")["place, as GPS position or name"]
    assert place == ("3", "3", "0")
    assert told(page)["receipts that were read and hold"] == "3"
    assert told(page)["runs in the journal"] == "3, 0 of them failed"
    letters = "".join(re.findall(r"\((.)\)", " ".join(one.title for one in page.sections)))
    assert sorted(set(letters)) == list("abcdefg")
    asked = {ask.name for section in page.sections for ask in section.asks}
    assert {"Data protection officer", "Legal basis", "Categories of data subjects"} <= asked


def test_the_record_of_a_processor_is_the_other_paragraph(done: Shop) -> None:
    page = kind("gdpr-art30").page(done.gather(done.out, role="processor"))
    assert page.title.endswith("Art. 30(2) GDPR")
    asked = {ask.name for section in page.sections for ask in section.asks}
    assert "Each controller on whose behalf work is done" in asked


def test_the_custody_report_has_every_result_with_its_digests(done: Shop) -> None:
    page = kind("custody").page(done.gather(done.out))
    results = [one for one in page.sections if one.title.startswith("Result ")]
    assert len(results) == 3
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in done.out.glob("*.jpg")}
    assert {told_of(one)["result: SHA-256"] for one in results} == digests
    assert {told_of(one)["the result on the disk"] for one in results} == {
        "the one that was signed, byte for byte"
    }
    assert {told_of(one)["role"] for one in results} == {"clerk"}
    assert not [finding for section in page.sections for finding in section.findings]
    assert "anna" not in markdown(page)
    named = kind("custody").page(done.gather(done.out, has_names=True))
    assert "anna.jpg" in markdown(named)


def told_of(section: Section) -> dict[str, str]:
    return {one.name: one.value for one in section.facts}


def test_a_result_that_was_changed_stands_out_in_the_custody_report(shop: Shop) -> None:
    (shop.out / "bert.jpg").write_bytes(b"another picture")
    (shop.out / "anna.jpg").unlink()
    page = kind("custody").page(shop.gather(shop.out))
    found = [finding.id for section in page.sections for finding in section.findings]
    assert found == ["result-altered"]
    states = Counter(told_of(one).get("the result on the disk", "") for one in page.sections)
    assert states["NOT the one that was signed"] == 1
    assert states["not beside its receipt"] == 1


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_only_receipts_that_hold_are_counted(shop: Shop, tmp_path: Path) -> None:
    receipts = sorted((shop.out / ".safelight").glob("*.receipt.json"))
    flip(receipts[0])
    stranger = tmp_path / "stranger"
    Book(stranger).journal.head()
    foreign = replace(shop.settings, state_dir=stranger)
    with Engine(foreign, jobs=1, door="command line") as engine:
        small = Recipe.from_steps([{"op": "resize", "width": 4}])
        engine.run(shop.folder / "bert.jpg", small, output=shop.out / "theirs.jpg")
    found = shop.gather(shop.out)
    assert len(found.works) == 2
    assert found.left_out.total() == 2
    assert found.left_out["signed by a key that is not known here"] == 1
    theirs = Book(stranger).keys.receipts.fingerprint
    trusting = shop.gather(shop.out, trusted=(theirs,))
    assert len(trusting.works) == 3
    page = kind("custody").page(trusting)
    assert "signed elsewhere, its journal is not here" in markdown(page)


def test_a_receipt_that_the_journal_does_not_know_is_left_out(shop: Shop) -> None:
    shutil.rmtree(shop.settings.state_dir / "journal")
    found = shop.gather(shop.out)
    assert not found.works
    assert found.left_out == {"not in the journal": 3}


def test_a_receipt_signed_anew_by_another_key_under_our_name_is_left_out(shop: Shop) -> None:
    place = next((shop.out / ".safelight").glob("*.receipt.json"))
    envelope = json.loads(place.read_bytes())
    envelope["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    place.write_bytes(canonical(envelope))
    assert shop.gather(shop.out).left_out == {"its signature does not hold": 1}


def test_an_altered_journal_ends_the_report(shop: Shop) -> None:
    journal = shop.settings.state_dir / "journal/journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"number":1', b'"number":7', 1))
    with pytest.raises(VerificationFailed):
        shop.gather(shop.out)


def test_only_the_time_that_was_asked_for_is_told(done: Shop) -> None:
    found = done.gather(done.out, since="2999-01-01T00:00:00Z")
    assert (len(found.works), len(found.runs)) == (0, 0)
    assert found.left_out == {"of another time": 3}
    assert found.period == "2999-01-01T00:00:00Z to now"
    later = done.gather(done.out, until="2999-01-01T00:00:00Z")
    assert len(later.works) == 3
    assert "No receipt that holds" in markdown(kind("custody").page(found))


def test_places_may_be_files_receipts_and_folders_of_folders(done: Shop) -> None:
    output = done.out / "anna.jpg"
    receipt = done.out / ".safelight/anna.jpg.receipt.json"
    assert len(done.gather(output, receipt).works) == 1
    assert len(done.gather(done.folder).works) == 0
    assert len(done.gather(done.folder, is_recursive=True).works) == 3
    with pytest.raises(InputMissing):
        done.gather(done.folder / "anna.jpg")


@pytest.mark.parametrize("name", names())
def test_every_kind_says_what_it_cannot_know_and_asks_for_the_rest(done: Shop, name: str) -> None:
    page = kind(name).page(done.gather(done.out))
    assert page.kind == name
    assert page.asks > 0
    assert len(page.limits) > 5
    text = markdown(page) + html(page)
    assert not re.search("compliant|certified|guarantee", text)
    parsed(html(page))


def test_where_something_could_leave_is_drawn(done: Shop) -> None:
    page = kind("dataflow").page(done.gather(done.out))
    drawing = page.sections[0].drawing
    assert drawing is not None
    ways = {(one.start, one.end): one.is_closed for one in drawing.arrows}
    assert ways["worker", "network"]
    assert not ways["hosts", "models"]
    shut = replace(done, settings=replace(done.settings, network="none"))
    closed = kind("dataflow").page(shut.gather(done.out)).sections[0].drawing
    assert closed is not None
    assert all(one.is_closed for one in closed.arrows if one.start == "hosts")
    assert ElementTree.fromstring(svg(drawing)).tag.endswith("svg")


def hostile() -> Page:
    note = Accepted(reason=HOSTILE, owner=HOSTILE, since="2026-11-21", until="2026-12-31")
    finding = Finding(
        id="x", severity="high", words=HOSTILE, evidence=HOSTILE, fix=f"`{HOSTILE}` or `a`",
        accepted=note, is_due=True,
    )  # fmt: skip
    section = Section(
        title=HOSTILE,
        text=(HOSTILE,),
        facts=(fact(HOSTILE, HOSTILE, "observed"),),
        findings=(finding, finding.model_copy(update={"accepted": None, "fix": ""})),
        tables=(
            Table(title=HOSTILE, headings=(HOSTILE, "b"), rows=((HOSTILE, "c"),)),
            Table(title="empty", headings=("a",), rows=()),
        ),
        asks=(Ask(name=HOSTILE, hint=HOSTILE), Ask(name="b")),
    )
    return Page(
        kind="custody",
        title=HOSTILE,
        made="2026-11-21T18:00:00Z",
        version="1",
        intro=(HOSTILE,),
        sections=(section,),
        limits=(HOSTILE,),
    )


class Tags(HTMLParser):
    """Every tag and attribute, and whether each that was opened was closed."""

    EMPTY = frozenset({"meta", "br", "line", "path", "rect"})

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(text: str) -> Tags:
    """The tags of a page that holds nothing which could act or fetch."""
    found = Tags()
    found.feed(text)
    assert not found.open
    assert not found.tags & {"script", "link", "img", "iframe", "object", "form", "a", "base"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert not found.attributes & {"href", "src", "action", "style"}
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org/2000/svg)", text)
    return found


def test_text_of_others_stays_text(done: Shop) -> None:
    page = html(hostile())
    parsed(page)
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "&lt;script&gt;" in page
    written = markdown(hostile())
    assert "\\<script\\>" in written
    assert "\x1b" not in written
    rows = [line for line in written.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {3, 4}


def test_control_a_page_that_could_act_is_seen() -> None:
    for planted in ("<script></script>", '<img src="x">', '<p onclick="x"></p>', "<p>"):
        with pytest.raises(AssertionError):
            parsed(html(hostile()).replace("</header>", f"{planted}</header>"))


@pytest.fixture(scope="module")
def page_of_ours(done: Shop) -> signed.Signed:
    page = kind("dataflow").page(done.gather(done.out))
    return signed.sign(page, Book(done.settings.state_dir).keys.receipts)


def test_a_signed_page_reads_the_same_from_both_forms(page_of_ours: signed.Signed) -> None:
    for data in (page_of_ours.envelope, signed.as_html(page_of_ours).encode()):
        found = signed.read(data)
        assert found.page == page_of_ours.page
        assert found.fingerprint == page_of_ours.fingerprint
    assert page_of_ours.fingerprint in signed.as_html(page_of_ours)


def test_another_implementation_of_envelopes_accepts_it(page_of_ours: signed.Signed) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer._key import SSlibKey

    key = page_of_ours.page.key
    assert key is not None
    public = {"public": base64.b64decode(key.public).hex()}
    theirs = SSlibKey(key.fingerprint, "ed25519", "ed25519", public)
    assert Envelope.from_dict(json.loads(page_of_ours.envelope)).verify([theirs], 1)
    document = json.loads(page_of_ours.envelope)
    document["payload"] = base64.b64encode(b"{}").decode()
    with pytest.raises(VerificationError):
        Envelope.from_dict(document).verify([theirs], 1)


def test_a_changed_byte_anywhere_is_seen(page_of_ours: signed.Signed) -> None:
    for whole in (page_of_ours.envelope, signed.as_html(page_of_ours).encode()):
        for at in range(0, len(whole), max(1, len(whole) // 150)):
            data = bytearray(whole)
            data[at] ^= 1
            with pytest.raises(VerificationFailed):
                signed.read(bytes(data))


BAD: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _data: b"",
    "a page without an envelope": lambda _data: b"<html></html>",
    "a page with an empty envelope": lambda _data: b'<pre class="envelope"></pre>',
    "an envelope that was cut": lambda data: data[:-40],
    "bytes behind it": lambda data: data + b" ",
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_signed_page_is_refused(page_of_ours: signed.Signed, name: str) -> None:
    with pytest.raises(VerificationFailed):
        signed.read(BAD[name](page_of_ours.envelope))


def test_an_envelope_of_another_kind_is_no_report(done: Shop) -> None:
    signer = Book(done.settings.state_dir).keys.receipts
    for payload, type in ((b"{}", "text/plain"), (b"{}", signed.TYPE)):
        with pytest.raises(VerificationFailed, match="report"):
            signed.read(dsse.sign(payload, signer, type))
    unsigned = canonical(hostile().model_dump(mode="json"))
    with pytest.raises(VerificationFailed, match="contradicts"):
        signed.read(dsse.sign(unsigned, signer, signed.TYPE))
