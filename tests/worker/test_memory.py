"""Sheets: sealed as promised, overwritten where something was written, closed once."""

from __future__ import annotations

import mmap
import os

import pytest

from safelight.worker.memory import Sheet, is_sealed, read_only, written


def test_a_sheet_for_writing_keeps_its_size() -> None:
    sheet = Sheet.for_writing(10_000)
    for size in (0, 9_999, 10_001):
        with pytest.raises(PermissionError):
            os.ftruncate(sheet.fd, size)
    assert not is_sealed(sheet.fd)
    sheet.close()


def test_a_large_sheet_costs_what_is_written() -> None:
    sheet = Sheet.for_writing(1_000_000_000)
    os.pwrite(sheet.fd, b"x", 500_000_000)
    assert os.fstat(sheet.fd).st_blocks * 512 <= 2 * mmap.PAGESIZE
    (part,) = written(sheet.fd, sheet.size_bytes)
    assert part[0] <= 500_000_000 < part[1]
    sheet.close()


def test_overwrite_reaches_every_part_and_only_those() -> None:
    sheet = Sheet.for_writing(10_000_000)
    places = (0, 3_000_000, 9_999_999)
    for place in places:
        os.pwrite(sheet.fd, b"x", place)
    blocks = os.fstat(sheet.fd).st_blocks
    sheet.overwrite()
    assert os.fstat(sheet.fd).st_blocks == blocks
    assert all(os.pread(sheet.fd, 1, place) == b"\0" for place in places)
    sheet.close()


def test_a_held_sheet_is_sealed_and_still_overwritten() -> None:
    sheet = Sheet.holding(b"secret")
    assert is_sealed(sheet.fd)
    view = read_only(sheet.fd, 6)
    assert bytes(view) == b"secret"
    sheet.overwrite()
    assert bytes(view) == bytes(6)
    sheet.close()


def test_an_empty_sheet_is_allowed() -> None:
    sheet = Sheet.holding(b"")
    assert bytes(sheet.view(0)) == b""
    assert bytes(read_only(sheet.fd, 0)) == b""
    sheet.close()


def test_closing_twice_is_closing_once() -> None:
    sheet = Sheet.for_writing(10)
    sheet.close()
    other = os.open("/dev/null", os.O_RDONLY)
    sheet.close()
    assert os.fstat(other)
    os.close(other)


def test_what_is_no_memfd_is_not_sealed() -> None:
    fd = os.open("/dev/null", os.O_RDONLY)
    assert not is_sealed(fd)
    os.close(fd)
