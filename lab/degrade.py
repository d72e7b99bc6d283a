"""What happens to pictures in life: noise, compression, blur, reduction. Numpy and Pillow only.

Pictures here are [H, W, 3], 8 bits, unless a value says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from lab.colour import soften

Random = np.random.Generator
Bytes = NDArray[np.uint8]
Values = NDArray[np.float32]

LARGEST_SIGMA, LARGEST_PLANE_SIGMA = 60.0, 75.0
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
SUBSAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


def patch_of(random: Random, pool: NDArray[np.uint8], side_px: int) -> Bytes:
    """A square cut from any picture of the pool [N, H, W, 3], flipped and turned at random."""
    picture = pool[int(random.integers(len(pool)))]
    y, x = (int(random.integers(length - side_px + 1)) for length in picture.shape[:2])
    patch = np.rot90(picture[y : y + side_px, x : x + side_px], int(random.integers(4)))
    turned: Bytes = patch[:, ::-1] if random.random() < 0.5 else patch
    return turned


def as_grey(patch: Bytes) -> Bytes:
    """The luma of a patch in all three channels."""
    tones = np.rint(patch @ LUMA).astype(np.uint8)
    return np.repeat(tones[:, :, None], 3, axis=2)


def is_grey(patch: Bytes) -> bool:
    """Whether the three channels are equal."""
    return bool(
        (patch[:, :, 0] == patch[:, :, 1]).all() and (patch[:, :, 0] == patch[:, :, 2]).all()
    )


def white_noise(random: Random, patch: Bytes, sigma: float) -> Values:
    """Gaussian noise of this standard deviation in 8-bit steps; the same in all of grey."""
    shape = (*patch.shape[:2], 1 if is_grey(patch) else 3)
    return random.standard_normal(shape, np.float32) * np.float32(sigma)


def noise_for(random: Random, patch: Bytes, sigma: float) -> Values:
    """Noise of about this standard deviation in 8-bit steps: white, correlated or of light."""
    noise = white_noise(random, patch, 1.0)
    channels = noise.shape[2]
    kind = random.random()
    if kind < 0.2:
        noise = soften(noise, random.uniform(0.35, 0.9))
        if channels == 3 and random.random() < 0.5:
            noise += noise.mean(axis=2, keepdims=True) * np.float32(random.uniform(0, 1.5))
        noise /= noise.std() + np.float32(1e-6)
    elif kind < 0.4:
        light = patch[:, :, :channels].astype(np.float32) / 255 + np.float32(0.05)
        noise *= np.sqrt(light / light.mean())
    return noise * np.float32(sigma)


def add_noise(random: Random, patch: Bytes, sigma: float, *, stored: bool) -> Values:
    """The patch with noise, in 0..1; `stored` means clipped and rounded to 8 bits."""
    noisy = patch + noise_for(random, patch, sigma)
    if stored:
        noisy = np.rint(np.clip(noisy, 0, 255))
    return (noisy / np.float32(255)).astype(np.float32)


@dataclass(frozen=True)
class Compression:
    """How a JPEG is written: quality 1 to 100 and a chroma subsampling."""

    quality: int
    subsampling: str


def compress(picture: Bytes, how: Compression) -> Bytes:
    """The picture as it comes back from a JPEG; grey pictures are stored in one channel."""
    grey = is_grey(picture)
    image = Image.fromarray(np.ascontiguousarray(picture[:, :, 0] if grey else picture))
    stream = BytesIO()
    extra: dict[str, Any] = {} if grey else {"subsampling": SUBSAMPLINGS[how.subsampling]}
    image.save(stream, "JPEG", quality=how.quality, **extra)
    stream.seek(0)
    with Image.open(stream) as opened:
        return np.asarray(opened.convert("RGB"))


def any_compression(random: Random, lowest: int, highest: int) -> Compression:
    """A quality of the range, low ones more often, and a subsampling as files in use have it."""
    quality = lowest + (highest - lowest) * random.random() ** 1.4
    kinds = list(SUBSAMPLINGS)
    return Compression(round(quality), kinds[int(random.choice(3, p=[0.3, 0.06, 0.64]))])


@dataclass(frozen=True)
class Hardship:
    """What a picture went through before somebody enlarges it."""

    blur_px: float = 0.0
    sigma: float = 0.0
    compression: Compression | None = None


def any_hardship(random: Random, scale: int) -> Hardship:
    """Blur, noise and compression, each often but not always."""
    blur_px = random.uniform(0, scale / 2) if random.random() < 0.7 else 0.0
    sigma = random.uniform(0, 12) if random.random() < 0.65 else 0.0
    packed = any_compression(random, 35, 95) if random.random() < 0.75 else None
    return Hardship(blur_px, sigma, packed)


def make_small(
    random: Random, picture: Bytes, scale: int, hardship: Hardship, *, white: bool = False
) -> Bytes:
    """The picture blurred, reduced by Pillow's bicubic filter, made noisy and compressed.

    `white` asks for plain Gaussian noise, as measuring does.
    """
    image = Image.fromarray(np.ascontiguousarray(picture))
    if hardship.blur_px:
        image = image.filter(ImageFilter.GaussianBlur(hardship.blur_px))
    size = (image.width // scale, image.height // scale)
    small = np.asarray(image.resize(size, Image.Resampling.BICUBIC))
    if hardship.sigma:
        noise = white_noise if white else noise_for
        noisy = small + noise(random, small, hardship.sigma)
        small = np.rint(np.clip(noisy, 0, 255)).astype(np.uint8)
    return compress(small, hardship.compression) if hardship.compression else small


def as_tensor(patches: list[NDArray[Any]]) -> Values:
    """Patches [H, W, C] as one batch [N, C, H, W]; 8-bit ones in 0..1."""
    batch = np.stack(patches).transpose(0, 3, 1, 2)
    return (batch / np.float32(255) if batch.dtype == np.uint8 else batch).astype(np.float32)
