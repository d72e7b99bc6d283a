"""The system's key store is used where a real one runs, and asked for nothing where none does."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.core import load_keyring
from keyring.errors import KeyringLocked, PasswordDeleteError

from safelight.errors import OutputExists, OutputFailed, SomethingMissing, UsageError, VaultLocked
from safelight.vault import keepers, wrapping
from safelight.vault.keepers import ByKeyFile, ByKeyStore, ByPassphrase, has_key_store, key_store
from safelight.vault.keys import load_or_make
from safelight.vault.vault import Vault

# What the library gives on a system without a key store.
NONE = "keyring.backends.fail.Keyring"


class Store(KeyringBackend):
    """A key store of a system, as far as we use it."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(keepers, "STORES", (__name__,))
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    return made


def test_a_vault_kept_by_the_key_store_opens_by_itself_until_lock(
    store: Store, folder: Path, ring: dict[str, bytes]
) -> None:
    vault = Vault(folder)
    vault.init(ByKeyStore())
    assert len(store.kept) == 1
    assert next(iter(store.kept.values())).encode() not in (folder / "vault.json").read_bytes()
    assert len(load_or_make(folder).data) == 32
    vault.lock()
    with pytest.raises(VaultLocked):
        load_or_make(folder).pseudonym("x")


def test_a_new_keeper_leaves_nothing_in_the_key_store(
    store: Store, folder: Path, cheap: None, ring: dict[str, bytes], keeper: ByPassphrase
) -> None:
    vault = Vault(folder)
    vault.init(ByKeyStore())
    vault.keep_by(ByKeyStore(), vault.master())
    assert len(store.kept) == 1, "the first key stayed"
    vault.keep_by(keeper, vault.master())
    assert store.kept == {}
    assert vault.unlock(vault.opened_by(keeper), seconds=60)


def test_a_key_store_that_lost_the_key_or_is_locked_says_so(
    store: Store, folder: Path, ring: dict[str, bytes]
) -> None:
    Vault(folder).init(ByKeyStore())
    store.is_locked = True
    with pytest.raises(VaultLocked, match="does not answer"):
        load_or_make(folder).pseudonym("x")
    store.is_locked = False
    store.kept.clear()
    with pytest.raises(VaultLocked, match="does not have the vault's key"):
        load_or_make(folder).pseudonym("x")


def test_a_key_store_among_others_is_found(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = SimpleNamespace(backends=[load_keyring(NONE), store])
    monkeypatch.setattr(keyring, "get_keyring", lambda: chain)
    assert key_store() is store


def test_without_a_real_key_store_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that keeps what it is given in a file of its own is not the system's."""
    for found in (load_keyring(NONE), Store()):
        monkeypatch.setattr(keyring, "get_keyring", lambda one=found: one)
        assert not has_key_store()
        with pytest.raises(SomethingMissing, match="no key store") as caught:
            ByKeyStore()
        assert "--kept-by passphrase" in caught.value.hint


def test_without_the_extra_the_line_that_installs_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert not has_key_store()
    with pytest.raises(SomethingMissing, match="extra vault") as caught:
        ByKeyStore()
    assert caught.value.hint == "pip install 'safelight[vault]'"


def test_a_key_file_that_the_system_does_not_give_is_one_clear_error(
    folder: Path, tmp_path: Path, ring: dict[str, bytes]
) -> None:
    place = tmp_path / "stick" / "key"
    place.parent.mkdir()
    Vault(folder).init(ByKeyFile(place))
    place.unlink()
    place.parent.rmdir()
    place.parent.write_bytes(b"a file where the folder was")
    with pytest.raises(VaultLocked, match="cannot be read: not a directory"):
        Vault(folder).copy("data")


def test_a_passphrase_costs_what_was_promised(keeper: ByPassphrase) -> None:
    """Argon2id with 64 MiB, 3 passes, 4 lanes: the file says so, and the key depends on it."""
    kept = keeper.begin()
    assert kept == {"by": "passphrase", "salt": kept["salt"], "memory_kib": 65_536, "passes": 3,
                    "lanes": 4}  # fmt: skip
    assert kept["salt"] != keeper.begin()["salt"]
    cheap = {"memory_kib": 64, "passes": 1, "lanes": 1}
    keys = [
        bytes(keeper.key({**kept, **cheap, **change}))
        for change in (
            {},
            {"passes": 2},
            {"lanes": 2},
            {"memory_kib": 128},
            {"salt": "A" * 22 + "=="},
        )
    ]
    assert len(set(keys)) == len(keys)
    assert keeper.key({**kept, **cheap}) == keys[0]
    assert wrapping.ARGON2 == {"memory_kib": 65_536, "passes": 3, "lanes": 4}


def test_a_key_file_is_new_and_has_a_whole_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absolute"):
        ByKeyFile(Path("here.key")).begin()
    place = tmp_path / "there.key"
    ByKeyFile(place).begin()
    with pytest.raises(OutputExists):
        ByKeyFile(place).begin()
    with pytest.raises(OutputFailed, match="no folder"):
        ByKeyFile(tmp_path / "nowhere" / "there.key").begin()
