"""A colour canvas for the example pictures: soft shapes laid over each other."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lab.textures import Field, Random

OVERSAMPLING = 3
Colour = tuple[float, float, float]


class Easel:
    """A canvas addressed in pixels of the finished picture; colours are 0..255."""

    def __init__(self, width_px: int, height_px: int, colour: Colour) -> None:
        self.width_px, self.height_px = width_px, height_px
        rows, columns = height_px * OVERSAMPLING, width_px * OVERSAMPLING
        self.pixels = np.empty((rows, columns, 3), np.float32)
        self.pixels[:] = colour
        self.y = (np.arange(rows, dtype=np.float32)[:, None] + 0.5) / OVERSAMPLING
        self.x = (np.arange(columns, dtype=np.float32)[None, :] + 0.5) / OVERSAMPLING

    def lay(self, mask: Field, colour: Colour | Field) -> None:
        """Paint a colour, or a picture of colours, through a mask in 0..1."""
        paint = np.asarray(colour, np.float32)
        self.pixels += mask[..., None] * (paint - self.pixels)

    def shade(self, mask: Field, factor: float) -> None:
        """Multiply what lies under the mask."""
        self.pixels *= (1 + mask * np.float32(factor - 1))[..., None]

    def oval(self, y: float, x: float, ry: float, rx: float, *, soft_px: float = 0.5) -> Field:
        """Mask of an ellipse around (y, x)."""
        distance = np.hypot((self.y - y) / ry, (self.x - x) / rx) - 1
        return self._edge(distance * min(ry, rx), soft_px)

    def box(self, top: float, left: float, bottom: float, right: float) -> Field:
        """Mask of an upright rectangle."""
        across = np.maximum(left - self.x, self.x - right)
        return self._edge(np.maximum(across, np.maximum(top - self.y, self.y - bottom)), 0.4)

    def below(self, line_y: Field) -> Field:
        """Mask of everything under a line given by its height at each column."""
        return self._edge(line_y[None, :] - self.y, 0.6)

    def fill(self, points: list[tuple[float, float]], colour: Colour) -> None:
        """Paint a polygon with (y, x) corners, partly outside if need be."""
        corners = np.array(points) * OVERSAMPLING
        top, left = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
        rows, columns = np.ceil(corners.max(axis=0)).astype(int) + 2 - (top, left)
        if rows < 1 or columns < 1:
            return
        mask = Image.new("L", (int(columns), int(rows)))
        moved = [(float(x - left), float(y - top)) for y, x in corners]
        ImageDraw.Draw(mask).polygon(moved, fill=255)
        spot = self.pixels[top : top + rows, left : left + columns]
        spot[np.asarray(mask)[: spot.shape[0], : spot.shape[1]] > 0] = colour

    def spark(self, y: float, x: float, radius_px: float, colour: Colour) -> None:
        """A small point of light."""
        reach = int(3 * radius_px * OVERSAMPLING) + 1
        row, column = int(y * OVERSAMPLING), int(x * OVERSAMPLING)
        area = (
            slice(max(0, row - reach), row + reach),
            slice(max(0, column - reach), column + reach),
        )
        away = np.hypot(self.y[area[0]] - y, self.x[:, area[1]] - x) / radius_px
        glow = np.exp(-(away**2))[..., None].astype(np.float32)
        self.pixels[area] += glow * (np.asarray(colour, np.float32) - self.pixels[area])

    def write(self, text: str, y: float, x: float, *, size_px: float, colour: Colour) -> None:
        """Text in Pillow's own font, its top left corner at (y, x)."""
        rows, columns = self.pixels.shape[:2]
        mask = Image.new("L", (columns, rows))
        font = ImageFont.load_default(size=size_px * OVERSAMPLING)
        place = (x * OVERSAMPLING, y * OVERSAMPLING)
        ImageDraw.Draw(mask).text(place, text, fill=255, font=font)
        self.lay(np.asarray(mask, np.float32) / 255, colour)

    def blend(self, stops: list[tuple[float, Colour]], along: Field) -> Field:
        """Colours at each place of `along`, between the stops (position, colour)."""
        places = [place for place, _ in stops]
        flat = np.broadcast_to(along, self.pixels.shape[:2])
        planes = [np.interp(flat, places, [c[i] for _, c in stops]) for i in range(3)]
        return np.stack(planes, axis=2).astype(np.float32)

    def finish(self, random: Random, *, grain: float = 1.2) -> Image.Image:
        """The picture in 8 bits, with a little grain."""
        whole = self.pixels + random.normal(0, grain * OVERSAMPLING, (*self.pixels.shape[:2], 1))
        image = Image.fromarray(np.clip(whole + 0.5, 0, 255).astype(np.uint8))
        return image.resize((self.width_px, self.height_px), Image.Resampling.BOX)

    @staticmethod
    def _edge(distance_px: Field, soft_px: float) -> Field:
        ramp = np.clip(0.5 - distance_px / np.float32(soft_px), 0, 1)
        mask: Field = (ramp * ramp * (3 - 2 * ramp)).astype(np.float32)
        return mask


def ridge(random: Random, columns: int, *, roughness: float) -> Field:
    """A mountain line: a sum of waves, about -1..1."""
    place = np.linspace(0, 1, columns)
    line = np.zeros(columns)
    for order in range(1, 60):
        size = order ** -(1.9 - roughness)
        line += size * np.sin(2 * np.pi * (order * 0.7 * place + random.uniform(0, 1)))
    heights: Field = (line / np.abs(line).max()).astype(np.float32)
    return heights


def clouds(random: Random, rows: int, columns: int, *, stretch: float) -> Field:
    """Soft noise in 0..1, drawn out sideways by `stretch`."""
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :] * stretch
    frequency = np.hypot(fy, fx)
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(random.standard_normal((rows, columns))) * frequency**-1.8
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(rows, columns))
    soft: Field = np.clip(0.5 + noise / noise.std() / 5, 0, 1).astype(np.float32)
    return soft
