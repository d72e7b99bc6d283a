"""Train one upscaler on drawn pictures.

    python -m lab.train --scale 4 --minutes 30

The number of steps is planned once, from the time that the first steps take; `--steps` sets
it instead and makes the run repeatable. `--resume` goes on from the checkpoint with a new plan.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lab.draw import CACHE, TRAINING_SEED, digest, draw_pool
from lab.net import Upscaler

MEASURED_STEPS, WARM_UP_STEPS, SAVE_EVERY_STEPS = 40, 200, 250


@dataclass(frozen=True)
class Plan:
    """One run: what is learned, from what, and for how long."""

    scale: int
    seed: int = 1
    pool_seed: int = TRAINING_SEED
    pool_count: int = 320
    batch: int = 8
    patch_px: int = 48
    peak_rate: float = 2e-3
    average: float = 0.998
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = 0.1
    squared_weight: float = 10.0
    steps: int = 0
    minutes: float = 30.0


class Patches:
    """Aligned low and high resolution patches from a pool of drawn pictures."""

    def __init__(self, pictures: np.ndarray[Any, np.dtype[np.uint8]], plan: Plan) -> None:
        self.high, self.plan = pictures, plan
        side = pictures.shape[1] // plan.scale
        self.low = np.stack([reduce_bicubic(picture, side) for picture in pictures])

    def take(self, random: np.random.Generator) -> tuple[Tensor, Tensor]:
        """A batch in 0..1, each patch flipped and turned at random."""
        scale, size = self.plan.scale, self.plan.patch_px
        lows, highs = [], []
        for _ in range(self.plan.batch):
            index = int(random.integers(len(self.low)))
            y, x = (int(v) for v in random.integers(0, self.low.shape[1] - size + 1, 2))
            low = self.low[index, y : y + size, x : x + size]
            big = slice(y * scale, (y + size) * scale), slice(x * scale, (x + size) * scale)
            high = self.high[index][big]
            turns, flip = int(random.integers(4)), random.random() < 0.5
            low, high = np.rot90(low, turns), np.rot90(high, turns)
            lows.append(low[:, ::-1] if flip else low)
            highs.append(high[:, ::-1] if flip else high)
        return _tensor(np.stack(lows)), _tensor(np.stack(highs))


def reduce_bicubic(picture: np.ndarray[Any, Any], side: int) -> np.ndarray[Any, Any]:
    """Pillow's bicubic reduction to `side` pixels, 8 bits: how the upscaler is scored."""
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


def rate_at(step: int, plan: Plan) -> float:
    """Learning rate: warm-up, then a cosine down to nearly zero at the last step."""
    if step < WARM_UP_STEPS:
        return plan.peak_rate * (step + 1) / WARM_UP_STEPS
    done = (step - WARM_UP_STEPS) / max(1, plan.steps - WARM_UP_STEPS)
    return plan.peak_rate * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


class Run:
    """The state of a training run."""

    def __init__(self, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.step, self.seconds = plan, 0, 0.0
        self.net = Upscaler(plan.scale).to(memory_format=torch.channels_last)
        self.mean = Upscaler(plan.scale)
        self.mean.load_state_dict(self.net.state_dict())
        self.adam = torch.optim.Adam(self.net.parameters(), lr=plan.peak_rate, betas=plan.betas)
        self.random = np.random.default_rng([plan.seed, plan.scale])
        self.loss = 0.0

    def advance(self, patches: Patches) -> None:
        """One step."""
        began = time.monotonic()
        for group in self.adam.param_groups:
            group["lr"] = rate_at(self.step, self.plan)
        low, high = patches.take(self.random)
        gap = self.net(low.contiguous(memory_format=torch.channels_last)) - high
        absolute = gap.abs().mean()
        late = self.plan.steps and self.step > 0.9 * self.plan.steps
        loss = absolute + self.plan.squared_weight * gap.square().mean() if late else absolute
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.plan.clip)
        self.adam.step()
        with torch.no_grad():
            share = min(self.plan.average, (1 + self.step) / (10 + self.step))
            pairs = zip(self.mean.parameters(), self.net.parameters(), strict=True)
            for mean, value in pairs:
                mean.lerp_(value, 1 - share)
        self.loss = 0.99 * self.loss + 0.01 * float(absolute.detach())
        self.step += 1
        self.seconds += time.monotonic() - began

    def save(self, folder: Path) -> None:
        """Write the averaged weights, the whole state and the facts for the card."""
        folder.mkdir(parents=True, exist_ok=True)
        name = f"upscale-x{self.plan.scale}"
        state = {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "adam": self.adam.state_dict(),
            "random": self.random.bit_generator.state,
            "step": self.step,
            "seconds": self.seconds,
        }
        unfinished = folder / f"{name}.part"
        torch.save(state, unfinished)
        unfinished.replace(folder / f"{name}.state.pt")
        facts = asdict(self.plan) | {"done": self.step, "seconds": round(self.seconds)}
        facts |= {"torch": str(torch.__version__), "machine": machine(), "threads": 1}
        (folder / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n")

    def load(self, folder: Path) -> None:
        """Go on from what `save` wrote."""
        file = folder / f"upscale-x{self.plan.scale}.state.pt"
        state = torch.load(file, weights_only=True)
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self.adam.load_state_dict(state["adam"])
        self.random.bit_generator.state = state["random"]
        self.step, self.seconds = state["step"], state["seconds"]


def train(plan: Plan, folder: Path, *, resume: bool = False) -> Run:
    """Run a plan to its last step, saving on the way."""
    torch.set_num_threads(1)
    pictures = np.load(draw_pool(plan.pool_count, seed=plan.pool_seed))
    print(f"pool {digest(pictures)}", flush=True)
    patches, run = Patches(pictures, plan), Run(plan)
    if resume:
        run.load(folder)
    began, first = time.monotonic(), run.step
    while not run.plan.steps or run.step < run.plan.steps:
        run.advance(patches)
        if not run.plan.steps and run.step - first == MEASURED_STEPS:
            step_s = (time.monotonic() - began) / MEASURED_STEPS
            steps = first + int(plan.minutes * 60 / step_s)
            run.plan = replace(plan, steps=max(steps, WARM_UP_STEPS))
            print(f"{step_s:.3f} s a step: {run.plan.steps} steps", flush=True)
        if run.step % SAVE_EVERY_STEPS == 0:
            run.save(folder)
            print(f"{run.step} {run.loss:.5f} {run.seconds:.0f} s", flush=True)
    run.save(folder)
    return run


def machine() -> str:
    """The processor's own name, and nothing else about the machine."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _tensor(patches: np.ndarray[Any, Any]) -> Tensor:
    return torch.from_numpy(patches.astype(np.float32)[:, None] / 255)


def main() -> None:
    """Train one scale from the command line."""
    parser = argparse.ArgumentParser(description="train an upscaler on drawn pictures")
    parser.add_argument("--scale", type=int, choices=(2, 4), required=True)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--batch", type=int, default=Plan.batch)
    parser.add_argument("--patch-px", type=int, default=Plan.patch_px)
    parser.add_argument("--pool-count", type=int, default=Plan.pool_count)
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    plan = Plan(
        scale=options.scale,
        minutes=options.minutes,
        steps=options.steps,
        batch=options.batch,
        patch_px=options.patch_px,
        pool_count=options.pool_count,
    )
    train(plan, options.folder, resume=options.resume)


if __name__ == "__main__":
    main()
