"""audit dataflow on a long run: it says how far it is, and programs are not told that."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.cli import audit_dataflow
from tests.cli.testscript import Script


def test_it_says_now_and_then_how_far_it_is(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_dataflow, "EVERY_S", -1.0)
    Script(tmp_path, home, is_a_process=False).play(
        "picture in/a.jpg\npicture in/b.jpg\n"
        "run audit dataflow in\nstderr '^safelight: 1 of 2 files looked at$'\n"
        "run audit dataflow in --json\nsilent stderr"
    )
