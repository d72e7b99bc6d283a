"""Whatever the bytes are, walkers and readers end soon, with an answer or with an error of ours."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.codecs import heif, icc, xmp
from safelight.codecs.exif import read_exif
from safelight.codecs.exif_words import exif_findings
from safelight.codecs.iptc import iptc_findings, photoshop_blocks
from safelight.codecs.origin import SCHEME, mark_in
from safelight.errors import InputRefused
from safelight.formats import Format
from safelight.image import Wish
from tests.codecs.making import profile
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import PROFILES, everything

pytestmark = pytest.mark.uncounted  # a sweep: to count its lines takes longer than to run them

FORMATS: tuple[Format, ...] = tuple(seeds())


WISHES = st.builds(
    Wish,
    profile=st.sampled_from(PROFILES),
    keep=st.sets(st.sampled_from(["place", "device", "other", "thumbnail", "history"])).map(tuple),
)
CHANGES = st.lists(
    st.tuples(st.floats(0, 0.9999), st.integers(0, 3), st.binary(min_size=1, max_size=6)),
    min_size=1,
    max_size=6,
)


def mutated(data: bytes, changes: list[tuple[float, int, bytes]]) -> bytes:
    """The bytes with some of them replaced, put in, taken out or cut off."""
    for place, kind, raw in changes:
        at = int(place * len(data))
        end = {0: at + len(raw), 1: at, 2: at + 4 * len(raw), 3: len(data)}[kind]
        data = data[:at] + (b"" if kind == 2 else raw) + data[end:]
    return data


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(FORMATS), st.integers(0, 200), CHANGES, WISHES)
def test_changed_files_never_surprise(
    format: Format, number: int, changes: list[tuple[float, int, bytes]], wish: Wish
) -> None:
    files = seeds()[format]
    everything(mutated(files[number % len(files)], changes), format, wish)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FORMATS), st.binary(max_size=400), WISHES)
def test_random_bytes_behind_a_right_start_never_surprise(
    format: Format, tail: bytes, wish: Wish
) -> None:
    start = {"jpeg": 2, "png": 33, "dicom": 140, "svg": 60}.get(format, 40)
    everything(seeds()[format][0][:start] + tail, format, wish)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_readers_of_blocks_never_raise(raw: bytes) -> None:
    view = memoryview(raw)
    for head in (b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0"):
        list(exif_findings(read_exif(memoryview(head + raw))))
    list(iptc_findings(view))
    list(iptc_findings(memoryview(b"\x1c\2\x50" + raw)))
    list(photoshop_blocks(memoryview(b"8BIM" + raw)))
    assert icc.clean(raw) is None
    assert mark_in(raw) == ""
    with contextlib.suppress(xmp.Unreadable):
        xmp.read_xmp(raw)
    with contextlib.suppress(InputRefused, IndexError):
        heif.read_meta(view)


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_changed_profiles_are_rebuilt_or_dropped(changes: list[tuple[float, int, bytes]]) -> None:
    clean = icc.clean(mutated(profile(), changes))
    assert clean is None or icc.clean(clean) == clean


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=40))
def test_a_mark_is_a_published_term_or_nothing(word: str) -> None:
    mark = mark_in(f"digitalsourcetype/{word}".encode())
    assert mark == "" or word.startswith(mark.removeprefix(SCHEME))
