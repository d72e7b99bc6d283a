"""What the picture lost is told apart from what stood beside it."""

from __future__ import annotations

from safelight.batch.losses import frames_in, is_loss, losses_of
from safelight.image import Change, Finding, Risk

LOST = (
    Change("removed", Finding(Risk.THUMBNAIL, "gain map", "900 bytes")),
    Change("removed", Finding(Risk.COLOUR, "CMYK", "converted to sRGB")),
    Change("removed", Finding(Risk.OTHER, "sample depth", "16 bit, now 8")),
    Change("removed", Finding(Risk.OTHER, "35 further frames")),
)
BESIDE = (
    Change("removed", Finding(Risk.OTHER, "further frames")),
    Change("removed", Finding(Risk.IDENTITY, "CMYK", "a title")),
    Change("removed", Finding(Risk.OTHER, "comment", "16 bit")),
    Change("kept", Finding(Risk.THUMBNAIL, "gain map")),
)


def test_losses_are_told_once_frames_first() -> None:
    assert losses_of((*LOST, *LOST)) == ("35 further frames", "16 bit", "CMYK", "gain map")
    assert [frames_in(word) for word in losses_of(LOST)] == [35, None, None, None]


def test_metadata_is_no_loss_of_the_picture() -> None:
    assert losses_of(BESIDE) == ()
    assert not any(map(is_loss, BESIDE))


def test_a_note_of_another_depth_is_told_as_it_is() -> None:
    change = Change("removed", Finding(Risk.OTHER, "sample depth", "floating point"))
    assert losses_of((change,)) == ("floating point",)
