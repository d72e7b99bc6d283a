"""models train-tags, stopped in the middle: nothing of a model is left, whatever it was doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.pictures import draw
from tests.cli.testscript import COMMAND, environment

# A shell starts its background jobs with SIGINT ignored; tests that run in one would hand that on.
LAUNCHER = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("stage", ["over embed", "fitting"])
def test_ctrl_c_leaves_nothing(tmp_path: Path, home: Path, stage: str) -> None:
    for wide in range(2, 12):
        draw(tmp_path / "own" / "lines" / f"{wide}.png", f"lines{wide}")
        draw(tmp_path / "own" / "bars" / f"{wide}.png", f"bars{wide}")
    run = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, *COMMAND, "models", "train-tags", "own", "--name", "mine"],
        cwd=tmp_path,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert run.stderr is not None
    for line in run.stderr:
        if line.startswith(stage):
            break
    os.kill(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (130, ""), err
    models = home / ".local" / "share" / "safelight" / "models"
    assert [
        path.name for path in models.rglob("*") if path.is_file() and path.name != ".lock"
    ] == []
