"""Build the wheel twice from two copies of the tracked files and the built Studio, and compare the
bytes.

Usage: scripts/wheel.py [FOLDER]        (dist/ by default)

Prints the name and the SHA-256; exit 1 when the two differ.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The first second that a zip file can tell, so that no clock is in the wheel.
EPOCH = "315532800"
TAKEN = ("src", "README.md", "LICENSE", "pyproject.toml", "web/build/hook.py")
BUILT = "src/safelight/studio/built"


def copy_tracked(target: Path) -> None:
    """Copy what the wheel is made of, as git knows it, and the built Studio into the folder."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", *TAKEN]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)
    shutil.copytree(ROOT / BUILT, target / BUILT)


def build(folder: Path) -> Path:
    """One wheel from a fresh copy of the source, into the folder."""
    with tempfile.TemporaryDirectory() as source:
        copy_tracked(Path(source))
        command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder]
        subprocess.run(
            [*map(str, command), source],
            env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH},
            check=True,
            capture_output=True,
        )
    (wheel,) = folder.glob("*.whl")
    return wheel


def build_twice(folder: Path) -> tuple[Path, bool]:
    """The wheel in the folder, and whether a second build gave the same bytes."""
    subprocess.run([sys.executable, str(ROOT / "scripts/studio.py")], check=True)
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        wheels = build(Path(first)), build(Path(second))
        is_same = wheels[0].read_bytes() == wheels[1].read_bytes()
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheels[0], folder)), is_same


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    studio = [sys.executable, str(ROOT / "scripts/studio.py"), "--quality", "11", "--locked"]
    subprocess.run(studio, check=True)
    wheel, is_same = build_twice(folder)
    print(f"{wheel.name}  {hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    if not is_same:
        sys.exit("wheel: two builds of the same source differ")
    print("two builds, the same bytes")


if __name__ == "__main__":
    main()
