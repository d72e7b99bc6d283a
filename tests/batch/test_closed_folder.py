"""An output in a folder that may not be looked into: refused as a place, not as a surprise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from safelight.batch.naming import Placement


def test_a_place_that_may_not_be_looked_at_is_taken_for_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, see = tmp_path / "closed", os.stat

    def stat(path: Any, *more: Any, **options: Any) -> os.stat_result:
        if str(path).startswith(f"{closed}/"):
            raise PermissionError(13, "Permission denied")
        return see(path, *more, **options)

    monkeypatch.setattr(os, "stat", stat)
    with pytest.raises(PermissionError):
        (closed / "x.png").is_dir()
    placement = Placement(output=str(closed / "x.png"))
    assert placement.named_format(several=False) == "png"
    assert not placement.names_folder(several=False)
