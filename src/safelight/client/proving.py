"""Proving: the first look at a server of which a fingerprint alone is known."""

from __future__ import annotations

import httpx

from safelight.client.address import Address
from safelight.client.call import API
from safelight.client.line import told
from safelight.client.trust import MAX_PEM_BYTES, pinned, unproved

AUTHORITY = f"{API}/authority"


def proved(address: Address, fingerprint: str) -> Address:
    """The address with the certificate that has this fingerprint; the same where none is given or
    the certificate is known. Asks the server for it and sends nothing else. Raises
    VerificationFailed, Unavailable.
    """
    if not fingerprint or address.fingerprint == fingerprint:
        return address
    transport = httpx.HTTPTransport(verify=unproved(), trust_env=False)
    try:
        with (
            httpx.Client(base_url=address.url, transport=transport, trust_env=False) as http,
            http.stream("GET", AUTHORITY, headers={"User-Agent": "safelight"}) as response,
        ):
            line = response.extensions["network_stream"].get_extra_info("ssl_object")
            leaf = line.getpeercert(True) if line is not None else b""
            pem = b""
            for piece in response.iter_raw():
                pem += piece
                if len(pem) > MAX_PEM_BYTES:
                    break
    except httpx.HTTPError as error:
        raise told(error) from error
    is_told = response.status_code == 200
    return pinned(
        address, fingerprint, leaf or b"", pem.decode("ascii", "replace") if is_told else ""
    )
