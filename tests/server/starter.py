"""`safelight`, but that its server has options that no flag sets, or a careless front end.

    python -m tests.server.starter serve ...

What is to be otherwise stands in the variable SERVED as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from safelight.cli import serve
from safelight.cli.main import main
from safelight.cli.serving import options_of
from safelight.cli.start import start_again
from safelight.server import children, logline
from safelight.server.options import ServeOptions
from safelight.server.supervisor import Supervisor
from safelight.worker.freeing import OVERWRITTEN

ROOT = Path(__file__).resolve().parents[2]
SERVED = "SERVED"
COMMAND = (sys.executable, "-m", "tests.server.starter")
CARELESS = "tests.server.careless"
FOLDER = "CARELESS_FOLDER"


def environment(
    *, leaves_files_in: Path | None = None, overwrites: bool = True, **options: object
) -> dict[str, str]:
    """The variables for a server with these options; a careless one, if it is told where to leave
    files; and whether it overwrites what it frees.
    """
    told = {
        "options": options,
        "folder": str(leaves_files_in or ""),
        "overwrites": overwrites,
    }
    return {SERVED: json.dumps(told), "PYTHONPATH": str(ROOT)}


def start() -> None:
    """The command itself, from its start."""
    start_again()
    told = json.loads(os.environ[SERVED])
    _set(told["options"])
    if told["folder"]:
        Supervisor.__init__.__kwdefaults__["front"] = CARELESS  # type: ignore[index]
        logline.fit = lambda text: bool(text)
    _surround(told["folder"], told["overwrites"])
    main()


def _set(options: dict[str, Any]) -> None:
    def changed(*words: Any, **given: Any) -> ServeOptions:
        return replace(options_of(*words, **given), **options)

    vars(serve)["options_of"] = changed


def _surround(folder: str, overwrites: bool) -> None:
    usual = children.environment

    def changed(kept: Sequence[str] = ()) -> dict[str, str]:
        found = {**usual(kept), FOLDER: folder}
        left_out = () if overwrites else OVERWRITTEN
        return {name: value for name, value in found.items() if name not in left_out}

    children.environment = changed


if __name__ == "__main__":
    start()
