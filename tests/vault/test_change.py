"""Another passphrase or another keeper: the keys stay, and nothing stays with the old one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safelight.errors import SomethingMissing, VaultLocked
from safelight.vault import vault as vault_module
from safelight.vault.keepers import ByKeyFile, ByPassphrase
from safelight.vault.keys import load_or_make
from safelight.vault.vault import Vault
from safelight.vault.wrapping import Kept
from tests.vault.opening import OTHER, PASSPHRASE, secrets_of, unlock


def test_another_passphrase_takes_the_place_of_the_first(vault: Vault) -> None:
    unlock(vault)
    before = secrets_of(load_or_make(vault.folder))
    vault.keep_by(ByPassphrase(OTHER), vault.master())
    vault.lock()
    with pytest.raises(VaultLocked):
        unlock(Vault(vault.folder))
    unlock(Vault(vault.folder), OTHER)
    assert secrets_of(load_or_make(vault.folder)) == before


def test_what_the_old_file_held_is_overwritten(vault: Vault, tmp_path: Path) -> None:
    os.link(vault.folder / "vault.json", tmp_path / "held")
    vault.keep_by(ByPassphrase(OTHER), vault.opened_by(ByPassphrase(PASSPHRASE)))
    assert set((tmp_path / "held").read_bytes()) == {0}


def test_a_new_keeper_leaves_nothing_with_the_old_one(
    folder: Path, tmp_path: Path, cheap: None, ring: dict[str, bytes]
) -> None:
    vault, place = Vault(folder), tmp_path / "stick.key"
    vault.init(ByKeyFile(place))
    vault.keep_by(ByPassphrase(PASSPHRASE), vault.master())
    assert not place.exists()
    unlock(vault)


def test_a_key_that_another_run_made_meanwhile_survives_a_change(
    vault: Vault, keeper: ByPassphrase
) -> None:
    assert "tls" not in vault.wrapped.keys
    unlock(vault)
    made = load_or_make(vault.folder).tls
    assert "tls" not in vault.wrapped.keys, "the first has not looked again"
    vault.keep_by(ByPassphrase(OTHER), vault.opened_by(keeper))
    assert load_or_make(vault.folder).tls == made


def test_a_key_store_that_is_gone_keeps_nobody_from_locking_and_changing(
    vault: Vault, keeper: ByPassphrase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The master key is unlocked still: it is what the vault is saved by."""
    unlock(vault)

    def gone(_kept: object) -> None:
        raise SomethingMissing("this system has no key store that is running")

    monkeypatch.setattr(vault_module, "_own_keeper", gone)
    vault.keep_by(ByPassphrase(OTHER), vault.master())
    assert Vault(vault.folder).wrapped.kept["by"] == "passphrase"
    assert vault.lock()


def test_copies_that_were_taken_are_overwritten(vault: Vault, keeper: ByPassphrase) -> None:
    taken: list[bytearray] = []

    class Watched(ByPassphrase):
        def key(self, kept: Kept) -> bytearray:
            taken.append(super().key(kept))
            return taken[-1]

    vault.keep_by(Watched(OTHER), vault.opened_by(keeper))
    vault.opened_by(Watched(OTHER))
    assert len(taken) == 3
    assert not any(map(any, taken))
