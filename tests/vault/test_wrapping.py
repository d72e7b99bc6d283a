"""The wrapped file: what was written opens, whatever was changed does not; the form is for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import VerificationFailed
from safelight.vault import plain, wrapping
from safelight.vault.keepers import ByPassphrase
from safelight.vault.wrapping import Wrapped, wrap

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "vault-v1"
EXPECTED: dict[str, Any] = json.loads((VECTORS / "expected.json").read_text())
KEEPER, MASTER = b"K" * 32, bytearray(b"M" * 32)
SECRETS = {"journal": b"J" * 32, "receipts": b"R" * 32, "digest": b"B" * 32, "data": b"D" * 32}
KEPT = {"by": "key store", "account": "a"}


def made() -> bytes:
    return wrap(SECRETS, id="0" * 32, kept=KEPT, keeper_key=KEEPER, master=MASTER).to_bytes()


def opened(data: bytes) -> dict[str, bytes]:
    """Every secret in the file. Raises VerificationFailed or ValueError."""
    found = wrapping.read(data)
    master = found.open_master(KEEPER)
    return {name: bytes(found.secret(name, master)) for name in found.keys}


def test_what_was_wrapped_opens() -> None:
    assert opened(made()) == SECRETS


def test_nothing_secret_stands_in_the_file() -> None:
    data = made()
    assert not any(plain.file_of(name, secret) in data for name, secret in SECRETS.items())
    assert "wrapped" in repr(wrapping.read(data))
    assert not any(repr(secret) in repr(wrapping.read(data)) for secret in SECRETS.values())


def test_the_same_secrets_give_another_file_each_time() -> None:
    """No nonce is used twice."""
    assert len({made() for _ in range(20)}) == 20


def test_another_key_opens_nothing() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        wrapping.read(made()).open_master(bytes(32))


def test_every_changed_byte_is_noticed() -> None:
    data = made()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1
        with pytest.raises((VerificationFailed, ValueError)):
            opened(bytes(changed))


@pytest.mark.parametrize("size", [0, 1, 20, 500, -1, -2])
def test_a_truncated_file_is_noticed(size: int) -> None:
    with pytest.raises(VerificationFailed):
        opened(made()[:size])


@pytest.mark.parametrize("data", [b"[" * 10_000, b"null", b"[]", b"{}", b'"x"', b"\xff", b"1e999"])
def test_what_is_no_vault_is_one_clear_error(data: bytes) -> None:
    with pytest.raises(VerificationFailed, match="changed or is damaged") as caught:
        wrapping.read(data)
    assert "backup" in caught.value.hint


@pytest.mark.parametrize("path", ["", "here", "/a\0b", "/\ud800"])
def test_a_key_file_without_a_path_is_no_keeper(path: str) -> None:
    """It would be looked for before anything has shown that the file is ours."""
    with pytest.raises(VerificationFailed):
        wrapping.read(
            replace(wrapping.read(made()), kept={"by": "key file", "path": path}).to_bytes()
        )


def test_a_further_key_changes_none_of_the_others() -> None:
    before, secret = wrapping.read(made()), plain.new_secret("tls")
    after = wrapping.read(before.with_key("tls", secret, MASTER).to_bytes())
    assert opened(after.to_bytes()) == SECRETS | {"tls": secret}
    assert {name: after.keys[name] for name in SECRETS} == before.keys


def test_every_vector_is_expected_to_do_something() -> None:
    assert {path.name for path in VECTORS.iterdir()} == {*EXPECTED["vectors"], "expected.json"}


def opened_vector(found: Wrapped) -> dict[str, str]:
    key = bytearray.fromhex(EXPECTED["keeper_key"])
    if found.kept["by"] == "passphrase":
        key = ByPassphrase(EXPECTED["passphrase"]).key(found.kept)
    master = found.open_master(key)
    return {name: found.secret(name, master).hex() for name in SECRETS}


@pytest.mark.parametrize("name", sorted(EXPECTED["vectors"]))
def test_vector(name: str) -> None:
    how, data = EXPECTED["vectors"][name], (VECTORS / name).read_bytes()
    if how == "form":
        with pytest.raises(VerificationFailed):
            wrapping.read(data)
        return
    found = wrapping.read(data)
    if how == "ok":
        assert opened_vector(found) == EXPECTED["secrets"]
        assert found.to_bytes() == data
    else:
        wanted: type[Exception] = ValueError if how == "master" else VerificationFailed
        with pytest.raises(wanted):
            opened_vector(found)
