"""Upscaler x2, `fast`: 98 thousand parameters on luma."""

from lab.recipe import Schedule
from lab.upscaling import Upscaling

recipe = Upscaling(
    name="upscale-x2",
    title="Upscaler x2, drawn",
    scale=2,
    aliases=("fast",),
    schedule=Schedule(steps=20_000, batch=8, minutes=65),
    on_gpu=Schedule(steps=90_000, batch=64, minutes=30),
    settle_steps=2_000,
)
