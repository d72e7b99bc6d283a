"""Every format in, every format out, in a cage whose filter only logs. Run under strace by a test.

Only code can open such a cage: no setting, flag or variable leads to it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

from safelight import settings
from safelight.engine import engine, hosts
from safelight.engine.result import Result
from safelight.formats import WRITABLE
from safelight.limits import Limits
from safelight.models.entry import Entry
from safelight.recipe import Recipe
from safelight.worker.caged import CagedHost
from safelight.worker.job import Host, Job, ModelFile, Plan
from safelight.worker.layers import REFUSAL
from safelight.worker.memory import Sheet
from tests.models import making_tflite
from tests.models.making import entry_toml
from tests.worker.hosts import source

Steps = list[Mapping[str, object]]
SMALL = {"op": "resize", "width": 48}


def open_debug_host(plan: Plan, *, portable: bool, held: Sequence[ModelFile]) -> Host:
    return CagedHost(plan, held=held, without=frozenset({REFUSAL}))


def matrix() -> Iterator[tuple[str, Steps]]:
    """Format of the input, and what is done to it."""
    for before in WRITABLE:
        for after in WRITABLE:
            yield before, [SMALL, {"op": "convert", "to": after}]
        yield before, [{"op": "scrub"}]
        yield before, [{"op": "inspect"}]
        yield before, [{"op": "crop", "width": 32, "height": 32}]
    yield "png", [{"op": "upscale", "scale": 2}]


def open_models() -> int:
    """A model of each other runtime, with two threads; the number of jobs."""
    data = making_tflite.to_bytes(making_tflite.sums())
    entry = Entry.from_toml(entry_toml(data, **making_tflite.FACTS))
    plan = Plan(False, frozenset({"tflite"}), Limits(), threads=2, required_level=0)
    debug_host = CagedHost(plan, body="opening", without=frozenset({REFUSAL}))
    with debug_host as debug, source() as picture, closing(Sheet.holding(data)) as sheet:
        need = (entry.task, entry.name, entry.output.scale)
        model = ModelFile(need, entry.to_json(), sheet.fd, sheet.size_bytes)
        job = Job(picture.fd, picture.size_bytes, b"x", (model,), wants_image=False)
        with debug.run(job) as answer:
            assert answer.findings
    return 1


def main(picture: Path) -> None:
    """picture: any picture that we read. Prints how many jobs were done."""
    wishes = replace(settings.load({}, os.environ, Path.cwd()), require_level=0)
    done = 0
    debug_host = patch.object(hosts, "open_host", open_debug_host)
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
    done += open_models()
    sys.stdout.write(f"{done}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
