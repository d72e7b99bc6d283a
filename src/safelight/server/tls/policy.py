"""Policy: the suites of TLS 1.3 that are spoken, and how OpenSSL is told.

Both have keys of 256 bits. The third suite in use, with AES-128, is left out where OpenSSL heeds
the file beside this one, which it reads as a process starts.
"""

from __future__ import annotations

from pathlib import Path

SUITES = ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
ENVIRONMENT = {"OPENSSL_CONF": str(Path(__file__).with_name("openssl.cnf"))}
