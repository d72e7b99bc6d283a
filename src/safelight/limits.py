"""Every limit, with its unit; the report shows them all."""

from __future__ import annotations

from dataclasses import dataclass

MEGA = 1_000_000

MAX_INPUT_BYTES = 256 * MEGA
MAX_INPUT_PIXELS = 200 * MEGA
MAX_SIDE = 65_535
MAX_OUTPUT_PIXELS = 800 * MEGA
MAX_OUTPUT_BYTES = 1_024 * MEGA
# Of an animation that is decoded; its frames together also keep to the pixels. Walking has none.
MAX_FRAMES = 4_096
MAX_TIMEOUT_S = 3_600
MAX_METADATA_BLOCKS = 4_096
MAX_RECORDS = 4_096
MAX_VECTOR = 2_048
# Numbers in one answer of a model; a mask of 4,096 x 4,096 has half as many.
MAX_ANSWER = 32 * MEGA
# What models may see in one picture, and the points of one body or face.
MAX_SIGHTS = 1_000
MAX_POINTS = 40
MAX_RECIPE_BYTES = 64_000
MAX_STEPS = 32
MAX_MODEL_BYTES = 2_000 * MEGA
# Where workers have one thread, models are opened once for all of them; where they have so few,
# those from this size: a session that is inherited has one thread.
INHERITED_BYTES, INHERITED_THREADS = 8 * MEGA, 2
# Those of a recipe, each with its exact twin, and further pictures: what goes along with one job.
MAX_MODELS = 32
BASE_MEMORY_BYTES = 2_500 * MEGA


@dataclass(frozen=True, slots=True)
class Limits:
    """What one job may use. Sizes in bytes, areas in pixels, time in seconds."""

    input_bytes: int = MAX_INPUT_BYTES
    input_pixels: int = MAX_INPUT_PIXELS
    side: int = MAX_SIDE
    output_pixels: int = MAX_OUTPUT_PIXELS
    output_bytes: int = MAX_OUTPUT_BYTES
    frames: int = MAX_FRAMES
    timeout_s: int = 120
    memory_bytes: int = BASE_MEMORY_BYTES


def bounded(untrusted: int, low: int, high: int) -> int:
    """Return the number if low <= number <= high; raise ValueError otherwise."""
    if not low <= untrusted <= high:
        raise ValueError(f"{untrusted} is not within {low}..{high}")
    return untrusted
