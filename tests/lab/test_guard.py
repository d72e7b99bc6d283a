"""What trains and calibrates opens what the drawer made, and nothing else: the kernel holds it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from lab.guard import is_code
from lab.pool import digest
from lab.recipe import load_recipe, recipe_names

LOCKED = """
import sys
from pathlib import Path
from lab import guard
guard.lock([Path(sys.argv[1])])
"""


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=root, capture_output=True, text=True, check=False
    )


def rehearsed(root: Path, *options: str) -> dict[str, Any]:
    ran = run(root, "-m", "lab.rehearse", *options)
    assert ran.returncode == 0, ran.stderr
    facts: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return facts


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that no drawer of the lab made."""
    path = tmp_path_factory.mktemp("outside") / "photograph.png"
    Image.new("RGB", (16, 16), (10, 20, 30)).save(path)
    return path


@pytest.mark.parametrize("name", recipe_names())
def test_feeding_and_calibrating_open_only_what_was_drawn(
    root: Path, picture: Path, name: str
) -> None:
    """The whole way of the data, locked as training is; then a picture from elsewhere."""
    facts = rehearsed(root, name, "--then", str(picture))
    assert facts["refused"]
    assert facts["opened"]
    assert all(file.startswith("pool-") for file in facts["opened"])
    assert set(facts["opened"]) <= set(facts["kept"])
    contract = load_recipe(name).contract
    if contract is not None:
        assert {shape[1] for shape in facts["inputs"]} == {contract.channels}
        low, high = facts["range"]
        assert contract.input_range[0] <= low <= high <= contract.input_range[1]


def test_reading_the_shared_photographs_is_refused(root: Path, shared_data: Path) -> None:
    file = sorted((shared_data / "superres/set5").glob("*.png"))[0]
    assert rehearsed(root, "upscale-x2", "--then", str(file))["refused"]


def test_control_without_the_lock_the_picture_opens(root: Path, picture: Path) -> None:
    code = "import sys; from pathlib import Path; from lab.rehearse import refused\n"
    ran = run(root, "-c", code + "print(refused(Path(sys.argv[1])))", str(picture))
    assert ran.stdout.strip() == "False", ran.stderr


def test_control_a_file_that_is_named_to_the_lock_opens(root: Path, picture: Path) -> None:
    code = LOCKED + "from lab.rehearse import refused; print(refused(Path(sys.argv[1])))\n"
    code += "print(guard.opened())"
    ran = run(root, "-c", code, str(picture))
    assert ran.stdout.split("\n")[0] == "False", ran.stderr
    assert picture.name in ran.stdout


@pytest.mark.parametrize(
    "attempt",
    [
        "open(other, 'rb').read()",
        "import numpy; numpy.fromfile(other)",
        "import os; os.open('/proc/self/root' + other, os.O_RDONLY)",
        "import os; os.link(other, 'linked.png'); open('linked.png')",
        "import subprocess, sys; "
        "subprocess.run([sys.executable, '-c', f'open({other!r})'], check=True)",
        "import os; os.fork() or open(other) and os._exit(0); os._exit(os.wait()[1] >> 8)",
        "import threading; found = []; "
        "t = threading.Thread(target=lambda: found.append(open(other))); t.start(); t.join(); "
        "print(found[0])",
    ],
)
def test_no_way_round(root: Path, picture: Path, tmp_path: Path, attempt: str) -> None:
    """By another path, a link, a child or a thread; each works without the lock."""
    mine = tmp_path / "mine.npy"
    mine.write_bytes(b"drawn")
    setting = f"import os; other = {str(picture)!r}; os.chdir({str(tmp_path)!r})\n"
    locked = run(root, "-c", LOCKED + setting + attempt, str(mine))
    assert locked.returncode != 0
    assert "Error: [Errno" in locked.stderr
    free = run(root, "-c", setting + attempt, str(mine))
    assert free.returncode == 0, free.stderr


def test_a_picture_beside_a_library_stays_closed() -> None:
    for name in ("module.py", "module.cpython-311-x86_64-linux-gnu.so", "libz.so.1", "METADATA"):
        assert is_code(name)
    for name in ("photograph.png", "face.jpg", "scene.npy", "data.npz", "weights.pt", "a.bin"):
        assert not is_code(name)


def test_nothing_comes_by_network(root: Path) -> None:
    code = LOCKED + "import socket; socket.create_connection(('127.0.0.1', 9), timeout=5)"
    ran = run(root, "-c", code, "absent")
    assert "PermissionError" in ran.stderr


def test_a_kernel_without_landlock_is_refused(root: Path) -> None:
    code = "from safelight.worker import landlock; landlock.abi = lambda: 0\n"
    ran = run(root, "-c", code + LOCKED, "absent")
    assert ran.returncode == 1
    assert "no Landlock" in ran.stderr


def test_digest_is_of_every_picture() -> None:
    import numpy as np

    pictures = np.zeros((20, 4, 4), np.uint8)
    changed = pictures.copy()
    changed[19, 3, 3] = 1
    assert digest(pictures) != digest(changed)
