"""ExifTool as an independent witness: what it still finds in files that were scrubbed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import cast

from safelight.formats import Format
from safelight.image import Profile
from tests.codecs.structure import is_allowed


def leftovers(folder: Path, profile: Profile = "share") -> dict[str, list[str]]:
    """For each file of the folder, the tags that a scrub with this profile should not leave.

    A file's name ends in its format. One process reads all files. Needs exiftool.
    """
    tool = shutil.which("exiftool")
    if tool is None:
        raise FileNotFoundError(
            "exiftool is needed as a witness: apt install libimage-exiftool-perl"
        )
    line = [tool, "-j", "-G1", "-a", "-u", "-struct", "-ext", "*", str(folder)]
    answer = subprocess.run(line, capture_output=True, check=False, timeout=300)
    found: dict[str, list[str]] = {}
    for file in json.loads(answer.stdout):
        name = Path(file["SourceFile"]).name
        format = cast("Format", name.rpartition(".")[2])
        found[name] = [
            f"{tag}={value}"
            for tag, value in file.items()
            if not is_allowed(tag, str(value), format, profile)
        ]
    unseen = {path.name for path in folder.iterdir()} - set(found)
    if unseen:
        raise LookupError(f"exiftool passed over {sorted(unseen)}")
    return found
