"""Functions of the Studio's core, called without a browser."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Sequence
from typing import Any

from scripts import studio

Call = tuple[str, Sequence[Any]]


def called(module: str, calls: Sequence[Call]) -> list[Any]:
    """What each function of core/MODULE.ts answers, in order; {"failed": …} for what it threw."""
    done = subprocess.run(
        ["node", "web/build/node_core.mjs", module],
        cwd=studio.ROOT,
        env=studio.ready(),
        input=json.dumps(calls, default=_told),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def _told(data: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(data).decode()}
