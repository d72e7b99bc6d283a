"""Stream: encrypted files, byte for byte as Tink's AES256_GCM_HKDF_1MB writes them.

    file     header | segment | segment | ...   each 1 MiB, the last one shorter or as long
    header   its own length (40) | salt, 32 bytes | start of the nonces, 7 bytes
    key      HKDF-SHA256 of the file's key with this salt, no associated data
    segment  AES-256-GCM; the nonce is start | number, 4 bytes, big endian | 1 for the last, else 0

The first segment shares its MiB with the header. A number and an end in each nonce are what makes
truncation, reordering and repetition fail. Any Tink opens such a file with the exported keyset.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from safelight.errors import VerificationFailed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUFFIX = ".enc"
SCHEME = "AES256_GCM_HKDF_1MB"
KEY_BYTES = 32
SEGMENT_BYTES = 1 << 20
SALT_BYTES, PREFIX_BYTES, TAG_BYTES = 32, 7, 16
HEADER_BYTES = 1 + SALT_BYTES + PREFIX_BYTES
LEAST_BYTES = HEADER_BYTES + TAG_BYTES

Fill = Callable[[memoryview], int]


def is_encrypted_name(path: Path) -> bool:
    """True if a file of this name is encrypted on its way to the disk, and opened on its way in."""
    return path.name.lower().endswith(SUFFIX)


def plain_name(path: Path) -> Path:
    """The path without the ending that says that it is encrypted; of .enc alone, a name for it."""
    return path.with_name(path.name[: -len(SUFFIX)] or "file") if is_encrypted_name(path) else path


def encrypted_bytes(plain_bytes: int) -> int:
    """The size of the file that holds so many bytes."""
    rest = max(0, plain_bytes + HEADER_BYTES - (SEGMENT_BYTES - TAG_BYTES))
    segments = 1 + -(-rest // (SEGMENT_BYTES - TAG_BYTES))
    return HEADER_BYTES + plain_bytes + TAG_BYTES * segments


def plain_bytes(encrypted_bytes: int) -> int:
    """How many bytes a file of this size holds. Raises VerificationFailed for a size that none
    has.
    """
    before, last = divmod(max(0, encrypted_bytes - 1), SEGMENT_BYTES)
    least = TAG_BYTES + 1 if before else LEAST_BYTES
    if last + 1 < least:
        raise not_opened()
    return encrypted_bytes - HEADER_BYTES - TAG_BYTES * (before + 1)


def not_opened() -> VerificationFailed:
    """The one error for every file that does not open, whatever broke inside."""
    return VerificationFailed(
        "the encrypted file does not open: it was changed, cut off, or belongs to another key",
        hint="safelight vault status shows which keys are here",
    )


class Encryptor:
    """Encrypts what is written and hands the file's bytes to put, a segment at a time.

    finish must be called once, when all is written: without it the file is one that does not open.
    What put is given holds until it returns. Plain bytes kept back are overwritten by close.
    """

    def __init__(self, key: bytes | bytearray, put: Callable[[memoryview], object]) -> None:
        salt, prefix = os.urandom(SALT_BYTES), os.urandom(PREFIX_BYTES)
        self._put = put
        self._segments = _Segments(key, salt, prefix)
        self._sealed = memoryview(bytearray(SEGMENT_BYTES))
        self._kept = memoryview(bytearray(SEGMENT_BYTES - TAG_BYTES))
        self._count = 0
        self._header = bytes([HEADER_BYTES]) + salt + prefix

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def write(self, data: bytes | memoryview) -> None:
        """Take more of the plain bytes. Whole segments are read from where they are."""
        # Each view is given back at once, also where put raises: its memory may be unmapped then.
        with memoryview(data).cast("B") as view:
            position = 0
            while position < len(view):
                position += self._take(view, position)

    def finish(self) -> None:
        """Write the last segment, and forget key and plain bytes."""
        self._segment(self._kept[: self._count], is_last=True)
        self.close()

    def close(self) -> None:
        """Overwrite key and plain bytes."""
        self._segments.forget()
        self._kept[:] = bytes(len(self._kept))

    def _take(self, view: memoryview, position: int) -> int:
        """Encrypt or keep what comes next; how many bytes that was."""
        room = len(self._kept) - len(self._header)
        if self._count == 0 and len(view) - position > room:
            with view[position : position + room] as piece:
                self._segment(piece, is_last=False)
            return room
        if self._count == room:
            self._segment(self._kept[:room], is_last=False)
            self._count = 0
            return 0
        count = min(room - self._count, len(view) - position)
        with view[position : position + count] as piece:
            self._kept[self._count : self._count + count] = piece
        self._count += count
        return count

    def _segment(self, plain: memoryview, *, is_last: bool) -> None:
        start = len(self._header)
        end = start + len(plain) + TAG_BYTES
        self._sealed[:start] = self._header
        cipher, nonce = self._segments.next(is_last=is_last)
        cipher.encrypt_into(nonce, plain, None, self._sealed[start:end])
        self._header = b""
        self._put(self._sealed[:end])


class Decryptor:
    """Opens a file that fill reads, a segment at a time: each is checked before it is given out.

    That the file is whole is known only when all of it was read: what was read before is not to be
    used until then.
    """

    def __init__(self, key: bytes | bytearray, fill: Fill) -> None:
        self._key, self._fill = key, fill
        self._segments: _Segments | None = None
        # One byte more than a segment: whether it is there tells which segment is the last.
        self._sealed = memoryview(bytearray(SEGMENT_BYTES + 1))
        self._read = 0
        self._plain = memoryview(bytearray(0))
        self._left = self._plain
        self._is_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def read_into(self, view: memoryview) -> int:
        """Fill the view from its start; how many bytes it got, 0 at the end.

        Raises VerificationFailed, OSError as fill does.
        """
        if not self._left and not self._is_over:
            direct = self._next(view)
            if direct:
                return direct
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def read(self, limit_bytes: int) -> bytes:
        """At most so many bytes of what is left. Raises like read_into."""
        found = bytearray(limit_bytes)
        count = 0
        with memoryview(found) as view:
            while count < limit_bytes:
                got = self.read_into(view[count:])
                if got == 0:
                    break
                count += got
        return bytes(found[:count])

    def close(self) -> None:
        """Overwrite key and plain bytes."""
        if self._segments is not None:
            self._segments.forget()
        self._plain[:] = bytes(len(self._plain))
        self._left, self._is_over = self._plain[:0], True

    def _next(self, view: memoryview) -> int:
        """Open the next segment, into the view where it fits; how many bytes the view got."""
        while self._read < len(self._sealed):
            count = self._fill(self._sealed[self._read :])
            if count == 0:
                break
            self._read += count
        start = HEADER_BYTES if self._segments is None else 0
        segments = self._segments = self._segments or self._begin()
        end = min(self._read, SEGMENT_BYTES)
        size = end - start - TAG_BYTES
        # A last segment of no bytes is none that a writer makes, unless the whole file is empty.
        if size < 0 or (size == 0 and not start):
            raise not_opened()
        self._is_over = self._read <= SEGMENT_BYTES
        goes_direct = size <= len(view)
        # Given back also where it does not open: the caller may unmap that memory then.
        with view[:size] if goes_direct else self._room(size) as target:
            self._open(segments, self._sealed[start:end], target)
        self._sealed[0] = self._sealed[SEGMENT_BYTES]
        self._read = 1
        if not goes_direct:
            self._left = self._plain[:size]
        return size if goes_direct else 0

    def _begin(self) -> _Segments:
        if self._read < LEAST_BYTES or self._sealed[0] != HEADER_BYTES:
            raise not_opened()
        salt_end = 1 + SALT_BYTES
        salt, prefix = self._sealed[1:salt_end], self._sealed[salt_end:HEADER_BYTES]
        return _Segments(self._key, bytes(salt), bytes(prefix))

    def _room(self, size: int) -> memoryview:
        if not self._plain:
            self._plain = memoryview(bytearray(SEGMENT_BYTES - TAG_BYTES))
        return self._plain[:size]

    def _open(self, segments: _Segments, sealed: memoryview, target: memoryview) -> None:
        from cryptography.exceptions import InvalidTag

        cipher, nonce = segments.next(is_last=self._is_over)
        try:
            cipher.decrypt_into(nonce, sealed, None, target)
        except InvalidTag as error:
            self.close()
            raise not_opened() from error


class _Segments:
    """The cipher of one file, and the nonces of its segments in order."""

    def __init__(self, key: bytes | bytearray, salt: bytes, prefix: bytes) -> None:
        self._derived = _derived(key, salt)
        self._cipher: AESGCM | None = _cipher(self._derived)
        self._prefix = prefix
        self._number = 0

    def next(self, *, is_last: bool) -> tuple[AESGCM, bytes]:
        """Raises OverflowError past four thousand million segments."""
        if self._cipher is None:
            raise ValueError("the stream is closed")
        nonce = self._prefix + self._number.to_bytes(4) + bytes([is_last])
        self._number += 1
        return self._cipher, nonce

    def forget(self) -> None:
        self._cipher = None
        self._derived[:] = bytes(KEY_BYTES)


def _derived(key: bytes | bytearray, salt: bytes) -> bytearray:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    if len(key) != KEY_BYTES:
        raise ValueError("the key of an encrypted file has 32 bytes")
    derived = bytearray(KEY_BYTES)
    HKDF(SHA256(), KEY_BYTES, salt, b"").derive_into(key, derived)
    return derived


def _cipher(derived: bytearray) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(derived)
