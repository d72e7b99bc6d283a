"""Saved weights: nothing of the file runs, and a file that lies is refused with one clear error."""

from __future__ import annotations

import contextlib
import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safelight.errors import PolicyRefused
from safelight.models.forms import graph_of
from safelight.models.forms.pickled import unpickled
from safelight.models.forms.state import state_of
from tests.models.forms import entry_of

RAN: list[str] = []
NAME = "model.0.weight"


def run(word: str) -> dict[str, int]:
    RAN.append(word)
    return {}


class Trap:
    """What a pickle can do to whoever opens it."""

    def __reduce__(self) -> tuple[Callable[[str], dict[str, int]], tuple[str]]:
        return run, ("the trap",)


def opcodes(*parts: bytes | str | int) -> bytes:
    """Opcodes as they are; words and numbers as the opcodes that make them."""
    made = b""
    for part in parts:
        if isinstance(part, str):
            made += b"X" + struct.pack("<I", len(part)) + part.encode()
        elif isinstance(part, int):
            made += b"J" + struct.pack("<i", part)
        else:
            made += part
    return made


def tensor(
    *, sides: bytes = b"", steps: bytes = b"", start: int = 0, count: int = 4, key: str = "0"
) -> bytes:
    """The opcodes of one tensor of two rows of two, or one that lies."""
    return opcodes(
        *(b"ctorch._utils\n_rebuild_tensor_v2\n((", "storage", b"ctorch\nFloatStorage\n", key),
        *("cpu", count, b"tQ", start),
        *(sides or opcodes(b"(", 2, 2, b"t"), steps or opcodes(b"(", 2, 1, b"t")),
        *(b"\x89ccollections\nOrderedDict\n)RtR",),
    )


def table(*values: bytes) -> bytes:
    """The opcodes of a table with these values."""
    made = opcodes(b"\x80\x02}(")
    for place, value in enumerate(values):
        made += opcodes(f"model.{place}.weight", value)
    return made + b"u."


def archive(pickled: bytes, numbers: bytes = b"", *, how: int = zipfile.ZIP_STORED) -> bytes:
    """The newer form of a file, with one storage of 1, 2, 3, 4."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as target:
        target.writestr("x/data.pkl", pickled)
        target.writestr("x/data/0", numbers or np.arange(1, 5, dtype="<f4").tobytes())
    return out.getvalue()


def opened(data: bytes) -> Any:
    return state_of(memoryview(data)).take(NAME)


def older(saved: bytes, *, count: int = 4, keys: bytes = b"") -> bytes:
    """The older form of a file."""
    magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
    head = magic + opcodes(b"\x80\x02", 1001, b".") + b"\x80\x02}."
    listed = keys or opcodes(b"\x80\x02](", "0", b"e.")
    numbers = np.arange(1, 5, dtype="<f4").tobytes()
    return head + saved + listed + struct.pack("<q", count) + numbers


WANTED = [[1, 2], [3, 4]]


def test_a_plain_file_opens_in_both_forms() -> None:
    """The control of the refusals below: the same files without the flaw."""
    assert opened(archive(table(tensor()))).tolist() == WANTED
    assert opened(older(table(tensor()))).tolist() == WANTED


def test_tensors_may_have_the_same_numbers_but_not_without_end() -> None:
    few, many = (archive(table(*[tensor()] * count)) for count in (9, 900))
    assert opened(few).tolist() == WANTED
    sides, steps = opcodes(b"(", 25_000, b"t"), opcodes(b"(", 1, b"t")
    every = tensor(sides=sides, steps=steps, count=25_000)
    wide = archive(table(*[every] * 900), bytes(100_000))
    assert opened(many).tolist() == WANTED
    with pytest.raises(PolicyRefused, match="damaged"):
        opened(wide)


def test_steps_along_the_sides_are_kept() -> None:
    turned = tensor(steps=opcodes(b"(", 1, 2, b"t"))
    assert opened(archive(table(turned))).tolist() == [[1, 3], [2, 4]]


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("Half", np.arange(1, 5, dtype="<f2")),
        ("Double", np.arange(1, 5, dtype="<f8")),
        ("Long", np.arange(1, 5, dtype="<i8")),
        ("BFloat16", np.array([0x3F80, 0x4000, 0x4040, 0x4080], "<u2")),
    ],
)
def test_every_kind_of_number_becomes_the_same_weights(kind: str, numbers: Any) -> None:
    saved = table(tensor().replace(b"FloatStorage", f"{kind}Storage".encode()))
    assert opened(archive(saved, numbers.tobytes())).tolist() == WANTED


def test_weights_stand_within_what_was_saved() -> None:
    inner = opcodes(b"}(", NAME, tensor(), b"u")
    saved = opcodes(b"\x80\x02}(", "epoch", 7, "params", inner, b"u.")
    assert opened(archive(saved)).tolist() == WANTED


def test_a_parameter_is_its_tensor_and_a_table_forgets_its_making() -> None:
    parameter = b"ctorch._utils\n_rebuild_parameter\n(" + tensor() + b"\x88NtR"
    saved = b"\x80\x02ccollections\nOrderedDict\n)R(" + opcodes(NAME) + parameter + b"u}b."
    assert opened(archive(saved)).tolist() == WANTED


def test_newer_opcodes_are_read_too() -> None:
    weights = OrderedDict([("a", [1, 2.5, None, True]), ("b", [(1,), (1, 2), (1, 2, 3)])])
    for protocol in (2, 3, 4, 5):
        data = pickle.dumps(weights, protocol)
        assert unpickled(memoryview(data)) == (weights, len(data))


def test_what_a_pickle_would_run_does_not_run() -> None:
    for protocol in range(6):
        data = pickle.dumps({NAME: Trap()}, protocol)
        RAN.clear()
        for file in (archive(data), older(data), data):
            with pytest.raises(PolicyRefused):
                opened(file)
        assert RAN == []
        pickle.loads(data)
        assert RAN == ["the trap"]


PROGRAM = "a program, not only weights"
BROKEN = "the model file is damaged"
HOSTILE: dict[str, tuple[bytes, str]] = {
    "a call of the system": (b"\x80\x02cposix\nsystem\n(" + opcodes("true") + b"tR.", PROGRAM),
    "a call of a table": (b"\x80\x02ccollections\nOrderedDict\n(K\x01tR.", PROGRAM),
    "another name of torch": (b"\x80\x02ctorch\nload\n.", PROGRAM),
    "an opcode that makes an instance": (b"\x80\x02(iposix\nsystem\n.", PROGRAM),
    "an opcode that is none": (b"\xff.", PROGRAM),
    "a call of a number": (b"\x80\x02K\x01)R.", PROGRAM),
    "a name without end": (b"\x80\x02c" + b"a" * 500, BROKEN),
    "nothing": (b"", BROKEN),
    "no table": (b"\x80\x02K\x01.", BROKEN),
    "an empty table": (b"\x80\x02}.", BROKEN),
    "a table of numbers": (table(opcodes(3)), BROKEN),
    "a mark that is not there": (b"\x80\x02t.", BROKEN),
    "a stack that is empty": (b"\x80\x02s.", BROKEN),
    "half a pair": (opcodes(b"\x80\x02}(", "a", b"u."), BROKEN),
    "a table that is none": (opcodes(b"\x80\x02](", "a", "b", b"u."), BROKEN),
    "a list that is none": (b"\x80\x02}(K\x01e.", BROKEN),
    "a key that is a tuple": (b"\x80\x02}()K\x01u.", BROKEN),
    "a storage that is none": (table(tensor().replace(b"storage", b"starage")), BROKEN),
    "a storage of another key": (table(tensor(key="7")), BROKEN),
    "a storage of less": (table(tensor(count=3)), BROKEN),
    "a storage of gigabytes": (table(tensor(count=2**31 - 1)), BROKEN),
    "a storage of less than nothing": (table(tensor(count=-4)), BROKEN),
    "a tensor beyond its storage": (table(tensor(start=1)), BROKEN),
    "a tensor before its storage": (table(tensor(start=-1)), BROKEN),
    "a tensor of gigabytes": (table(tensor(sides=opcodes(b"(", 2**31 - 1, 2, b"t"))), BROKEN),
    "a tensor that repeats": (
        table(tensor(sides=opcodes(b"(", 70_000, 70_000, b"t"), steps=opcodes(b"(", 0, 0, b"t"))),
        BROKEN,
    ),
    "sides below nothing": (table(tensor(sides=opcodes(b"(", -2, -2, b"t"))), BROKEN),
    "steps backwards": (table(tensor(start=3, steps=opcodes(b"(", -2, -1, b"t"))), BROKEN),
    "more steps than sides": (table(tensor(steps=opcodes(b"(", 2, 1, 1, b"t"))), BROKEN),
    "no sides": (table(tensor(sides=opcodes("a"))), BROKEN),
    "a hundred sides": (table(tensor(sides=b"(" + opcodes(1) * 100 + b"t")), BROKEN),
    "sides that are words": (table(tensor(sides=opcodes(b"(", "a", "b", b"t"))), BROKEN),
}


@pytest.mark.parametrize("flaw", HOSTILE)
def test_a_file_that_lies_is_refused(flaw: str) -> None:
    pickled, sentence = HOSTILE[flaw]
    entry = entry_of("torch", archive(pickled), network="dncnn")
    with pytest.raises(PolicyRefused, match=sentence):
        graph_of(entry, memoryview(archive(pickled)))


def test_weights_that_are_no_numbers_are_refused() -> None:
    wild = np.array([1, np.nan, np.inf, 4], "<f4").tobytes()
    with pytest.raises(PolicyRefused, match=BROKEN):
        opened(archive(table(tensor()), wild))


def test_an_archive_that_is_not_plain_is_refused() -> None:
    pickled = table(tensor())
    two = io.BytesIO(archive(pickled))
    with zipfile.ZipFile(two, "a") as target:
        target.writestr("y/data.pkl", pickled)
    for data in (archive(pickled, how=zipfile.ZIP_DEFLATED), two.getvalue()):
        with pytest.raises(PolicyRefused, match=BROKEN):
            opened(data)


def test_a_bomb_of_zeros_is_not_unpacked() -> None:
    data = archive(table(tensor(count=10**7)), bytes(4 * 10**7), how=zipfile.ZIP_DEFLATED)
    assert len(data) < 100_000
    with pytest.raises(PolicyRefused, match=BROKEN):
        opened(data)


def test_an_older_file_that_lies_is_refused() -> None:
    saved = table(tensor())
    wrong = {
        "magic": b"\x80\x02K\x01." + older(saved)[15:],
        "length": older(saved, count=2**40),
        "keys": older(saved, keys=b"\x80\x02K\x01."),
        "key": older(saved, keys=b"\x80\x02](K\x01e."),
    }
    for data in wrong.values():
        with pytest.raises(PolicyRefused, match=BROKEN):
            opened(data)


@pytest.mark.parametrize("net", ["srvgg-x2", "srvgg-x4", "dncnn-grey"])
def test_a_damaged_file_is_refused_or_opens(root: Path, net: str) -> None:
    """Cut anywhere it is refused; with a byte flipped, refused or a net of other numbers."""
    data = (root / f"tests/vectors/forms-v1/{net}.pth").read_bytes()
    chance = np.random.default_rng(3)
    for length in (0, 1, 4, *chance.integers(5, len(data) - 1, 40)):
        entry = entry_of("torch", data[:length] or b"x", network=net.partition("-")[0])
        with pytest.raises(PolicyRefused):
            graph_of(entry, memoryview(data[:length]))
    for place in chance.integers(0, len(data), 200):
        flipped = bytearray(data)
        flipped[place] ^= 1 << int(chance.integers(8))
        with contextlib.suppress(PolicyRefused):
            graph_of(entry_of("torch", data, network=net.partition("-")[0]), memoryview(flipped))
