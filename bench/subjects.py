"""Drawn pictures in which a fault of enlarging, repairing or cutting would show."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

# Drawn this many times larger and reduced, so that edges are smooth.
FINE = 4
SIDE = (320, 240)
WORDS = "Sphinx of black quartz, judge my vow 0123456789"


def reduced(picture: Image.Image) -> Image.Image:
    return picture.resize(SIDE, Image.Resampling.BOX)


def canvas(ground: str, mode: str = "RGB") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new(mode, (SIDE[0] * FINE, SIDE[1] * FINE), ground)
    return picture, ImageDraw.Draw(picture)


def text() -> Image.Image:
    """Black on white, from large to small."""
    picture, pen = canvas("white")
    top = 20.0
    for size in (40, 28, 20, 14, 11):
        pen.text((30, top), WORDS, fill="black", font_size=size * FINE)
        top += size * FINE * 1.45
    return reduced(picture)


def coloured_text() -> Image.Image:
    """Saturated letters on saturated grounds, where colour has no help from luma."""
    picture, pen = canvas("white")
    pairs = (("red", "#006400"), ("blue", "#ff5050"), ("#ffd000", "#0030c0"), ("#d000d0", "white"))
    height = SIDE[1] * FINE // len(pairs)
    for row, (ink, ground) in enumerate(pairs):
        pen.rectangle((0, row * height, SIDE[0] * FINE, (row + 1) * height), fill=ground)
        pen.text((40, row * height + 40), WORDS, fill=ink, font_size=24 * FINE)
    return reduced(picture)


def line_art() -> Image.Image:
    """Thin lines at many angles, circles, hatching."""
    picture, pen = canvas("white")
    middle = (SIDE[0] * FINE // 3, SIDE[1] * FINE // 2)
    for angle in np.linspace(0, np.pi, 18, endpoint=False):
        reach = (np.cos(angle) * 420, np.sin(angle) * 420)
        ends = [
            (middle[0] - reach[0], middle[1] - reach[1]),
            (middle[0] + reach[0], middle[1] + reach[1]),
        ]
        pen.line(ends, fill="black", width=5)
    for radius in range(60, 420, 60):
        box = [value - radius for value in middle] + [value + radius for value in middle]
        pen.ellipse(box, outline="black", width=6)
    for row in range(0, SIDE[1] * FINE, 26):
        pen.line([(900, row), (1_260, row + 90)], fill="#203080", width=6)
    return reduced(picture)


def flat() -> Image.Image:
    """Flat patches with hard edges, and a slope that must not get bands."""
    width, height = SIDE
    values = np.empty((height, width, 3), np.uint8)
    values[: height // 2] = np.linspace(40, 215, width)[None, :, None]
    patches = np.array([(240, 240, 235), (20, 20, 24), (200, 40, 40), (60, 120, 190)], np.uint8)
    values[height // 2 :] = patches.repeat(width // 4, axis=0)[None]
    return Image.fromarray(values)


def chroma() -> Image.Image:
    """Edges between colours of equal luma, and thin coloured bars."""
    picture, pen = canvas("#ff0000")
    pen.rectangle((0, 0, 640, 960), fill="#0084ff")
    pen.ellipse((340, 200, 940, 760), fill="#00a000", outline="#c04bff", width=30)
    for bar in range(8):
        pen.rectangle((40 + bar * 70, 820, 60 + bar * 70, 940), fill="#ffee00")
    return reduced(picture)


def see_through() -> Image.Image:
    """A shape with soft and hard edges of alpha; its hidden ground is a loud green."""
    picture = Image.new("RGBA", SIDE, (0, 255, 0, 0))
    mask, pen = canvas("black", "L")
    pen.ellipse((120, 120, 680, 840), fill=255)
    pen.polygon([(760, 120), (1_200, 480), (760, 840)], fill=255)
    pen.line([(60, 60), (1_240, 900)], fill=255, width=14)
    alpha = reduced(mask)
    soft = alpha.filter(ImageFilter.GaussianBlur(5))
    alpha.paste(soft.crop((185, 0, 320, 240)), (185, 0))
    body = Image.new("RGB", SIDE, "#d8a070")
    shown = Image.merge("RGBA", (*body.split(), alpha))
    return Image.composite(shown, picture, alpha.point([0] + [255] * 255))


DRAWN: dict[str, Callable[[], Image.Image]] = {
    "text": text,
    "coloured text": coloured_text,
    "line art": line_art,
    "flat areas": flat,
    "chroma edges": chroma,
}


def lattice(number: int) -> Image.Image:
    """Things with gaps, for cutting out: a chair of bars, a wheel, a pale box on white."""
    picture, pen = canvas(("#f4f4f2", "#e6e9ee", "white")[number])
    if number == 0:
        for bar in range(7):
            pen.rectangle((400 + bar * 80, 160, 424 + bar * 80, 560), fill="#7a4a28")
        pen.rectangle((380, 140, 920, 190), fill="#7a4a28")
        pen.rectangle((380, 540, 920, 600), fill="#8a5a32")
        for leg in (400, 880):
            pen.rectangle((leg, 600, leg + 30, 880), fill="#6a3f20")
    elif number == 1:
        pen.ellipse((340, 180, 940, 780), outline="#22242a", width=40)
        for angle in np.linspace(0, np.pi, 6, endpoint=False):
            x, y = np.cos(angle) * 290, np.sin(angle) * 290
            pen.line([(640 - x, 480 - y), (640 + x, 480 + y)], fill="#9aa0aa", width=12)
    else:
        pen.polygon([(420, 300), (700, 240), (900, 330), (620, 400)], fill="#f6f6f4")
        pen.polygon([(420, 300), (620, 400), (620, 760), (420, 650)], fill="#e4e4e0")
        pen.polygon([(620, 400), (900, 330), (900, 680), (620, 760)], fill="#d2d2cc")
    return reduced(picture)
