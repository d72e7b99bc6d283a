"""A vault: the same keys as before, none of them plain on the disk, opened by its keeper alone."""

from __future__ import annotations

import gc
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import (
    OutputFailed,
    PolicyRefused,
    SomethingMissing,
    Unavailable,
    VaultLocked,
    VerificationFailed,
)
from safelight.vault import plain, wrapping
from safelight.vault import vault as vault_module
from safelight.vault.keepers import ByKeyFile, ByPassphrase
from safelight.vault.keys import is_signed, load_or_make
from safelight.vault.status import status
from safelight.vault.vault import Vault
from safelight.vault.wrapping import Wrapped
from tests.vault.opening import PASSPHRASE, lying_about, plaintexts, secrets_of, unlock


def test_the_keys_are_the_same_before_and_after(
    folder: Path, keeper: ByPassphrase, cheap: None, ring: dict[str, bytes]
) -> None:
    before = secrets_of(load_or_make(folder))
    Vault(folder).init(keeper)
    unlock(Vault(folder))
    assert secrets_of(load_or_make(folder)) == before


def test_no_file_holds_a_key_any_more(
    folder: Path, keeper: ByPassphrase, cheap: None, ring: dict[str, bytes]
) -> None:
    load_or_make(folder)
    needles = plaintexts(folder)
    Vault(folder).init(keeper)
    assert lying_about(folder, needles) == set()
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "vault.json"]
    assert (folder / "vault.json").stat().st_mode & 0o777 == 0o600


def test_what_the_plain_files_held_is_overwritten(
    folder: Path, tmp_path: Path, keeper: ByPassphrase, cheap: None, ring: dict[str, bytes]
) -> None:
    """Another name of the same bytes on the disk shows what became of them."""
    load_or_make(folder)
    needles = plaintexts(folder)
    for name in plain.USUAL:
        os.link(folder / plain.FILES[name], tmp_path / name)
    assert len(lying_about(tmp_path, needles)) == 2 * len(plain.USUAL)
    Vault(folder).init(keeper)
    assert [set((tmp_path / name).read_bytes()) for name in plain.USUAL] == [{0}] * 4
    assert lying_about(tmp_path, needles) == set()


def test_control_the_same_search_finds_each_plain_key(folder: Path) -> None:
    load_or_make(folder)
    found = lying_about(folder, plaintexts(folder))
    assert {path.name for path in found} == {plain.FILES[name] for name in plain.USUAL}


def test_a_locked_vault_keeps_nobody_from_verifying(vault: Vault) -> None:
    unlock(vault)
    signature = load_or_make(vault.folder).receipts.sign(b"picture")
    vault.lock()
    keys = load_or_make(vault.folder)
    assert is_signed(keys.receipts.public_bytes, signature, b"picture")
    assert keys.journal.fingerprint != keys.receipts.fingerprint
    for use in (
        lambda: keys.receipts.sign(b"x"),
        lambda: keys.journal.sign(b"x"),
        lambda: keys.data,
        lambda: keys.pseudonym("x"),
        lambda: keys.tls,
    ):
        with pytest.raises(VaultLocked, match="locked") as caught:
            use()
        assert "vault unlock" in caught.value.hint


def test_unlocking_is_for_other_runs_too_and_lock_ends_it(vault: Vault) -> None:
    assert not vault.is_unlocked
    unlock(vault)
    assert Vault(vault.folder).is_unlocked
    assert len(load_or_make(vault.folder).data) == 32
    assert vault.lock()
    assert not Vault(vault.folder).is_unlocked
    assert not vault.lock()


def test_a_process_that_is_forked_off_opens_it_for_itself(vault: Vault) -> None:
    """The page of the first is not there: touching it would end the process."""
    unlock(vault)
    wanted = bytes(vault.copy("data"))
    child = os.fork()
    if child == 0:
        same = bytes(vault.copy("data")) == wanted
        del vault
        gc.collect()
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert bytes(vault.copy("data")) == wanted


def test_a_file_with_the_passphrase_opens_it_for_one_run(
    vault: Vault, passphrase_file: Path
) -> None:
    assert len(load_or_make(vault.folder, passphrase_file).data) == 32
    assert not vault.is_unlocked


def test_a_wrong_passphrase_opens_nothing(vault: Vault) -> None:
    with pytest.raises(VaultLocked, match="this passphrase does not open the vault"):
        vault.opened_by(ByPassphrase(PASSPHRASE + "!"))


def test_what_is_not_the_master_key_opens_nothing(vault: Vault, ring: dict[str, bytes]) -> None:
    vault.unlock(bytearray(32), seconds=60)
    with pytest.raises(VerificationFailed, match="changed or is damaged"):
        vault.copy("data")


def test_a_passphrase_is_the_same_however_it_was_typed(
    folder: Path, cheap: None, ring: dict[str, bytes]
) -> None:
    """A letter with an accent is one sign or two, as the keyboard has it."""
    Vault(folder).init(ByPassphrase("caf\u00e9 und zwei Hunde"))
    unlock(Vault(folder), "cafe\u0301 und zwei Hunde")


def test_a_second_vault_is_refused(vault: Vault, keeper: ByPassphrase) -> None:
    with pytest.raises(PolicyRefused, match="already"):
        vault.init(keeper)


def test_without_a_vault_there_is_nothing_to_open(folder: Path) -> None:
    with pytest.raises(SomethingMissing, match="no vault yet") as caught:
        Vault(folder).master()
    assert caught.value.exit_code == 7


def test_a_key_file_opens_it_by_itself_until_lock(
    folder: Path, tmp_path: Path, ring: dict[str, bytes]
) -> None:
    vault, place = Vault(folder), tmp_path / "stick.key"
    vault.init(ByKeyFile(place))
    assert place.stat().st_mode & 0o777 == 0o600
    assert len(load_or_make(folder).data) == 32
    vault.lock()
    assert not vault.is_unlocked
    with pytest.raises(VaultLocked):
        load_or_make(folder).receipts.sign(b"x")
    vault.unlock(vault.opened_by(ByKeyFile(place)), seconds=60)
    assert len(load_or_make(folder).data) == 32


@pytest.mark.parametrize("content", [None, b"", b"nonsense", b"0" * 64 + b"\n"])
def test_a_key_file_that_is_gone_or_another_opens_nothing(
    folder: Path, tmp_path: Path, ring: dict[str, bytes], content: bytes | None
) -> None:
    vault, place = Vault(folder), tmp_path / "stick.key"
    vault.init(ByKeyFile(place))
    place.unlink() if content is None else place.write_bytes(content)
    with pytest.raises(VaultLocked, match="key file"):
        load_or_make(folder).receipts.sign(b"x")


def test_a_key_for_connections_joins_the_others(vault: Vault) -> None:
    unlock(vault)
    first = load_or_make(vault.folder).tls
    assert load_or_make(vault.folder).tls == first
    assert not (vault.folder / "tls.pem").exists()
    assert set(Vault(vault.folder).wrapped.keys) == {*plain.USUAL, "tls"}
    with pytest.raises(SomethingMissing, match="no key for elephants"):
        vault.copy("elephants")


def test_a_failed_wrapping_leaves_the_plain_keys(
    folder: Path, tmp_path: Path, cheap: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read back from the disk must open, or the vault does not begin."""
    before, place = secrets_of(load_or_make(folder)), tmp_path / "stick.key"
    monkeypatch.setattr(vault_module, "read_private", lambda *_: b"{}")
    with pytest.raises(VerificationFailed):
        Vault(folder).init(ByKeyFile(place))
    monkeypatch.undo()
    assert secrets_of(load_or_make(folder)) == before
    assert not place.exists()
    assert not (folder / "vault.new").exists()


def test_a_file_that_opens_and_holds_other_keys_is_no_vault(
    folder: Path, keeper: ByPassphrase, cheap: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, wrap = secrets_of(load_or_make(folder)), wrapping.wrap

    def other(secrets: Mapping[str, bytes], **more: Any) -> Wrapped:
        return wrap({**secrets, "data": bytes(32)}, **more)

    monkeypatch.setattr(wrapping, "wrap", other)
    with pytest.raises(VerificationFailed):
        Vault(folder).init(keeper)
    assert not Vault(folder).is_begun
    assert secrets_of(load_or_make(folder)) == before


def test_keys_that_moved_into_a_vault_meanwhile_are_not_made_anew(vault: Vault) -> None:
    """A run looked for a vault before it was there, and for the plain file after it was gone."""
    with pytest.raises(Unavailable, match="into a vault just now"):
        plain.read_or_make(vault.folder, "receipts")
    assert vault.rests == ()


def test_someone_elses_vault_is_refused(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: me + 1)
    with pytest.raises(PolicyRefused, match="another user"):
        load_or_make(vault.folder)


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_vault_that_others_can_read_is_refused(vault: Vault, mode: int) -> None:
    (vault.folder / "vault.json").chmod(mode)
    with pytest.raises(PolicyRefused, match="open to others"):
        load_or_make(vault.folder)


def test_a_plain_file_of_another_key_is_left_and_not_used(vault: Vault) -> None:
    """An older version, which knows no vault, makes a new key: receipts may hang on it."""
    text = plain.file_of("receipts", plain.new_secret("receipts"))
    (vault.folder / "signing.pem").touch(mode=0o600)
    (vault.folder / "signing.pem").write_bytes(text)
    fingerprint = load_or_make(vault.folder).receipts.fingerprint
    unlock(vault)
    keys = load_or_make(vault.folder)
    keys.receipts.sign(b"x")
    assert keys.receipts.fingerprint == fingerprint
    assert vault.rests == ("signing.pem",)
    assert (vault.folder / "signing.pem").read_bytes() == text


def test_a_folder_that_cannot_be_made_is_one_clear_error(
    tmp_path: Path, keeper: ByPassphrase
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputFailed, match="cannot be made"):
        Vault(tmp_path / "file" / "keys").init(keeper)


def test_a_passphrase_that_is_named_keeps_no_key_file_from_opening(
    folder: Path, tmp_path: Path, passphrase_file: Path, ring: dict[str, bytes]
) -> None:
    """Who has several vaults names one for all commands in the environment."""
    Vault(folder).init(ByKeyFile(tmp_path / "stick.key"))
    assert len(load_or_make(folder, passphrase_file).data) == 32
    Vault(folder).lock()
    with pytest.raises(VaultLocked, match="the vault is locked"):
        load_or_make(folder, passphrase_file).receipts.sign(b"x")


def test_what_does_not_open_has_a_hint_of_its_own(
    folder: Path, tmp_path: Path, ring: dict[str, bytes]
) -> None:
    place = tmp_path / "stick.key"
    Vault(folder).init(ByKeyFile(place))
    place.write_bytes(b"0" * 64 + b"\n")
    with pytest.raises(VaultLocked, match="this key file does not open") as caught:
        load_or_make(folder).receipts.sign(b"x")
    assert caught.value.hint == "put back the file that was made for this vault"


def test_a_link_to_nowhere_is_no_folder_without_a_vault(vault: Vault, tmp_path: Path) -> None:
    """As where the vault lay on a medium that is not in: other keys must not be made."""
    os.replace(vault.folder / "vault.json", tmp_path / "gone")
    (vault.folder / "vault.json").symlink_to(tmp_path / "nowhere")
    with pytest.raises(PolicyRefused, match="not a plain file"):
        load_or_make(vault.folder)
    assert sorted(path.name for path in vault.folder.iterdir()) == [".lock", "vault.json"]


def test_unlocking_removes_plain_files_of_the_same_keys(vault: Vault) -> None:
    master = vault.opened_by(ByPassphrase(PASSPHRASE))
    text = plain.file_of("data", bytes(vault.wrapped.secret("data", master)))
    (vault.folder / "data.key").touch(mode=0o600)
    (vault.folder / "data.key").write_bytes(text)
    unlock(vault)
    assert vault.rests == ()


def test_lock_takes_the_key_back_though_the_disk_takes_no_change(
    folder: Path, tmp_path: Path, ring: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(folder)
    vault.init(ByKeyFile(tmp_path / "stick.key"))
    vault.unlock(vault.master(), seconds=60)

    def refuse(_path: Path, _data: bytes) -> None:
        raise OutputFailed("the state folder cannot be written: read-only file system")

    monkeypatch.setattr(vault_module, "write_private", refuse)
    with pytest.raises(OutputFailed):
        vault.lock()
    assert ring == {}


def test_unlocking_where_the_disk_takes_no_change(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refuse)
    unlock(vault)
    (vault.folder / "locked").touch(mode=0o600)
    with pytest.raises(OutputFailed, match="read-only file system"):
        unlock(vault)


def test_a_vault_that_is_gone_is_not_replaced_by_new_keys(vault: Vault, tmp_path: Path) -> None:
    """Files would be encrypted under keys that the vault, once it is back, does not have."""
    place = vault.folder / "vault.json"
    os.replace(place, tmp_path / "away")
    for ask in (load_or_make, status):
        with pytest.raises(SomethingMissing, match="gone from the folder of keys") as caught:
            ask(vault.folder)
        assert "from a backup" in caught.value.hint
    assert [path.name for path in vault.folder.iterdir()] == [".lock"]
    os.replace(tmp_path / "away", place)
    unlock(vault)
    assert len(load_or_make(vault.folder).data) == 32
