"""What a scrub refuses is named in the handbook, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.codecs import mp4_shown
from safelight.codecs.webm_codecs import CLEANERS, clean_private
from safelight.errors import FormatUnknown

# How the page calls the codings of Matroska whose heads are known.
NAMES = {
    "V_MPEG4/ISO/AVC": "AVC",
    "V_MPEGH/ISO/HEVC": "HEVC",
    "V_AV1": "AV1",
    "V_VP9": "VP9",
    "V_VP8": "VP8",
    "V_THEORA": "Theora",
    "V_MPEG1": "MPEG-1",
    "V_MPEG2": "MPEG-1, 2",
    **dict.fromkeys(("V_MPEG4/ISO/SP", "V_MPEG4/ISO/ASP", "V_MPEG4/ISO/AP"), "MPEG-1, 2 and 4"),
    "V_FFV1": "FFV1",
    "V_PRORES": "ProRes",
    "V_UNCOMPRESSED": "uncompressed",
    "V_MJPEG": "MJPEG",
    "V_MS/VFW": "Windows",
    "A_MS/ACM": "Windows",
    "A_VORBIS": "Vorbis",
    "A_FLAC": "FLAC",
    "A_OPUS": "Opus",
    "A_AAC": "AAC",
    "A_ALAC": "ALAC",
    "A_TTA": "TTA",
    "A_WAVPACK4": "WavPack",
    "A_AC3": "AC-3",
    "A_EAC3": "AC-3",
    "A_DTS": "DTS",
    "A_TRUEHD": "TrueHD",
    "A_MLP": "TrueHD",
    "A_MPEG": "MPEG sound",
    "A_PCM": "PCM",
}


@pytest.fixture
def refusals(root: Path) -> str:
    """The part of the page that lists them, as one line."""
    page = (root / "docs/handbook/scrub.md").read_text()
    return " ".join(page.split("Refused by name", 1)[1].split("\n## ", 1)[0].split())


@pytest.mark.parametrize("kind", sorted(mp4_shown.UNCHECKED))
def test_a_head_with_free_bytes_is_refused_and_on_the_page(kind: bytes, refusals: str) -> None:
    with pytest.raises(FormatUnknown, match="free bytes"):
        mp4_shown.cleaned(kind, memoryview(bytes(16)), standard=False)
    assert f"`{kind.decode()}`" in refusals


def test_codings_of_matroska_whose_heads_are_known_are_on_the_page(refusals: str) -> None:
    codings = [coding.decode() for coding, _ in CLEANERS]
    assert {coding for coding in codings if coding[0] not in "SD"} == set(NAMES)
    assert [name for name in NAMES.values() if name not in refusals] == []
    assert "`CodecPrivate`" in refusals
    with pytest.raises(FormatUnknown, match="free bytes"):
        clean_private(b"V_QUICKTIME", memoryview(b"head"))
