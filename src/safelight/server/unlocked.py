"""Unlocked: the ways out of the front end, tried in a throw-away process that nothing locks in.
What is refused there, too, says nothing about the lock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from safelight.errors import SafelightError
from safelight.server import outward
from safelight.worker import launch

TIMEOUT_S = 30


def attempts() -> dict[str, bool]:
    """Whether each got through, by its name. Raises SafelightError where the run failed."""
    try:
        run = subprocess.run(
            launch.command(__name__),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"LC_ALL": "C.UTF-8", "TMPDIR": tempfile.gettempdir()},
            timeout=TIMEOUT_S,
            check=True,
        )
        return {str(name): bool(got_out) for name, got_out in json.loads(run.stdout).items()}
    except (OSError, subprocess.SubprocessError, ValueError, AttributeError) as error:
        raise SafelightError("the control run of the ways out failed") from error


def main(_words: list[str]) -> None:
    """The throw-away process: the answers as JSON on stdout."""
    found = {one.name: one.errno == 0 for one in outward.attempts()}
    sys.stdout.write(json.dumps(found))
    sys.stdout.flush()
    os._exit(0)
