"""Keys are made once, lie where nobody else can read them, and are refused where somebody could."""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from safelight.errors import DiskFull, OutputFailed, PolicyRefused
from safelight.vault import plain
from safelight.vault.keys import Keys, fingerprint_of, is_signed, load_or_make
from safelight.vault.private import read_private, write_private

MAKE = "import sys; from pathlib import Path; from safelight.vault.keys import load_or_make; "
FILES = ("journal.pem", "signing.pem", "digest.key", "data.key")
PRINT = (
    "keys = load_or_make(Path(sys.argv[1]));"
    "print(keys.receipts.fingerprint, keys.journal.fingerprint, keys.pseudonym('x'), keys.data)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys"


def sign_all(keys: Keys) -> None:
    keys.receipts.sign(b"x")
    keys.journal.sign(b"x")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_keys_are_made_once_and_privately(folder: Path) -> None:
    first, second = load_or_make(folder), load_or_make(folder)
    assert first.receipts.fingerprint == second.receipts.fingerprint
    assert first.pseudonym("anna") == second.pseudonym("anna")
    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == sorted([".lock", *FILES])


def test_each_purpose_has_a_key_of_its_own(folder: Path) -> None:
    keys = load_or_make(folder)
    assert keys.receipts.fingerprint != keys.journal.fingerprint
    digest = bytes.fromhex((folder / "digest.key").read_text())
    assert len(keys.data) == 32
    assert keys.data != digest


def test_the_signing_key_of_an_older_version_stays_the_journals(folder: Path) -> None:
    """A journal that was begun never changes its key."""
    load_or_make(folder)
    for name in ("journal.pem", "data.key"):
        (folder / name).unlink()
    older, later = load_or_make(folder), load_or_make(folder)
    assert older.journal.fingerprint == older.receipts.fingerprint == later.journal.fingerprint
    assert older.data == later.data


def test_first_runs_at_once_end_with_one_pair(folder: Path) -> None:
    command = [sys.executable, "-c", MAKE + PRINT, str(folder)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
    assert len({run.communicate()[0] for run in runs}) == 1
    assert [run.returncode for run in runs] == [0, 0, 0, 0]


def test_reading_keys_imports_no_cryptography(folder: Path) -> None:
    load_or_make(folder)
    look = "keys = load_or_make(Path(sys.argv[1])); assert 'cryptography' not in sys.modules"
    subprocess.run([sys.executable, "-c", MAKE + look, str(folder)], check=True)


def test_a_signature_holds_for_its_key_and_its_bytes_only(folder: Path, tmp_path: Path) -> None:
    keys, other = load_or_make(folder), load_or_make(tmp_path / "other")
    signature = keys.receipts.sign(b"picture")
    assert is_signed(keys.receipts.public_bytes, signature, b"picture")
    assert not is_signed(keys.receipts.public_bytes, signature, b"pictura")
    assert not is_signed(other.receipts.public_bytes, signature, b"picture")
    assert not is_signed(b"short", signature, b"picture")
    assert keys.receipts.fingerprint == hashlib.sha256(keys.receipts.public_bytes).hexdigest()
    assert keys.receipts.fingerprint == fingerprint_of(keys.receipts.public_bytes)


def test_the_public_key_can_be_handed_out(folder: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    keys = load_or_make(folder)
    public = load_pem_public_key(keys.receipts.public_pem)
    assert isinstance(public, Ed25519PublicKey)
    assert public.public_bytes_raw() == keys.receipts.public_bytes


def test_the_keyed_digest_is_hmac_under_the_local_key(folder: Path) -> None:
    keys = load_or_make(folder)
    local = bytes.fromhex((folder / "digest.key").read_text())
    digest = keys.keyed_digest_start()
    digest.update(b"picture")
    assert digest.hexdigest() == hmac.new(local, b"picture", "sha256").hexdigest()


def test_nothing_secret_is_printed(folder: Path) -> None:
    keys = load_or_make(folder)
    assert "PRIVATE" not in repr(keys)
    assert (folder / "digest.key").read_text().strip() not in repr(keys)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("bits", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_can_read_is_refused(folder: Path, name: str, bits: int) -> None:
    load_or_make(folder)
    (folder / name).chmod(bits)
    with pytest.raises(PolicyRefused, match="open to others") as caught:
        load_or_make(folder)
    assert caught.value.hint == f"chmod 600 {folder / name}"


def test_a_folder_that_others_can_enter_is_refused(folder: Path) -> None:
    load_or_make(folder)
    folder.chmod(0o755)
    with pytest.raises(PolicyRefused, match="open to others") as caught:
        load_or_make(folder)
    assert caught.value.hint == f"chmod 700 {folder}"


def test_a_folder_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    load_or_make(folder)
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(PolicyRefused, match="not a plain folder"):
        load_or_make(tmp_path / "link")


@pytest.mark.parametrize("name", FILES)
def test_a_key_file_that_is_a_link_is_refused(folder: Path, name: str) -> None:
    load_or_make(folder)
    (folder / name).rename(folder / "elsewhere")
    (folder / name).symlink_to(folder / "elsewhere")
    with pytest.raises(PolicyRefused, match="not a plain file"):
        load_or_make(folder)


def test_a_link_put_in_place_after_the_look_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look is repeated on the open file."""
    load_or_make(folder)
    path = folder / "signing.pem"
    seen = os.lstat(path)
    path.chmod(0o644)
    monkeypatch.setattr("os.lstat", lambda found: seen if found == path else os.stat(found))
    with pytest.raises(PolicyRefused, match="open to others"):
        load_or_make(folder)


def test_someone_elses_folder_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_or_make(folder)
    me = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: me + 1)
    with pytest.raises(PolicyRefused, match="another user") as caught:
        load_or_make(folder)
    assert caught.value.hint.startswith("chown ")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("data", [b"", b"nonsense", b"f" * 64])
def test_a_damaged_key_is_refused(folder: Path, name: str, data: bytes) -> None:
    load_or_make(folder)
    (folder / name).write_bytes(data)
    with pytest.raises(PolicyRefused, match=f"{name} is damaged"):
        sign_all(load_or_make(folder))


def test_a_key_of_another_kind_is_refused(folder: Path) -> None:
    load_or_make(folder)
    (folder / "signing.pem").write_bytes(plain.file_of("tls", plain.new_secret("tls")))
    with pytest.raises(PolicyRefused, match="is damaged"):
        sign_all(load_or_make(folder))


def test_a_key_for_connections_is_made_when_it_is_asked_for(folder: Path) -> None:
    keys = load_or_make(folder)
    assert not (folder / "tls.pem").exists()
    assert keys.tls == load_or_make(folder).tls
    assert mode(folder / "tls.pem") == 0o600


@pytest.mark.parametrize(("number", "error"), [(errno.ENOSPC, DiskFull), (errno.EIO, OutputFailed)])
def test_a_disk_that_refuses_leaves_no_half_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[Exception]
) -> None:
    def refuse(_fd: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(error):
        load_or_make(folder)
    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputFailed, match="cannot be made"):
        load_or_make(tmp_path / "file" / "keys")


def test_the_second_of_two_first_runs_takes_the_key_of_the_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found no key; the second looks again once it holds the lock."""
    first = load_or_make(folder)
    blind = {folder / name for name in FILES}

    def look(path: Path, limit: int) -> bytes | None:
        if path in blind:
            blind.remove(path)
            return None
        return read_private(path, limit)

    monkeypatch.setattr(plain, "read_private", look)
    assert load_or_make(folder).receipts.fingerprint == first.receipts.fingerprint
    assert not blind


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputFailed, match="too long"):
        write_private(tmp_path / ("x" * 255), b"key")
    assert list(tmp_path.iterdir()) == []
