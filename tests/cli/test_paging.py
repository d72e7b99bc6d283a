"""A report is written whole or not at all, for its owner alone, and over nothing."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from safelight.cli.paging import put
from safelight.errors import DiskFull, OutputExists, OutputFailed


def test_a_report_is_for_its_owner_alone(tmp_path: Path) -> None:
    put(tmp_path / "a.html", b"page")
    assert (tmp_path / "a.html").read_bytes() == b"page"
    assert (tmp_path / "a.html").stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["a.html"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "a.html").symlink_to("gone")
    with pytest.raises(OutputExists):
        put(tmp_path / "a.html", b"page")
    assert os.listdir(tmp_path) == ["a.html"]


@pytest.mark.parametrize(
    ("number", "expected"), [(errno.ENOSPC, DiskFull), (errno.EIO, OutputFailed)]
)
def test_what_cannot_be_written_whole_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: type[OutputFailed]
) -> None:
    def fail(_fd: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(expected):
        put(tmp_path / "a.html", b"page")
    assert os.listdir(tmp_path) == []
