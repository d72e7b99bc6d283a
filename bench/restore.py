"""How much better worn pictures come back, beside plain methods: noise, JPEG, and enlarging them.

    python bench/restore.py [--quick] [--check] [--markdown]

Sets: BSD100 (20 pictures), Set5, Kodak (12), Urban100 (10), which the project does not ship.
Noise has fixed seeds and is clipped and rounded to 8 bits, as files are. JPEGs are Pillow's. BM3D's
figures were measured once, on the same noisy pictures, with the package bm3d 4.0 (PyPI), which
the project does not depend on. OpenCV's methods are measured where it is installed.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import fmean, median
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.resaved import resaved_table
from bench.tables import Goal, Table, missing, show
from bench.worn import (
    BUILTIN,
    HARDSHIPS,
    ROOT,
    Enlarge,
    Mend,
    Picture,
    bilateral,
    by_luma,
    by_photo,
    greyed,
    luma,
    net,
    non_local_means,
    pictures_of,
    plain,
    psnr_db,
    recompressed,
    unchanged,
    worn,
)

PICTURES = ROOT.parent / "shared/data/superres"
SIGMAS, QUALITIES = (15, 25, 50), (10, 20, 30, 40)
FOUR = 4
BM3D_DB, BM3D_S_PER_MP = 28.16, 42.0
BM3D_PUBLISHED = "94 s a megapixel and 27.61 dB on four other pictures in an earlier measurement"
SHIFT = (3, 5)
NON_LOCAL_MEANS = "OpenCV non-local means"


def noisy(picture: Picture, sigma: float, seed: int) -> Picture:
    """The picture with Gaussian noise, in 8 bits; one noise for all channels of a grey picture."""
    random = np.random.default_rng([round(sigma), seed])
    grey = bool((picture[:, :, 0] == picture[:, :, 1]).all())
    shape = picture.shape[:2] if grey else picture.shape
    noise = random.normal(0, sigma, shape)
    dirty = picture + (noise[:, :, None] if grey else noise)
    made: Picture = np.clip(np.rint(dirty), 0, 255).astype(np.uint8)
    return made


def by_opencv(name: str, mend: Mend) -> dict[str, Mend]:
    """A plain method, where OpenCV is installed."""
    return {f"OpenCV {name}": mend} if importlib.util.find_spec("cv2") else {}


def luma_db(made: NDArray[np.floating[Any]], wanted: Picture) -> float:
    """PSNR of luma."""
    return psnr_db(luma(np.clip(np.rint(made), 0, 255)), luma(wanted))


def denoise_table(quick: bool) -> Table:
    """Gaussian noise in grey and in colour; the last column for BM3D."""
    whole = pictures_of(PICTURES / "bsd100", 6 if quick else 20)
    grey = [greyed(picture) for picture in whole]
    columns = {
        f"{title}, sigma {sigma}": (pictures, sigma)
        for title, pictures in (("grey", grey), ("colour", whole))
        for sigma in SIGMAS
    } | {f"first {FOUR}, grey, sigma 25": (grey[:FOUR], 25)}
    methods: dict[str, Mend] = {
        "noisy": unchanged,
        **by_opencv("non-local means", non_local_means),
        "ours": net("restore-noise"),
    }
    scores = {
        name: [_denoised_db(mend, pictures, sigma) for pictures, sigma in columns.values()]
        for name, mend in methods.items()
    }
    rows = [(name, *_shown(row)) for name, row in scores.items()]
    rows.append(("BM3D, measured once", *[""] * (len(columns) - 1), f"{BM3D_DB:.2f}"))
    head = ("PSNR in dB", *columns)
    return Table(f"noise: BSD100 ({len(whole)})", head, tuple(rows), goals=_denoise_goals(scores))


def _denoised_db(mend: Mend, pictures: list[Picture], sigma: int) -> float:
    return fmean(
        psnr_db(np.clip(mend(noisy(one, sigma, seed), sigma), 0, 255), one)
        for seed, one in enumerate(pictures)
    )


def _denoise_goals(scores: dict[str, list[float]]) -> tuple[Goal, ...]:
    ours = scores["ours"]
    goals = [Goal("grey, sigma 25, above BM3D", ours[-1] - BM3D_DB, -0.2, "dB", is_floor=True)]
    if NON_LOCAL_MEANS in scores:
        least = min(a - b for a, b in zip(ours, scores[NON_LOCAL_MEANS], strict=True))
        goals.append(Goal("least above non-local means", least, 0.8, "dB", is_floor=True))
    return tuple(goals)


def jpeg_table(quick: bool) -> Table:
    """JPEG at several qualities, luma, quality unknown and known."""
    counts = {"set5": 5, "bsd100": 4 if quick else 20, "kodak": 0 if quick else 12}
    methods: dict[str, Callable[[Picture, float], NDArray[np.floating[Any]]]] = {
        "as it is": unchanged,
        **by_opencv("bilateral", bilateral),
        "ours, quality known": net("restore-jpeg"),
        "ours, quality unknown": lambda picture, _: net("restore-jpeg")(picture, 0),
        "ours, unknown, float32": lambda picture, _: net("restore-jpeg-fp32")(picture, 0),
    }
    rows, gains, losses = [], [], []
    for folder, count in counts.items():
        pictures = pictures_of(PICTURES / folder, count)
        for kind in ("colour 4:2:0", "grey") if pictures else ():
            clean = [greyed(one) for one in pictures] if kind == "grey" else pictures
            scores = {name: _jpeg_scores(mend, clean) for name, mend in methods.items()}
            for name, row in scores.items():
                rows.append((f"{folder} ({len(clean)}), {kind}: {name}", *_shown(row)))
            known, blind = scores["ours, quality known"], scores["ours, quality unknown"]
            before = scores["as it is"]
            gains += [min(a, b) - c for a, b, c in zip(known, blind, before, strict=True)]
            exact = scores["ours, unknown, float32"]
            losses += [a - b for a, b in zip(exact, blind, strict=True)]
    goals = (
        Goal("least gain of any set, kind and quality", min(gains), 0.8, "dB", is_floor=True),
        Goal("mean gain", fmean(gains), 0.8, "dB", is_floor=True),
        Goal("what 8 bits lose at most", max(losses), 0.05, "dB", digits=3),
    )
    head = ("PSNR of luma in dB", *(f"q {quality}" for quality in QUALITIES))
    return Table("JPEG", head, tuple(rows), goals=goals)


def _jpeg_scores(mend: Mend, pictures: list[Picture]) -> list[float]:
    return [
        fmean(luma_db(mend(recompressed(one, quality), quality), one) for one in pictures)
        for quality in QUALITIES
    ]


def _shown(scores: list[float]) -> tuple[str, ...]:
    return tuple(f"{score:.2f}" for score in scores)


def shifted_table(quick: bool) -> Table:
    """The same where somebody cut the picture after it was compressed, so the grid is elsewhere."""
    pictures = pictures_of(PICTURES / "bsd100", 4 if quick else 10)
    y, x = SHIFT
    rows = []
    for quality in QUALITIES:
        pairs = [(recompressed(one, quality)[y:, x:], one[y:, x:]) for one in pictures]
        before = fmean(luma_db(worse.astype(float), clean) for worse, clean in pairs)
        after = fmean(luma_db(net("restore-jpeg")(worse, 0), clean) for worse, clean in pairs)
        rows.append((f"q {quality}", f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}"))
    least = min(float(row[3]) for row in rows)
    goal = Goal("least gain off the grid", least, 0.7, "dB", is_floor=True)
    head = (f"BSD100 ({len(pictures)}), cut by {y} and {x}", "as it is", "ours, unknown", "gain")
    return Table("JPEG off its grid", head, tuple(rows), goals=(goal,))


def photo_table(scale: int, quick: bool) -> Table:
    """Worn copies of the sets, enlarged; mean over the three hardships."""
    counts = {"set5": 5, "bsd100": 4 if quick else 20, "urban100": 2 if quick else 10}
    methods: dict[str, Enlarge] = {
        "bicubic (Pillow)": plain(Image.Resampling.BICUBIC),
        "Lanczos (Pillow)": plain(Image.Resampling.LANCZOS),
        "ours, fast": by_luma,
        "ours, photo": by_photo,
    }
    scores: dict[str, list[float]] = {name: [] for name in methods}
    for folder, count in counts.items():
        pairs = [
            (worn(picture, scale, hardship, seed), picture)
            for seed, picture in enumerate(pictures_of(PICTURES / folder, count))
            for hardship in HARDSHIPS.values()
        ]
        for name, enlarge in methods.items():
            gaps = [_enlarged_db(enlarge(small, scale), whole, scale) for small, whole in pairs]
            scores[name].append(fmean(gaps))
    ours, others = scores["ours, photo"], [s for n, s in scores.items() if n != "ours, photo"]
    goals = tuple(
        Goal(f"{folder}: above the best other", ours[at] - max(o[at] for o in others), 0.7, "dB",
             is_floor=True)
        for at, folder in enumerate(counts)
    )  # fmt: skip
    rows = tuple((name, *_shown(row)) for name, row in scores.items())
    notes = tuple(f"worn: {words}" for words in HARDSHIPS)
    head = ("PSNR of luma in dB", *(f"{folder} ({count})" for folder, count in counts.items()))
    return Table(f"worn photographs x{scale}", head, rows, notes=notes, goals=goals)


def _enlarged_db(made: Picture, whole: Picture, scale: int) -> float:
    return psnr_db(luma(made), luma(whole), border_px=scale)


def speed_table(quick: bool) -> Table:
    """Processor seconds per megapixel on one thread, interleaved."""
    picture = noisy(pictures_of(PICTURES / "kodak", 1)[0], 25, 0)
    megapixels = picture.shape[0] * picture.shape[1] / 1e6
    methods: dict[str, Mend] = {
        **by_opencv("non-local means", non_local_means),
        "ours": net("restore-noise"),
    }
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(2 if quick else 5):
        for name, mend in methods.items():
            began = process_time()
            mend(picture, 25)
            seconds[name].append((process_time() - began) / megapixels)
    rows = [(name, f"{median(times):.2f}") for name, times in seconds.items()]
    rows.append(("BM3D, grey, measured once", f"{BM3D_S_PER_MP:.0f}"))
    share = median(seconds["ours"]) / BM3D_S_PER_MP
    goals = (Goal("time beside BM3D's", share, 0.01, digits=4),)
    notes = (f"BM3D: {BM3D_PUBLISHED}",)
    return Table("time", ("colour, 0.39 MP", "s / MP"), tuple(rows), notes=notes, goals=goals)


def tables(quick: bool) -> list[Table]:
    """Everything that can be measured here."""
    if not Path(PICTURES / "bsd100").is_dir():
        return [missing("restore", "the pictures of Set5, BSD100, Kodak and Urban100")]
    made = []
    if (BUILTIN / "restore-noise.onnx").exists():
        made += [denoise_table(quick), speed_table(quick)]
    if (BUILTIN / "restore-jpeg.onnx").exists():
        made += [jpeg_table(quick), shifted_table(quick)]
        kodak = pictures_of(PICTURES / "kodak", 3 if quick else 12)
        if kodak:
            made.append(resaved_table(kodak, f"PSNR of luma in dB, Kodak ({len(kodak)})"))
    for scale in (4, 2):
        if (BUILTIN / f"upscale-x{scale}-photo.onnx").exists():
            made.append(photo_table(scale, quick))
    return made


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
