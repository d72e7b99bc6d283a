"""Reports: they count only what holds, and ask for the rest."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from safelight.audit.blocks import MarksFact
from safelight.audit.canonical import canonical
from safelight.engine.book import Book
from safelight.engine.engine import Engine
from safelight.errors import InputMissing, VerificationFailed
from safelight.proof.posture.posture import Place, posture
from safelight.proof.reports.catalogue import kind, names
from safelight.proof.reports.drawing import svg
from safelight.proof.reports.evidence import Asked, Evidence, gather
from safelight.proof.reports.html import html
from safelight.proof.reports.markdown import markdown
from safelight.proof.reports.page import SEVERITIES, Page, Section
from safelight.proof.reports.signed import as_html, read, sign
from safelight.recipe import Recipe
from safelight.settings import Settings
from tests.cli.pictures import draw
from tests.proof.desk import held
from tests.proof.ground import Ground
from tests.proof.markup import parsed


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


def test_a_result_under_a_keyed_digest_is_not_said_to_be_away(shop: Shop) -> None:
    keyed = replace(shop.settings, receipt_profile="sensitive")
    with Engine(keyed, jobs=1) as engine:
        scrub = Recipe.from_steps([{"op": "scrub"}])
        engine.run(shop.folder / "anna.jpg", scrub, output=shop.out / "keyed.jpg")
    page = kind("custody").page(shop.gather(shop.out / "keyed.jpg"))
    results = [one for one in page.sections if one.title.startswith("Result ")]
    assert [told_of(one)["the result on the disk"][:23] for one in results] == [
        "there, and not compared"
    ]


def test_the_gravest_of_what_weakens_stands_first(done: Shop) -> None:
    plain = replace(done, settings=replace(done.settings, log_names=True, require_level=1))
    Ground(done.folder / "root").plant(**{"proc/swaps": "Filename\n/dev/sda2 partition 1 0 -2\n"})
    page = kind("gdpr-art30").page(plain.gather(done.out))
    found = [one.severity for section in page.sections for one in section.findings]
    assert len(set(found)) > 1
    assert found == sorted(found, key=lambda one: -SEVERITIES.index(one))


def test_the_record_does_not_say_where_results_go_but_asks(done: Shop) -> None:
    page = kind("gdpr-art30").page(done.gather(done.out))
    facts = told(page)
    assert facts["results"].endswith("not here")
    assert "transfers of pictures by Safelight" not in facts
    asks = {ask.name: ask.hint for section in page.sections for ask in section.asks}
    assert "shares" in asks["Transfers of results by other means"]


def test_a_name_that_is_no_text_ends_no_report(shop: Shop) -> None:
    odd = shop.folder / os.fsdecode(b"\xff.jpg")
    draw(odd, "gps")
    with Engine(shop.settings, jobs=1) as engine:
        engine.run(odd, Recipe.from_steps([{"op": "scrub"}]), output=shop.out / odd.name)
    page = kind("custody").page(shop.gather(shop.out, has_names=True))
    signed = sign(page, Book.of(shop.settings).keys.receipts)
    parsed(as_html(signed))
    assert read(as_html(signed).encode()).page == signed.page
    assert r"\udcff.jpg" in as_html(signed)


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


def test_receipts_without_a_file_count_unless_a_report_is_of_named_places(shop: Shop) -> None:
    with Engine(shop.settings, jobs=1, door="command line") as engine:
        small = Recipe.from_steps([{"op": "resize", "width": 5}])
        engine.run((shop.folder / "anna.jpg").read_bytes(), small)
    assert len(shop.gather(shop.out).works) == 4
    assert len(shop.gather(shop.out, only_named=True).works) == 3
    assert len(shop.gather(only_named=True).works) == 1
    assert [name for name in names() if kind(name).ONLY_NAMED] == ["custody"]


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
    rows = [line for line in markdown(page).splitlines() if line.startswith("| Sealed memory")]
    assert "| Sealed memory | Worker, one a picture | descriptor, read only | open |" in rows


def test_the_sheet_on_marks_counts_what_receipts_say(done: Shop) -> None:
    found = done.gather(done.out)
    marks = MarksFact(written=("x",), carried=(), removed=("y",), manifests_removed=1)
    changes: tuple[dict[str, Any], ...] = (
        {"disclosure": "ai-restored", "marks": marks},
        {"disclosure": "ai-restored", "marks": None},
        {"disclosure": "algorithmic", "marks": None},
    )
    works = tuple(
        replace(work, facts=work.facts.model_copy(update=change))
        for work, change in zip(found.works, changes, strict=True)
    )
    page = kind("ai-act").page(replace(found, works=works))
    counts = {name: row[1] for name, row in cells(page, "").items() if len(row) == 2}
    assert counts == {"none": "0", "algorithmic": "1", "ai-restored": "2"}
    facts = told(page)
    assert facts["results with a mark written"] == "1"
    assert facts["results whose mark was taken away"] == "1"
    assert facts["results whose manifest was replaced"] == "1"
    assert facts["AI-restored results without a mark"] == "1"
