"""How well the thing in a box is cut out of any photo, beside GrabCut given the same box.

    lab/.venv/bin/python -m bench.prompted             print the table
    lab/.venv/bin/python -m bench.prompted --check     also exit 1 where a goal is missed

Frames with hand-drawn masks, as they are; the box is the mask's own, 5 % larger on each side; the
click is the point deepest inside the mask. Needs the frames, which the project does not ship, and
OpenCV, which only the laboratory has.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

from bench.tables import Goal, Table, missing, show
from lab.prompt_planes import Box, View, tensor, view_of

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "src/safelight/models/builtin/cutout-prompt.onnx"
FRAMES = ROOT.parent / "shared/data/bgremoval/davis"
LONG_PX, SLACK, ROUNDS = 320, 0.05, 5
DISC_PX, SURE_PX = 10, 4
WANTED_GAIN = 0.10
GRABCUT = "GrabCut, the box"

Mask = NDArray[np.bool_]
Cut = Callable[["Frame"], Mask]


@dataclass(frozen=True)
class Frame:
    """A frame [h, w, 3], what is to be cut out of it, and how a person would point at it."""

    name: str
    rgb: NDArray[np.uint8]
    mask: Mask
    box: Box
    click: tuple[int, int]


def frames(folder: Path) -> Iterator[Frame]:
    """The frames of a folder, in order; at most 320 pixels long, as both sides see them."""
    for path in sorted((folder / "images").glob("*.jpg")):
        with Image.open(path) as opened:
            scale = LONG_PX / max(opened.size)
            size = (round(opened.width * scale), round(opened.height * scale))
            rgb = np.asarray(opened.convert("RGB").resize(size, Image.Resampling.BOX))
        with Image.open(next((folder / "masks").glob(f"{path.stem}*"))) as opened:
            grey = opened.convert("L").resize(size, Image.Resampling.BOX)
        mask = np.asarray(grey) > 127
        yield Frame(path.stem, rgb, mask, box_around(mask), deepest(mask))


def box_around(mask: Mask) -> Box:
    """The bounds, 5 % larger on each side, inside the picture."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    across, down = SLACK * (right - left), SLACK * (bottom - top)
    return (
        float(max(0, left - across)),
        float(max(0, top - down)),
        float(min(mask.shape[1], right + across)),
        float(min(mask.shape[0], bottom + down)),
    )


def deepest(mask: Mask) -> tuple[int, int]:
    """Row and column of the point farthest from the mask's edge."""
    away = np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5))
    row, column = np.unravel_index(int(away.argmax()), away.shape)
    return int(row), int(column)


def in_box(frame: Frame) -> Mask:
    """The box itself."""
    left, top, right, bottom = (round(bound) for bound in frame.box)
    mask = np.zeros(frame.mask.shape, np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def grabcut_box(frame: Frame) -> Mask:
    """GrabCut, all outside the box being ground."""
    return _grabcut(frame, np.where(in_box(frame), cv2.GC_PR_FGD, cv2.GC_BGD).astype(np.uint8))


def grabcut_click(frame: Frame) -> Mask:
    """GrabCut from a disc around the click, the picture's border being ground."""
    marks = np.full(frame.mask.shape, cv2.GC_PR_BGD, np.uint8)
    row, column = frame.click
    cv2.circle(marks, (column, row), DISC_PX, cv2.GC_PR_FGD, -1)
    cv2.circle(marks, (column, row), SURE_PX, cv2.GC_FGD, -1)
    marks[0] = marks[-1] = cv2.GC_BGD
    marks[:, 0] = marks[:, -1] = cv2.GC_BGD
    return _grabcut(frame, marks)


def _grabcut(frame: Frame, marks: NDArray[np.uint8]) -> Mask:
    cv2.setRNGSeed(1)
    tables = np.zeros((2, 1, 65))
    picture = np.ascontiguousarray(frame.rgb[..., ::-1])
    cv2.grabCut(picture, marks, None, tables[0], tables[1], ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))


Answer = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def by_net(answer: Answer, side: int) -> Cut:
    """What a prompted net finds in the box; `answer` takes planes [1, C, side, side]."""

    def cut(frame: Frame) -> Mask:
        view, (height, width) = view_of(frame.box), frame.mask.shape
        across, down = view.width / side, view.height / side
        seen = _looked_at(frame.rgb, view, side)
        planes = tensor(seen, view.inside(frame.box), view.inside((0, 0, width, height)))
        cover = np.asarray(answer(planes[None]), np.float32).reshape(side, side)
        back = np.array(
            [
                [1 / across, 0, (0.5 - view.left) / across - 0.5],
                [0, 1 / down, (0.5 - view.top) / down - 0.5],
            ]
        )
        whole = cv2.warpAffine(
            cover, back, (width, height), flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
        )
        return (np.asarray(whole) > 0.5) & in_box(frame)

    return cut


def _looked_at(rgb: NDArray[np.uint8], view: View, side: int) -> NDArray[np.uint8]:
    across, down = view.width / side, view.height / side
    forth = np.array(
        [[across, 0, view.left + across / 2 - 0.5], [0, down, view.top + down / 2 - 0.5]]
    )
    way = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    seen = cv2.warpAffine(rgb, forth, (side, side), flags=way, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def colours_alone(frame: Frame) -> Mask:
    """What the counted colours say, without any net."""
    side = 192

    def answer(planes: NDArray[np.float32]) -> NDArray[np.float32]:
        likely: NDArray[np.float32] = planes[0, 5] * (planes[0, 3] > 0.9)
        return likely

    return by_net(answer, side)(frame)


def shipped(file: Path) -> Cut:
    """The model of the catalogue, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    return by_net(lambda planes: session.run(None, {taken.name: planes})[0], int(taken.shape[-1]))


def overlap(found: Mask, wanted: Mask) -> float:
    """Intersection over union."""
    return float((found & wanted).sum() / max(1, (found | wanted).sum()))


def methods() -> dict[str, Cut]:
    """Everything measured, plain first."""
    plain: dict[str, Cut] = {
        "the box itself": in_box,
        "counted colours, the box": colours_alone,
        GRABCUT: grabcut_box,
        "GrabCut, the click": grabcut_click,
    }
    return plain | ({"cutout-prompt, the box": shipped(MODEL)} if MODEL.exists() else {})


def table(cuts: dict[str, Cut], pictures: list[Frame]) -> Table:
    """Mean and median IoU, and the share of frames above 0.8."""
    scores = {
        name: np.array([overlap(cut(frame), frame.mask) for frame in pictures])
        for name, cut in cuts.items()
    }
    rows = tuple(
        (name, f"{got.mean():.3f}", f"{np.median(got):.3f}", f"{100 * (got > 0.8).mean():.0f} %")
        for name, got in scores.items()
    )
    wanted = float(scores[GRABCUT].mean()) + WANTED_GAIN if GRABCUT in scores else 0.0
    goals = tuple(
        Goal(f"{name}: mean IoU", float(got.mean()), wanted, is_floor=True, digits=3)
        for name, got in scores.items()
        if name.startswith("cutout-prompt")
    )
    title = f"{len(pictures)} frames as they are: IoU of what was cut out"
    return Table(title, ("method", "mean", "median", "above 0.8"), rows, (), goals)


def tables(quick: bool) -> list[Table]:
    """The one table; quick takes every third frame."""
    if not FRAMES.exists():
        return [missing("Cutout with a box", "frames with masks, which the project does not ship")]
    return [table(methods(), list(frames(FRAMES))[:: 3 if quick else 1])]


if __name__ == "__main__":
    sys.exit(show(__doc__, tables))
