"""Decode and encode every file of a folder, in a process of its own with limits.

python -m tests.codecs.every_file FOLDER prints one JSON line per file: name, and what became of
each recipe.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from safelight.codecs.decode import open_image
from safelight.codecs.encode import encode
from safelight.errors import SafelightError
from safelight.limits import Limits
from safelight.operation import Context, ModelNeed, Operation, Session
from safelight.ops.convert import Convert
from safelight.ops.resize import Resize
from safelight.recipe import Recipe

MEMORY_BYTES = 4 * 2**30
CPU_S = 240
LIMITS = Limits(input_pixels=60_000_000)
RECIPES: tuple[Operation, ...] = (Resize(fit="40x40"), Convert(effort=0), Convert(to="jpeg"))


def no_session(need: ModelNeed) -> Session:
    raise LookupError(need)


def outcome(operation: Operation, data: bytes) -> str:
    """done, or the code of the refusal."""
    view = memoryview(data)
    try:
        image = open_image(view, LIMITS)
        refused = Recipe((operation,)).refusal(image.header.format)
        if refused is not None:
            return refused.code
        image = operation.apply(image, Context(LIMITS, no_session))
        made = encode(image, view, LIMITS)
    except SafelightError as error:
        return error.code
    return "done" if sum(map(len, made.pieces)) > 0 else "empty"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    folder = Path(sys.argv[1])
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        row = [str(path.relative_to(folder)), [outcome(operation, data) for operation in RECIPES]]
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
