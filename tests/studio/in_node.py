"""Functions of the Studio, called without a browser, or without the page around them."""

from __future__ import annotations

import atexit
import base64
import json
import subprocess
import threading
from collections.abc import Sequence
from typing import Any

from scripts import studio

Call = tuple[str, Sequence[Any]]
LONGEST_S = 120
BUNDLE = """
const { script } = await import(process.cwd() + '/web/build/bundling.mjs');
process.stdout.write((await script(process.argv[1])).code);
"""


def node(*words: str, given: str = "", timeout_s: float = LONGEST_S) -> str:
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


class Callers:
    """One Node for all calls of a run: to start it with what bundles costs more than any call. Ends
    with this process.
    """

    def __init__(self) -> None:
        self._node: subprocess.Popen[str] | None = None

    def ask(self, question: str) -> str:
        """The line that answers this one. Raises AssertionError where Node ended over it."""
        process = self._node or self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{question}\n")
        process.stdin.flush()
        late = threading.Timer(LONGEST_S, process.kill)
        late.start()
        answer = process.stdout.readline()
        late.cancel()
        if not answer:
            self.close()
            raise AssertionError(f"Node ended over {question[:200]}")
        return answer

    def close(self) -> None:
        if self._node is not None:
            self._node.communicate()
            self._node = None

    def _started(self) -> subprocess.Popen[str]:
        self._node = subprocess.Popen(
            ["node", "web/build/node_core.mjs"],
            cwd=studio.ROOT,
            env=studio.ready(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self._node


CALLERS = Callers()
atexit.register(CALLERS.close)


def called(module: str, calls: Sequence[Call]) -> list[Any]:
    """What each function of core/MODULE.ts answers, in order; {"failed": …} for what it threw."""
    answers: list[Any] = json.loads(
        CALLERS.ask(json.dumps({"module": module, "calls": calls}, default=_told))
    )
    return answers


def script_of(file: str) -> str:
    """A module of TypeScript and all that it imports, as one script for any page."""
    return node("--input-type=module", "-e", BUNDLE, str(studio.ROOT / file))


def _told(data: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(data).decode()}
