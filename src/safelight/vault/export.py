"""Export: a key in the form that other programs read, to be kept elsewhere or used there.

data      a Tink keyset (JSON, RAW prefix): any Tink opens encrypted files with it
receipts  PKCS #8 in PEM, as journal and tls
digest    64 hexadecimal digits
"""

from __future__ import annotations

import base64
import json

from safelight.errors import SomethingMissing
from safelight.vault import plain
from safelight.vault.stream import SEGMENT_BYTES
from safelight.vault.vault import Vault

TYPE_URL = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
SHA256 = 3
FORMS = {
    "data": "a Tink keyset in JSON",
    "receipts": "PKCS #8 in PEM",
    "journal": "PKCS #8 in PEM",
    "tls": "PKCS #8 in PEM",
    "digest": "64 hexadecimal digits",
}
LOSS = {
    "data": "whoever has it opens every file that you encrypted, and the database",
    "receipts": "whoever has it signs receipts in your name",
    "journal": "whoever has it signs a journal in your name",
    "tls": "whoever has it passes for your server",
    "digest": "whoever has it can ask of your receipts whether a known picture was worked on",
}


def exported(vault: Vault, name: str) -> bytes:
    """The text of one key. Raises VaultLocked; SomethingMissing if there is no such key yet."""
    if vault.is_begun:
        secret = bytes(vault.copy(name))
    else:
        data = plain.read(vault.folder, name)
        if data is None:
            raise SomethingMissing(f"there is no key for {name} yet", hint="safelight vault status")
        secret = plain.secret_of(name, data)
    return tink_keyset(secret) if name == "data" else plain.file_of(name, secret)


def tink_keyset(key: bytes) -> bytes:
    """A key of 32 bytes as a Tink keyset with AES256_GCM_HKDF_1MB as its only key."""
    parameters = b"\x08" + _varint(SEGMENT_BYTES) + b"\x10" + _varint(len(key))
    parameters += b"\x18" + _varint(SHA256)
    value = b"\x12" + _varint(len(parameters)) + parameters + b"\x1a" + _varint(len(key)) + key
    one = {
        "keyData": {
            "typeUrl": TYPE_URL,
            "value": base64.b64encode(value).decode(),
            "keyMaterialType": "SYMMETRIC",
        },
        "status": "ENABLED",
        "keyId": 1,
        "outputPrefixType": "RAW",
    }
    return json.dumps({"primaryKeyId": 1, "key": [one]}, indent=2).encode() + b"\n"


def _varint(number: int) -> bytes:
    """A whole number as protocol buffers write it."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(found) + bytes((number,))
