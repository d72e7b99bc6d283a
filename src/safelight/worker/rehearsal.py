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

from safelight.errors import RuntimeMissing
from safelight.limits import Limits
from safelight.models.facts import Runtime
from safelight.recipe import Recipe
from safelight.worker.job import Plan

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
# An input as many models have it.
INPUT = """{"name": "x", "layout": "NCHW", "channels": 3, "kind": "rgb", "range": [0.0, 1.0],
"mean": [0.5], "std": [0.5], "tile": 0, "halo": 0, "resize": "crop", "side": 224, "shorter": 256,
"kernel": "bilinear"}"""


def rehearsed(perform: Callable[..., object], plan: Plan) -> Callable[[], None]:
    """A rehearsal of this plan. Make it in the zygote, where an operation can still be loaded."""
    step = {"op": "resize", "fit": "8x8"} if plan.needs_pixels else {"op": "scrub"}
    recipe = Recipe.from_steps([step]).canonical
    look = _looking() if plan.needs_pixels and plan.runtimes else _nothing
    answers = [answer for runtime in sorted(plan.runtimes) for answer in _answering(runtime)]

    def rehearse() -> None:
        # What fails here fails again in the job, and there it can be told.
        with contextlib.suppress(Exception):
            perform(memoryview(PICTURE), recipe, (), Limits(), progress=_ignore, wants_image=True)
            look()
            for answer in answers:
                answer()
        if plan.needs_pixels:
            bytearray(TOUCHED_BYTES)

    return rehearse


def _answering(runtime: Runtime) -> Sequence[Callable[[], object]]:
    """An answer of this runtime, if it is installed."""
    from safelight.models import runtimes

    with contextlib.suppress(RuntimeMissing):
        return [runtimes.rehearsal(runtime)]
    return []


def _looking() -> Callable[[], None]:
    """A look at the picture as a model would take it."""
    from safelight.codecs.decode import open_image
    from safelight.models.contract import ModelInput
    from safelight.models.tensors import prepared
    from safelight.ops.looking.sample import Shown

    facts = ModelInput.model_validate_json(INPUT)

    def look() -> None:
        prepared(facts, Shown(open_image(memoryview(PICTURE), Limits())))

    return look


def _nothing() -> None: ...


def _ignore(_: float) -> None: ...
