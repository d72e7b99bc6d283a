"""Give the vector of a picture: alike pictures have nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from safelight.errors import ModelMissing
from safelight.image import Image
from safelight.operation import Context, ModelNeed, Operation, Session
from safelight.ops.looking.sample import Shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embed(Operation, name="embed", gives_image=False, gives_vector=True):
    """Give a vector for finding look-alikes and near duplicates.

    The product of two vectors is how alike two pictures are: 1 for the same picture, and nearly
    that for copies that were reduced, cut, turned, mirrored, made grey or saved again. It tells
    neither persons nor things apart. A vector says something of its picture: treat it as personal
    data where the picture is. It goes to the standard output alone and into no receipt.
    """

    model: str = Field(
        "alike",
        min_length=1,
        max_length=64,
        description="name or alias of the model: safelight models list",
    )

    def needs(self) -> tuple[ModelNeed, ...]:
        """The one model."""
        return (ModelNeed("embed", self.model),)

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture with its vector, of length 1; of an animation, its first frame's."""
        session = ctx.session(self.needs()[0])
        _check_model(session)
        return image.with_vector(_direction(session.run(_stretched(image, session))))


def _check_model(session: Session) -> None:
    given = session.model.input
    is_fit = (given.kind, given.channels, given.resize) == ("rgb", 3, "stretch")
    if not is_fit or session.model.output.kind != "vector":
        raise ModelMissing(
            "the model gives no vector of a picture: that takes one from rgb, at one size",
            hint="safelight models list",
        )


def _stretched(image: Image, session: Session) -> NDArray[np.float32]:
    """The picture in sRGB on white, stretched to the model's side and layout."""
    import numpy as np

    facts = session.model.input
    side = int(facts.side)
    samples = Shown(image).sized(side, side, "thumbnail")[None]
    low, high = facts.range
    values = samples * np.float32((high - low) / 255) + np.float32(low)
    mean, std = np.array(facts.mean, np.float32), np.array(facts.std, np.float32)
    tensor = (values - mean) / std
    if facts.layout == "NCHW":
        tensor = tensor.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(tensor, np.float32)


def _direction(answer: NDArray[np.float32]) -> tuple[float, ...]:
    """Of length 1."""
    import numpy as np

    values = answer.astype(np.float64).ravel()
    return tuple(float(value) for value in values / max(float(np.linalg.norm(values)), 1e-12))
