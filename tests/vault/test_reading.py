"""Files are read whole up to a limit, and room is taken for what is there alone."""

from __future__ import annotations

import io

import pytest

from safelight.vault.private import ROOM_BYTES, read_up_to

LIMIT = 2 * ROOM_BYTES + 7


class Counting(io.BytesIO):
    """A file that knows what it was asked for at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most = max(self.most, size or 0)
        return super().read(size)


@pytest.mark.parametrize("size", [0, 1, ROOM_BYTES, LIMIT - 1, LIMIT])
def test_a_file_within_the_limit_comes_whole(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert read_up_to(io.BytesIO(data), LIMIT) == data


def test_of_a_larger_one_comes_enough_to_know_that_it_is_larger() -> None:
    assert len(read_up_to(io.BytesIO(bytes(2 * LIMIT)), LIMIT)) == LIMIT + 1


def test_no_room_is_taken_for_the_most() -> None:
    file = Counting(b"little")
    assert read_up_to(file, 256 * ROOM_BYTES) == b"little"
    assert 0 < file.most <= ROOM_BYTES
