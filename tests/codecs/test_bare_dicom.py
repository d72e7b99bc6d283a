"""DICOM that begins with its elements, without a header of its own: known, and refused by name."""

from __future__ import annotations

import pytest

from safelight.codecs import routing

BARE = {
    "groups of the file header": b"\2\0\0\0UL\4\0\xbe\0\0\0",
    "version": b"\2\0\1\0OB\0\0\2\0\0\0",
    "length of the group": b"\x08\0\0\0UL\4\0\x80\1\0\0",
    "kinds left out": b"\x08\0\5\0\x0a\0\0\0ISO_IR 100",
    "most important byte first": b"\0\x08\0\5CS\0\x0aISO_IR 100",
    "a byte before it": b" \x08\0\5\0CS\x0a\0ISO_IR 100",
}


@pytest.mark.parametrize("name", BARE)
def test_dicom_that_begins_with_its_elements_is_known(name: str) -> None:
    found = routing.foreign(BARE[name])
    assert found is not None
    assert "DICOM" in found.title


@pytest.mark.parametrize(
    "first",
    [b"\x08\0\5\0", b"\x08\0\5\0words and words", b"\x08\0\5\0\0\0\1\0", bytes(132), b"\2\0\0\0"],
)
def test_other_bytes_are_not_taken_for_dicom(first: bytes) -> None:
    assert routing.foreign(first) is None


def test_dicom_with_its_header_is_still_dicom_whatever_lies_before_the_mark() -> None:
    assert routing.route(bytes(128) + b"DICM") == "dicom"
    assert routing.route(BARE["version"].ljust(128, b"\0") + b"DICM") == "dicom"
