"""Upscaler x4, `better`: three times the weights of `fast`, begun from them."""

from lab.growing import GrownUpscaling
from lab.recipe import Schedule

recipe = GrownUpscaling(
    name="upscale-x4-better",
    title="Upscaler x4, drawn, larger",
    scale=4,
    aliases=("better",),
    channels=48,
    layers=14,
    settle_steps=150,
    schedule=Schedule(steps=1_500, batch=8, peak_rate=4e-4),
    card="upscale",
    begun_from="upscale-x4",
)
