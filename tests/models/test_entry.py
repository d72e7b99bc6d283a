"""A catalogue entry states every fact, in range, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.errors import UsageError
from safelight.models.entry import MAX_ENTRY_BYTES, Entry
from tests.models.making import entry_toml


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "Twice"}, "name"),
        ({"name": "../twice"}, "name"),
        ({"file": "../twice.bin"}, "file"),
        ({"file": ".hidden"}, "file"),
        ({"sha256": "AB" * 32}, "sha256"),
        ({"sha256": "ab"}, "sha256"),
        ({"size_bytes": 0}, "size_bytes"),
        ({"size_bytes": '"7"'}, "size_bytes"),
        ({"size_bytes": 10**12}, "size_bytes"),
        ({"runtime": "pickle"}, "runtime"),
        ({"scale": 0}, "output.scale"),
        ({"scale": "2.0\nscales = 2"}, "output.scale"),
        ({"aliases": "[]\nextra = 1"}, "extra"),
        ({"aliases": '[]\nexact = "twice"'}, "the entry"),
        ({"aliases": '[]\nexact = "../twice"'}, "exact"),
        ({"aliases": "[]\nexperimental = 1"}, "experimental"),
        ({"input": "side = 320"}, "input"),
        ({"input": 'resize = "stretch"'}, "input"),
        ({"input": 'resize = "fold"'}, "input.resize"),
        ({"input": 'resize = "crop"'}, "input"),
        ({"channels": 9}, "input.channels"),
        ({"channels": 3, "mean": "[0.0, 0.0]"}, "input"),
        *[({"std": f"[{value}]"}, "input.std") for value in ("0.0", "-1.0", "1e-320", "1e300")],
        *[({"mean": f"[{value}]"}, "input.mean") for value in ("1e7", "inf", "nan")],
        *[
            ({"output_range": value}, "output.range")
            for value in ("[0.0, 0.0]", "[1.0, 0.0]", "[-1e308, 1e308]", "[0.0, inf]")
        ],
        ({"input_range": "[0.5, 0.5]"}, "input.range"),
        ({"input": 'resize = "stretch"\nside = 64'}, "the entry"),
        ({"kind": '"+rgb"'}, "input.kind"),
        ({"aliases": '[]\nurl = "http://plain.invalid/x"'}, "url"),
    ],
)
def test_a_field_out_of_its_range_is_named(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(UsageError, match=f": {field}"):
        Entry.from_toml(entry_toml(**changes))


def test_a_pulled_model_says_where_it_came_from() -> None:
    changes: dict[str, Any] = {"aliases": '[]\nurl = "https://models.invalid/x.onnx"'}
    assert Entry.from_toml(entry_toml(**changes)).url == "https://models.invalid/x.onnx"


def test_an_entry_of_many_channels_says_how_the_picture_comes() -> None:
    changes: dict[str, Any] = {
        "aliases": '[]\nexact = "twice-fp32"\nexperimental = true',
        "channels": 8,
        "kind": '"rgb+surface+prompt"',
        "mean": "[0.5]",
        "std": "[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]",
        "input": 'resize = "stretch"\nside = 320',
        "output_kind": '"alpha"',
    }
    entry = Entry.from_toml(entry_toml(**changes))
    assert (entry.exact, entry.experimental) == ("twice-fp32", True)
    assert (entry.input.channels, entry.input.resize, entry.input.side) == (8, "stretch", 320)
    assert Entry.from_json(entry.to_json()) == entry


def test_an_entry_that_says_nothing_of_it_comes_in_tiles_and_has_no_twin() -> None:
    entry = Entry.from_toml(entry_toml())
    assert (entry.exact, entry.experimental) == (None, False)
    assert (entry.input.resize, entry.input.side) == ("tile", 0)


@pytest.mark.parametrize(
    "data",
    [
        b"name = ",
        b"\xff",
        b"name = 2026-01-01",
        b"a = " + b"[" * 9_000,
        b"#" * (MAX_ENTRY_BYTES + 1),
    ],
    ids=["torn", "no text", "a date", "nested", "long"],
)
def test_what_is_no_entry_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        Entry.from_toml(data)


def test_an_entry_cannot_be_changed() -> None:
    entry = Entry.from_toml(entry_toml())
    with pytest.raises(ValueError, match="frozen"):
        entry.sha256 = "0" * 64  # type: ignore[misc]


def test_json_that_is_no_object_is_refused() -> None:
    with pytest.raises(UsageError, match="the entry"):
        Entry.from_json(b"[]")
