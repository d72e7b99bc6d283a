"""Operation: a frozen pydantic model whose fields are its parameters.

A new operation is one file in ops/. Flags, JSON, form, docs and range checks derive from its
fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.fields import FieldInfo

from safelight.annotation import Annotation, Decision, Seen
from safelight.errors import InputMissing, ModelMissing, RecipeInvalid
from safelight.formats import Format
from safelight.image import Image
from safelight.limits import Limits


@dataclass(frozen=True, slots=True)
class ModelNeed:
    """What an operation asks of the catalogue: a task, a name or alias, and a scale where the task
    has one.

    Without an optional one the operation does its work in another way; it is left out, not missed.
    otherwise is what the operation takes where this one is not there.
    """

    task: str
    name: str
    scale: int = 1
    optional: bool = field(default=False, compare=False)
    otherwise: ModelNeed | None = field(default=None, compare=False)


Kernel = Literal["lanczos", "bicubic", "bilinear", "area", "nearest", "thumbnail"]


class Sample(Protocol):
    """A picture as a model may ask for it. width and height in displayed pixels."""

    @property
    def width(self) -> int: ...

    @property
    def height(self) -> int: ...

    def sized(
        self, width: int, height: int, kernel: Kernel, part: tuple[float, float, float, float] = ...
    ) -> Any:
        """The part (left, top, width, height in displayed pixels; the whole where none is given)
        in this size: a numpy array [height, width, 3] of uint8, sRGB, transparency on the ground
        that the model asks for. What of the part lies outside the picture repeats its edge.
        """


class Session(Protocol):
    """A model opened. `model` is its catalogue entry (facts of input and output as data)."""

    @property
    def model(self) -> Any: ...

    def run(self, tensor: Any) -> Any:
        """One numpy tensor in the entry's layout in, one out."""


def no_picture(_digest: str) -> Image:
    raise InputMissing("the recipe names a picture that was not given")


def no_look(_need: ModelNeed, _sample: Sample) -> Seen:
    raise ModelMissing


def no_reading(_need: ModelNeed, _texts: Sequence[str]) -> Sequence[Sequence[float]]:
    raise ModelMissing


@dataclass(frozen=True)
class Context:
    """What an operation may ask for. Deadline in seconds of time.monotonic.

    look gives what a model sees in a picture: its size, its values and what the answer means are
    those of the entry; read gives for each text its vector of length 1. Both raise ModelMissing
    where the job brought no such model, ModelFaulty, MemoryExceeded. picture opens a further
    picture by its SHA-256; it raises InputMissing where none was given.
    """

    limits: Limits
    session: Callable[[ModelNeed], Session]
    deadline: float = float("inf")
    progress: Callable[[float], None] = lambda _share: None
    picture: Callable[[str], Image] = no_picture
    look: Callable[[ModelNeed, Sample], Seen] = no_look
    read: Callable[[ModelNeed, Sequence[str]], Sequence[Sequence[float]]] = no_reading


# The mark of a parameter that was added to an operation after its version came out.
LATER: dict[str, JsonValue] = {"later": True}
# The mark of a parameter that stands in no receipt, and of one that stands in the usual ones only.
UNTOLD: dict[str, JsonValue] = {"receipt": "never"}
SENSITIVE: dict[str, JsonValue] = {"receipt": "usual"}


# What an operation makes of pixels, for who must be able to repeat it. exact: each follows from the
# parameters, or none is touched; bounded: mixed by fixed arithmetic, the same up to rounding;
# model: a model makes them; generative: made up, from nothing that the picture shows.
Effect = Literal["exact", "bounded", "model", "generative"]


def one_line(reason: str | None) -> str | None:
    """The reason as it is. Raises ValueError unless it is one printable line."""
    if reason is not None and not reason.isprintable():
        raise ValueError("a reason is one printable line")
    return reason


class Operation(BaseModel):
    """Base of every operation.

    Subclass with a name; raise version when the same parameters give other pixels. What an
    operation does not declare, confidence, decisions, a vector or sights, is not taken from a
    worker. One that gives sights (labels, boxes, poses) and no image may have others after it.
    keeps_places: nothing of the picture lies elsewhere afterwards; what touches no pixels keeps it.
    effect: see Effect; where none is declared, nothing may be built on its result as evidence.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    touches_pixels: ClassVar[bool] = True
    gives_image: ClassVar[bool] = True
    gives_sights: ClassVar[bool] = False
    gives_vector: ClassVar[bool] = False
    gives_measures: ClassVar[bool] = False
    gives_confidence: ClassVar[bool] = False
    in_two_cages: ClassVar[bool] = False
    keeps_places: ClassVar[bool] = False
    effect: ClassVar[Effect | None] = None

    def __init_subclass__(
        cls,
        *,
        name: str = "",
        version: int = 1,
        touches_pixels: bool = True,
        gives_image: bool = True,
        gives_sights: bool = False,
        gives_vector: bool = False,
        gives_measures: bool = False,
        gives_confidence: bool = False,
        in_two_cages: bool = False,
        keeps_places: bool = False,
        effect: Effect | None = None,
        **rest: Any,
    ) -> None:
        super().__init_subclass__(**rest)
        cls.name, cls.version = name, version
        cls.touches_pixels, cls.gives_image = touches_pixels, gives_image
        cls.gives_sights = gives_sights
        cls.gives_vector, cls.gives_measures = gives_vector, gives_measures
        cls.gives_confidence = gives_confidence
        cls.in_two_cages = in_two_cages
        cls.keeps_places = keeps_places or not (touches_pixels and gives_image)
        cls.effect = effect if touches_pixels and gives_image else "exact"

    def parameters(self) -> dict[str, Any]:
        """Every parameter as JSON values, for the canonical form of a recipe.

        One that came later than the operation (marked LATER) is left out while it has its default:
        so the form of a recipe that does not know it never changes.
        """
        given: dict[str, Any] = self.model_dump(mode="json")
        later = (name for name, known in type(self).model_fields.items() if _is_later(known))
        for name in later:
            if getattr(self, name) == type(self).model_fields[name].default:
                del given[name]
        return given

    def needs(self) -> tuple[ModelNeed, ...]:
        """The models that these parameters ask for."""
        return ()

    def pictures(self) -> tuple[str, ...]:
        """The SHA-256 of each further picture that these parameters name."""
        return ()

    def decides(self) -> tuple[Decision, ...]:
        """What these parameters leave to be decided by looking at the picture."""
        return ()

    def asks_for(self, sight: Annotation) -> bool:
        """Whether what was seen is something that these parameters look for."""
        return False

    def own_words(self) -> tuple[str, ...]:
        """What these parameters call things by, besides the words of their models."""
        return ()

    def picks(self) -> tuple[str, ...]:
        """The words by which these parameters choose among what steps before have seen."""
        return ()

    def uses_places(self) -> bool:
        """Whether these parameters work on what steps before have seen."""
        return False

    def wished_format(self) -> Format | None:
        """The format that these parameters ask the output to have; None leaves it as it is."""
        return None

    def suffix(self) -> str:
        """What an output beside its input is called after: photo.jpg becomes photo.<suffix>.jpg."""
        return self.name

    def apply(self, image: Image, ctx: Context) -> Image:
        """Give the changed image; never change the one given. No file, network, clock, global or
        print.
        """
        raise RecipeInvalid(f"the operation {self.name} has no apply")


def wanted(known: FieldInfo) -> str:
    """What a parameter should be, by its own sentence, where a value does not fit its pattern."""
    told = known.description or "another"
    return f"should be {'' if told.startswith(('what ', 'the ', 'a ')) else 'the '}{told}"


def _is_later(known: FieldInfo) -> bool:
    extra = known.json_schema_extra
    return isinstance(extra, dict) and extra.get("later") is True
