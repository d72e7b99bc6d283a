"""Documents: what a server answers with, checked as it comes in. More fields may follow."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safelight.errors import WireBroken

Model = TypeVar("Model", bound=BaseModel)
Text = Annotated[str, Field(max_length=65_536)]
Count = Annotated[int, Field(ge=0)]


class Answered(BaseModel):
    """Base: frozen; fields that this version does not know are kept as extra ones."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Problem(Answered):
    """Why an item failed: the code of an error, what it says, and what helps."""

    code: Text
    detail: Text = ""
    hint: Text = ""


class Job(Answered):
    """A job: id, state, the recipe's digest, how many items, counts by state; seconds so far and
    to come, eta_s None where nothing is known.
    """

    id: Text
    state: Literal["queued", "running", "done", "partial", "failed", "cancelled"]
    recipe: Text = ""
    items: Count
    counts: dict[str, Count] = Field(default_factory=dict)
    seconds: float = 0.0
    eta_s: float | None = None

    @property
    def has_ended(self) -> bool:
        return self.state not in ("queued", "running")


class Item(Answered):
    """One picture of a job. result, receipt (its id) and asset (where its bytes are) once it is
    done, problem once it failed; share from 0 to 1 while it is worked on.
    """

    index: Count
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    share: float = 0.0
    result: dict[str, Any] | None = None
    receipt: Text | None = None
    asset: Text | None = None
    problem: Problem | None = None
    can_retry: bool = False


class Items(Answered):
    """A page of items; next is the cursor of the page after it, None at the end."""

    items: tuple[Item, ...]
    next: Text | None = None


class Jobs(Answered):
    """A page of jobs, the newest first; next as in Items."""

    jobs: tuple[Job, ...]
    next: Text | None = None


class Upload(Answered):
    """A picture that the server holds for a while: its id, size and SHA-256."""

    id: Text
    bytes: Count
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ServerEvent(Answered):
    """Something that happened: its id, from which one goes on, its type, and what it says."""

    id: Text
    type: Text
    document: dict[str, Any]


def checked(model: type[Model], untrusted: object) -> Model:
    """Raises WireBroken for what no server of ours would say."""
    try:
        return model.model_validate(untrusted)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "its top"
        raise WireBroken(f"the server's answer is out of order at {where}") from error
