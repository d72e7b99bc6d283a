"""Trust: how a server that the user named shows that it is that one.

A fingerprint is that of the one certificate that vouches for the server: of its local authority, or
its own. That certificate comes over a connection nobody can trust yet, is compared with the
fingerprint, and from then on it alone is believed. Nothing secret is sent before.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from dataclasses import replace

from safelight.client.address import Address
from safelight.errors import VerificationFailed

MAX_PEM_BYTES = 65_536


def context_of(address: Address) -> ssl.SSLContext:
    """TLS 1.3 alone, with the one authority of the address, or those that this machine trusts."""
    if not address.authority:
        context = ssl.create_default_context()
    else:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cadata=address.authority)
        except ssl.SSLError as error:
            raise VerificationFailed("what vouches for the server is no certificate") from error
        if address.is_leaf:
            # The very certificate is known: whatever name it was made out to, no other passes.
            context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def unproved() -> ssl.SSLContext:
    """For the first look at a certificate that is compared afterwards, and for nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


def pinned(address: Address, fingerprint: str, leaf: bytes, authority: str) -> Address:
    """The address with what has this fingerprint: the server's own certificate (DER), or the
    authority's (PEM). Raises VerificationFailed where neither has it.
    """
    if _is(fingerprint, leaf):
        pem = ssl.DER_cert_to_PEM_cert(leaf)
        return replace(address, authority=pem, is_leaf=True, fingerprint=fingerprint)
    if authority and _is(fingerprint, _der(authority)):
        return replace(address, authority=authority, fingerprint=fingerprint)
    raise VerificationFailed(
        "this server is another one: its fingerprint is not the one that you gave",
        hint="compare it with what the server shows: safelight status, there",
    )


def _is(fingerprint: str, der: bytes) -> bool:
    return hmac.compare_digest(hashlib.sha256(der).hexdigest(), fingerprint)


def _der(pem: str) -> bytes:
    """Raises VerificationFailed for what is not one certificate."""
    text = pem.strip()
    if len(text) > MAX_PEM_BYTES or text.count("-----BEGIN") != 1:
        raise VerificationFailed("what vouches for the server is no certificate")
    try:
        return ssl.PEM_cert_to_DER_cert(text)
    except ValueError as error:
        raise VerificationFailed("what vouches for the server is no certificate") from error
