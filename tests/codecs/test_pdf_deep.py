"""PDF, deep down: objects are known by what holds them, pictures are found however packed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from safelight.codecs import metadata, pdf_streams
from safelight.codecs.pdf_jpx import bare_jpx
from safelight.codecs.pdf_streams import Budget
from safelight.errors import ContainerBroken, LimitExceeded
from safelight.image import Profile
from tests.codecs.making import CANARY, scrubbed
from tests.codecs.planting_pdf import document, everything_in, photo
from tests.codecs.planting_pdf_deep import PACKED, bomb, deep, lzw, unpacked_pictures
from tests.codecs.test_canaries import pass_through

PLANTS = deep()
SEEDS = ("0", "1", "2", "3", "7", "42")
SCRUB = """
import sys
from tests.codecs.making import scrubbed
sys.stdout.buffer.write(scrubbed(sys.stdin.buffer.read(), "pdf"))
"""


def whole(data: bytes) -> bytes:
    return everything_in(data) + unpacked_pictures(data)


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(unpacked_pictures(data))) as image:
        return image.tobytes()


def contents(data: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return b"\n".join(page.Contents.read_bytes() for page in pdf.pages)


@pytest.mark.parametrize("profile", ["share", "strict", "minimal"])
@pytest.mark.parametrize("place", sorted(PLANTS))
def test_the_canary_is_gone_and_the_page_is_there(place: str, profile: Profile) -> None:
    clean = scrubbed(PLANTS[place], "pdf", profile=profile)
    assert CANARY not in whole(clean)
    assert scrubbed(clean, "pdf", profile=profile) == clean
    assert contents(clean) == contents(PLANTS[place])
    assert pixels(clean) == pixels(PLANTS[place])


@pytest.mark.parametrize("place", sorted(PLANTS))
def test_a_scrubber_that_does_nothing_is_caught(place: str) -> None:
    assert CANARY in whole(pass_through(PLANTS[place], "share"))


@pytest.mark.parametrize("place", sorted(place for place in PLANTS if place.startswith("page")))
def test_the_order_of_a_set_changes_nothing(place: str, root: Path) -> None:
    for seed in SEEDS:
        done = subprocess.run(
            [sys.executable, "-c", SCRUB],
            input=PLANTS[place],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": f"{root}/src:{root}"},
            capture_output=True,
            check=True,
        )
        assert done.stdout == scrubbed(PLANTS[place], "pdf"), seed


@pytest.mark.parametrize("place", sorted(PACKED))
def test_a_packed_picture_is_stored_in_its_own_coding_alone(place: str) -> None:
    with pikepdf.open(io.BytesIO(scrubbed(PLANTS[place], "pdf"))) as pdf:
        image: Any = pdf.pages[0].obj.Resources.XObject["/Im0"]
        assert image.Filter in (pikepdf.Name.DCTDecode, pikepdf.Name.JPXDecode)


def test_what_a_packed_picture_says_is_told() -> None:
    for place in ("picture packed once more", "picture as text"):
        found = {one.value for one in metadata.findings(memoryview(PLANTS[place]), "pdf")}
        assert any(CANARY.decode() in value for value in found), place


def test_what_unpacks_to_too_much_is_refused_or_dropped_unread() -> None:
    with pytest.raises(LimitExceeded, match="too many bytes") as refused:
        scrubbed(bomb(is_profile=True), "pdf")
    assert (refused.value.exit_code, bool(refused.value.hint)) == (8, True)
    facts = bomb(is_profile=False)
    with pikepdf.open(io.BytesIO(facts)) as pdf, pytest.raises(LimitExceeded, match="too many"):
        pdf_streams.unpacked(pdf.Root.Metadata, Budget())
    assert scrubbed(facts, "pdf") == scrubbed(document(), "pdf")


def test_the_size_of_packed_bytes_is_known_before_they_are_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = bytes(range(256)) * 40 + bytes(9_000) + photo() * 3
    assert pdf_streams._lzw_size(lzw(data), None) == len(data)
    monkeypatch.setattr(pdf_streams, "MAX_UNPACKED", 500)
    for place in ("picture packed once more", "picture packed by LZW", "picture as text"):
        with pytest.raises(LimitExceeded, match="too many bytes"):
            scrubbed(PLANTS[place], "pdf")


def test_a_document_that_does_not_start_like_one_is_refused_by_every_profile() -> None:
    profiles: tuple[Profile, ...] = ("none", "share")
    for profile in profiles:
        with pytest.raises(ContainerBroken):
            scrubbed(b"x" + document()[1:], "pdf", profile=profile)


def test_a_bare_codestream_loses_its_words() -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, "JPEG2000", comment=CANARY.decode(), no_jp2=True)
    bare = out.getvalue()
    clean = bare_jpx(memoryview(bare))
    assert CANARY in bare
    assert CANARY not in bytes(clean)
    with Image.open(io.BytesIO(clean)) as after, Image.open(io.BytesIO(bare)) as before:
        assert after.tobytes() == before.tobytes()
    assert bare_jpx(memoryview(b"neither")) == b"neither"


def test_a_filter_that_nobody_knows_is_refused() -> None:
    with pikepdf.new() as pdf:
        stream = pikepdf.Stream(pdf, b"words")
        stream.Filter = pikepdf.Name.Own
        with pytest.raises(ContainerBroken, match="unknown way"):
            pdf_streams.unpacked(stream, Budget())
