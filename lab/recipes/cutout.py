"""Cutout: background removal for product shots, from the picture and a fitted ground."""

from lab.cutting_out import CuttingOut
from lab.recipe import Schedule

recipe = CuttingOut(
    Schedule(steps=12_000, batch=16, peak_rate=3e-3, clip=1.0, weight_decay=0.01, minutes=57)
)
