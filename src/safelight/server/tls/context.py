"""Context: how the front end speaks TLS: version 1.3 and nothing older, without resumption."""

from __future__ import annotations

import ssl

from safelight.errors import PolicyRefused
from safelight.server.tls.policy import SUITES


def server_context(leaf_fd: int) -> ssl.SSLContext:
    """With the key and the certificates that lie in this memfd as PEM. Raises PolicyRefused."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # A ticket would let a connection be resumed by who has it, under a key that lives for long.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    if hasattr(context, "set_ciphersuites"):
        context.set_ciphersuites(":".join(SUITES))
    renew(context, leaf_fd)
    return context


def renew(context: ssl.SSLContext, leaf_fd: int) -> None:
    """From now on new connections get what lies in this memfd. Raises PolicyRefused, and then all
    stays as it was. The descriptor stays the caller's.
    """
    try:
        context.load_cert_chain(f"/proc/self/fd/{leaf_fd}", password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise PolicyRefused("the certificate and its key cannot be used together") from error


def suites_of(context: ssl.SSLContext) -> tuple[str, ...]:
    """The suites that a connection may get."""
    found = (suite for suite in context.get_ciphers() if suite["protocol"] == "TLSv1.3")
    return tuple(str(suite["name"]) for suite in found)


def _no_password() -> str:
    """Without this, OpenSSL would ask on the terminal."""
    raise ValueError("the key is encrypted")
