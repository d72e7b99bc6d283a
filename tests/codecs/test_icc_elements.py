"""Multi-processing elements of a profile stay, for engines prefer them: without, colours change."""

from __future__ import annotations

import struct

import pytest

from safelight.codecs import icc
from tests.codecs.making import profile
from tests.codecs.test_icc import assembled, tags, through

GAP = b"SECRET.."
# Red and blue exchanged: nobody can miss whether it was used.
SWAPPED = (0.14, 0.38, 0.43, 0.06, 0.71, 0.22, 0.71, 0.09, 0.01, 0.0, 0.0, 0.0)


def placed(head: bytes, parts: list[bytes]) -> bytes:
    """Parts behind a table of places, with gaps between them."""
    table, body = b"", GAP
    start = len(head) + 8 * len(parts)
    for part in parts:
        table += struct.pack(">II", start + len(body), len(part))
        body += part + GAP
    return head + table + body


def curve(kind: int = 0) -> bytes:
    """Two segments: a formula, then samples."""
    numbers = {0: (1.0, 1.0, 0.0, 0.0), 1: (1.0, 1.0, 1.0, 0.0, 0.0), 2: (1.0, 1.0, 1.0, 0.0, 0.0)}
    formula = b"parf" + bytes(4) + struct.pack(">HH", kind, 9)
    formula += struct.pack(f">{len(numbers[kind])}f", *numbers[kind])
    samples = b"samf" + bytes(4) + struct.pack(">I2f", 2, 1.0, 1.0)
    return b"curf" + b"HIDE" + struct.pack(">HHf", 2, 9, 1.0) + formula + samples


def elements(*kinds: bytes) -> bytes:
    """A chain of elements from three channels to three."""
    three = struct.pack(">HH", 3, 3)
    made = {
        b"cvst": placed(b"cvst" + b"HIDE" + three, [curve(0)] * 3),
        b"cvs2": placed(b"cvst" + b"HIDE" + three, [curve(1), curve(2), curve(0)]),
        b"matf": b"matf" + b"HIDE" + three + struct.pack(">12f", *SWAPPED) + GAP,
        b"clut": b"clut" + b"HIDE" + three + bytes((2, 2, 2)) + b"HIDDEN words!" + bytes(96) + GAP,
        b"bACS": b"bACS" + b"HIDE" + b"sign" + b"HIDE",
    }
    parts = [made[kind] for kind in kinds]
    return placed(b"mpet" + b"HIDE" + three + struct.pack(">I", len(parts)), parts)


def spiked(raw: bytes) -> bytes:
    head = bytearray(profile()[:128])
    head[8:10] = b"\x04\x40"
    return assembled(tags(profile()) | {b"D2B0": raw}, bytes(head))


def test_an_engine_sees_the_same_colours_as_before() -> None:
    data = spiked(elements(b"cvst", b"matf"))
    clean = icc.clean(data)
    assert clean is not None
    assert through(clean) == through(data)
    assert through(clean) != through(profile())
    assert icc.clean(data, standard=True) != icc.srgb()


@pytest.mark.parametrize("chain", [(b"cvst", b"matf"), (b"cvs2", b"bACS", b"clut"), (b"clut",)])
def test_nothing_hides_between_elements(chain: tuple[bytes, ...]) -> None:
    clean = icc.clean(spiked(elements(*chain)))
    assert clean is not None
    assert not any(word in clean for word in (b"SECRET", b"HIDE", b"HIDDEN"))
    assert icc.clean(clean) == clean


WHOLE = elements(b"cvst", b"matf", b"clut")
MALFORMED = {
    "another type": b"text" + WHOLE[4:],
    "no elements": WHOLE[:12] + bytes(4),
    "too many channels": WHOLE[:8] + b"\0\x20" + WHOLE[10:],
    "an element outside": WHOLE[:16] + b"\0\1\0\0" + WHOLE[20:],
    "an unknown element": WHOLE.replace(b"matf", b"text"),
    "an unknown segment": WHOLE.replace(b"samf", b"text"),
    "an unknown curve": WHOLE.replace(b"curf", b"text"),
    "an unknown formula": WHOLE.replace(b"parf" + bytes(4) + b"\0\0", b"parf" + bytes(4) + b"\0\7"),
    "curves that do not fit": WHOLE.replace(b"cvstHIDE\0\3\0\3", b"cvstHIDE\0\3\0\4"),
    "a matrix of no channels": WHOLE.replace(b"matfHIDE\0\3", b"matfHIDE\0\0"),
    "a short table": WHOLE.replace(bytes((2, 2, 2)) + b"HIDDEN", bytes((9, 9, 9)) + b"HIDDEN"),
}


@pytest.mark.parametrize("name", sorted(MALFORMED))
def test_malformed_elements_drop_the_profile(name: str) -> None:
    assert MALFORMED[name] != WHOLE
    assert icc.clean(spiked(MALFORMED[name])) is None
