"""What is done about an output that is there already."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from safelight.engine.existing import free_name, settle, settle_in_place
from safelight.engine.result import Skipped
from safelight.errors import OutputExists, OutputFailed, ParameterInvalid


def always(_target: Path) -> bool:
    return True


def never(_target: Path) -> bool:
    return False


def test_a_free_name_is_taken_whatever_was_asked(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    for existing in ("verify", "skip", "rename", "overwrite", "fail"):
        assert settle(target, existing, never) == (target, False)


def test_each_way_with_a_file_that_is_there(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    target.write_bytes(b"x")
    assert settle(target, "overwrite", never) == (target, True)
    assert settle(target, "skip", never) == Skipped(target, "exists")
    assert settle(target, "rename", never) == (tmp_path / "a-1.jpg", False)
    assert settle(target, "verify", always) == Skipped(target, "verified")
    for existing in ("verify", "fail"):
        with pytest.raises(OutputExists):
            settle(target, existing, never)
    with pytest.raises(ParameterInvalid):
        settle(target, "hope", never)


def test_a_name_that_belongs_to_something_else_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.symlink(tmp_path / "nowhere", tmp_path / "link")
    for name in ("folder", "link"):
        with pytest.raises(OutputFailed):
            settle(tmp_path / name, "overwrite", always)


def test_in_place_is_skipped_only_when_it_is_done(tmp_path: Path) -> None:
    target = tmp_path / "a.jpg"
    assert settle_in_place(target, "verify", always) == Skipped(target, "verified")
    assert settle_in_place(target, "verify", never) == (target, True)
    assert settle_in_place(target, "overwrite", always) == (target, True)


def test_names_run_out_after_ten_thousand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "lexists", lambda _path: True)
    with pytest.raises(OutputExists):
        free_name(tmp_path / "a.jpg")
