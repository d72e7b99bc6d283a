"""What a changed file is put through, and what must hold whatever its bytes are."""

from __future__ import annotations

import contextlib
import random

from safelight.codecs import metadata, routing, scrub
from safelight.errors import InputRefused
from safelight.formats import TABLE, WRITABLE, Format
from safelight.image import Header, Profile, Wish
from tests.codecs.test_dicom_clean import at_rest

PROFILES: tuple[Profile, ...] = ("share", "strict", "minimal", "none")
GROUPS = ("place", "device", "other", "thumbnail", "history", "rights", "time", "colour")


def wish(dice: random.Random) -> Wish:
    """A profile, and sometimes groups to keep besides."""
    keep = [group for group in GROUPS if dice.random() < 0.12]
    return Wish(profile=dice.choice(PROFILES), keep=tuple(keep))


def everything(data: bytes, format: Format, wish: Wish) -> None:
    """Every way that bytes of a stranger can take through the walkers.

    Raises AssertionError where a promise is broken; InputRefused is an answer, and nothing else is.
    Nothing is done with what its first bytes name otherwise: it would not come here.
    """
    view = memoryview(data)
    if routing.route(data[: routing.ROUTE_BYTES]) != format:
        return
    before = header(view, format)
    found = metadata.findings(view, format)
    assert all(len(finding.value) <= 200 for finding in found), "a finding is too long"
    if TABLE[format].kind == "picture":
        target = WRITABLE[len(data) % len(WRITABLE)]
        whole = (before.width, before.height) if before is not None and len(data) % 2 else None
        with contextlib.suppress(InputRefused):
            scrub.kept(view, (format, target), wish, whole=whole)
    if not TABLE[format].scrubs:
        return
    with contextlib.suppress(InputRefused):
        clean = b"".join(scrub.rewrite(view, format, wish)[0])
        again = b"".join(scrub.rewrite(memoryview(clean), format, wish)[0])
        is_settled = again == clean or at_rest(again, format) == at_rest(clean, format)
        assert is_settled, "a second scrub changes it again"
        assert routing.route(clean[: routing.ROUTE_BYTES]) == format, "another format came out"
        after = header(memoryview(clean), format)
        if before is not None and TABLE[format].kind == "picture":
            assert after is not None, "what came out has no header"
            assert _shown(after) == _shown(before), "another size or orientation came out"


def header(view: memoryview, format: Format) -> Header | None:
    with contextlib.suppress(InputRefused):
        return routing.read_header(view, format)
    return None


def _shown(read: Header) -> tuple[int, int, int]:
    return read.width, read.height, read.orientation
