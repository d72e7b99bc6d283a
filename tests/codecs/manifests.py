"""C2PA manifests made in code: boxes, and CBOR written by other code than the one that reads it."""

from __future__ import annotations

import json
import struct
from typing import Any

SWITCHES = b"\3"


def head(kind: int, number: int) -> bytes:
    """The head of a CBOR value."""
    if number < 24:
        return bytes([kind << 5 | number])
    if number < 256:
        return bytes([kind << 5 | 24, number])
    return bytes([kind << 5 | 25]) + struct.pack(">H", number)


def cbor(value: Any) -> bytes:
    """A value as CBOR."""
    if isinstance(value, bool) or value is None:
        return bytes([{False: 0xF4, True: 0xF5, None: 0xF6}[value]])
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    pairs = b"".join(cbor(key) + cbor(inner) for key, inner in value.items())
    return head(5, len(value)) + pairs


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def superbox(label: str, *inner: bytes) -> bytes:
    described = bytes(16) + SWITCHES + label.encode() + b"\0"
    return box(b"jumb", box(b"jumd", described) + b"".join(inner))


def assertion(label: str, value: Any) -> bytes:
    return superbox(label, box(b"cbor", cbor(value)))


def told(label: str, value: Any) -> bytes:
    """The same as JSON."""
    return superbox(label, box(b"json", json.dumps(value).encode()))


def store(*inner: bytes) -> bytes:
    """A manifest store with one manifest."""
    return superbox("c2pa", superbox("urn:uuid:0", *inner))


def full() -> bytes:
    """A manifest with all that tells of a person, a place, a program."""
    return store(
        superbox("c2pa.thumbnail.claim.jpeg", box(b"bidb", b"\xff\xd8small")),
        assertion(
            "c2pa.actions.v2",
            {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "softwareAgent": {"name": "Adobe Firefly", "version": "3"},
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/"
                        "trainedAlgorithmicMedia",
                        "when": "2026-01-02T03:04:05Z",
                    }
                ]
            },
        ),
        told("stds.schema-org.CreativeWork", {"author": [{"name": "Ada Muster"}]}),
        told("stds.exif", {"@context": {}, "exif:GPSLatitude": "52,31.2N", "exif:Make": "Acme"}),
        assertion("c2pa.ingredient", {"dc:title": "client-42.psd"}),
        assertion("c2pa.hash.data", {"pad": bytes(9)}),
        assertion("vendor.secret", {"x": 1}),
        assertion("c2pa.claim", {"claim_generator_info": [{"name": "Studio", "version": "1.2"}]}),
    )
