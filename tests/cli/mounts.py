"""Shell lines in a mount namespace of their own: small disks, read-only folders, another /etc."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from tests.cli.testscript import COMMAND, environment

# An ordinary user gets the right to mount together with a user namespace.
UNSHARE = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))


def in_own_mounts(folder: Path, home: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run the lines where nobody else sees the mounts; $SAFELIGHT is the command."""
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", f"SAFELIGHT={shlex.quote(shlex.join(COMMAND))}\n{script}"],
        cwd=folder,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "unshare:" not in done.stderr, f"this test needs a mount namespace: {done.stderr}"
    assert "mount:" not in done.stderr, f"this test needs to mount: {done.stderr}"
    return done
