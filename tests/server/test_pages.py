"""The requests that the pages show do what they say. A ```bash block there is run as it stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from safelight.proof.serving.served import Served
from tests.cli.pictures import draw_noise
from tests.conftest import ROOT
from tests.house import pages

# Every request must be answered with what was asked for, not with a problem.
BEFORE = 'set -euo pipefail\ncurl() { command curl -sS --fail-with-body "$@"; }\n'


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("api", {"clean.jpg": "JPEG", "large.jpg": "JPEG", "small.webp": "WEBP"}),
        ("jobs", {"small.jpg": "JPEG"}),
    ],
)
def test_requests_of_a_page_work_as_written(
    served: Served, tmp_path: Path, name: str, made: dict[str, str]
) -> None:
    draw_noise(tmp_path / "photo.jpg", 48)
    text = (ROOT / "docs" / "handbook" / f"{name}.md").read_text()
    script = "\n".join(block for _, block in pages.blocks(text, "bash"))
    told = {"SERVER": served.ready.url, "TOKEN": served.token}
    ran = subprocess.run(
        ["bash", "-c", BEFORE + script],
        cwd=tmp_path,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for file, kind in made.items():
        with Image.open(tmp_path / file) as opened:
            assert opened.format == kind
    if name == "jobs":
        assert "event: summary" in ran.stdout
        return
    assert '"failed":false' in ran.stdout
    state = ["--state-dir", str(served.ground.folder / "state")]
    verify = [sys.executable, "-m", "safelight.cli", "verify", "clean.jpg", *state]
    subprocess.run(verify, cwd=tmp_path, check=True, capture_output=True, timeout=60)
