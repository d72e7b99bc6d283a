"""Upscaler x4 for photographs that were blurred, noisy or compressed before."""

from lab.mending import PhotoUpscaling
from lab.recipe import Schedule

recipe = PhotoUpscaling(4, Schedule(steps=900, batch=8, peak_rate=1e-3, minutes=7), small_px=40)
recipe.on_gpu = Schedule(steps=60_000, batch=64, peak_rate=1e-3, minutes=30)
