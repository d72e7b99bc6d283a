"""Tables of samples written anew: rows of samples that there are, in one form; eight matrices."""

from __future__ import annotations

import struct

import pytest

from safelight.codecs import sample_tables
from safelight.codecs.sample_tables import ONE, STRAIGHT, UNIT, Clock, chunk_runs, edit_list, matrix

TURNS = {
    (1, 0, 0, 1),
    (-1, 0, 0, -1),
    (0, 1, -1, 0),
    (0, -1, 1, 0),
    (-1, 0, 0, 1),
    (1, 0, 0, -1),
    (0, 1, 1, 0),
    (0, -1, -1, 0),
}


def body(*numbers: int, head: bytes = bytes(4)) -> memoryview:
    return memoryview(head + struct.pack(f">{len(numbers)}I", *numbers))


def raw(*turn: float, x: int = 0) -> memoryview:
    a, b, c, d = turn
    numbers = [int(one * ONE) for one in (a, b, 0, c, d, 0)]
    return memoryview(struct.pack(">9i", *numbers, x, 0, UNIT))


def test_times_have_rows_for_samples_that_there_are_and_no_other_form() -> None:
    one = sample_tables.times(b"stts", body(3, 2, 40, 0, 7, 9, 40, head=b"\0abc"), 5)
    assert one == sample_tables.times(b"stts", body(4, 1, 40, 4, 40, 1, 80, 8, 1), 5)
    assert one[8:] == bytes(4) + struct.pack(">3I", 1, 5, 40)


def test_shifts_keep_whether_they_have_a_sign() -> None:
    made = sample_tables.times(b"ctts", body(1, 2, 2**32 - 1, head=b"\1abc"), 2)
    assert made[8:] == b"\1\0\0\0" + struct.pack(">3I", 1, 2, 2**32 - 1)


def test_numbers_of_samples_are_those_that_there_are() -> None:
    made = sample_tables.numbered(b"stss", body(5, 4, 1, 4, 0, 6), 5)
    assert made[8:] == bytes(4) + struct.pack(">3I", 2, 1, 4)


def test_chunks_alike_are_one_row() -> None:
    made = chunk_runs([(2, 1), (2, 1), (1, 1)])
    assert made[8:] == bytes(4) + struct.pack(">7I", 2, 1, 2, 1, 3, 1, 1)


TICKS = Clock(film=1_000, track=100, samples=5, span=200)


def test_edits_that_show_nothing_go_and_those_that_show_something_stay() -> None:
    rows = [(500, -1, ONE), (1_000, 20, ONE), (300, 100, ONE // 2), (9, 50, 0)]
    word = int.from_bytes(b"WORD", "big")
    nothing = [(word, word, word), (7, 201, ONE), (7, 20, 9 * ONE), (7, -1, ONE)]
    packed = memoryview(edit_list([*rows, *nothing], flags=1))[8:]
    assert sample_tables.edits(packed, TICKS) == rows


def test_an_edit_is_no_longer_than_what_it_shows() -> None:
    packed = memoryview(edit_list([(2**31, 100, ONE)], flags=0))[8:]
    assert sample_tables.edits(packed, TICKS) == [(1_000 + 1_000, 100, ONE)]


def test_there_are_no_more_edits_than_samples() -> None:
    packed = memoryview(edit_list([(10, 1, ONE)] * 1_000, flags=0))[8:]
    assert len(sample_tables.edits(packed, TICKS)) == TICKS.samples + 2


def test_wide_edits_become_narrow_where_they_can() -> None:
    packed = b"\1\0\0\0" + struct.pack(">IQqI", 1, 10, 1, ONE)
    rows = sample_tables.edits(memoryview(packed), TICKS)
    assert edit_list(rows, flags=0)[8:] == bytes(4) + struct.pack(">IIiI", 1, 10, 1, ONE)
    assert edit_list([(2**32, 0, ONE)], flags=0)[8] == 1


@pytest.mark.parametrize("turn", sorted(TURNS))
def test_turns_and_mirrors_stay_as_they_are(turn: tuple[int, int, int, int]) -> None:
    assert matrix(raw(*turn, x=64 * ONE)) == bytes(raw(*turn, x=64 * ONE))


def test_a_matrix_is_brought_to_the_turn_that_it_shows() -> None:
    assert matrix(raw(2, 0, 0, 2)) == STRAIGHT
    assert matrix(raw(0.999, 0, 0, 1)) == STRAIGHT
    assert matrix(memoryview(bytes(36))) == STRAIGHT
    assert matrix(raw(1, 0, 0, 1, x=5)) == STRAIGHT
    assert matrix(raw(1, 0, 0, 1, x=2**30 + 5)) == STRAIGHT


@pytest.mark.parametrize("other", [raw(0.7, 0.7, -0.7, 0.7), raw(2, 0, 0, 1), raw(1, 0, 0, 0)])
def test_another_matrix_is_none_of_the_eight(other: memoryview) -> None:
    assert matrix(other) is None
