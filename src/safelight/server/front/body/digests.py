"""Digests: what a request says of its own body, compared once the body is there (RFC 9530)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Any

from starlette.datastructures import Headers

from safelight.errors import DigestWrong

# The body is sent as it is, so both mean the same.
NAMES = ("content-digest", "repr-digest")
ALGORITHMS = {"sha-256": "sha256", "sha-512": "sha512"}
_MEMBER = re.compile(r"([a-z0-9-]+)=:([A-Za-z0-9+/=]*):(?:;[^,]*)?", re.ASCII)


class Digests:
    """Every digest of the body that its sender tells, of the kinds that are known."""

    def __init__(self, headers: Headers) -> None:
        """Raises DigestWrong for a header that cannot be read."""
        # However often one is told, the body is hashed once for each kind.
        self._hashers: dict[str, Any] = {}
        self._wanted: set[tuple[str, bytes]] = set()
        for name in NAMES:
            for text in headers.getlist(name):
                self._read(text)

    def _read(self, text: str) -> None:
        for member in filter(None, (part.strip() for part in text.split(","))):
            match = _MEMBER.fullmatch(member)
            if match is None:
                raise DigestWrong(
                    "the digest of the body cannot be read", hint="Content-Digest: sha-256=:BASE64:"
                )
            if match[1] in ALGORITHMS:
                try:
                    digest = base64.b64decode(match[2], validate=True)
                except binascii.Error as error:
                    raise DigestWrong("the digest of the body is no base64") from error
                kind = ALGORITHMS[match[1]]
                self._hashers.setdefault(kind, hashlib.new(kind))
                self._wanted.add((kind, digest))

    def update(self, data: bytes) -> None:
        for hasher in self._hashers.values():
            hasher.update(data)

    def check(self) -> None:
        """Raises DigestWrong unless each is that of the body."""
        for kind, digest in self._wanted:
            if not hmac.compare_digest(self._hashers[kind].digest(), digest):
                raise DigestWrong


def told(sha256: str) -> str:
    """A digest as the header tells it, from its hexadecimal form."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
