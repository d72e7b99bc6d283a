"""What the net decides: alpha over the whole picture, and how sure it is.

The model that comes along takes planes that are made here, of a small picture. Any other takes the
picture alone: it looks at it as its entry says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from safelight.errors import ModelMissing
from safelight.operation import Session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    # [rows, columns], or several of them
    Plane = NDArray[np.float32]

# The channels of what a model may take, by its kind; only the last is made here.
KINDS = {"rgb": 3, "luma": 1, "rgb+surface": 7}
SURFACE = "rgb+surface"
# Subject is what is above this.
INSIDE = 0.5
# Regions smaller than this share of the picture, or of the largest one, are specks.
SPECK, SPECK_OF_LARGEST = 2e-4, 0.01
# An enclosed hole is none if it is this small, as a share of the picture, or if alpha in it is
# above this on average: through a true gap the net sees the ground clearly.
PINHOLE, HOLLOW = 2e-4, 0.2
# Nothing was found where the subject is no more than this share of the picture; nothing but
# subject is no finding either.
LEAST, MOST = 0.002, 0.98


@dataclass(frozen=True)
class Decision:
    """Alpha 0..1 [rows, columns] over the whole picture, and how sure it is, 0..1; None where the
    model says yes or no alone.
    """

    alpha: Plane
    confidence: float | None


def check_model(session: Session) -> None:
    """Raises ModelMissing for a model that does not cut out."""
    given, facts = session.model.input, session.model.output
    is_fit = given.resize != "tile" and KINDS.get(given.kind) == given.channels
    is_made_here = given.kind == SURFACE
    if not is_fit or facts.kind != "alpha" or (is_made_here and given.resize != "stretch"):
        raise ModelMissing(
            "the model does not cut out: that takes one from rgb or luma to alpha, at one size",
            hint="safelight models list",
        )


def looks(session: Session) -> bool:
    """Whether the model takes the picture alone, by its entry."""
    return bool(session.model.input.kind != SURFACE)


def by_looking(mask: Plane | None, session: Session) -> Decision:
    """The decision by what the model saw. Raises ModelMissing where that is no mask."""
    if mask is None:
        raise ModelMissing(
            "the model's answer is read as something else than a mask",
            hint="the entry's output.decoder is mask or classes",
        )
    decision = _decided(mask, is_matte=session.model.output.matte)
    is_plain = session.model.output.is_yes_or_no and decision.confidence
    return replace(decision, confidence=None) if is_plain else decision


def by_surface(picture: Any, session: Session) -> Decision:
    """The decision on a libvips picture of 8-bit sRGB, of any size."""
    import numpy as np

    from safelight.ops.cutting import surface

    side = int(session.model.input.side)
    small = picture.resize(side / picture.width, vscale=side / picture.height, kernel="linear")
    samples = np.frombuffer(small.write_to_memory(), np.uint8).reshape(side, side, 3)
    return _decided(_by_net(surface.tensor(samples), session))


def _decided(raw: Plane, *, is_matte: bool = False) -> Decision:
    """A matte is believed in what is small: a strand of hair is no speck."""
    import numpy as np

    alpha = raw if is_matte else _without_specks(raw)
    if float((alpha > INSIDE).mean()) <= LEAST:
        alpha = np.zeros_like(alpha)
    return Decision(alpha, _confidence(raw, alpha))


def _by_net(planes: Plane, session: Session) -> Plane:
    import numpy as np

    facts, given = session.model.input, session.model.output
    mean, std = (np.array(part, np.float32)[:, None, None] for part in (facts.mean, facts.std))
    planes = (planes - mean) / std
    if facts.layout == "NCHW":
        answer = session.run(np.ascontiguousarray(planes[None]))[0, 0]
    else:
        answer = session.run(np.ascontiguousarray(planes.transpose(1, 2, 0)[None]))[0, :, :, 0]
    low, high = given.range
    alpha: Plane = ((answer - np.float32(low)) / np.float32(high - low)).clip(0, 1)
    return alpha


def _without_specks(alpha: Plane) -> Plane:
    """Tiny pieces of subject go; holes that are tiny or doubtful are filled."""
    import numpy as np
    import pyvips

    inside = alpha > INSIDE
    image = pyvips.Image.new_from_array(inside.astype(np.uint8))
    labels = np.frombuffer(image.labelregions().write_to_memory(), np.int32).reshape(alpha.shape)
    area = np.bincount(labels.ravel())
    is_subject = np.zeros(len(area), bool)
    is_subject[labels[inside]] = True
    largest = area[is_subject].max(initial=0)
    speck = is_subject & (area < max(SPECK * alpha.size, SPECK_OF_LARGEST * largest))
    doubt = np.bincount(labels.ravel(), alpha.ravel()) / np.maximum(area, 1)
    is_enclosed = np.ones(len(area), bool)
    is_enclosed[np.concatenate([labels[[0, -1]].ravel(), labels[:, [0, -1]].ravel()])] = False
    no_hole = ~is_subject & is_enclosed & ((area < PINHOLE * alpha.size) | (doubt > HOLLOW))
    answer: Plane = np.where(speck[labels], np.float32(0), alpha)
    answer[no_hole[labels]] = 1
    return answer


def _confidence(raw: Plane, alpha: Plane) -> float:
    """How far the net made up its mind, 0..1; 0 where it found nothing, or nothing but subject."""
    subject = float(alpha.mean())
    if not LEAST < subject < MOST:
        return 0.0
    doubt = float((raw * (1 - raw)).sum()) * 4
    return max(0.0, 1 - doubt / float(raw.sum()))
