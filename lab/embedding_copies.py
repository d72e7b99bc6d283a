"""What happens to copies: a picture as it comes back after it was cropped, shrunk, turned, edited,
saved again, framed or written over.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.textures import Field, Random

Picture = NDArray[np.uint8]
EDGES = (cv2.BORDER_REFLECT_101, cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE)
GREY = np.array([0.299, 0.587, 0.114], np.float32)


def copy_of(picture: Picture, random: Random, *, side_px: int) -> Picture:
    """A copy [side, side, 3] of an RGB picture, changed at random."""
    changed = _shape(picture, random, side_px)
    if random.random() < 0.35:
        changed = _shrink(changed, random)
    changed = _colours(changed, random)
    if random.random() < 0.3:
        changed = _lay_over(changed, random)
    if random.random() < 0.2:
        changed = cv2.GaussianBlur(changed, (0, 0), float(random.uniform(0.4, 2.0)))
    if random.random() < 0.2:
        noise = random.normal(0, random.uniform(2, 20), changed.shape).astype(np.float32)
        changed = np.clip(changed + noise, 0, 255).astype(np.uint8)
    return _save_again(changed, random) if random.random() < 0.5 else changed


def _shape(picture: Picture, random: Random, side_px: int) -> Picture:
    """Crop, stretch, mirror and turn in one go."""
    height, width = picture.shape[:2]
    share = 1.0 if random.random() < 0.15 else float(random.uniform(0.3, 1.0))
    stretch = float(np.exp(random.uniform(-0.3, 0.3)))
    part = np.sqrt(share) * np.array([stretch, 1 / stretch])
    across, down = np.minimum(part, 1) * (width, height)
    left = random.uniform(0, width - across)
    top = random.uniform(0, height - down)
    angle = float(random.normal(0, 8)) if random.random() < 0.3 else 0.0
    if random.random() < 0.15:
        angle += float(random.choice([90, 180, 270]))
    mirror = -1.0 if random.random() < 0.5 else 1.0
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    turn = np.array([[cos, -sin], [sin, cos]]) @ np.diag([mirror, 1.0])
    scale = np.diag([across / side_px, down / side_px])
    matrix = scale @ turn
    middle = np.array([left + across / 2, top + down / 2])
    offset = middle - matrix @ np.full(2, (side_px - 1) / 2)
    whole = np.concatenate([matrix, offset[:, None]], axis=1)
    edge = EDGES[int(random.integers(len(EDGES)))]
    fill = [int(random.choice([0, 255, 128]))] * 3
    flags = cv2.INTER_AREA if across > side_px else cv2.INTER_LINEAR
    moved = cv2.warpAffine(
        picture,
        whole,
        (side_px, side_px),
        flags=flags | cv2.WARP_INVERSE_MAP,
        borderMode=edge,
        borderValue=fill,
    )
    return np.asarray(moved, np.uint8)


def _shrink(picture: Picture, random: Random) -> Picture:
    side = picture.shape[0]
    small = int(np.exp(random.uniform(np.log(20), np.log(side))))
    tiny = cv2.resize(picture, (small, small), interpolation=cv2.INTER_AREA)
    back = random.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])
    return np.asarray(cv2.resize(tiny, (side, side), interpolation=int(back)), np.uint8)


def _colours(picture: Picture, random: Random) -> Picture:
    """Light, contrast, gamma, saturation, a cast; sometimes no colour at all."""
    tones: Field = picture.astype(np.float32) / 255
    grey = (tones @ GREY)[..., None]
    if random.random() < 0.12:
        tones = np.repeat(grey, 3, axis=2)
        if random.random() < 0.3:
            tones = tones * np.array([1.0, 0.88, 0.7], np.float32)
    elif random.random() < 0.7:
        tones = grey + np.float32(np.exp(random.normal(0, 0.35))) * (tones - grey)
        tones = tones * np.exp(random.normal(0, 0.08, 3)).astype(np.float32)
        if random.random() < 0.4:
            tones = _turn_hue(tones, float(random.normal(0, 0.25)))
    if random.random() < 0.8:
        contrast, light = np.exp(random.normal(0, 0.25)), random.normal(0, 0.1)
        tones = (tones - np.float32(0.5)) * np.float32(contrast) + np.float32(0.5 + light)
    tones = np.clip(tones, 0, 1)
    if random.random() < 0.4:
        tones = tones ** np.float32(np.exp(random.normal(0, 0.25)))
    changed: Picture = (tones * 255 + 0.5).astype(np.uint8)
    return changed


def _turn_hue(tones: Field, angle: float) -> Field:
    """Turn the colours about the grey axis by `angle` radians."""
    cos, sin = np.cos(angle), np.sin(angle) / np.sqrt(3)
    third = (1 - cos) / 3
    matrix = np.full((3, 3), third) + np.eye(3) * cos
    matrix += np.array([[0, -sin, sin], [sin, 0, -sin], [-sin, sin, 0]])
    turned: Field = tones @ matrix.T.astype(np.float32)
    return turned


def _lay_over(picture: Picture, random: Random) -> Picture:
    """A frame, a mark of text, or a patch over a part."""
    side = picture.shape[0]
    covered = picture.copy()
    ink = [int(v) for v in random.integers(0, 256, 3)]
    kind = random.random()
    if kind < 0.35:
        width = max(1, int(side * random.uniform(0.02, 0.12)))
        sides = random.random(4) < (1.0 if random.random() < 0.6 else 0.5)
        ink = [int(random.choice([0, 255, ink[0]]))] * 3
        for index, chosen in enumerate(sides):
            if chosen:
                view = covered if index < 2 else covered.transpose(1, 0, 2)
                view[slice(0, width) if index % 2 else slice(side - width, side)] = ink
    elif kind < 0.7:
        place = (int(random.uniform(0, side / 2)), int(random.uniform(8, side)))
        letters = "".join(chr(int(c)) for c in random.integers(65, 91, int(random.integers(3, 12))))
        size = float(random.uniform(0.3, 1.0))
        thick = int(random.integers(1, 3))
        cv2.putText(covered, letters, place, 0, size, ink, thick, cv2.LINE_AA)
        share = float(random.uniform(0.3, 1.0))
        covered = cv2.addWeighted(covered, share, picture, 1 - share, 0)
    else:
        top, left = (int(v) for v in random.uniform(0, side * 0.8, 2))
        down, across = (int(v) for v in random.uniform(side * 0.05, side * 0.35, 2))
        covered[top : top + down, left : left + across] = ink
    return np.asarray(covered, np.uint8)


def _save_again(picture: Picture, random: Random) -> Picture:
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(12, 92))]
    done, coded = cv2.imencode(".jpg", picture, quality)
    if not done:
        raise RuntimeError("a drawn picture could not be saved as JPEG")
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
