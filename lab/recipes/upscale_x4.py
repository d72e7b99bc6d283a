"""Upscaler x4, `fast`: 98 thousand parameters on luma."""

from lab.recipe import Schedule
from lab.upscaling import Upscaling

recipe = Upscaling(
    name="upscale-x4",
    title="Upscaler x4, drawn",
    scale=4,
    aliases=("fast",),
    schedule=Schedule(steps=20_000, batch=8, minutes=66),
    on_gpu=Schedule(steps=90_000, batch=64, minutes=30),
)
