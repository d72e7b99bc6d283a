"""Upscaler x2 for photographs that were blurred, noisy or compressed before.

Not trained yet; the minutes are estimates.
"""

from lab.mending import PhotoUpscaling
from lab.recipe import Schedule

recipe = PhotoUpscaling(
    2, Schedule(steps=20_000, batch=16, peak_rate=1e-3, minutes=60), small_px=40
)
recipe.on_gpu = Schedule(steps=60_000, batch=64, peak_rate=1e-3, minutes=30)
