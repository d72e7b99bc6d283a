"""Forms: damaged real files, and files that are not what their entry says."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from safelight.errors import PolicyRefused
from safelight.models.entry import Entry, Form
from safelight.models.forms import graph_of
from tests.models.forms import (
    BROKEN,
    UNKNOWN,
    entry_of,
)
from tests.models.real import entry_of as real_entry
from tests.models.real import pinned

REAL = ("fsrcnn-small-x2", "nsfwjs", "ultraface-rfb-caffe")


@pytest.mark.parametrize("name", REAL)
def test_a_damaged_real_file_is_refused_or_opens(shared_data: Path, name: str) -> None:
    entry = real_entry(name)
    data = b"".join(pinned(name, shared_data))
    chance = np.random.default_rng(5)
    for length in chance.integers(0, len(data) - 1, 10):
        with pytest.raises(PolicyRefused):
            graph_of(entry, memoryview(data[:length]))
    for place in chance.integers(0, entry.size_bytes, 40):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(chance.integers(8))
        with contextlib.suppress(PolicyRefused):
            graph_of(entry, memoryview(flipped))


def of_form(form: Form) -> Entry:
    return entry_of(form, b"x")


def test_a_form_that_is_its_runtimes_own_has_no_graph_to_build() -> None:
    for form in ("onnx", "tflite", "fake"):
        with pytest.raises(PolicyRefused, match=UNKNOWN):
            graph_of(entry_of("onnx", b"x").model_copy(update={"form": form}), memoryview(b"x"))


def test_bytes_of_another_size_than_the_entry_says_are_refused() -> None:
    forms: tuple[Form, ...] = ("torch", "ncnn", "tensorflow", "keras", "caffe")
    for form in forms:
        with pytest.raises(PolicyRefused, match=BROKEN):
            graph_of(of_form(form), memoryview(b"xx"))
