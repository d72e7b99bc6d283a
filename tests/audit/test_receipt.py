"""A receipt says what was done in plain facts, nothing that names anyone, and cannot be changed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from safelight.audit import dsse, shelf, statement
from safelight.audit.canonical import canonical
from safelight.audit.environment import environment, runtime_version, storage, version_of
from safelight.audit.facts import (
    Head,
    MetadataFact,
    ReceiptFacts,
    utc_now,
)
from safelight.audit.merkle import EMPTY_ROOT
from safelight.audit.models import ModelFact, RetryFact, disclosure_of
from safelight.audit.operation import OperationFact
from safelight.audit.receipt import Receipt, build, is_receipt_path, output_for, path_for
from safelight.audit.words import describe
from safelight.errors import InputMissing, VerificationFailed
from safelight.image import Change, Finding, Risk
from safelight.models.store import Store
from tests.audit.making import fixed_signer, model_fact, receipt_facts

HEAD = Head(journal=fixed_signer().fingerprint, entries=0, root=EMPTY_ROOT.hex())


def make(facts: ReceiptFacts | None = None) -> Receipt:
    return build(facts or receipt_facts(), fixed_signer(), HEAD)


def signed_again(receipt: Receipt, change: Any) -> bytes:
    """The receipt with its payload changed and properly signed: what its own signer could forge."""
    document = json.loads(receipt.payload)
    change(document)
    return dsse.sign(canonical(document), fixed_signer())


def test_a_receipt_makes_the_way_to_a_file_and_back() -> None:
    receipt = make()
    found = Receipt.parse(receipt.to_bytes())
    assert found.predicate == receipt.predicate
    assert found.id == receipt.id
    assert found.is_signed_by(fixed_signer().public_bytes)
    assert not found.is_signed_by(fixed_signer(1).public_bytes)


def test_the_payload_is_an_in_toto_statement_about_the_output() -> None:
    document = json.loads(make().payload)
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "tag:safelight,2026:receipt/v2"
    output = document["predicate"]["outputs"][0]
    assert document["subject"] == [{"name": "output", "digest": {"sha256": output["sha256"]}}]


def test_after_an_analysis_the_subject_is_the_input() -> None:
    receipt = make(receipt_facts(outputs=()))
    document = json.loads(receipt.payload)
    assert document["subject"] == [{"name": "input", "digest": {"hmacSha256": "a" * 64}}]
    assert receipt.leaf().output_bytes == 0


def test_two_receipts_of_the_same_facts_share_nothing_that_links_them() -> None:
    first, second = make(), make()
    assert first.id != second.id
    assert first.commitment != second.commitment


def test_the_journals_entry_holds_time_duration_sizes_and_a_commitment_only() -> None:
    receipt = make()
    entry = receipt.leaf()
    assert (entry.time, entry.duration_ms) == ("2026-11-21T12:00:00Z", 120)
    assert (entry.input_bytes, entry.output_bytes) == (9, 6)
    assert entry.commitment == receipt.commitment
    assert str(receipt.predicate.outputs[0].sha256) not in repr(entry)


def test_metadata_is_told_by_group_count_and_tag_name_never_by_value() -> None:
    data = make().payload.decode()
    metadata = make().predicate.metadata
    assert (metadata.place_before, metadata.place_after) == (True, False)
    assert (metadata.thumbnail_before, metadata.thumbnail_after) == (True, False)
    place = metadata.groups[0]
    assert (place.group, place.removed, place.kept) == ("place", 2, 0)
    assert place.removed_names == ("GPSLatitude", "GPSLongitude")
    for value in ("52.5", "13.4", "sRGB", "Anna", "station"):
        assert value not in data


def test_control_a_value_in_the_place_of_a_name_would_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("safelight.audit.facts.public_name", str)
    changes = (Change("removed", Finding(Risk.PLACE, "52.5")),)
    facts = receipt_facts(metadata=MetadataFact.of(changes, is_reencoded=False))
    assert "52.5" in make(facts).payload.decode()


@pytest.mark.parametrize(
    ("tasks", "wanted"),
    [
        ((), "none"),
        (("upscale",), "ai-restored"),
        (("cutout", "upscale"), "ai-restored"),
        (("cutout",), "algorithmic"),
        (("something new",), "algorithmic"),
    ],
)
def test_the_disclosure_is_the_strongest_that_a_task_calls_for(
    tasks: tuple[str, ...], wanted: str
) -> None:
    assert disclosure_of(model_fact(task=task) for task in tasks) == wanted


def test_a_model_is_told_by_the_facts_of_its_entry() -> None:
    entry = next(entry for entry in Store().entries() if entry.name == "upscale-x4")
    fact = ModelFact.of(entry, runtime_version="1.31.1")
    assert (fact.name, fact.sha256) == (entry.name, entry.sha256)
    assert (fact.tile, fact.halo) == (entry.input.tile, entry.input.halo)


def test_what_an_exact_twin_did_again_is_told_and_read_back() -> None:
    retried = RetryFact.of({"blank": 7, "not finite": 1}, name="upscale-x4-fp32", sha256="d" * 64)
    receipt = make(receipt_facts(models=(model_fact(retried=retried),)))
    assert Receipt.parse(receipt.to_bytes()).predicate.models[0].retried == retried
    words = dict(describe(receipt))["model"]
    assert f"done again by upscale-x4-fp32, SHA-256 {'d' * 64}: 1 not finite, 7 blank" in words
    assert b"wrong_shape" not in receipt.payload


def test_answers_of_a_wrong_shape_are_told_where_there_were_some() -> None:
    retried = RetryFact.of({"wrong shape": 3}, name="upscale-x4-fp32", sha256="d" * 64)
    receipt = make(receipt_facts(models=(model_fact(retried=retried),)))
    assert Receipt.parse(receipt.to_bytes()).predicate.models[0].retried == retried
    assert dict(describe(receipt))["model"].endswith(": 3 wrong shape")


def test_what_auto_came_to_is_told_and_read_back() -> None:
    operation = receipt_facts().operation.model_copy(
        update={"decided": {"jpeg-quality": 0.0, "noise": 12.3}}
    )
    receipt = make(receipt_facts(operation=operation))
    assert Receipt.parse(receipt.to_bytes()).predicate.operation.decided == operation.decided
    assert dict(describe(receipt))["operation"].endswith(", jpeg-quality 0, noise 12.3")
    assert b"decided" not in make().payload


def test_a_receipt_where_nothing_was_done_again_says_nothing_of_it() -> None:
    assert b"retried" not in make().payload


def test_a_receipt_is_made_now_unless_told_otherwise() -> None:
    told = receipt_facts().model_dump(exclude={"created"})
    made = ReceiptFacts.model_validate_json(json.dumps(told)).created
    assert utc_now()[:10] >= made[:10] > "2026"


def test_the_limits_are_always_there() -> None:
    assert make().predicate.limits == statement.LIMITS
    assert len(statement.LIMITS) >= 6


FORGERIES: dict[str, Any] = {
    "a field more": lambda d: d["predicate"].update(name="anna.jpg"),
    "a field less": lambda d: d["predicate"].pop("egress"),
    "a field more, deep": lambda d: d["predicate"]["inputs"][0].update(path="anna.jpg"),
    "a field more, outside": lambda d: d.update(extra=1),
    "a text for a number": lambda d: d["predicate"]["inputs"][0].update(bytes="9"),
    "a negative size": lambda d: d["predicate"]["inputs"][0].update(bytes=-1),
    "a level that is none": lambda d: d["predicate"]["egress"].update(level=4),
    "another subject": lambda d: d["subject"][0]["digest"].update(sha256="0" * 64),
    "a retry of nothing": lambda d: d["predicate"]["models"][0].update(retried=None),
    "a retry without its twin": lambda d: d["predicate"]["models"][0].update(retried={"blank": 1}),
    "a weaker disclosure": lambda d: d["predicate"].update(disclosure="none"),
    "fewer limits of another kind": lambda d: d["predicate"].update(limits=[1]),
    "another recipe": lambda d: d["predicate"]["operation"]["recipe"].update(schema=2),
    "other verbs": lambda d: d["predicate"]["operation"].update(verbs=["scrub"]),
    "no steps": lambda d: d["predicate"]["operation"].update(
        recipe={}, recipe_sha256="44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    ),
    "another public key": lambda d: d["predicate"]["key"].update(public="AA=="),
    "a public key that is none": lambda d: d["predicate"]["key"].update(public="!"),
    "another fingerprint": lambda d: d["predicate"].update(
        key={
            "fingerprint": fixed_signer(1).fingerprint,
            "public": json.loads(build(receipt_facts(), fixed_signer(1), HEAD).payload)[
                "predicate"
            ]["key"]["public"],
        }
    ),
    "another kind": lambda d: d.update(predicateType="tag:safelight,2026:receipt/v3"),
    "the first kind with blocks of the second": lambda d: (
        d.update(predicateType="tag:safelight,2026:receipt/v1"),
        d["predicate"].update(schema_version=1, assignment={"role": "editor"}),
    ),
    "two kinds at once": lambda d: d.update(predicateType="tag:safelight,2026:receipt/v1"),
    "a list with nothing in it": lambda d: d["predicate"].update(redactions=[]),
    "more models than there may be": lambda d: d["predicate"].update(
        models=d["predicate"]["models"] * 17
    ),
    "no verbs": lambda d: d["predicate"]["operation"].update(verbs=[]),
    "a word outside its list": lambda d: d["predicate"]["egress"].update(strength="perfect"),
    "a time in digits of another script": lambda d: d["predicate"].update(
        created="\u0662\u0660\u0662\u0666-11-21T12:00:00Z"
    ),
    "surer than sure": lambda d: d["predicate"]["operation"].update(confidence=1.5),
    "a whole number for one with a point": lambda d: d["predicate"]["operation"].update(
        confidence=1
    ),
    "more bytes than are counted": lambda d: d["predicate"]["inputs"][0].update(bytes=2**53 + 1),
    "no number of cages": lambda d: d["predicate"]["operation"].update(cages=1),
    "a decision that nobody makes": lambda d: d["predicate"]["operation"].update(
        decided={"mood": 1.0}
    ),
    "no statement": lambda d: d.update(_type="https://in-toto.io/Statement/v0.1"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_receipt_out_of_order_is_refused_though_it_is_signed(name: str) -> None:
    with pytest.raises(VerificationFailed):
        Receipt.parse(signed_again(make(), FORGERIES[name]))


def test_control_an_unchanged_receipt_signed_again_is_taken() -> None:
    receipt = make()
    assert Receipt.parse(signed_again(receipt, lambda document: None)).data == receipt.data


def test_an_envelope_of_another_type_is_refused() -> None:
    data = dsse.sign(make().payload, fixed_signer(), "application/other")
    with pytest.raises(VerificationFailed):
        Receipt.parse(data)


def test_the_receipt_lies_in_a_hidden_folder_beside_the_output(tmp_path: Path) -> None:
    output = tmp_path / "photo.jpg"
    assert path_for(output) == tmp_path / ".safelight" / "photo.jpg.receipt.json"
    assert output_for(path_for(output)) == output
    assert is_receipt_path(path_for(output))
    assert not is_receipt_path(output)
    assert output_for(tmp_path / "photo.jpg.receipt.json") is None


def test_a_name_as_long_as_can_be_has_a_receipt_too(tmp_path: Path) -> None:
    output = tmp_path / ("ü" * 125 + ".jpg")
    output.write_bytes(b"")
    place = path_for(output)
    place.parent.mkdir()
    place.write_bytes(b"")
    assert output_for(place) != output


def test_a_receipt_without_an_output_is_kept_by_its_id(tmp_path: Path) -> None:
    receipt = make()
    place = shelf.keep(tmp_path / "receipts", receipt)
    assert shelf.find(tmp_path / "receipts", receipt.id) == place
    assert place.read_bytes() == receipt.data
    for unknown in ("0" * 32, "../" + receipt.id, receipt.id.upper() + "x"):
        with pytest.raises(InputMissing):
            shelf.find(tmp_path / "receipts", unknown)


def test_a_receipt_in_words_tells_every_block() -> None:
    rows = describe(make())
    text = "\n".join(f"{label}: {sentence}" for label, sentence in rows)
    for said in (
        "input: image/jpeg, 8 x 6, 9 bytes",
        "output: image/png, 32 x 24, 6 bytes",
        "operation: upscale in 120 ms",
        "metadata: place: 2 removed (GPSLatitude, GPSLongitude)",
        "metadata: place yes before, no after; thumbnail yes before, no after; pixels coded anew",
        "tiles of 256 px with 12 px around",
        "level 3, enforced by kernel; 41 of 41 attempts contained in this worker",
        "by seccomp, landlock; filter bbbb",
        "not covered: bugs of the kernel",
        "disclosure: ai-restored",
        "limit: the clock may be wrong",
    ):
        assert said in text


def test_a_receipt_of_a_bare_run_in_words(tmp_path: Path) -> None:
    bare = receipt_facts(
        metadata=MetadataFact.of((), is_reencoded=False),
        models=(model_fact(tile=0),),
        egress=receipt_facts().egress.model_copy(
            update={"mechanisms": (), "filter_sha256": "", "level": 0, "strength": "none"}
        ),
    )
    text = "\n".join(sentence for _label, sentence in describe(make(bare)))
    assert "bit-identical" in text
    assert "no tiles" in text
    assert "by nothing; filter none" in text


def test_the_environment_names_versions_and_no_machine() -> None:
    import platform
    import pwd

    text = environment().model_dump_json() + storage().model_dump_json()
    assert environment().libraries["cryptography"] == version_of("cryptography")
    assert version_of("no-such-distribution") == ""
    assert runtime_version("onnx") == version_of("onnxruntime")
    assert runtime_version("fake") == "none"
    assert f'"{platform.node()}"' not in text
    names = {user.pw_name for user in pwd.getpwall() if user.pw_uid == os.geteuid()}
    for name in names | {os.environ.get("USER", "")} - {""}:
        assert f'"{name}"' not in text


def test_the_state_of_swap_is_unknown_where_the_system_does_not_tell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_path: Path) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert storage().swap == "unknown"
    monkeypatch.setattr("sys.platform", "win32")
    assert storage().core_dumps == "unknown"


def test_how_sure_the_models_were_stands_only_where_one_said_so() -> None:
    recipe = b'{"steps":[{"op":"cutout"}]}'
    said, silent = (
        OperationFact.of(recipe, "ab" * 32, duration_ms=1, confidence=sure) for sure in (0.25, None)
    )
    assert said.model_dump()["confidence"] == 0.25
    assert "confidence" not in silent.model_dump()
