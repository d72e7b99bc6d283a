"""Tink, as the other implementation of encrypted files: one key, its streams, its errors."""

from __future__ import annotations

import io

from tink import TinkError, proto_keyset_format, secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

URL = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
# Tink raises its own error where it opens, and the system's where it reads.
ERRORS = (TinkError, OSError)


class Unclosed(io.BytesIO):
    """What was written stays readable: Tink closes what it writes to."""

    def close(self) -> None:
        self.flush()


def keyset(key: bytes) -> bytes:
    """The key as a keyset of one AES256_GCM_HKDF_1MB key."""
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=1 << 20, derived_key_size=32, hkdf_hash_type=common_pb2.SHA256
    )
    value = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0, params=parameters, key_value=key
    )
    one = tink_pb2.Keyset.Key(
        key_data=tink_pb2.KeyData(
            type_url=URL,
            value=value.SerializeToString(),
            key_material_type=tink_pb2.KeyData.SYMMETRIC,
        ),
        status=tink_pb2.ENABLED,
        key_id=1,
        output_prefix_type=tink_pb2.RAW,
    )
    found: bytes = tink_pb2.Keyset(primary_key_id=1, key=[one]).SerializeToString()
    return found


def _primitive(key: bytes) -> streaming_aead.StreamingAead:
    streaming_aead.register()
    handle = proto_keyset_format.parse(keyset(key), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


def tink_encrypts(key: bytes, plain: bytes) -> bytes:
    """The file that Tink makes of these bytes."""
    made = Unclosed()
    with _primitive(key).new_encrypting_stream(made, b"") as stream:
        stream.write(plain)
    return made.getvalue()


def tink_opens(key: bytes, sealed: bytes) -> bytes:
    """What Tink finds in the file. Raises one of ERRORS."""
    with _primitive(key).new_decrypting_stream(io.BytesIO(sealed), b"") as stream:
        found: bytes = stream.read()
    return found
