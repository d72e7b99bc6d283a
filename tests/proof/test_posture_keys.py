"""Keys and risks taken on: how the posture tells of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.engine.book import Book
from safelight.proof.posture import accepted
from safelight.proof.posture.keys import has_keys
from safelight.proof.posture.posture import findings, is_failed
from safelight.proof.reports.page import Accepted
from safelight.vault.keepers import ByKeyFile, ByPassphrase, Keeper
from safelight.vault.vault import Vault
from tests.proof.ground import Here, sound_installation


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return sound_installation(tmp_path)


def told(here: Here) -> dict[str, str]:
    return {one.name: one.value for section in here.page().sections for one in section.facts}


def in_a_vault(here: Here, keeper: Keeper) -> None:
    vault = Vault(here.state / "keys")
    vault.init(keeper)
    (here.folder / "words").write_text("eleven old boats drift slowly\n")
    (here.folder / "words").chmod(0o600)
    here.change(passphrase_file=here.folder / "words")


def test_keys_in_a_vault_are_no_finding(here: Here) -> None:
    assert "keys-unwrapped" in {one.id for one in findings(here.page())}
    in_a_vault(here, ByPassphrase("eleven old boats drift slowly"))
    assert "keys-unwrapped" not in {one.id for one in findings(here.page())}
    assert here.ids() == set()
    assert told(here)["keys"] == "wrapped under one master key (AES-256-GCM)"
    assert told(here)["master key kept by"].startswith("the passphrase")
    (here.state / "keys/digest.key").touch(0o600)
    assert here.ids() == {"vault-beside"}


def test_a_vault_that_a_file_opens_is_found(here: Here) -> None:
    in_a_vault(here, ByKeyFile(here.folder / "key"))
    here.change(passphrase_file=None)
    assert here.ids() == {"vault-by-file"}


def test_a_damaged_key_and_a_damaged_vault_are_found(here: Here) -> None:
    signing = here.state / "keys/signing.pem"
    whole = signing.read_bytes()
    signing.write_bytes(b"no key")
    assert "keys-damaged" in here.ids()
    signing.write_bytes(whole)
    assert here.ids() == set()
    (here.state / "keys/vault.json").write_bytes(b"{}")
    (here.state / "keys/vault.json").chmod(0o600)
    assert has_keys(here.state)
    assert "keys-damaged" in here.ids()


def take(here: Here, id: str, until: str = "") -> None:
    note = Accepted(reason="known", owner="CISO", since="", until=until)
    accepted.take(here.state, Book(here.state).keys, id, note)


def test_a_risk_that_was_taken_on_no_longer_fails_until_its_day(here: Here) -> None:
    here.change(profile="none")
    take(here, "keys-unwrapped")
    assert is_failed(here.page(), "medium")
    take(here, "setting-profile", until="2999-01-01")
    page = here.page()
    assert not is_failed(page, "medium")
    assert is_failed(page, "low") is False
    one = next(one for one in findings(page) if one.id == "setting-profile")
    assert one.accepted is not None
    assert (one.accepted.owner, one.accepted.reason) == ("CISO", "known")
    take(here, "setting-profile", until="2020-01-01")
    assert is_failed(here.page(), "medium")
    take(here, "setting-profile")
    accepted.withdraw(here.state, Book(here.state).keys, "setting-profile")
    assert is_failed(here.page(), "medium")


def test_a_note_that_was_changed_or_taken_out_is_seen(here: Here) -> None:
    take(here, "keys-unwrapped")
    take(here, "setting-profile")
    path = here.state / "accepted/ledger.jsonl"
    whole = path.read_bytes()
    for altered in (whole.replace(b"known", b"knows", 1), whole.split(b"\n", 1)[1]):
        path.write_bytes(altered)
        page = here.page()
        assert "notes-altered" in {one.id for one in findings(page)}
        assert is_failed(page, "high")
        assert all(one.accepted is None for one in findings(page))
