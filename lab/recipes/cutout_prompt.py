"""cutout-prompt: cut out what a box was drawn around.

Not shipped: docs/models/not-shipped.md has the figures. The minutes on a GPU are an estimate.
"""

from lab.prompting import Prompted
from lab.recipe import Schedule

recipe = Prompted(
    Schedule(steps=4_500, batch=16, peak_rate=1.5e-3, clip=1.0, weight_decay=0.01, minutes=16)
)
recipe.on_gpu = Schedule(
    steps=60_000, batch=64, peak_rate=1.5e-3, clip=1.0, weight_decay=0.01, minutes=30
)
