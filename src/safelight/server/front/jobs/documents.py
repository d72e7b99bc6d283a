"""Jobs, items and uploads as they are told. No name of a file is in them, and no digest of a
picture.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from safelight.errors import SafelightError
from safelight.server.endpoint import API
from safelight.server.front.jobs.job import Item, ItemState, Job, JobState
from safelight.server.front.shelf import Kept


class Facts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counts(Facts):
    """How many items are in each state."""

    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0


class ItemProblem(Facts):
    """Why an item did not become a result."""

    code: str = Field(description="the kind, as in a problem")
    detail: str
    hint: str
    status: int = Field(description="what a call for this picture alone would have ended with")

    @classmethod
    def of(cls, error: SafelightError) -> ItemProblem:
        return cls(code=error.code, detail=error.message, hint=error.hint, status=error.status)


class ItemFacts(Facts):
    """One picture of a job."""

    index: int = Field(description="its place among the inputs, from 0")
    state: ItemState
    share: float | None = Field(None, description="of one under way: how far it is, 0 to 1")
    result: dict[str, Any] | None = Field(None, description="what is known of the result")
    receipt: str | None = Field(None, description="the identifier of its receipt")
    asset: str | None = Field(None, description="where its bytes are, until they expire")
    problem: ItemProblem | None = None
    can_retry: bool | None = Field(None, description="whether its picture is still held")
    waited_s: float | None = None
    worked_s: float | None = None

    @classmethod
    def of(cls, item: Item) -> ItemFacts:
        known, error, has_ended = item.known, item.error, item.has_ended
        return cls(
            index=item.index,
            state=item.state,
            share=None if has_ended else round(item.share, 3),
            result=known.document if known else None,
            receipt=(known.receipt_id or None) if known else None,
            asset=f"{API}/results/{item.result_id}" if item.result_id else None,
            problem=ItemProblem.of(error) if error else None,
            can_retry=item.source.is_open if error else None,
            waited_s=round(item.waited_s, 3) if has_ended else None,
            worked_s=round(item.worked_s, 3) if has_ended else None,
        )


class Links(Facts):
    """Where more of a job is."""

    self_: str = Field(alias="self", serialization_alias="self")
    items: str
    events: str

    @classmethod
    def of(cls, name: str) -> Links:
        place = f"{API}/jobs/{name}"
        return cls(self=place, items=f"{place}/items", events=f"{place}/events")


class JobFacts(Facts):
    """A job, without its items."""

    id: str
    state: JobState
    recipe: str = Field(description="SHA-256 of the recipe's canonical form")
    items: int = Field(description="how many there are")
    counts: Counts
    age_s: float = Field(description="since it was made")
    seconds: float = Field(description="from when it was made to its end, or until now")
    eta_s: float | None = Field(None, description="until its end, as far as can be told")
    links: Links

    @classmethod
    def of(cls, job: Job, now: float, eta_s: float | None) -> JobFacts:
        """now is of the clock that the desk goes by."""
        end = now if job.ended is None else job.ended
        return cls(
            id=job.id,
            state=job.state,
            recipe=job.recipe_digest,
            items=len(job.items),
            counts=Counts(**job.counts),
            age_s=round(now - job.created, 3),
            seconds=round(end - job.created, 3),
            eta_s=None if eta_s is None else round(eta_s, 1),
            links=Links.of(job.id),
        )


class JobPage(Facts):
    """Jobs, the newest first."""

    jobs: list[JobFacts]
    next: str | None = Field(None, description="cursor of the next page, where there is one")


class ItemPage(Facts):
    """Items of one job, in their order."""

    items: list[ItemFacts]
    next: str | None = Field(None, description="cursor of the next page, where there is one")


class UploadFacts(Facts):
    """A picture that waits to be named as an input."""

    id: str
    bytes: int
    sha256: str = Field(description="of the bytes that came")
    expires_s: float = Field(description="seconds until it is overwritten")

    @classmethod
    def of(cls, kept: Kept, now: float) -> UploadFacts:
        """now is of the shelf's clock."""
        return cls(
            id=kept.name,
            bytes=kept.blob.size_bytes,
            sha256=kept.blob.sha256,
            expires_s=round(max(0.0, kept.until - now), 1),
        )


def shown(facts: BaseModel) -> dict[str, Any]:
    """As JSON values, without what there is nothing to say about."""
    return facts.model_dump(mode="json", by_alias=True, exclude_none=True)


def item_document(job: Job, item: Item) -> dict[str, Any] | None:
    """None where it is tried again."""
    return {"job": job.id, **shown(ItemFacts.of(item))} if item.has_ended else None


def loss_document(job: Job, item: Item) -> dict[str, Any] | None:
    """What the format of the result could not hold."""
    lost = item.known.document.get("lost") if item.known else None
    return {"job": job.id, "index": item.index, "lost": lost} if lost else None


def progress_document(job: Job, item: Item) -> dict[str, Any]:
    share = round(item.share, 3)
    counts = dict(job.counts)
    return {
        "job": job.id,
        "index": item.index,
        "state": item.state,
        "share": share,
        "counts": counts,
    }


def summary_document(job: Job) -> dict[str, Any]:
    seconds = round((job.ended or job.created) - job.created, 3)
    return {"job": job.id, "state": job.state, "counts": dict(job.counts), "seconds": seconds}
