"""What is exported works elsewhere: another Tink opens our files, OpenSSL reads the keys."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import tink
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tink import secret_key_access, streaming_aead

from safelight.errors import SomethingMissing, VaultLocked
from safelight.vault.export import FORMS, LOSS, exported, tink_keyset
from safelight.vault.keepers import ByPassphrase
from safelight.vault.keys import load_or_make
from safelight.vault.stream import Encryptor
from safelight.vault.vault import Vault
from tests.vault.opening import PASSPHRASE
from tests.vault.tinkered import ERRORS

TEXT = b"a picture, whole " * 100


def opened_by_tink(keyset: bytes, sealed: bytes) -> bytes:
    """What another implementation finds in an encrypted file. Raises one of its errors."""
    streaming_aead.register()
    handle = tink.json_proto_keyset_format.parse(keyset.decode(), secret_key_access.TOKEN)
    reader = handle.primitive(streaming_aead.StreamingAead)
    with reader.new_decrypting_stream(io.BytesIO(sealed), b"") as found:
        plain: bytes = found.read()
    return plain


def encrypted(key: bytes) -> bytes:
    sealed = io.BytesIO()
    with Encryptor(key, sealed.write) as out:
        out.write(TEXT)
        out.finish()
    return sealed.getvalue()


def test_another_tink_opens_our_files_with_the_exported_key(folder: Path) -> None:
    sealed = encrypted(load_or_make(folder).data)
    assert TEXT not in sealed
    assert opened_by_tink(exported(Vault(folder), "data"), sealed) == TEXT
    with pytest.raises(ERRORS):
        opened_by_tink(tink_keyset(bytes(32)), sealed)


def test_the_keyset_names_the_form_of_our_files(folder: Path) -> None:
    load_or_make(folder)
    keyset = json.loads(exported(Vault(folder), "data"))
    assert [key["outputPrefixType"] for key in keyset["key"]] == ["RAW"]
    assert keyset["key"][0]["keyData"]["typeUrl"].endswith("AesGcmHkdfStreamingKey")


@pytest.mark.parametrize("name", ["receipts", "journal"])
def test_a_signing_key_is_pkcs8(vault: Vault, name: str) -> None:
    vault.unlock(vault.opened_by(ByPassphrase(PASSPHRASE)), seconds=60)
    key = load_pem_private_key(exported(vault, name), None)
    assert isinstance(key, Ed25519PrivateKey)
    signer = getattr(load_or_make(vault.folder), name)
    assert key.public_key().public_bytes_raw() == signer.public_bytes


def test_plain_and_wrapped_keys_are_exported_alike(folder: Path) -> None:
    load_or_make(folder)
    assert exported(Vault(folder), "digest") == (folder / "digest.key").read_bytes()
    assert exported(Vault(folder), "receipts") == (folder / "signing.pem").read_bytes()


def test_a_locked_vault_exports_nothing(vault: Vault) -> None:
    with pytest.raises(VaultLocked):
        exported(vault, "data")


def test_a_key_that_is_not_there_is_one_clear_error(folder: Path) -> None:
    load_or_make(folder)
    with pytest.raises(SomethingMissing, match="no key for tls yet"):
        exported(Vault(folder), "tls")


def test_each_key_says_its_form_and_what_its_loss_means() -> None:
    assert FORMS.keys() == LOSS.keys()
