"""Denoiser: RGB and a plane of the noise level."""

from lab.mending import Denoising
from lab.recipe import Schedule

recipe = Denoising(Schedule(steps=24_000, batch=16, peak_rate=1e-3, minutes=80))
recipe.on_gpu = Schedule(steps=60_000, batch=64, peak_rate=1e-3, minutes=30)
