"""Find the points of a body."""

from __future__ import annotations

from pydantic import Field

from safelight.annotation import Annotation
from safelight.errors import ModelMissing
from safelight.image import Image
from safelight.operation import Context, ModelNeed, Operation
from safelight.ops.looking.labels import is_asked
from safelight.ops.looking.near import near_people
from safelight.ops.looking.sample import shown_to


class Pose(Operation, name="pose", gives_image=False, gives_sights=True):
    """Find the points of a body: eyes, shoulders, elbows, knees and the others, each with a score.

    The usual model sees one body: the one in the middle of the picture, or the largest. With each
    it looks at every person that a detect before it has found, and nowhere else. What was found
    goes to the standard output alone and into no receipt: treat it as personal data where the
    picture is. Of an animation, the first frame is looked at.
    """

    model: str = Field(
        "usual",
        min_length=1,
        max_length=64,
        description="name or alias of the model: safelight models list",
    )
    least: float = Field(
        0.0, ge=0, le=1, description="how sure the model must be of a body as a whole"
    )
    each: bool = Field(False, description="look at each person that a step before has found")

    def needs(self) -> tuple[ModelNeed, ...]:
        """The one model."""
        return (ModelNeed("pose", self.model),)

    def uses_places(self) -> bool:
        """True if people that were found are to be looked at."""
        return self.each

    def asks_for(self, sight: Annotation) -> bool:
        """A body that the model is sure enough of."""
        return sight.kind == "pose" and is_asked(sight, (), self.least)

    def apply(self, image: Image, ctx: Context) -> Image:
        """The same picture, with each body among its annotations.

        Raises ModelMissing for a model that finds no bodies.
        """
        need = self.needs()[0]
        shown = shown_to(image, ctx, need)
        if self.each:
            people = near_people(shown, image.annotations)
            looks = [(one, ctx.look(need, one).annotations) for one in people]
            seen = tuple(one.back(note) for one, notes in looks for note in notes)
        else:
            seen = ctx.look(need, shown).annotations
        if any(sight.kind != "pose" for sight in seen):
            raise ModelMissing(
                "the model finds no bodies", hint="safelight models list --available --task pose"
            )
        return shown.image.with_annotations(*filter(self.asks_for, seen))
