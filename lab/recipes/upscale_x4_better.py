"""Upscaler x4, `better`: three times the weights of `fast`, begun from them.

Not trained yet; the minutes are estimates.
"""

from lab.growing import GrownUpscaling
from lab.recipe import Schedule

recipe = GrownUpscaling(
    name="upscale-x4-better",
    title="Upscaler x4, drawn, larger",
    scale=4,
    aliases=("better",),
    channels=48,
    layers=14,
    settle_steps=800,
    schedule=Schedule(steps=20_000, batch=16, peak_rate=6e-4, minutes=90),
    on_gpu=Schedule(steps=90_000, batch=64, peak_rate=8e-4, minutes=30),
    card="upscale",
    begun_from="upscale-x4",
)
