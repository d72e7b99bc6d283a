"""Every format in, every format out, in a cage whose filter only logs. Run under strace by a test.

Only code can open such a cage: no setting, flag or variable leads to it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from safelight import settings
from safelight.engine import engine
from safelight.engine.result import Result
from safelight.formats import WRITABLE
from safelight.recipe import Recipe
from safelight.worker.caged import CagedHost
from safelight.worker.job import Host, Plan
from safelight.worker.layers import REFUSAL

Steps = list[Mapping[str, object]]
SMALL = {"op": "resize", "width": 48}


def open_debug_host(plan: Plan, *, portable: bool) -> Host:
    return CagedHost(plan, without=frozenset({REFUSAL}))


def matrix() -> Iterator[tuple[str, Steps]]:
    """Format of the input, and what is done to it."""
    for before in WRITABLE:
        for after in WRITABLE:
            yield before, [SMALL, {"op": "convert", "to": after}]
        yield before, [{"op": "scrub"}]
        yield before, [{"op": "inspect"}]
        yield before, [{"op": "crop", "width": 32, "height": 32}]
    yield "png", [{"op": "upscale", "scale": 2}]


def main(picture: Path) -> None:
    """picture: any picture that we read. Prints how many jobs were done."""
    wishes = replace(settings.load({}, os.environ, Path.cwd()), require_level=0)
    done = 0
    debug_host = patch.object(engine, "open_host", open_debug_host)
    with debug_host, engine.Engine(wishes, jobs=1) as debug:
        sources: dict[str, bytes] = {}
        for name in WRITABLE:
            small: Steps = [{"op": "resize", "width": 64}, {"op": "convert", "to": name}]
            made = debug.run(picture, Recipe.from_steps(small))
            assert isinstance(made, Result)
            assert made.data is not None
            sources[name] = made.data
        for before, steps in matrix():
            result = debug.run(sources[before], Recipe.from_steps(steps))
            assert isinstance(result, Result)
            assert result.cage.level == 0
            done += 1
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
