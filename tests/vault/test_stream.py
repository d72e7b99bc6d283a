"""Encrypted files are Tink's, both ways; whatever is not as it was written does not open."""

from __future__ import annotations

import io
import itertools
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import VerificationFailed
from safelight.vault import stream
from safelight.vault.stream import (
    HEADER_BYTES,
    LEAST_BYTES,
    SEGMENT_BYTES,
    TAG_BYTES,
    Decryptor,
    Encryptor,
    encrypted_bytes,
    is_encrypted_name,
    plain_bytes,
    plain_name,
)
from tests.vault.tinkered import ERRORS, tink_encrypts, tink_opens

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "stream-v1"
FIRST = SEGMENT_BYTES - HEADER_BYTES - TAG_BYTES
NEXT = SEGMENT_BYTES - TAG_BYTES
# Sizes at and beside every border: nothing, one byte, the ends of the first and second segment.
SIZES = (0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + NEXT - 1, FIRST + NEXT, FIRST + NEXT + 1)


def plain(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def sealed(data: bytes, key: bytes = KEY, piece: int = 1 << 30) -> bytes:
    """The file of these bytes, written in pieces of this size."""
    made = bytearray()
    encryptor = Encryptor(key, made.extend)
    for start in range(0, len(data), piece):
        encryptor.write(data[start : start + piece])
    encryptor.finish()
    return bytes(made)


def opened(data: bytes, key: bytes = KEY, piece: int = 1 << 20) -> bytes:
    """What is in the file, read to its end in pieces of this size."""
    found, view = bytearray(), memoryview(bytearray(piece))
    with Decryptor(key, io.BytesIO(data).readinto) as decryptor:
        while count := decryptor.read_into(view):
            found += view[:count]
    return bytes(found)


@pytest.mark.parametrize("size", SIZES)
def test_tink_opens_ours_and_we_open_tinks(size: int) -> None:
    data = plain(size)
    ours, theirs = sealed(data), tink_encrypts(KEY, data)
    assert tink_opens(KEY, ours) == data
    assert opened(theirs) == data
    assert len(ours) == len(theirs) == encrypted_bytes(size)
    assert plain_bytes(len(ours)) == size


@pytest.mark.parametrize("piece", [1, 4_095, FIRST, NEXT, SEGMENT_BYTES, 3 * SEGMENT_BYTES])
def test_the_size_of_pieces_makes_no_difference(piece: int) -> None:
    data = plain(300 if piece == 1 else 2 * NEXT + 7)
    assert opened(sealed(data, piece=piece), piece=piece) == data


def test_a_source_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    file = io.BytesIO(sealed(plain(FIRST + 9)))

    def sip(view: memoryview) -> int:
        return file.readinto(view[:70_001])

    with Decryptor(KEY, sip) as decryptor:
        assert decryptor.read(FIRST + 100) == plain(FIRST + 9)
        assert decryptor.read(1) == b""


def test_the_same_bytes_never_make_the_same_file() -> None:
    assert sealed(b"twice") != sealed(b"twice")
    assert b"twice" not in sealed(b"twice")


def flip(position: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def segments(data: bytes) -> list[bytes]:
    return [data[start : start + SEGMENT_BYTES] for start in range(0, len(data), SEGMENT_BYTES)]


def rearranged(*order: int) -> Callable[[bytes], bytes]:
    return lambda data: b"".join(segments(data)[number] for number in order)


# Each does something to a file of three whole segments and a short one.
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "nothing left": lambda data: b"",
    "one byte left": lambda data: data[:1],
    "a header alone": lambda data: data[:HEADER_BYTES],
    "a header and no whole tag": lambda data: data[: LEAST_BYTES - 1],
    "the length of the header": flip(0),
    "the salt": flip(1),
    "the start of the nonces": flip(HEADER_BYTES - 1),
    "the first segment": flip(HEADER_BYTES),
    "the tag of the first segment": flip(SEGMENT_BYTES - 1),
    "the start of the second": flip(SEGMENT_BYTES),
    "the middle of the third": flip(2 * SEGMENT_BYTES + 5_000),
    "the last byte": flip(-1),
    "cut by a byte": lambda data: data[:-1],
    "cut off a border": lambda data: data[: 2 * SEGMENT_BYTES - 100],
    "cut within a tag": lambda data: data[: 2 * SEGMENT_BYTES + 7],
    "cut after one segment": lambda data: data[:SEGMENT_BYTES],
    "cut after two": lambda data: data[: 2 * SEGMENT_BYTES],
    "cut after three": lambda data: data[: 3 * SEGMENT_BYTES],
    "two segments exchanged": rearranged(0, 2, 1, 3),
    "the first two exchanged": rearranged(1, 0, 2, 3),
    "one taken out": rearranged(0, 1, 3),
    "the first taken out": rearranged(1, 2, 3),
    "one twice": rearranged(0, 1, 1, 2, 3),
    "the last twice": rearranged(0, 1, 2, 3, 3),
    "a byte added": lambda data: data + b"\0",
    "a segment added": lambda data: data + bytes(SEGMENT_BYTES),
    "another file's segment": lambda data: (
        data[:SEGMENT_BYTES] + sealed(plain(3 * NEXT))[SEGMENT_BYTES:]
    ),
}
WHOLE = sealed(plain(FIRST + 2 * NEXT + 1_000))


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_was_changed_does_not_open_here_nor_in_tink(damage: str) -> None:
    assert opened(WHOLE) == plain(FIRST + 2 * NEXT + 1_000)
    broken = DAMAGE[damage](WHOLE)
    with pytest.raises(VerificationFailed, match="does not open"):
        opened(broken)
    with pytest.raises(ERRORS):
        tink_opens(KEY, broken)


def test_every_byte_counts() -> None:
    small = sealed(b"a small file")
    for position in range(len(small)):
        with pytest.raises(VerificationFailed):
            opened(flip(position)(small))
    for size in range(len(small)):
        with pytest.raises(VerificationFailed):
            opened(small[:size])


@given(
    size=st.integers(0, 600),
    order=st.lists(st.integers(0, 20), max_size=24),
    cut=st.integers(0, 80),
    added=st.binary(max_size=80),
)
def test_only_the_whole_file_in_its_order_opens(
    size: int, order: list[int], cut: int, added: bytes
) -> None:
    """In segments of 64 bytes, so that a few hundred bytes are many of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "SEGMENT_BYTES", 64)
        data = plain(size)
        whole = sealed(data)
        assert opened(whole, piece=64) == opened(whole, piece=7) == data
        parts = [whole[start : start + 64] for start in range(0, len(whole), 64)]
        changed = b"".join(parts[number % len(parts)] for number in order)
        for other in (changed, changed + added, whole[: max(0, len(whole) - cut)], whole + added):
            if other == whole:
                assert opened(other) == data
            else:
                with pytest.raises(VerificationFailed):
                    opened(other)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(VerificationFailed):
        opened(sealed(b"mine"), OTHER)
    with pytest.raises(ERRORS):
        tink_opens(OTHER, sealed(b"mine"))


@pytest.mark.parametrize("piece", [100, SEGMENT_BYTES])
def test_nothing_of_a_changed_segment_is_given_out(piece: int) -> None:
    broken = DAMAGE["the middle of the third"](WHOLE)
    view, given = memoryview(bytearray(piece)), 0

    def read_on(decryptor: Decryptor) -> None:
        nonlocal given
        while count := decryptor.read_into(view):
            given += count

    with Decryptor(KEY, io.BytesIO(broken).readinto) as decryptor:
        with pytest.raises(VerificationFailed):
            read_on(decryptor)
        assert given == FIRST + NEXT
        read_on(decryptor)
        assert given == FIRST + NEXT


def test_a_last_segment_of_no_bytes_is_refused_though_the_key_made_it() -> None:
    class Idle(Encryptor):
        def forge(self, plain: bytes, *, is_last: bool) -> None:
            self._segment(memoryview(plain), is_last=is_last)

    made = bytearray()
    forger = Idle(KEY, made.extend)
    forger.forge(plain(FIRST), is_last=False)
    forger.forge(b"", is_last=True)
    with pytest.raises(VerificationFailed):
        opened(bytes(made))
    with pytest.raises(VerificationFailed):
        plain_bytes(len(made))


@pytest.mark.parametrize("size", [0, 1, LEAST_BYTES - 1, SEGMENT_BYTES + 1, SEGMENT_BYTES + 16])
def test_a_size_that_no_file_has_is_refused(size: int) -> None:
    with pytest.raises(VerificationFailed):
        plain_bytes(size)


def test_sizes_agree_both_ways() -> None:
    for size in itertools.chain(range(300), range(FIRST - 40, FIRST + 40)):
        assert plain_bytes(encrypted_bytes(size)) == size


def test_a_key_of_another_length_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Encryptor(os.urandom(16), bytearray().extend)


def test_a_closed_stream_writes_nothing_and_keeps_no_plain_byte() -> None:
    made = bytearray()
    with Encryptor(KEY, made.extend) as encryptor:
        encryptor.write(b"never written")
    with pytest.raises(ValueError, match="closed"):
        encryptor.finish()
    assert not made
    assert not any(encryptor._kept)


def test_names_tell() -> None:
    assert is_encrypted_name(Path("a/photo.jpg.enc"))
    assert is_encrypted_name(Path("PHOTO.JPG.ENC"))
    assert not is_encrypted_name(Path("photo.enc.jpg"))
    assert is_encrypted_name(Path(".enc"))
    assert plain_name(Path("a/photo.jpg.enc")) == Path("a/photo.jpg")
    assert plain_name(Path("a/.enc")) == Path("a/file")
    assert plain_name(Path("a/photo.jpg")) == Path("a/photo.jpg")


@pytest.mark.parametrize("name", sorted(json.loads((VECTORS / "expected.json").read_text())))
def test_vectors_read_as_ever(name: str) -> None:
    expected = json.loads((VECTORS / "expected.json").read_text())[name]
    data = (VECTORS / name).read_bytes()
    if expected is None:
        with pytest.raises(VerificationFailed):
            opened(data)
    else:
        assert opened(data) == expected.encode()
