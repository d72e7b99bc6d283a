"""Functions of the Studio, called without a browser, or without the page around them."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Sequence
from typing import Any

from scripts import studio

Call = tuple[str, Sequence[Any]]
BUNDLE = """
const { script } = await import(process.cwd() + '/web/build/bundling.mjs');
process.stdout.write((await script(process.argv[1])).code);
"""


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


def script_of(file: str) -> str:
    """A module of TypeScript and all that it imports, as one script for any page."""
    return subprocess.run(
        ["node", "--input-type=module", "-e", BUNDLE, str(studio.ROOT / file)],
        cwd=studio.ROOT,
        env=studio.ready(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


def _told(data: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(data).decode()}
