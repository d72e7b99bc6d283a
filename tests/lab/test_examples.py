"""The example pictures: as drawn, and carrying what they are meant to give away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.ExifTags import IFD

from lab.examples import EXAMPLES, FOLDER, Example

BY_FILE = {example.file: example for example in EXAMPLES}
QUICK = ("still-life.jpg", "mug.jpg")


def opened(example: Example) -> Image.Image:
    with Image.open(FOLDER / example.file) as image:
        image.load()
        return image


def test_the_folder_holds_the_examples_and_nothing_else() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(BY_FILE)
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 600_000


@pytest.mark.parametrize("file", QUICK)
def test_the_picture_is_the_one_that_is_drawn(file: str) -> None:
    drawn = BY_FILE[file].paint()
    kept = ImageOps.exif_transpose(opened(BY_FILE[file])).convert("RGB")
    gap = np.asarray(drawn, np.float64) - np.asarray(kept, np.float64)
    assert np.abs(gap).mean() < 2


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.file)
def test_everything_private_is_planted(example: Example) -> None:
    planted, exif = example.planted, opened(example).getexif()
    assert exif[0x013B] == planted.artist
    assert (exif[0x010F], exif[0x0110]) == (planted.make, planted.model)
    assert exif[0x0112] == planted.orientation
    assert exif.get_ifd(IFD.Exif)[0xA431] == planted.serial
    place = exif.get_ifd(IFD.GPSInfo)
    degrees, minutes, seconds = (float(part) for part in place[2])
    latitude = degrees + minutes / 60 + seconds / 3600
    assert latitude == pytest.approx(abs(planted.latitude), abs=1e-4)
    assert place[1] == ("N" if planted.latitude > 0 else "S")


@pytest.mark.parametrize("file", list(BY_FILE))
def test_thumbnail_and_person_lie_in_the_bytes(file: str) -> None:
    data = (FOLDER / file).read_bytes()
    artist = BY_FILE[file].planted.artist.encode()
    assert b"PersonInImage" in data
    assert data.count(artist) >= 3
    start = data.index(b"MM\0*")
    assert data.index(b"\xff\xd8\xff", start) > start


def test_one_picture_lies_on_its_side() -> None:
    sideways = opened(BY_FILE["still-life.jpg"])
    assert sideways.width > sideways.height
    upright = ImageOps.exif_transpose(sideways)
    assert upright.width < upright.height


def test_the_poster_has_text_chunks() -> None:
    text = opened(BY_FILE["poster.png"]).info
    assert text["Author"] == "Caspian Thule"
    assert "council" in text["Comment"]


def test_no_example_names_a_real_folder() -> None:
    for path in FOLDER.iterdir():
        assert str(Path.home()).encode() not in path.read_bytes()
