"""Train one model of lab/recipes on drawn pictures.

    python -m lab.learn cutout                 the run that the model card describes
    python -m lab.learn cutout --steps 500     a quick, poorer one
    python -m lab.learn cutout --resume        go on from the checkpoint
    python -m lab.learn cutout --device cuda --feeders 14

The same code on two cores and on a GPU. Batch number i is made from the seed and i alone, by as
many feeding processes as asked for, so a run that was stopped goes on as if it had not been.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lab.folder import add_facts, facts_file, open_pools, state_file
from lab.pool import CACHE
from lab.recipe import Arrays, Pools, Recipe, Schedule, load_recipe

SAVE_EVERY_S, TELL_EVERY_STEPS = 60.0, 100


@dataclass(frozen=True)
class Feeder:
    """Makes batch number `index`; what a feeding process is handed."""

    recipe: Recipe
    pools: Pools
    schedule: Schedule
    late: bool = False
    """Batches as at the end of the schedule, whatever their number."""

    def __call__(self, index: int) -> Arrays:
        random = np.random.default_rng([self.schedule.seed, index])
        share = 1.0 if self.late else index / max(1, self.schedule.steps)
        return self.recipe.batch(self.pools, random, size=self.schedule.batch, progress=share)


_feeder: Feeder | None = None


def _feed(index: int) -> Arrays:
    if _feeder is None:
        raise RuntimeError("the feeder was not set before the fork")
    return _feeder(index)


def batches(feeder: Feeder, first: int, *, feeders: int) -> Iterator[Arrays]:
    """Batches first, first + 1, ... in order, made here or by so many processes ahead."""
    global _feeder
    indices = range(first, feeder.schedule.steps)
    if feeders == 0:
        yield from map(feeder, indices)
        return
    _feeder = feeder
    with get_context("fork").Pool(feeders) as pool:
        ahead: list[Any] = []
        for index in indices:
            ahead.append(pool.apply_async(_feed, (index,)))
            if len(ahead) > 4 * feeders:
                yield ahead.pop(0).get()
        for waiting in ahead:
            yield waiting.get()


def rate_at(step: int, schedule: Schedule) -> float:
    """Learning rate: warm-up, then a cosine down to nearly zero at the last step."""
    if step < schedule.warm_up_steps:
        return schedule.peak_rate * (step + 1) / schedule.warm_up_steps
    done = (step - schedule.warm_up_steps) / max(1, schedule.steps - schedule.warm_up_steps)
    return schedule.peak_rate * (0.002 + 0.998 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


class Run:
    """The state of a training run."""

    def __init__(self, recipe: Recipe, schedule: Schedule, device: str) -> None:
        torch.manual_seed(schedule.seed)
        self.recipe, self.schedule, self.device = recipe, schedule, device
        self.net = recipe.net().to(device, memory_format=torch.channels_last)
        self.mean = recipe.net().to(device)
        self.mean.load_state_dict(self.net.state_dict())
        self.adam = torch.optim.AdamW(
            self.net.parameters(),
            lr=schedule.peak_rate,
            betas=schedule.betas,
            weight_decay=schedule.weight_decay,
        )
        self.step, self.seconds, self.recent = 0, 0.0, 0.0

    def advance(self, arrays: Arrays) -> None:
        """One step."""
        for group in self.adam.param_groups:
            group["lr"] = rate_at(self.step, self.schedule)
        batch = tensors(arrays, self.device)
        with self._precision():
            loss = self.recipe.loss(
                self.net, batch, progress=self.step / max(1, self.schedule.steps)
            )
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.schedule.clip)
        self.adam.step()
        self._average()
        value = float(loss.detach())
        self.recent = value if self.step == 0 else 0.99 * self.recent + 0.01 * value
        self.step += 1

    def _average(self) -> None:
        share = min(self.schedule.average, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            kept, fresh = self.mean.state_dict(), self.net.state_dict()
            for name, value in fresh.items():
                if value.is_floating_point():
                    kept[name].lerp_(value, 1 - share)
                else:
                    kept[name].copy_(value)

    def _precision(self) -> AbstractContextManager[Any]:
        kind = self.device.split(":")[0]
        half: AbstractContextManager[Any] = torch.autocast(
            kind, dtype=torch.bfloat16, enabled=self.schedule.half
        )
        return half

    def save(self, folder: Path) -> None:
        """Write the averaged weights, the whole state and the facts for the card."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "net": self.net.state_dict(),
            "mean": self.mean.state_dict(),
            "adam": self.adam.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        unfinished = folder / f"{self.recipe.name}.part"
        torch.save(state, unfinished)
        unfinished.replace(state_file(folder, self.recipe.name))
        facts = asdict(self.schedule) | {"done": self.step, "seconds": round(self.seconds)}
        facts |= {"torch": str(torch.__version__), "machine": machine(self.device)}
        facts |= {"threads": torch.get_num_threads(), "loss": round(self.recent, 6)}
        facts["pools"] = {
            pool.name: json.loads(pool.note.read_text()) for pool in self.recipe.pools
        }
        add_facts(folder, self.recipe.name, **facts)

    def load(self, folder: Path) -> None:
        """Go on from what `save` wrote."""
        file = state_file(folder, self.recipe.name)
        state = torch.load(file, weights_only=True, map_location=self.device)
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self.adam.load_state_dict(state["adam"])
        self.step, self.seconds = state["step"], state["seconds"]


def tensors(arrays: Arrays, device: str) -> tuple[Tensor, ...]:
    """A batch as the net takes it: pictures with their channels last in memory."""
    moved = [torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays]
    return tuple(
        value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
        for value in moved
    )


def trained(recipe: Recipe, folder: Path) -> nn.Module:
    """The net with the averaged weights of a finished or running training, as it ships."""
    file = state_file(folder, recipe.name)
    state = torch.load(file, weights_only=True, map_location="cpu")
    net = recipe.net()
    net.load_state_dict(state["mean"])
    return recipe.shipped(net.eval()).eval()


def learn(
    recipe: Recipe,
    schedule: Schedule,
    folder: Path,
    *,
    device: str = "cpu",
    feeders: int = 0,
    resume: bool = False,
) -> Run:
    """Run a schedule to its last step, saving on the way."""
    if not resume:
        facts_file(folder, recipe.name).unlink(missing_ok=True)
    pools = open_pools(recipe, folder, processes=feeders)
    run = Run(recipe, schedule, device)
    if resume and state_file(folder, recipe.name).exists():
        run.load(folder)
    if run.step >= schedule.steps:
        print(f"{recipe.name}: all {run.step} steps were done before", flush=True)
        return run
    feeder = Feeder(recipe, pools, schedule)
    began = saved = time.monotonic()
    before = run.seconds
    for arrays in batches(feeder, run.step, feeders=feeders):
        run.advance(arrays)
        now = time.monotonic()
        run.seconds = before + now - began
        if run.step % TELL_EVERY_STEPS == 0:
            left_s = run.seconds / run.step * (schedule.steps - run.step)
            print(
                f"{recipe.name} {run.step}/{schedule.steps} loss {run.recent:.5f}"
                f" {run.seconds:.0f} s, {left_s:.0f} s to go",
                flush=True,
            )
        if now - saved > SAVE_EVERY_S:
            run.save(folder)
            saved = now
    run.save(folder)
    return run


def machine(device: str) -> str:
    """The name of the processor or the GPU, and nothing else about the machine."""
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    """Train one recipe from the command line."""
    parser = argparse.ArgumentParser(description="train one built-in model on drawn pictures")
    parser.add_argument("name")
    parser.add_argument("--steps", type=int, default=0, help="instead of the recipe's own")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--feeders", type=int, default=0, help="processes that make batches ahead")
    parser.add_argument("--folder", type=Path, default=CACHE)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe = load_recipe(options.name)
    schedule = recipe.schedule
    if options.device != "cpu" and recipe.on_gpu is not None:
        schedule = recipe.on_gpu
    if options.steps:
        schedule = replace(schedule, steps=options.steps)
    learn(
        recipe,
        schedule,
        options.folder,
        device=options.device,
        feeders=options.feeders,
        resume=options.resume,
    )


if __name__ == "__main__":
    main()
