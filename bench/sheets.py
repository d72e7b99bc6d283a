"""Contact sheets: what the figures do not show is looked at.

    python -m bench.sheets -o FOLDER [NAME...]      names: upscale restore cutout

Everything goes through the engine, as a user's picture does, with whatever models are there.
Benchmark pictures are taken where they are, drawn ones and those of examples/ always. Cells are
enlarged by repeating pixels, so what is seen is what was made.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from bench import subjects
from bench.products import product
from safelight import Engine, Recipe, SafelightError
from safelight.models.store import Store
from safelight.operation import Operation
from safelight.recipe import operations
from safelight.settings import load

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared/data"
EXAMPLES = ROOT / "examples/pictures"
CELL, GAP, HEAD = (320, 240), 6, 18
KINDS = ("upscale", "restore", "cutout")
GROUNDS = {"on magenta": (255, 0, 255), "on black": (0, 0, 0)}
Picture = Image.Image
Row = dict[str, Picture]
Run = Callable[..., Picture]


@contextmanager
def bench_engine() -> Iterator[Run]:
    """Calls that put a picture through one operation, with a state that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SAFELIGHT_STATE_DIR"] = folder
        with Engine(load({}, os.environ, ROOT), jobs=1) as engine:

            def run(picture: Picture | bytes, name: str, **parameters: Any) -> Picture:
                operation: Operation = operations()[name](**parameters)
                data = picture if isinstance(picture, bytes) else as_png(picture)
                made = engine.run(data, Recipe((operation,)))
                return Image.open(io.BytesIO(getattr(made, "data", b"")))

            yield run


def as_png(picture: Picture) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", compress_level=1)
    return out.getvalue()


def as_jpeg(picture: Picture, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def sheet(rows: list[tuple[str, Row]]) -> Picture:
    """One row each, a word over every cell."""
    columns = max(len(row) for _, row in rows)
    size = (columns * (CELL[0] + GAP) + GAP, len(rows) * (CELL[1] + HEAD + GAP))
    made = Image.new("RGB", size, "#303030")
    pen = ImageDraw.Draw(made)
    for down, (title, row) in enumerate(rows):
        top = down * (CELL[1] + HEAD + GAP)
        for across, (word, picture) in enumerate(row.items()):
            left = GAP + across * (CELL[0] + GAP)
            pen.text((left, top + 2), f"{title}: {word}" if not across else word, fill="white")
            made.paste(cell(picture), (left, top + HEAD))
    return made


def cell(picture: Picture) -> Picture:
    """The middle of a picture, enlarged by whole steps, or the picture reduced to fit."""
    shown = picture.convert("RGB")
    step = max(1, CELL[0] // shown.width)
    if shown.width > CELL[0] or shown.height > CELL[1]:
        shown.thumbnail(CELL, Image.Resampling.LANCZOS)
        step = 1
    large = shown.resize((shown.width * step, shown.height * step), Image.Resampling.NEAREST)
    ground = Image.new("RGB", CELL, "#303030")
    ground.paste(large, ((CELL[0] - large.width) // 2, (CELL[1] - large.height) // 2))
    return ground


def part(picture: Picture, side: tuple[int, int] = (160, 120)) -> Picture:
    """The middle of a picture at its own size."""
    left, top = (picture.width - side[0]) // 2, (picture.height - side[1]) // 2
    return picture.crop((left, top, left + side[0], top + side[1]))


def on(picture: Picture, colour: tuple[int, int, int]) -> Picture:
    ground = Image.new("RGBA", picture.size, (*colour, 255))
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


def photographs() -> dict[str, Picture]:
    """A few of the benchmark pictures; the examples where those are not there."""
    paths = sorted((DATA / "superres/set5").glob("*.png"))[1:4]
    for folder in ("bsd100", "urban100", "kodak"):
        paths += sorted((DATA / "superres" / folder).glob("*.png"))[2:7:2]
    paths = paths or sorted(EXAMPLES.glob("*.jpg"))
    return {f"{p.parent.name} {p.stem[:7]}": Image.open(p).convert("RGB") for p in paths}


def models(scale: int) -> list[str]:
    """Aliases of the upscalers, one each."""
    found = (e for e in Store().entries() if (e.task, e.output.scale) == ("upscale", scale))
    return sorted({entry.aliases[0] for entry in found if entry.aliases})


def enlarged(run: Run, whole: Picture, scale: int) -> Row:
    """The original, Lanczos and each of ours, from a small copy."""
    width, height = whole.width // scale * scale, whole.height // scale * scale
    whole = whole.crop((0, 0, width, height))
    small = whole.resize((width // scale, height // scale), Image.Resampling.BICUBIC)
    row = {"original": whole, "Lanczos": small.resize(whole.size, Image.Resampling.LANCZOS)}
    for alias in models(scale):
        row[alias] = run(small, "upscale", scale=scale, model=alias)
    return row


def upscale(run: Run, scale: int) -> Iterator[tuple[str, Row]]:
    for name, picture in photographs().items():
        yield f"x{scale} {name}", {w: part(p) for w, p in enlarged(run, picture, scale).items()}
    for name, draw in subjects.DRAWN.items():
        yield f"x{scale} {name}", {w: part(p) for w, p in enlarged(run, draw(), scale).items()}
    row = enlarged(run, subjects.see_through(), scale)
    for word, colour in GROUNDS.items():
        yield f"x{scale} alpha {word}", {w: part(on(p, colour)) for w, p in row.items()}


def restore(run: Run) -> Iterator[tuple[str, Row]]:
    drawn = {name: draw() for name, draw in subjects.DRAWN.items()}
    for number, (name, whole) in enumerate({**photographs(), **drawn}.items()):
        size = (min(whole.width, 320), min(whole.height, 240))
        whole = part(whole, size)
        grain = np.random.default_rng(number).normal(0, 25, (*size[::-1], 3))
        noisy = Image.fromarray(np.clip(np.asarray(whole) + grain, 0, 255).round().astype(np.uint8))
        wishes = {"denoise": 50, "jpeg": "off"}
        found = {"original": whole, "sigma 25": noisy, "ours": tried(run, noisy, **wishes)}
        for quality in (10, 30):
            data = as_jpeg(whole, quality)
            found[f"JPEG q{quality}"] = Image.open(io.BytesIO(data))
            found[f"ours from q{quality}"] = tried(run, data, denoise="off", jpeg="auto")
        yield name, {word: part(picture) for word, picture in found.items()}


def tried(run: Run, picture: Picture | bytes, **parameters: Any) -> Picture:
    """Repaired, or an empty cell where a model is not there."""
    try:
        return run(picture, "restore", **parameters)
    except SafelightError:
        return Image.new("RGB", (160, 120), "#303030")


def subjects_to_cut() -> Iterator[tuple[str, Picture]]:
    for number in range(6):
        yield "drawn product", product(number, 600)
    for number in range(3):
        yield "gaps, pale on white", subjects.lattice(number)
    for name in ("mug.jpg", "still-life.jpg"):
        yield f"example {name}", ImageOps.exif_transpose(Image.open(EXAMPLES / name))
    for place in ("bgremoval/mdn/round-balloon-white-bg.png", "bgremoval/pymatting/lemur.png"):
        if (DATA / place).exists():
            yield Path(place).stem, Image.open(DATA / place)
    yield from composites()
    for path in sorted((DATA / "bgremoval/davis/images").glob("*_00000.jpg"))[:4]:
        yield f"frame as it is, {path.stem}", Image.open(path)


def composites() -> Iterator[tuple[str, Picture]]:
    """Photographed things on light, shaded grounds."""
    for number, path in enumerate(sorted((DATA / "bgremoval/davis/images").glob("*_00000.jpg"))):
        mask = Image.open(DATA / "bgremoval/davis/masks" / f"{path.stem}.png").convert("L")
        frame = Image.open(path).convert("RGB")
        slope = np.linspace(250 - 12 * (number % 4), 215, frame.height)[:, None, None]
        values = np.broadcast_to(slope, (frame.height, frame.width, 3)).astype(np.uint8)
        yield f"composite {path.stem[:10]}", Image.composite(frame, Image.fromarray(values), mask)


def cutout(run: Run) -> Iterator[tuple[str, Row]]:
    for name, picture in subjects_to_cut():
        given = picture.convert("RGB")
        made = run(given, "cutout")
        row = {"input": given, "mask": made.getchannel("A")}
        yield name, row | {word: on(made, colour) for word, colour in GROUNDS.items()}


def save(folder: Path, name: str, rows: Iterator[tuple[str, Row]]) -> None:
    """As PNG, at most eight rows a page; what cannot be made is said."""
    try:
        found = list(rows)
    except (SafelightError, KeyError) as error:
        print(f"missing: {name}: {error}")
        return
    for page in range(0, len(found), 8):
        path = folder / f"{name}-{page // 8 + 1}.png"
        sheet(found[page : page + 8]).save(path, optimize=True)
        print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="contact sheets of everything that ships")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(KINDS))
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    wanted = options.names or list(KINDS)
    if not set(wanted) <= set(KINDS):
        parser.error(f"the names are {', '.join(KINDS)}")
    with bench_engine() as run:
        pages = {
            "upscale-x4": ("upscale", upscale(run, 4)),
            "upscale-x2": ("upscale", upscale(run, 2)),
            "restore": ("restore", restore(run)),
            "cutout": ("cutout", cutout(run)),
        }
        for name, (kind, rows) in pages.items():
            if kind in wanted:
                save(options.output, name, rows)


if __name__ == "__main__":
    main()
