"""Wrapping: the file vault.json, version 1: every key under one master key, that under a keeper's.

JSON with sorted names and no space. `id` names the vault. Under `keys` each key stands with its
public half, where it has one, and `wrapped`: nonce (12 bytes), AES-256-GCM of the secret, tag, in
base64. Its associated data is {"id", "name", "public", "schema"}: no key passes for another one.
Under `master` the master key is wrapped in the same way by the key that `kept` leads to, with
{"id", "kept", "schema"} as associated data. kept.by is one of

passphrase  Argon2id, with kept.salt, memory_kib, passes and lanes
key store   of the system, under the name safelight and kept.account
key file    64 hexadecimal digits in the private file kept.path
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from safelight.errors import VerificationFailed
from safelight.vault import plain

SCHEMA = "safelight-vault/1"
MAX_BYTES = 32_768
MASTER_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
PASSPHRASE, KEY_STORE, KEY_FILE = "passphrase", "key store", "key file"
ARGON2 = {"memory_kib": 65_536, "passes": 3, "lanes": 4}
# A file that asks for more work than this was not written by us.
MOST = {"memory_kib": 1_048_576, "passes": 32, "lanes": 32}
Kept = Mapping[str, str | int]
# A bytearray can be overwritten, so secrets travel in one.
Key = bytes | bytearray


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """One wrapped key. public is the raw public key of a signing key, else empty."""

    wrapped: bytes
    public: bytes = b""


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The file as read or as it will be written. Nothing in it is secret."""

    id: str
    kept: Kept
    master: bytes
    keys: Mapping[str, WrappedKey]

    def to_bytes(self) -> bytes:
        return _json(
            {
                "id": self.id,
                "keys": {
                    name: {"wrapped": _text(key.wrapped)}
                    | ({"public": _text(key.public)} if key.public else {})
                    for name, key in self.keys.items()
                },
                "master": {"kept": dict(self.kept), "wrapped": _text(self.master)},
                "schema": SCHEMA,
            }
        )

    def open_master(self, keeper_key: Key) -> bytearray:
        """The master key, to be overwritten after use. Raises ValueError if this key does not
        open it.
        """
        return _opened(keeper_key, self.master, _about_master(self.id, self.kept))

    def secret(self, name: str, master: Key) -> bytearray:
        """The secret of one key, to be overwritten. Raises VerificationFailed where the file was
        changed.
        """
        key = self.keys[name]
        try:
            return _opened(master, key.wrapped, _about_key(self.id, name, key.public))
        except ValueError as error:
            raise damaged() from error

    def with_key(self, name: str, secret: Key, master: Key) -> Wrapped:
        """The same with one key more."""
        return replace(self, keys={**self.keys, name: _wrapped(self.id, name, secret, master)})


def wrap(
    secrets_by_name: Mapping[str, Key], *, id: str, kept: Kept, keeper_key: Key, master: Key
) -> Wrapped:
    """Wrap every secret under the master key, and that under the keeper's."""
    keys = {name: _wrapped(id, name, one, master) for name, one in secrets_by_name.items()}
    return Wrapped(id, kept, _sealed(keeper_key, master, _about_master(id, kept)), keys)


def read(untrusted: bytes) -> Wrapped:
    """The file's content. Raises VerificationFailed for anything that we did not write."""
    try:
        document = json.loads(untrusted)
        master, id = document["master"], document["id"]
        found = Wrapped(
            id,
            _kept(master["kept"]),
            _bytes(master["wrapped"], NONCE_BYTES + MASTER_BYTES + TAG_BYTES),
            {name: _key(name, key) for name, key in document["keys"].items()},
        )
        is_ours = (
            isinstance(id, str)
            and re.fullmatch("[0-9a-f]{32}", id) is not None
            and set(plain.USUAL) <= set(found.keys) <= set(plain.FILES)
            and found.to_bytes() == untrusted
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged() from error
    if not is_ours:
        raise damaged()
    return found


def cover() -> None:
    """Do what opening does under a key that is nobody's: a cipher leaves its key on the stack, and
    the next one lies over it.
    """
    nobody = bytearray(os.urandom(MASTER_BYTES))
    _opened(nobody, _sealed(nobody, bytes(MASTER_BYTES), b""), b"")


def damaged() -> VerificationFailed:
    return VerificationFailed(
        "the vault's file was changed or is damaged",
        hint="put vault.json in the folder of keys back from a backup",
    )


def new_id() -> str:
    """A name for a new vault: 32 hexadecimal digits."""
    return secrets.token_hex(16)


def _kept(untrusted: Any) -> Kept:
    match untrusted:
        case {"by": "passphrase", "salt": str(salt), **work} if set(work) == set(ARGON2):
            _bytes(salt, 16)
            for name, amount in work.items():
                if type(amount) is not int or not 1 <= amount <= MOST[str(name)]:
                    raise ValueError(name)
        case {"by": "key file", "path": str(path), **rest} if not rest:
            if b"\0" in os.fsencode(path) or not os.path.isabs(path):
                raise ValueError("no path")
        case {"by": "key store", "account": str(), **rest} if not rest:
            pass
        case _:
            raise ValueError("kept by nobody that is known")
    return dict(untrusted)


def _key(name: str, untrusted: Any) -> WrappedKey:
    public = untrusted.get("public")
    if (public is None) == (name in plain.SIGNERS) or untrusted.keys() - {"public", "wrapped"}:
        raise ValueError("a public key is missing, or one too many")
    wrapped = _bytes(untrusted["wrapped"])
    return WrappedKey(wrapped, b"" if public is None else _bytes(public, plain.SECRET_BYTES))


def _wrapped(id: str, name: str, secret: Key, master: Key) -> WrappedKey:
    public = _public(secret) if name in plain.SIGNERS else b""
    return WrappedKey(_sealed(master, secret, _about_key(id, name, public)), public)


def _public(seed: Key) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _about_key(id: str, name: str, public: bytes) -> bytes:
    return _json({"id": id, "name": name, "public": _text(public), "schema": SCHEMA})


def _about_master(id: str, kept: Kept) -> bytes:
    return _json({"id": id, "kept": dict(kept), "schema": SCHEMA})


def _sealed(key: Key, secret: Key, about: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, secret, about)


def _opened(key: Key, wrapped: bytes, about: bytes) -> bytearray:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    place = bytearray(max(0, len(wrapped) - NONCE_BYTES - TAG_BYTES))
    try:
        AESGCM(key).decrypt_into(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], about, place)
        return place
    except InvalidTag as error:
        raise ValueError("the key does not fit") from error


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: Any, size: int | None = None) -> bytes:
    data = base64.b64decode(text, validate=True)
    if size is not None and len(data) != size:
        raise ValueError("of a wrong length")
    return data
