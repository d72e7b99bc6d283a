"""Another implementation of envelopes (securesystemslib) takes our receipts and refuses others."""

from __future__ import annotations

import json

import pytest
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import Key

from safelight.audit.receipt import Receipt
from tests.audit.making import fixed_keys
from tests.audit.test_receipt import make


def takes(data: bytes, first: int = 0) -> bool:
    """Whether it finds the envelope signed by our fixed key."""
    signer = fixed_keys(first).receipts
    public = {"public": signer.public_bytes.hex()}
    facts = {"keytype": "ed25519", "scheme": "ed25519", "keyval": public}
    key = Key.from_dict(signer.fingerprint, facts)
    try:
        return set(Envelope.from_dict(json.loads(data)).verify([key], 1)) == {signer.fingerprint}
    except (VerificationError, ValueError, KeyError, TypeError, AttributeError):
        return False


@pytest.fixture
def receipt() -> Receipt:
    return make()


def test_it_takes_ours(receipt: Receipt) -> None:
    assert takes(receipt.data)


def test_it_refuses_ours_under_another_key(receipt: Receipt) -> None:
    assert not takes(receipt.data, first=3)


def test_it_refuses_each_tampered_copy_of_what_is_signed(receipt: Receipt) -> None:
    document = json.loads(receipt.data)
    changes = {
        "payload": [
            document["payload"][:at] + other(document["payload"], at) for at in range(0, 3000, 97)
        ],
        "payloadType": ["application/other"],
    }
    for field, values in changes.items():
        for value in values:
            assert not takes(json.dumps(document | {field: value}).encode()), field
    signature = document["signatures"][0]["sig"]
    for at in range(0, 80, 7):
        changed = {**document["signatures"][0], "sig": signature[:at] + other(signature, at)}
        assert not takes(json.dumps(document | {"signatures": [changed]}).encode()), at


def test_control_a_copy_that_is_spelled_in_another_way_is_taken_there_and_not_here(
    receipt: Receipt,
) -> None:
    """What it checks is the signature alone; the one spelling is our own rule."""
    spaced = json.dumps(json.loads(receipt.data), indent=1).encode()
    assert takes(spaced)
    with pytest.raises(Exception, match="canonical"):
        Receipt.parse(spaced)


def other(text: str, at: int) -> str:
    """The rest of a text with its first sign exchanged for another of base64."""
    return ("B" if text[at] == "A" else "A") + text[at + 1 :]
