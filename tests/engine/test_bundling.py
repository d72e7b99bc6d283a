"""Bundles: what is in one, whose word it is, and what does not arrive."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.audit import dsse
from safelight.audit.canonical import base64_text, canonical
from safelight.engine import bundling
from safelight.engine.bundling import KIND, Arriving, export
from safelight.engine.shelving import Shelving, Told
from safelight.errors import (
    DiskFull,
    ModelMissing,
    OutputExists,
    OutputFailed,
    PolicyRefused,
    UsageError,
    VerificationFailed,
)
from safelight.models import bundle
from safelight.models.entry import Entry
from safelight.models.store import Store
from safelight.settings import Settings
from safelight.vault.keys import Signer, load_or_make
from tests.engine.shelves import NEED, X2, entry_of, staged, stated


def packed(shelving: Shelving, folder: Path, keys: Signer, *entries: Entry) -> Path:
    for entry in entries:
        shelving.admit(staged(shelving, entry), Told())
    path = folder / "bundle.tar"
    export(shelving.store, [entry.name for entry in entries], path, keys)
    return path


def test_a_bundle_is_the_same_bytes_and_never_in_the_place_of_a_file(
    shelving: Shelving, tmp_path: Path, keys: Signer, untried: None
) -> None:
    path = packed(shelving, tmp_path, keys, entry_of(), entry_of(name="other"))
    again = tmp_path / "again.tar"
    export(shelving.store, ["other", "twice"], again, keys)
    assert again.read_bytes() == path.read_bytes()
    assert len(path.read_bytes()) < 2 * len(X2)
    with pytest.raises(OutputExists):
        export(shelving.store, ["twice"], path, keys)
    with pytest.raises(OutputFailed):
        export(shelving.store, ["twice"], tmp_path / "no" / "folder", keys)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again.tar", "bundle.tar"]


def test_what_cannot_be_exported_is_told_why(
    shelving: Shelving, tmp_path: Path, keys: Signer, untried: None
) -> None:
    for names, error in (
        (["upscale-x2"], PolicyRefused),
        (["elephant"], ModelMissing),
        ([], UsageError),
    ):
        with pytest.raises(error):
            export(shelving.store, names, tmp_path / "b.tar", keys)
    shelving.admit(staged(shelving, entry_of()), Told())
    shelving.shelf.paths(entry_of())[0].write_bytes(b"hostile")
    with pytest.raises(VerificationFailed):
        export(shelving.store, ["twice"], tmp_path / "b.tar", keys)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_full_is_that_of_the_bundle(
    shelving: Shelving, tmp_path: Path, keys: Signer, untried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DiskFull("no space is left in the models' folder")

    shelving.admit(staged(shelving, entry_of()), Told())
    monkeypatch.setattr(bundle, "write", full)
    with pytest.raises(DiskFull, match="no space is left for the bundle"):
        export(shelving.store, ["twice"], tmp_path / "b.tar", keys)
    assert not list(tmp_path.iterdir())


def arriving(path: Path, shelving: Shelving, keys: Signer) -> Arriving:
    return Arriving(shelving, io.BytesIO(path.read_bytes()), keys)


def test_a_bundle_arrives_on_another_machine(
    shelving: Shelving,
    settings: Settings,
    tmp_path: Path,
    keys: Signer,
    untried: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = packed(shelving, tmp_path, keys, entry_of())
    other = Shelving(replace(settings, data_dir=tmp_path / "other"))
    strangers = load_or_make(tmp_path / "keys").receipts
    found = arriving(path, other, strangers)
    assert not found.is_ours
    assert found.fingerprint == keys.fingerprint
    assert [(one.entry.name, one.is_pinned, one.is_here) for one in found.packed] == [
        ("twice", False, False)
    ]
    assert found.packed[0].entry.pin == "own"
    assert arriving(path, other, keys).is_ours
    stated(monkeypatch, entry_of())
    found = arriving(path, other, strangers)
    assert found.packed[0].is_pinned
    found.unpack()
    other.admit(found.packed[0].entry, Told())
    found.discard()
    assert other.store.find(NEED) == entry_of()
    assert arriving(path, other, strangers).packed[0].is_here


def test_a_bundle_that_was_cut_leaves_nothing(
    shelving: Shelving, settings: Settings, tmp_path: Path, keys: Signer, untried: None
) -> None:
    path = packed(shelving, tmp_path, keys, entry_of())
    path.write_bytes(path.read_bytes()[:-2_000])
    other = Shelving(replace(settings, data_dir=tmp_path / "other"))
    with pytest.raises(VerificationFailed, match="too early"):
        arriving(path, other, keys).unpack()
    assert other.shelf.used_bytes() == 0


def signed(keys: Signer, document: Any, kind: str = KIND) -> io.BytesIO:
    out = io.BytesIO()
    bundle.write(out, dsse.sign(canonical(document), keys, kind), [])
    return io.BytesIO(out.getvalue())


def statement(keys: Signer, *entries: Entry, **changes: Any) -> dict[str, Any]:
    return {
        "key": base64_text(keys.public_bytes),
        "models": [entry.model_dump(mode="json") for entry in entries],
        "schema": "safelight-bundle/1",
        **changes,
    }


def test_control_a_statement_made_here_is_read(shelving: Shelving, keys: Signer) -> None:
    good = signed(keys, statement(keys, entry_of()))
    assert Arriving(shelving, good, keys).packed[0].entry.name == "twice"


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "safelight-bundle/2"},
        {"models": []},
        {"models": [{"name": "../../evil"}]},
        {"models": "all"},
        {"more": 1},
        {"key": "x"},
    ],
    ids=str,
)
def test_a_strange_statement_is_refused(
    shelving: Shelving, keys: Signer, change: dict[str, Any]
) -> None:
    with pytest.raises(VerificationFailed):
        Arriving(shelving, signed(keys, statement(keys, entry_of(), **change)), keys)


def test_a_statement_of_another_kind_or_key_is_refused(
    shelving: Shelving, keys: Signer, tmp_path: Path
) -> None:
    document = statement(keys, entry_of())
    with pytest.raises(VerificationFailed):
        Arriving(shelving, signed(keys, document, "application/other"), keys)
    with pytest.raises(VerificationFailed):
        Arriving(shelving, signed(load_or_make(tmp_path / "keys").receipts, document), keys)


def test_names_of_the_package_and_excluded_models_do_not_arrive(
    shelving: Shelving, keys: Signer
) -> None:
    excluded = next(one for one in Store().catalogue() if one.licence_class == "excluded")
    for entry, sentence in (
        (entry_of(name="upscale-x4"), "the program's own"),
        (entry_of(licence_class="excluded"), "not to be had"),
        (entry_of(name="usual"), "the program's own"),
        (entry_of(sha256=excluded.sha256), "not to be had"),
    ):
        with pytest.raises(PolicyRefused, match=sentence):
            Arriving(shelving, signed(keys, statement(keys, entry)), keys)


def test_a_stranger_takes_no_word_that_stands_for_a_model(shelving: Shelving, keys: Signer) -> None:
    stranger = entry_of(aliases=("fast", "usual", "mine"))
    found = Arriving(shelving, signed(keys, statement(keys, stranger)), keys)
    assert found.packed[0].entry.aliases == ("mine",)


def test_a_contract_that_cannot_be_does_not_arrive(shelving: Shelving, keys: Signer) -> None:
    with pytest.raises(UsageError, match="delegates are of TFLite models"):
        Arriving(shelving, signed(keys, statement(keys, entry_of(delegates="none"))), keys)


def test_what_is_exported_can_be_imported(
    shelving: Shelving, tmp_path: Path, keys: Signer, untried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle of 36 models was written once, and refused by who wrote it."""
    many = [entry_of(name=f"model-{number}") for number in range(36)]
    whole = signed(keys, statement(keys, *many))
    assert len(Arriving(shelving, whole, keys).packed) == len(many)
    monkeypatch.setattr(bundling, "MAX_BUNDLED", 1)
    with pytest.raises(UsageError, match="at most 1 models"):
        packed(shelving, tmp_path, keys, entry_of(), entry_of(name="other"))


def test_an_entry_that_claims_a_free_licence_gets_what_the_catalogue_says(
    shelving: Shelving, keys: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated(monkeypatch, entry_of(licence_class="consent", licence="GPL-3.0"))
    found = Arriving(shelving, signed(keys, statement(keys, entry_of())), keys)
    assert found.packed[0].entry.licence_class == "consent"
