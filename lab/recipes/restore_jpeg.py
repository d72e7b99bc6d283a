"""JPEG repair: RGB and a plane of the quality, 0 where it is unknown."""

from lab.mending import JpegRepair
from lab.recipe import Schedule

recipe = JpegRepair(Schedule(steps=14_000, batch=12, peak_rate=1e-3, minutes=85))
recipe.on_gpu = Schedule(steps=60_000, batch=64, peak_rate=1e-3, minutes=30)
