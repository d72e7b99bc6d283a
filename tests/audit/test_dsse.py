"""Envelopes: canonical, signed over type and bytes, readable by other tools."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from safelight.audit import dsse
from safelight.audit.canonical import base64_bytes, canonical, parse_canonical
from safelight.errors import VerificationFailed
from tests.audit.making import fixed_signer


def test_pae_is_that_of_the_specification() -> None:
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_an_envelope_gives_its_payload_back() -> None:
    keys = fixed_signer()
    assert dsse.verify(dsse.sign(b"{}", keys), keys.public_bytes) == b"{}"


def test_any_tool_that_knows_dsse_can_verify_it() -> None:
    """Nothing of ours but the bytes: the standard's JSON, its encoding, an Ed25519 key."""
    keys = fixed_signer()
    document = json.loads(dsse.sign(b'{"a":1}', keys))
    payload = base64.b64decode(document["payload"])
    kind = document["payloadType"]
    signed = f"DSSEv1 {len(kind)} {kind} {len(payload)} ".encode() + payload
    signature = base64.b64decode(document["signatures"][0]["sig"])
    Ed25519PublicKey.from_public_bytes(keys.public_bytes).verify(signature, signed)


def test_every_flipped_bit_of_an_envelope_is_noticed() -> None:
    keys = fixed_signer()
    data = dsse.sign(b'{"subject":[]}', keys)
    for position in range(len(data)):
        for bit in (0, 1, 5, 7):
            flipped = bytearray(data)
            flipped[position] ^= 1 << bit
            with pytest.raises(VerificationFailed):
                dsse.verify(bytes(flipped), keys.public_bytes)


def test_another_key_or_another_type_is_refused() -> None:
    keys = fixed_signer()
    data = dsse.sign(b"{}", keys)
    with pytest.raises(VerificationFailed):
        dsse.verify(data, fixed_signer(1).public_bytes)
    with pytest.raises(VerificationFailed):
        dsse.verify(data, keys.public_bytes, "application/other")


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"NaN",
        b"[" * 100_000,
        b'{"a":1,"a":1}',
        b'{"b":1,"a":1}',
        b'{"a": 1}',
        b'{"payload":"","payloadType":"t","signatures":[]}',
        b'{"payload":"","payloadType":"t","signatures":[{"keyid":"k","sig":""}],"x":1}',
        b'{"payload":"","payloadType":"t","signatures":[{"keyid":"k","sig":"","x":1}]}',
        b'{"payload":"e30","payloadType":"t","signatures":[{"keyid":"k","sig":""}]}',
        b'{"payload":"e31=","payloadType":"t","signatures":[{"keyid":"k","sig":""}]}',
        b'"' + b"x" * dsse.MAX_ENVELOPE_BYTES + b'"',
    ],
)
def test_what_is_no_envelope_is_refused(untrusted: bytes) -> None:
    with pytest.raises(VerificationFailed):
        dsse.parse(untrusted)


def test_one_value_has_one_spelling() -> None:
    value = {"b": [1, 2.5, None, True], "a": "ä"}
    data = canonical(value)
    assert data == '{"a":"ä","b":[1,2.5,null,true]}'.encode()
    assert parse_canonical(data, 100) == value
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_base64_has_one_spelling() -> None:
    assert base64_bytes("AA==") == b"\0"
    for text in ("AB==", "AA", "AA==\n", "A_==", "ä"):
        with pytest.raises(VerificationFailed):
            base64_bytes(text)
