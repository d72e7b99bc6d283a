"""kill -9 in the middle: nothing half-done, no process left, and the same command finishes the
rest.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

COMMAND = [sys.executable, "-m", "safelight.cli"]
COUNT = 12


def pictures(folder: Path) -> Path:
    folder.mkdir()
    draw = np.random.default_rng(7)
    for number in range(COUNT):
        pixels = draw.integers(0, 255, (700, 900, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number:02}.jpg", quality=90)
    return folder


def descendants(root: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def outputs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jpg"))


def arguments(tmp_path: Path) -> list[str]:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[[steps]]\nop = "upscale"\nscale = 2\n')
    return [*COMMAND, "run", str(recipe), str(tmp_path / "in"), "-o", f"{tmp_path}/out/"]


def test_a_killed_run_leaves_nothing_half_and_the_next_one_finishes(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    command = arguments(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as killed:
        deadline = time.monotonic() + 60
        while len(outputs(tmp_path / "out")) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        children = descendants(killed.pid)
        killed.send_signal(signal.SIGKILL)
    assert children, "the run had no process to leave behind"
    finished = outputs(tmp_path / "out")
    assert 3 <= len(finished) < COUNT
    for path in finished:
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == (1800, 1400)
        receipt = path.parent / ".safelight" / f"{path.name}.receipt.json"
        assert receipt.exists()
    deadline = time.monotonic() + 10
    while any(map(is_alive, children)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not {pid for pid in children if is_alive(pid)}
    times = {path: path.stat().st_mtime_ns for path in finished}
    done = subprocess.run([*command, "--json"], check=False, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    statuses = [line["status"] for line in lines if line["type"] == "item"]
    assert statuses.count("skipped") == len(finished)
    assert statuses.count("done") == COUNT - len(finished)
    assert all(path.stat().st_mtime_ns == when for path, when in times.items())
    assert len(outputs(tmp_path / "out")) == COUNT
    left = tmp_path / "out/.safelight/tmp"
    assert not left.exists() or not list(left.iterdir())
