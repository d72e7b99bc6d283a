"""A rehearsal before the job: the same work on a picture of our own, while nobody waits.

A forked worker touches much for the first time: pages that it shares with the zygote, libvips's
own tables and threads, fresh memory. All that costs more than a small job. So a worker that is
kept ready does a tiny job first, and takes some memory that it gives back to its own allocator,
not to the kernel (see launch).
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from safelight.errors import RuntimeMissing
from safelight.limits import Limits
from safelight.models.entry import Entry
from safelight.models.facts import Runtime
from safelight.operation import ModelNeed
from safelight.recipe import Recipe
from safelight.worker.job import Plan

if TYPE_CHECKING:
    from safelight.models.session import Numbers
    from safelight.worker.child import Perform

# What a 12-megapixel photograph takes to be resized.
TOUCHED_BYTES = 20_000_000
# A gradient of 16 x 16 pixels, baseline JPEG.
PICTURE = base64.b64decode(
    "/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBk"
    "eFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2Nj"
    "Y2NjY2NjY2P/wAARCAAQABADASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAA"
    "AgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0"
    "NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKz"
    "tLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAA"
    "AAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAV"
    "YnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImK"
    "kpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oA"
    "DAMBAAIRAxEAPwDnoLLpxWjBZdOK0oLLpxWlBZdOK0q4oWAxu2p//9k="
)
NAME, WORDS = "rehearsal", 8
# A model that looks, with an input as many have it.
ENTRY = f"""{{
"name": "{NAME}", "title": "Looks at nothing", "task": "classify", "file": "{NAME}.onnx",
"sha256": "{"0" * 64}", "size_bytes": 1, "licence": "Apache-2.0", "pin": "own",
"source": "made by us", "card": "none", "runtime": "onnx", "precision": "fp32", "peak_bytes": 1,
"input": {{"name": "x", "layout": "NCHW", "channels": 3, "kind": "rgb", "range": [0.0, 1.0],
"mean": [0.5], "std": [0.5], "tile": 0, "halo": 0, "resize": "crop", "side": 224, "shorter": 256,
"kernel": "bilinear"}},
"output": {{"name": "y", "kind": "labels", "range": [0.0, 1.0],
"labels": ["a", "b", "c", "d", "e", "f", "g", "h"]}}
}}""".encode()


def rehearsed(perform: Perform, plan: Plan) -> Callable[[], None]:
    """A rehearsal of this plan. Make it in the zygote, where an operation can still be loaded."""
    work = (_looking if plan.needs_pixels and plan.runtimes else _making)(perform, plan)

    def rehearse() -> None:
        # What fails here fails again in the job, and there it can be told.
        with contextlib.suppress(Exception):
            work()
        if plan.needs_pixels:
            bytearray(TOUCHED_BYTES)

    return rehearse


def _making(perform: Perform, plan: Plan) -> Callable[[], None]:
    """A job without a model, up to the encoded picture."""
    step = {"op": "resize", "fit": "8x8"} if plan.needs_pixels else {"op": "scrub"}
    recipe = Recipe.from_steps([step]).canonical

    def make() -> None:
        perform(memoryview(PICTURE), recipe, (), Limits(), progress=_ignore, wants_image=True)

    return make


def _answering(runtime: Runtime) -> Sequence[Callable[[], object]]:
    """An answer of this runtime, if it is installed."""
    from safelight.models import runtimes

    with contextlib.suppress(RuntimeMissing):
        return [runtimes.rehearsal(runtime)]
    return []


def _looking(perform: Perform, plan: Plan) -> Callable[[], None]:
    """A job with a model that looks, up to the words of its answer. Those that make a picture take
    so long that its encoding need not be rehearsed, and in a folder nobody has time for it.
    """
    from safelight.worker.child import Model
    from safelight.worker.errand import succeeded

    answers = [answer for runtime in sorted(plan.runtimes) for answer in _answering(runtime)]
    session = Rehearsing(Entry.from_json(ENTRY), answers)
    model = Model(ModelNeed("classify", NAME), session.model.to_json(), memoryview(b""))
    recipe = Recipe.from_steps([{"op": "classify", "model": NAME}]).canonical

    def look() -> None:
        done = perform(
            memoryview(PICTURE),
            recipe,
            [model],
            Limits(),
            progress=_ignore,
            wants_image=False,
            held=lambda _: session,
        )
        succeeded(done, Limits())

    return look


class Rehearsing:
    """A session of no model: it has the runtimes answer for small nets of ours, and says nothing of
    the picture.
    """

    def __init__(self, entry: Entry, runtimes: Sequence[Callable[[], object]]) -> None:
        self._entry, self._runtimes = entry, runtimes

    @property
    def model(self) -> Entry:
        return self._entry

    def run(self, tensor: Numbers) -> Numbers:
        for answer in self._runtimes:
            answer()
        return tensor.reshape(1, -1)[:, :WORDS]

    def answers(self, tensor: Numbers) -> list[Numbers]:
        return [self.run(tensor)]


def _ignore(_: float) -> None: ...
