"""A contract names a tensor by its name or by its place, and sizes that go together."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.errors import ModelFaulty, UsageError
from safelight.models.contract import tensor_name
from safelight.models.entry import Entry
from tests.models.looking import taking
from tests.models.making import entry_toml


def test_a_tensor_is_named_or_counted() -> None:
    there = ("pixels", "mask")
    assert tensor_name("mask", there) == "mask"
    assert tensor_name("#0", there) == "pixels"
    assert tensor_name("#1", there) == "mask"


def test_a_place_that_the_model_does_not_have_is_faulty() -> None:
    with pytest.raises(ModelFaulty, match="fewer tensors"):
        tensor_name("#2", ("pixels", "mask"))


@pytest.mark.parametrize("name", ["#", "#a", "#100", "a b", ""])
def test_what_is_neither_is_refused(name: str) -> None:
    data = entry_toml().replace(b'name = "x"', f'name = "{name}"'.encode())
    with pytest.raises(UsageError, match=r"input\.name"):
        Entry.from_toml(data)


def test_a_height_of_none_is_that_of_a_square() -> None:
    assert taking(side=320).rows == 320
    assert taking(side=320, height=240).rows == 240


@pytest.mark.parametrize("changes", [{"resize": "tile", "side": 0, "height": 8}, {"side": 0}])
def test_sizes_that_do_not_go_together_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="side"):
        taking(**changes)


def test_a_model_and_its_parts_come_together() -> None:
    part = '\n[[parts]]\nfile = "b.txt"\nrole = "merges"\nsize_bytes = 5\nsha256 = "' + "0" * 64
    entry = Entry.from_toml(entry_toml() + part.encode() + b'"\n')
    assert entry.total_bytes == entry.size_bytes + 5
    assert Entry.from_json(entry.to_json()) == entry
