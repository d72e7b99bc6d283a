"""The contract of a model is proposed by its shapes, and what is said wins."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.errors import PolicyRefused, UsageError
from safelight.models.contract import Number
from safelight.models.entry import Entry
from safelight.models.nature import Given, Layout, Nature, Shown, Sight, Slot
from safelight.models.proposing import Wishes, proposed
from safelight.models.staging import Wanted
from safelight.models.store import Store

PLAIN = Shown(0.1, 0.9, 0.5)
PIN = [Wanted("a.onnx", "0" * 64, 10)]


def nature(
    *gives: tuple[int, ...] | Given,
    side: int = 320,
    layout: Layout = "NCHW",
    channels: int = 3,
    **more: Any,
) -> Nature:
    """A model of one size that gives tensors of these sides."""
    sides = (1, channels, side, side) if layout == "NCHW" else (1, side, side, channels)
    slot = Slot(more.pop("name", "x"), more.pop("number", "float32"), sides, **more)
    answers = [
        one if isinstance(one, Given) else Given(f"y{place}", one, PLAIN, PLAIN)
        for place, one in enumerate(gives)
    ]
    sight = Sight(0, layout, channels, side, side, is_fixed=True, multiple=1, radius=0)
    return Nature((slot,), tuple(answers), sight)


def entry_of(found: Nature, **wishes: Any) -> Entry:
    return proposed(found, "onnx", PIN, Wishes("own", **wishes)).entry


CELLS = 40 * 40 + 20 * 20 + 10 * 10


@pytest.mark.parametrize(
    ("found", "task", "decoder", "labels"),
    [
        (nature((1, 1, 17, 3)), "pose", "movenet", 0),
        (nature((1, 4420, 4), (1, 4420, 2)), "detect", "ultraface", 1),
        (nature((1, 85, 20, 20)), "detect", "fastestdet", 80),
        (nature((1, CELLS, 12)), "detect", "yolox", 7),
        (nature((1, 10, CELLS)), "detect", "yolo", 6),
        (nature((1, 1, 320, 320)), "cutout", "", 0),
        (nature((1, 320, 320)), "cutout", "", 0),
        (nature((1, 2, 160, 160)), "cutout", "", 0),
        (nature(Given("m", (1, 320, 320), Shown(0, 1, 0.5), Shown(0, 1, 0.5), is_whole=True)),
         "cutout", "classes", 0),
        (nature((1, 640, 640, 3), layout="NHWC"), "upscale", "", 0),
        (nature((1, 1, 320, 320), channels=1), "denoise", "", 0),
        (nature((1, 512)), "embed", "", 0),
        (nature((1, 9)), "classify", "", 9),
        (nature((1, 9, 1, 1)), "classify", "", 9),
    ],
)  # fmt: skip
def test_shapes_say_what_it_is_for(found: Nature, task: str, decoder: str, labels: int) -> None:
    entry = entry_of(found)
    assert (entry.task, entry.output.decoder, len(entry.output.labels)) == (task, decoder, labels)
    assert entry.pin == "own"


def test_what_fits_nothing_says_so() -> None:
    with pytest.raises(UsageError, match="1x2x3x4x5"):
        entry_of(nature((1, 2, 3, 4, 5)))
    with pytest.raises(UsageError, match="fit no model for pose: 1x9"):
        entry_of(nature((1, 9)), task="pose")
    with pytest.raises(UsageError, match="fit no model"):
        entry_of(nature((1, 10, 10), (1, 4420, 3)))


def test_words_are_those_of_a_model_that_has_as_many() -> None:
    catalogue = Store().catalogue()
    thousand = proposed(nature((1, 1000)), "onnx", PIN, Wishes("own"), catalogue=catalogue)
    assert "tabby" in " ".join(thousand.entry.output.labels)
    assert any("labels are those of mobilenet-v2" in text for text in thousand.remarks)
    three = proposed(nature((1, 3)), "onnx", PIN, Wishes("own"), catalogue=catalogue)
    assert three.entry.output.labels == ("0", "1", "2")
    assert any("labels are numbers" in text for text in three.remarks)


def test_a_file_that_the_catalogue_pins_has_the_contract_that_stands_there() -> None:
    known = next(one for one in Store().catalogue() if one.name == "sinet-portrait")
    pin = [Wanted("a.onnx", known.sha256, known.size_bytes)]
    found = proposed(
        nature((1, 2, 320, 320)), "onnx", pin, Wishes("own"), catalogue=Store().catalogue()
    )
    assert (found.entry.input, found.entry.output) == (known.input, known.output)
    assert "sinet-portrait" in found.remarks[0]
    other = Wishes("own", task="classify")
    with pytest.raises(UsageError):
        proposed(nature((1, 2, 320, 320)), "onnx", pin, other, catalogue=Store().catalogue())


def test_what_is_said_wins() -> None:
    said = {
        "input.mean": [0.1, 0.2, 0.3],
        "input.order": "BGR",
        "output.activation": "none",
        "network.name": "nothing",
        "title": "cats and dogs",
    }
    with pytest.raises(UsageError, match="brings its own graph"):
        entry_of(nature((1, 2)), facts=said)
    del said["network.name"]
    entry = entry_of(nature((1, 2)), labels=("cat", "dog"), licence="MIT", facts=said)
    assert (entry.input.mean, entry.input.order) == ((0.1, 0.2, 0.3), "BGR")
    assert (entry.output.labels, entry.output.activation) == (("cat", "dog"), "none")
    assert (entry.title, entry.licence_class, entry.caveat) == ("cats and dogs", "free", "")
    unknown = entry_of(nature((1, 2)))
    assert (unknown.licence, unknown.licence_class) == ("not stated", "consent")


def test_words_decide_between_words_and_a_vector() -> None:
    assert entry_of(nature((1, 512))).task == "embed"
    assert entry_of(nature((1, 512)), labels=tuple(map(str, range(512)))).task == "classify"
    both = nature((1, 7), (1, 3))
    assert entry_of(both, labels=("a", "b", "c")).output.name == "y1"


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("sha256", "0" * 64, "is what the file says"),
        ("url", "https://example.org/a", "is what the file says"),
        ("input.colour", 1, "input.colour"),
        ("title.more", 1, "has no field title.more"),
        ("input.side", "wide", "input.side"),
        ("output.name", "not a name!", "output.name"),
    ],
)
def test_what_is_said_must_be_of_an_entry(place: str, value: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        entry_of(nature((1, 2)), facts={place: value})
    with pytest.raises(UsageError, match="name"):
        proposed(nature((1, 2)), "onnx", PIN, Wishes("../a"))


@pytest.mark.parametrize(
    ("number", "unit", "zero", "expected"),
    [
        ("uint8", 0.0, 0, ((0.0, 255.0), (0.0,), (1.0,))),
        ("int8", 0.0, 0, ((-128.0, 127.0), (0.0,), (1.0,))),
        ("uint8", 1 / 255, 0, ((0.0, 1.0), (0.0,), (1.0,))),
        ("int8", 1 / 127.5, 0, ((0.0, 1.0), (0.5,), (0.5,))),
        ("uint8", 1.0, 0, ((0.0, 255.0), (0.0,), (1.0,))),
        ("uint8", 0.0187, 114, ((0.0, 1.0), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))),
        ("uint8", 0.002, 0, ((0.0, 0.51), (0.0,), (1.0,))),
    ],
)
def test_whole_numbers_are_read_by_their_unit(
    number: Number, unit: float, zero: int, expected: tuple[object, ...]
) -> None:
    given = entry_of(nature((1, 9), number=number, unit=unit, zero=zero)).input
    low, high = given.range
    assert ((round(low, 3), round(high, 3)), given.mean, given.std) == expected
    assert (given.unit, given.zero) == (unit, zero)


def test_names_say_how_values_are_scaled() -> None:
    def mean(name: str, **more: Any) -> float:
        gives = Given(more.pop("answer", "y"), (1, 512), PLAIN, PLAIN)
        return entry_of(nature(gives, name=name, **more)).input.mean[0]

    assert mean("x") == 0.485
    assert mean("pixel_values") == 0.5
    assert mean("pixel_values", answer="image_embeds") == 0.48145466
    assert mean("x", layout="NHWC") == 0.5


@pytest.mark.parametrize(
    ("unit", "byte", "ranges"),
    [
        (Shown(0.1, 0.9, 0.5), Shown(25, 230, 127), ((0.0, 1.0), (0.0, 1.0))),
        (Shown(25, 230, 127), Shown(6_000, 60_000, 30_000), ((0.0, 1.0), (0.0, 255.0))),
        (Shown(-3.0, 3.0, 0.0), Shown(25, 230, 127), ((0.0, 255.0), (0.0, 255.0))),
        (Shown(-3.0, 3.0, 0.0), Shown(0.1, 0.9, 0.5), ((0.0, 255.0), (0.0, 1.0))),
    ],
)
def test_the_answer_to_a_pattern_says_what_white_is(
    unit: Shown, byte: Shown, ranges: tuple[tuple[float, float], ...]
) -> None:
    entry = entry_of(nature(Given("y", (1, 3, 640, 640), unit, byte)))
    assert (entry.input.range, entry.output.range) == ranges
    assert (entry.input.side, entry.input.tile, entry.input.halo) == (320, 288, 16)


def test_a_file_of_the_catalogue_is_under_the_licence_that_stands_there() -> None:
    every = {entry.name: entry for entry in Store().catalogue()}

    def added(name: str) -> Entry:
        pin = [Wanted("a.onnx", every[name].sha256, 10)]
        wishes = Wishes("own", licence="MIT")
        return proposed(
            nature((1, 1, 320, 320)), "onnx", pin, wishes, catalogue=every.values()
        ).entry

    assert added("isnet-general-use").terms == every["isnet-general-use"].terms
    with pytest.raises(PolicyRefused, match="not to be had"):
        added("bria-rmbg")
