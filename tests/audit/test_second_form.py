"""What the second form of receipts adds is told as it is, and no more than that."""

from __future__ import annotations

import ctypes
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from safelight.annotation import Annotation
from safelight.audit.blocks import AssignmentFact, CustodyFact, MarksFact, RedactionFact
from safelight.audit.canonical import canonical
from safelight.audit.environment import clock, package_digest, storage
from safelight.audit.fact import fits_first_form
from safelight.audit.facts import InputFact, OutputFact
from safelight.audit.operation import OperationFact
from safelight.audit.words import describe
from safelight.image import Change, Finding, Risk
from safelight.recipe import Recipe, operations
from tests.audit.making import receipt_facts
from tests.audit.test_receipt import make

SCHEME = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def keyed(data: bytes) -> str:
    return hashlib.sha256(b"key" + data).hexdigest()


def operation(*steps: Mapping[str, object]) -> OperationFact:
    recipe = Recipe.from_steps(steps)
    return OperationFact.of(recipe.canonical, recipe.digest, duration_ms=1)


def test_where_a_region_lies_stands_in_no_receipt() -> None:
    fact = operation({"op": "redact", "box": [[17, 23, 4711, 42]], "margin": 3})
    told = fact.withholding(keyed, is_sensitive=False)
    assert "4711" in fact.model_dump_json()
    assert "4711" not in told.model_dump_json()
    assert told.withheld == ("redact.box",)
    assert told.digest_holds
    assert told.recipe_keyed == keyed(b"recipe\0" + canonical(fact.recipe))
    assert told.recipe_sha256 != fact.recipe_sha256


def test_control_without_withholding_the_place_would_be_seen() -> None:
    fact = operation({"op": "redact", "box": [[17, 23, 4711, 42]]})
    assert b"4711" in make(receipt_facts(operation=fact, models=())).payload


def test_what_was_spilled_is_told() -> None:
    usual, spilled = storage(), storage(spilled_bytes=4096)
    assert (usual.held, usual.temporary_files, usual.spilled_bytes) == (("sealed memory",), 0, None)
    assert (spilled.held[1:], spilled.temporary_files) == (("encrypted file without a name",), 1)
    assert spilled.spilled_bytes == 4096


def test_a_recipe_with_nothing_to_withhold_stands_as_it_is() -> None:
    fact = operation({"op": "resize", "width": 7}, {"op": "crop", "box": [1, 2, 3, 4]})
    assert fact.withholding(keyed, is_sensitive=False) == fact


def test_a_sensitive_receipt_has_no_free_words_and_no_places() -> None:
    fact = operation(
        {"op": "cutout", "bg": f"picture:{'5' * 64}"},
        {"op": "crop", "box": [4711, 2, 3, 4]},
        {"op": "watermark", "text": "Anna Berg"},
        {"op": "detect", "label": ["licence plate"]},
        {"op": "redact", "seen": ["licence plate"], "box": [[1, 2, 3, 4]]},
    )
    told = fact.withholding(keyed, is_sensitive=True).model_dump_json()
    for secret in ("4711", "Anna", "5" * 64, "licence"):
        assert secret in fact.model_dump_json()
        assert secret not in told


def test_a_place_at_the_edge_is_a_place_too() -> None:
    fact = operation({"op": "crop", "left": 0, "top": 0, "width": 3, "height": 4})
    told = fact.withholding(keyed, is_sensitive=True)
    assert told.withheld == ("crop.left", "crop.top")
    assert '"left":"withheld"' in told.model_dump_json()


def test_what_nobody_gave_is_not_withheld() -> None:
    steps = ({"op": "crop", "width": 3, "height": 4}, {"op": "watermark", "text": "Anna"})
    assert operation(*steps).withholding(keyed, is_sensitive=True).withheld == ("watermark.text",)


def test_every_text_that_a_user_types_is_looked_at_by_the_sensitive_kind() -> None:
    """A new parameter with free words must say whether a sensitive receipt tells it."""
    choices = {"model", "fit", "size", "aspect", "colour", "background", "sharpen", "to"}
    reasons = {"mark.reason", "scrub.drop_marks"}
    undecided = set()
    for name, kind in operations().items():
        for field_name, field in kind.model_fields.items():
            extra = field.json_schema_extra
            is_marked = isinstance(extra, dict) and "receipt" in extra
            is_text = field.annotation in (str, str | None)
            if kind.gives_image and is_text and not is_marked and field_name not in choices:
                undecided.add(f"{name}.{field_name}")
    assert undecided - reasons == set()


def test_what_was_covered_is_counted_by_kind() -> None:
    seen = (
        Annotation("box", "face", 0.9, (1, 1, 2, 2)),
        Annotation("box", "face", 0.8, (5, 5, 2, 2)),
        Annotation("box", "dog", 0.9, (9, 9, 2, 2)),
        Annotation("label", "face", 0.9),
    )
    step = {"box": [[1, 2, 3, 4]], "seen": ["face"], "colour": "#ff0000", "margin": 2, "grow": 25}
    fact = RedactionFact.of(step, seen, is_exact=True, is_changed=False)
    assert (fact.regions, fact.kinds) == (3, {"drawn": 1, "face": 2})
    assert (fact.fill, fact.margin, fact.grow) == ("solid #ff0000", 2, 25.0)
    assert fact.recheck.startswith("each region")
    bare = {"box": [[1, 2, 3, 4]], "colour": "#000000", "margin": 0}
    assert RedactionFact.of(bare, seen, is_exact=False, is_changed=False).regions == 1


@pytest.mark.parametrize(
    ("exact", "changed", "said"),
    [(True, False, "each region"), (False, False, "not made: this"), (True, True, "not made: a")],
)
def test_a_second_look_is_claimed_only_where_there_was_one(
    *, exact: bool, changed: bool, said: str
) -> None:
    step = {"box": [[1, 2, 3, 4]], "colour": "#000000", "margin": 0}
    fact = RedactionFact.of(step, (), is_exact=exact, is_changed=changed)
    assert fact.recheck.startswith(said)


def test_marks_are_told_by_their_published_terms_alone() -> None:
    changes = (
        Change("added", Finding(Risk.PROVENANCE, "XMP DigitalSourceType", SCHEME + "humanEdits")),
        Change("kept", Finding(Risk.PROVENANCE, "XMP DigitalSourceType", "digitalCapture")),
        Change("removed", Finding(Risk.PROVENANCE, "C2PA digitalSourceType", "made by Anna")),
        Change("removed", Finding(Risk.PROVENANCE, "C2PA manifest", "1234 bytes")),
    )
    fact = MarksFact.of(changes)
    assert (fact.written, fact.carried, fact.removed) == (
        ("humanEdits",),
        ("digitalCapture",),
        ("(other)",),
    )
    assert fact.manifests_removed == 1
    assert "Anna" not in fact.model_dump_json()
    assert not fact.is_empty
    assert MarksFact.of(()).is_empty


def test_codes_are_short_and_plain() -> None:
    assert AssignmentFact(role="second examiner", purpose="art30/web", case="2026-7").role
    for code in ("", " x", "x" * 65, "a\nb", "<script>", "Müller"):
        with pytest.raises(ValidationError):
            AssignmentFact(role=code)


def test_a_file_has_a_digest() -> None:
    size = {"bytes": 1, "media_type": "image/png", "width": 1, "height": 1}
    for kind in (InputFact, OutputFact):
        with pytest.raises(ValidationError):
            kind.model_validate_json(json.dumps(size))


def test_a_keyed_output_is_known_to_who_holds_the_key_alone() -> None:
    plain = hashlib.sha256(b"pixels").hexdigest()
    digest = keyed(b"output\0" + bytes.fromhex(plain))
    sensitive = OutputFact(keyed_digest=digest, bytes=6, media_type="a", width=1, height=1)
    assert sensitive.is_file(plain, 6, keyed)
    assert not sensitive.is_file(plain, 6, None)
    assert not sensitive.is_file(plain, 7, keyed)
    assert not sensitive.is_file("0" * 64, 6, keyed)


def test_what_needs_the_second_form_is_told_from_what_the_first_holds() -> None:
    facts = receipt_facts()
    assert fits_first_form(facts)
    for change in (
        {"assignment": AssignmentFact(role="editor")},
        {"inputs": (facts.inputs[0].model_copy(update={"name": "a.jpg"}),)},
        {"inputs": (facts.inputs[0].model_copy(update={"keyed_digest": None}),)},
    ):
        assert not fits_first_form(facts.model_copy(update=change))


def test_every_new_block_has_its_words() -> None:
    redaction = RedactionFact.of(
        {"box": [[1, 2, 3, 4]], "seen": ["face"], "colour": "#000000", "margin": 1, "grow": 25},
        (),
        is_exact=True,
        is_changed=False,
    )
    changes = [Change("removed", Finding(Risk.PROVENANCE, "C2PA manifest", "9 bytes"))]
    storage = receipt_facts().storage.model_copy(update={"spilled_bytes": 4096, "wipe": "gone"})
    receipt = make(
        receipt_facts(
            redactions=(redaction,),
            marks=MarksFact.of(changes),
            storage=storage,
            assignment=AssignmentFact(case="2026-7"),
            custody=CustodyFact(event="transferred", from_role="archive", to_role="laboratory"),
        )
    )
    text = "\n".join(f"{label}: {sentence}" for label, sentence in describe(receipt))
    for said in (
        "redaction: regions covered: 1 (1 drawn); solid #000000; 1 px around, 25 % around",
        "marks: manifests of credentials left out: 1",
        "4096 bytes on the disk, under a key in memory alone",
        "memory gone",
        "assignment: case 2026-7",
        "custody: transferred; from archive; to laboratory",
    ):
        assert said in text


def test_the_digest_of_the_package_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "b.toml").write_text("y = 2\n")
    (tmp_path / "model.onnx").write_bytes(b"not counted")
    lines = [(path, (tmp_path / path).read_bytes()) for path in ("a.py", "below/b.toml")]
    text = "".join(f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in lines)
    before = package_digest(tmp_path)
    assert before == hashlib.sha256(text.encode()).hexdigest()
    (tmp_path / "a.py").write_text("x = 2\n")
    package_digest.cache_clear()
    assert package_digest(tmp_path) != before


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (0, 0, "synchronised"),
        (5, 0x40, "not synchronised"),
        (-1, 0, "not checked"),
    ],
)
def test_what_the_system_says_of_its_clock_is_told(
    monkeypatch: pytest.MonkeyPatch, answer: int, status: int, said: str
) -> None:
    class System:
        def __init__(self, _name: None, *, use_errno: bool) -> None:
            assert use_errno

        def adjtimex(self, timex: ctypes.Array[ctypes.c_char]) -> int:
            ctypes.memmove(timex, b"\0" * 40 + status.to_bytes(4, "little"), 44)
            return answer

    monkeypatch.setattr(ctypes, "CDLL", System)
    assert clock().startswith(f"system clock, {said}")
    monkeypatch.setattr("sys.platform", "darwin")
    assert clock() == "system clock, not checked"
