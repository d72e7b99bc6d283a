"""How keys are kept is told without opening or making anything, and what weakens it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.errors import PolicyRefused, VerificationFailed
from safelight.vault import plain
from safelight.vault.keepers import ByKeyFile, ByPassphrase
from safelight.vault.keys import load_or_make
from safelight.vault.status import UNPROTECTED, status
from safelight.vault.vault import Vault
from tests.vault.opening import PASSPHRASE


def test_before_the_first_use_nothing_is_made(folder: Path) -> None:
    found = status(folder)
    assert (found.kept, found.keys, found.warning) == ("nowhere yet", (), "")
    assert not folder.exists()
    folder.mkdir(mode=0o700, parents=True)
    assert status(folder).kept == "nowhere yet"
    assert list(folder.iterdir()) == []


def test_plain_files_are_a_warning(folder: Path) -> None:
    keys = load_or_make(folder)
    found = status(folder)
    assert (found.kept, found.warning, found.fix) == (
        "plain files", UNPROTECTED, "safelight vault init",
    )  # fmt: skip
    assert found.fingerprints == {
        "receipts": keys.receipts.fingerprint,
        "journal": keys.journal.fingerprint,
    }
    assert set(found.keys) == set(plain.USUAL)


def test_a_vault_says_who_keeps_it_and_whether_it_is_open(vault: Vault) -> None:
    fingerprint = load_or_make(vault.folder).receipts.fingerprint
    found = status(vault.folder)
    assert (found.kept, found.is_unlocked, found.warning) == ("passphrase", False, "")
    assert found.fingerprints["receipts"] == fingerprint
    vault.unlock(vault.opened_by(ByPassphrase(PASSPHRASE)), seconds=60)
    found = status(vault.folder)
    assert (found.is_unlocked, found.seconds_left) == (True, 60)


def test_a_key_file_is_a_warning(folder: Path, tmp_path: Path, ring: dict[str, bytes]) -> None:
    Vault(folder).init(ByKeyFile(tmp_path / "key"))
    found = status(folder)
    assert found.is_unlocked
    assert found.warning == "the vault's key lies in a file"
    assert found.fix == "safelight vault change-passphrase"


def test_a_plain_file_beside_the_vault_is_a_warning(vault: Vault) -> None:
    (vault.folder / "data.key").touch(mode=0o600)
    found = status(vault.folder)
    assert found.warning.endswith("besides the vault: data.key")
    assert "vault unlock" in found.fix


def test_what_is_damaged_or_not_private_is_refused(vault: Vault) -> None:
    (vault.folder / "vault.json").write_bytes(b"{}")
    with pytest.raises(VerificationFailed):
        status(vault.folder)
    vault.folder.chmod(0o755)
    with pytest.raises(PolicyRefused):
        status(vault.folder)
