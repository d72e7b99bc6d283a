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


def node(*words: str, given: str = "", timeout_s: float = 120) -> str:
    """What Node prints: the one that builds the Studio, in the project's folder. Raises
    CalledProcessError where it fails, and TimeoutExpired.
    """
    return subprocess.run(
        ["node", *words],
        cwd=studio.ROOT,
        env=studio.ready(),
        input=given,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=True,
    ).stdout


def called(module: str, calls: Sequence[Call]) -> list[Any]:
    """What each function of core/MODULE.ts answers, in order; {"failed": …} for what it threw."""
    told = node("web/build/node_core.mjs", module, given=json.dumps(calls, default=_told))
    answers: list[Any] = json.loads(told)
    return answers


def script_of(file: str) -> str:
    """A module of TypeScript and all that it imports, as one script for any page."""
    return node("--input-type=module", "-e", BUNDLE, str(studio.ROOT / file))


def _told(data: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(data).decode()}
