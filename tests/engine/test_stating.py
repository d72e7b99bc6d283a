"""A receipt tells as much as was asked for, and what it tells of a run is what the run was."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from safelight import Engine, Recipe
from safelight.audit.blocks import AssignmentFact, CustodyFact
from safelight.audit.receipt import Receipt, path_for
from safelight.audit.statement import Predicate
from safelight.engine.result import Result, Skipped
from safelight.engine.stating import Manner
from safelight.settings import Settings
from tests.cli.pictures import draw

SCRUB: dict[str, Any] = {"op": "scrub"}
TO_PNG: dict[str, Any] = {"op": "convert", "to": "png"}
TO_WEBP: dict[str, Any] = {"op": "convert", "to": "webp", "lossless": True}
COVER: dict[str, Any] = {"op": "redact", "box": [[3, 4, 5, 6]], "margin": 1}
SECRET = "photo-of-anna"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return replace(Settings(), state_dir=tmp_path_factory.mktemp("state") / "state")


@pytest.fixture(scope="module")
def engines(settings: Settings) -> Iterator[dict[str, Engine]]:
    """One engine a manner; they share keys and journal."""
    manners = {
        "usual": Manner(),
        "told": Manner(names=True, pixels=True, plain=True, assignment=AssignmentFact(case="1"),
                       custody=CustodyFact(event="processed", reason="as asked")),
        "sensitive": Manner(is_sensitive=True),
    }  # fmt: skip
    made = {name: Engine(settings, jobs=1, manner=manner) for name, manner in manners.items()}
    yield made
    for engine in made.values():
        engine.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    place = tmp_path / f"{SECRET}.jpg"
    draw(place, "gps")
    return place


def told(
    engine: Engine, source: Path | bytes, *steps: dict[str, Any], output: Path | None = None
) -> Predicate:
    result = engine.run(source, Recipe.from_steps(steps), output=output, existing="overwrite")
    assert isinstance(result, Result)
    return Receipt.parse(result.receipt).predicate


def test_the_usual_receipt_names_no_file(engines: dict[str, Engine], photo: Path) -> None:
    facts = told(engines["usual"], photo, SCRUB, output=photo.with_suffix(".png.jpg"))
    assert SECRET not in facts.model_dump_json()
    assert (facts.inputs[0].sha256, facts.inputs[0].pixel_sha256) == (None, None)
    assert facts.outputs[0].keyed_digest is None


def test_control_with_names_it_would_be_seen(engines: dict[str, Engine], photo: Path) -> None:
    output = photo.with_name("out.jpg")
    facts = told(engines["told"], photo, SCRUB, output=output)
    assert (facts.inputs[0].name, facts.outputs[0].name) == (photo.name, "out.jpg")
    assert str(photo.parent) not in facts.model_dump_json()
    assert facts.inputs[0].sha256 == hashlib.sha256(photo.read_bytes()).hexdigest()
    assert facts.assignment == AssignmentFact(case="1")
    assert facts.custody is not None
    assert facts.custody.event == "processed"


def test_bytes_have_no_name(engines: dict[str, Engine], photo: Path) -> None:
    facts = told(engines["told"], photo.read_bytes(), SCRUB)
    assert (facts.inputs[0].name, facts.outputs[0].name) == (None, None)


def test_the_same_pixels_have_one_digest_in_every_format(
    engines: dict[str, Engine], photo: Path
) -> None:
    engine = engines["told"]
    scrubbed = told(engine, photo, SCRUB)
    made = told(engine, photo, SCRUB, TO_PNG, output=photo.with_name("a.png"))
    again = told(
        engine, photo.with_name("a.png"), {"op": "convert", "to": "webp", "lossless": True}
    )
    digests = {
        digest
        for facts in (scrubbed, made, again)
        for digest in (facts.inputs[0].pixel_sha256, facts.outputs[0].pixel_sha256)
    }
    assert len(digests) == 1
    assert None not in digests


def test_control_one_changed_pixel_has_another_digest(
    engines: dict[str, Engine], photo: Path
) -> None:
    step = {"op": "redact", "box": [[0, 0, 1, 1]], "colour": "#ff00ff"}
    facts = told(engines["told"], photo, step, TO_PNG)
    assert facts.inputs[0].pixel_sha256 != facts.outputs[0].pixel_sha256


def test_the_digest_of_pixels_can_be_made_by_anybody(
    engines: dict[str, Engine], tmp_path: Path
) -> None:
    picture = Image.effect_noise((7, 5), 90).convert("RGB")
    picture.save(tmp_path / "a.png")
    facts = told(engines["told"], tmp_path / "a.png", SCRUB)
    size = b"".join(number.to_bytes(4, "little") for number in (7, 5, 1))
    data = b"safelight pixels 1\0" + bytes([3, 8]) + size + picture.tobytes()
    assert facts.outputs[0].pixel_sha256 == hashlib.sha256(data).hexdigest()


def test_what_has_no_pixels_has_no_digest_of_them(engines: dict[str, Engine]) -> None:
    import pikepdf

    data = io.BytesIO()
    document = pikepdf.Pdf.new()
    document.add_blank_page()
    document.save(data)
    facts = told(engines["told"], data.getvalue(), SCRUB)
    assert (facts.inputs[0].pixel_sha256, facts.outputs[0].pixel_sha256) == (None, None)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((COVER, TO_PNG), "each region"),
        ((COVER, TO_WEBP), "each region"),
        ((COVER,), "not made: this"),
        ((COVER, TO_WEBP, {"op": "convert", "to": "webp", "quality": 20}), "not made: this"),
        ((COVER, TO_WEBP, {"op": "convert", "to": "webp", "effort": 1}), "each region"),
        ((COVER, TO_WEBP, {"op": "convert", "to": "jpeg"}), "not made: this"),
        ((COVER, {"op": "flip", "horizontal": True}, TO_PNG), "not made: a later"),
        ((COVER, COVER, TO_PNG), "each region"),
    ],
)
def test_a_covering_is_told_with_what_was_looked_at_again(
    engines: dict[str, Engine], photo: Path, steps: tuple[dict[str, Any], ...], said: str
) -> None:
    facts = told(engines["usual"], photo, *steps)
    assert facts.redactions is not None
    assert [one.recheck[: len(said)] for one in facts.redactions] == [said] * len(facts.redactions)
    assert facts.redactions[0].kinds == {"drawn": 1}
    assert facts.operation.withheld == ("redact.box",)


def test_a_sensitive_receipt_still_finds_its_result(
    engines: dict[str, Engine], photo: Path
) -> None:
    engine, output = engines["sensitive"], photo.with_name("out.png")
    recipe = Recipe.from_steps([COVER, TO_PNG])
    facts = told(engine, photo, COVER, TO_PNG, output=output)
    assert facts.outputs[0].sha256 is None
    assert facts.redactions is not None
    assert (facts.redactions[0].regions, facts.redactions[0].kinds) == (1, {})
    assert isinstance(engine.run(photo, recipe, output=output), Skipped)
    output.write_bytes(output.read_bytes()[:-1] + b"x")
    again = engine.run(photo, recipe, output=output, existing="overwrite")
    assert isinstance(again, Result)


def test_control_a_usual_receipt_has_the_plain_digest(
    engines: dict[str, Engine], photo: Path
) -> None:
    output = photo.with_name("out.png")
    facts = told(engines["usual"], photo, COVER, TO_PNG, output=output)
    assert facts.outputs[0].sha256 == hashlib.sha256(output.read_bytes()).hexdigest()


def test_another_place_is_another_recipe_though_neither_is_told(
    engines: dict[str, Engine], photo: Path
) -> None:
    engine, output = engines["usual"], photo.with_name("out.png")
    told(engine, photo, COVER, TO_PNG, output=output)
    proves = engine.book.prover
    moved = {**COVER, "box": [[4, 4, 5, 6]]}
    digest = engine.book.input_digest()
    digest.update(memoryview(photo.read_bytes()))
    from safelight.engine.book import Claim

    same, other = (
        Claim.of(digest.hexdigest(), Recipe.from_steps([step, TO_PNG]), {})
        for step in (COVER, moved)
    )
    assert proves(same)(output)
    assert not proves(other)(output)


def test_the_window_and_the_last_self_test_are_those_of_the_ledger(
    settings: Settings, tmp_path: Path, photo: Path
) -> None:
    own = replace(settings, state_dir=tmp_path / "state")
    with Engine(own, jobs=1) as engine:
        before = told(engine, photo, SCRUB).egress
        assert before.window is not None
        assert (before.window.connections, before.self_test) == (0, None)
        assert before.window.start <= before.window.end
        ledger = engine.book.ledger
        ledger.append({"what": "self-test", "attempted": 9, "contained": 8, "level": 1})
        after = told(engine, photo, SCRUB).egress
        assert after.self_test is not None
        assert (after.self_test.contained, after.self_test.level) == (8, 1)
        ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"level":1', b'"level":3'))
        damaged = told(engine, photo, SCRUB).egress
        assert damaged.self_test is None


def test_a_connection_within_the_work_is_counted() -> None:
    from datetime import UTC, datetime

    from safelight.engine import stating

    start, end = (datetime(2026, 11, 21, 12, minute, tzinfo=UTC) for minute in (0, 5))
    times = ("2026-11-21T11:59:59Z", "2026-11-21T12:03:00Z", "2026-11-21T12:05:01Z")
    ledger = [{"what": "connection", "time": time} for time in times]
    ledger.append({"what": "self-test", "time": "2026-11-21T12:03:00Z"})
    assert stating._window(start, end, ledger).connections == 1


def test_settings_say_how_much_is_told() -> None:
    usual = Settings()
    assert Manner.of(usual) == Manner()
    wished = replace(usual, receipt_names=True, receipt_pixels=True, role="editor", purpose="web")
    assert Manner.of(wished) == Manner(
        names=True, pixels=True, assignment=AssignmentFact(role="editor", purpose="web")
    )
    quiet = Manner.of(replace(wished, receipt_profile="sensitive"))
    assert (quiet.is_sensitive, quiet.names, quiet.pixels) == (True, False, False)


def test_an_older_receipt_is_put_back_by_who_can_read_its_digest(
    engines: dict[str, Engine], photo: Path
) -> None:
    book, output = engines["sensitive"].book, photo.with_name("out.jpg")
    told(engines["sensitive"], photo, SCRUB, output=output)
    data = path_for(output).read_bytes()
    assert book.speaks_of(data, output)
    assert not book.speaks_of(data, photo)
    assert not book.speaks_of(b"{}", output)
