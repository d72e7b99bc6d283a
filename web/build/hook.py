"""Hatch's hook: the built Studio goes into every wheel and every source archive.

In a checkout the Studio is built first. A source archive brings it along, so that a wheel from it
needs no Node. An editable installation waits for nobody: scripts/studio.py builds it when wanted.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "src/safelight/studio/built"
MANIFEST = "manifest.json"
EDITABLE = "editable"


class StudioHook(BuildHookInterface[Any]):
    """Refuses to pack a Studio that is missing or is not what its manifest says."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by Hatch before it collects files. Raises SystemExit with a sentence."""
        if version != EDITABLE:
            prepare(Path(self.root))


def prepare(root: Path) -> None:
    """Build the Studio where this is a checkout, and check it. Raises SystemExit."""
    builder = root / "scripts/studio.py"
    if builder.is_file() and (root / "web/package.json").is_file():
        build = (sys.executable, str(builder), "--quality", "11", "--locked")
        done = subprocess.run(build, check=False)
        if done.returncode:
            raise SystemExit("safelight: the Studio could not be built; scripts/studio.py says why")
    wrong = differences(root / BUILT)
    if wrong:
        raise SystemExit(f"safelight: the Studio is not what was built: {', '.join(wrong)}")


def differences(folder: Path) -> list[str]:
    """The files that are missing, changed or not of it. Of the standard library alone: nothing of
    ours is installed yet.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return [MANIFEST]
    told = json.loads(manifest.read_bytes())
    rest = {name: value for name, value in told.items() if name != "digest"}
    wrong = [] if digest(rest) == told.get("digest") else [MANIFEST]
    known = {MANIFEST}
    for name, file in sorted(told["files"].items()):
        place = folder / (f"{name}.br" if file["encoding"] == "br" else name)
        known.add(place.name)
        found = place.read_bytes() if place.is_file() else b""
        if hashlib.sha256(found).hexdigest() != file["sha256"]:
            wrong.append(name)
    # Everything that lies there goes into the wheel: nothing may lie there that nobody built.
    return wrong + sorted(path.name for path in folder.iterdir() if path.name not in known)


def digest(rest: dict[str, Any]) -> str:
    """Of the manifest without its digest, as the build writes it."""
    written = json.dumps(rest, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    return hashlib.sha256(written.encode()).hexdigest()
