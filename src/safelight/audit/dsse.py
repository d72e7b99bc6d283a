"""DSSE: the envelope around a signed payload (Dead Simple Signing Envelope, version 1), with
Ed25519.

The signature covers the payload's type and its bytes, so a payload cannot be passed off as
another kind. The file is canonical JSON with exactly one signature; other tools that know DSSE
can read it.
"""

from __future__ import annotations

from dataclasses import dataclass

from safelight.audit.canonical import base64_bytes, base64_text, canonical, parse_canonical
from safelight.errors import VerificationFailed
from safelight.vault.keys import Signer, fingerprint_of, is_signed

IN_TOTO = "application/vnd.in-toto+json"
MAX_ENVELOPE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as read: nothing in it is trusted before `is_signed_by`."""

    payload: bytes
    payload_type: str
    fingerprint: str
    signature: bytes

    def is_signed_by(self, public_bytes: bytes) -> bool:
        """True if this raw public key is the one named and its signature holds."""
        return self.fingerprint == fingerprint_of(public_bytes) and is_signed(
            public_bytes, self.signature, pae(self.payload_type, self.payload)
        )


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: what is really signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(payload: bytes, signer: Signer, payload_type: str = IN_TOTO) -> bytes:
    """The signed envelope as canonical JSON."""
    signature = signer.sign(pae(payload_type, payload))
    return canonical(
        {
            "payload": base64_text(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": signer.fingerprint, "sig": base64_text(signature)}],
        }
    )


def parse(untrusted: bytes, limit_bytes: int = MAX_ENVELOPE_BYTES) -> Envelope:
    """Read an envelope without believing it. Raises VerificationFailed if its form is wrong."""
    match parse_canonical(untrusted, limit_bytes):
        case {
            "payload": str(payload),
            "payloadType": str(payload_type),
            "signatures": [{"keyid": str(keyid), "sig": str(signature), **second}],
            **first,
        } if not first and not second:
            return Envelope(base64_bytes(payload), payload_type, keyid, base64_bytes(signature))
    raise VerificationFailed("the document is no envelope with one signature")


def verify(untrusted: bytes, public_bytes: bytes, payload_type: str = IN_TOTO) -> bytes:
    """The payload, if the envelope is of this type and signed by this raw public key.

    Raises VerificationFailed otherwise, whatever is wrong.
    """
    envelope = parse(untrusted)
    if envelope.payload_type != payload_type or not envelope.is_signed_by(public_bytes):
        raise VerificationFailed("the signature does not hold")
    return envelope.payload
