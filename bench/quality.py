"""How close a result comes to the original, beside plain methods and published figures.

    python -m bench.quality [--quick] [--check] [--markdown]

Upscaling: reference pictures are reduced with Pillow's bicubic filter, enlarged again, and compared
by PSNR on BT.601 luma (16..235, as in the papers) with a border of `scale` pixels cut. Every
upscaler of the catalogue is measured. Then the tables of bench/restore.py, bench/cutout.py and
bench/embed.py. Needs benchmark pictures, which the project does not ship.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from bench.tables import Goal, Table, missing, show
from safelight.models.entry import Entry
from safelight.models.runtimes import open_session
from safelight.models.store import Store

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT.parent / "shared/data/superres"
SETS = {"Set5": "set5", "BSD100 (20)": "bsd100", "Urban100 (10)": "urban100"}
QUICK_PICTURES = 3
# Set5 for the alias at the scale, and the gain over bicubic by set.
FLOORS_DB = {2: 37.0, 4: 31.1}
BETTER_DB = 31.5
GAINS_DB = {"BSD100 (20)": 1.2, "Urban100 (10)": 0.9}
LARGEST_INT8_LOSS_DB = 0.03
BICUBIC, LANCZOS = "bicubic (Pillow)", "Lanczos (Pillow)"
KINDS = {("luma", 1), ("rgb", 3)}
OTHER_MODULES = {
    "restore": "noise, JPEG damage, degraded pictures",
    "cutout": "cutout",
    "embed": "look-alikes",
}

Luma = NDArray[np.float64]
Method = Callable[[Image.Image], Luma]
Scores = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Published:
    """A figure from a paper, not measured here; whole sets, MATLAB's bicubic reduction."""

    method: str
    scale: int
    set5_db: float
    source: str


PUBLISHED = (
    Published("FSRCNN", 2, 37.00, "Dong et al., ECCV 2016"),
    Published("FSRCNN", 4, 30.71, "Dong et al., ECCV 2016"),
    Published("VDSR", 2, 37.53, "Kim et al., CVPR 2016"),
    Published("VDSR", 4, 31.35, "Kim et al., CVPR 2016"),
    Published("ECBSR-M10C32", 4, 31.66, "Zhang et al., ACM MM 2021, not re-checked"),
)


def luma(picture: Image.Image) -> Luma:
    """BT.601 luma of an 8-bit picture, 16..235."""
    return luma_of(np.asarray(picture.convert("RGB"), np.float64))


def luma_of(values: NDArray[np.float64]) -> Luma:
    """The same of red, green and blue, 0..255, in the last axis."""
    red, green, blue = np.moveaxis(values, 2, 0)
    value: Luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255
    return value


def psnr_db(one: Luma, other: Luma, *, border_px: int) -> float:
    """Peak signal-to-noise ratio against 255, borders cut, both sides rounded to 8 bits."""
    cut = slice(border_px, -border_px)
    gap = np.rint(one[cut, cut]) - np.rint(other[cut, cut])
    return float(10 * np.log10(255**2 / max(float(np.mean(gap**2)), 1e-12)))


def plain(scale: int, resample: Image.Resampling) -> Method:
    """Enlarge with one of Pillow's filters."""
    return lambda low: luma(low.resize((low.width * scale, low.height * scale), resample))


def net(entry: Entry) -> Method:
    """Enlarge with a model of the catalogue, whole and on one thread; luma of the answer."""
    with Store().open(entry) as model:
        session = open_session(entry, model.view(), threads=1)
    is_colour = entry.input.kind == "rgb"

    def enlarge(low: Image.Image) -> Luma:
        if is_colour:
            given = np.asarray(low.convert("RGB"), np.float32).transpose(2, 0, 1)[None] / 255
        else:
            given = ((luma(low) - 16) / 219)[None, None]
        bottom, top = entry.input.range
        shape = (1, -1, 1, 1)
        mean, std = (np.reshape(one, shape) for one in (entry.input.mean, entry.input.std))
        tensor = ((bottom + given * (top - bottom) - mean) / std).astype(np.float32)
        answer = np.asarray(session.run(_laid(tensor, entry)), np.float64)
        bottom, top = entry.output.range
        large = (_laid(answer, entry) - bottom) / (top - bottom)
        if is_colour:
            return luma_of(255 * large[0].transpose(1, 2, 0).clip(0, 1))
        restored: Luma = 16 + 219 * large[0, 0]
        return restored

    return enlarge


def _laid(tensor: NDArray[Any], entry: Entry) -> NDArray[Any]:
    """Channels to the place where the model has them, or back: of one channel or three."""
    if entry.input.layout == "NCHW":
        return tensor
    return np.moveaxis(tensor, 1, 3) if tensor.shape[1] in (1, 3) else np.moveaxis(tensor, 3, 1)


def upscalers(scale: int) -> dict[str, Entry]:
    """The upscalers of the catalogue by what they are called here: alias and precision."""
    entries = [e for e in Store().entries() if (e.task, e.output.scale) == ("upscale", scale)]
    called = {e.name: (e.aliases or (e.name,))[0] for e in entries}
    for entry in entries:
        if entry.exact in called:
            called[entry.exact] = called[entry.name]
    return {
        f"{called[entry.name]}, {entry.precision}": entry
        for entry in sorted(entries, key=lambda e: (called[e.name], e.precision))
        if (entry.input.kind, entry.input.channels) in KINDS
    }


def methods(scale: int) -> dict[str, Method]:
    """Everything measured at this scale, plain first."""
    return {
        BICUBIC: plain(scale, Image.Resampling.BICUBIC),
        LANCZOS: plain(scale, Image.Resampling.LANCZOS),
        **{name: net(entry) for name, entry in upscalers(scale).items()},
    }


def measure(method: Method, folder: Path, scale: int, most: int | None = None) -> float:
    """Mean PSNR over the pictures of a folder, or over the first of them."""
    scores = []
    for path in sorted(folder.glob("*_HR.png"))[:most]:
        with Image.open(path) as opened:
            whole = opened.convert("RGB")
        width, height = whole.width // scale, whole.height // scale
        high = whole.crop((0, 0, width * scale, height * scale))
        low = high.resize((width, height), Image.Resampling.BICUBIC)
        scores.append(psnr_db(method(low), luma(high), border_px=scale))
    return fmean(scores)


def has_pictures(pictures: Path) -> bool:
    """Whether every set is there."""
    return all(list((pictures / folder).glob("*_HR.png")) for folder in SETS.values())


def gain_db(scale: int, alias: str = "fast") -> float:
    """What the model with this alias has above Lanczos on Set5."""
    folder, large = PICTURES / SETS["Set5"], methods(scale)
    name = next(name for name in large if name.startswith(f"{alias}, "))
    return measure(large[name], folder, scale) - measure(large[LANCZOS], folder, scale)


def table(scale: int, pictures: Path, most: int | None = None) -> Scores:
    """PSNR in dB by method and set."""
    return {
        name: {
            title: measure(method, pictures / folder, scale, most) for title, folder in SETS.items()
        }
        for name, method in methods(scale).items()
    }


def goals(scale: int, scores: Scores) -> tuple[Goal, ...]:
    """What was promised at this scale, for whatever models are there."""
    found = []
    for name, row in scores.items():
        alias, _, precision = name.partition(", ")
        wanted = {"fast": FLOORS_DB[scale], "better": BETTER_DB if scale == 4 else None}.get(alias)
        if wanted is None:
            continue
        found.append(Goal(f"x{scale} {name}, Set5", row["Set5"], wanted, "dB", True))
        for title, gain in GAINS_DB.items() if scale == 4 else ():
            above = row[title] - scores[BICUBIC][title]
            found.append(Goal(f"x{scale} {name}, {title} above bicubic", above, gain, "dB", True))
        twin = next((o for o in scores if o.startswith(f"{alias}, ") and o != name), None)
        if precision == "int8" and twin is not None:
            loss = max(scores[twin][title] - row[title] for title in SETS)
            most = LARGEST_INT8_LOSS_DB
            found.append(Goal(f"x{scale} {alias}, lost by int8", loss, most, "dB", digits=3))
    return tuple(found)


def upscaling(scale: int, scores: Scores) -> Table:
    """One scale, published figures last."""
    rows = [(name, *(f"{score:.2f}" for score in row.values())) for name, row in scores.items()]
    for one in PUBLISHED:
        if one.scale == scale:
            name = f"{one.method}, published ({one.source})"
            rows.append((name, f"{one.set5_db:.2f}", *([""] * (len(SETS) - 1))))
    title = f"Upscaling x{scale}, PSNR-Y in dB"
    return Table(title, ("method", *SETS), tuple(rows), goals=goals(scale, scores))


def others(quick: bool) -> list[Table]:
    """The tables of the other tasks; missing for what is not there."""
    return [
        table for name, title in OTHER_MODULES.items() for table in measured_by(name, title, quick)
    ]


def measured_by(name: str, title: str, quick: bool) -> list[Table]:
    """The tables of another file of bench/, by the environment of the lab if that is there: some
    plain methods are OpenCV's, which is no dependency of ours.
    """
    if not (ROOT / "bench" / f"{name}.py").exists():
        return [missing(title, f"there is no bench/{name}.py")]
    reason = ""
    for python in (str(ROOT / "lab/.venv/bin/python"), sys.executable):
        if not Path(python).exists():
            continue
        command = [python, "-m", f"bench.{name}", "--json", *(["--quick"] if quick else [])]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if ran.returncode == 0:
            made = [Table.from_facts(facts) for facts in json.loads(ran.stdout.splitlines()[-1])]
            return made or [missing(title, "no model yet")]
        reason = ran.stderr.strip().rpartition("\n")[2]
    return [missing(title, f"bench/{name}.py ended with {reason}")]


def upscaling_tables(quick: bool) -> list[Table]:
    """Every scale. Quick: the first pictures of each set, no goals."""
    made = []
    for scale in FLOORS_DB:
        if not has_pictures(PICTURES):
            made.append(missing(f"Upscaling x{scale}", f"no pictures in {PICTURES.name}/"))
        elif quick:
            one = upscaling(scale, table(scale, PICTURES, QUICK_PICTURES))
            made.append(Table(f"{one.title}, first {QUICK_PICTURES} of each", one.head, one.rows))
        else:
            made.append(upscaling(scale, table(scale, PICTURES)))
    return made


def tables(quick: bool) -> list[Table]:
    """The quality of everything that ships."""
    return upscaling_tables(quick) + others(quick)


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
