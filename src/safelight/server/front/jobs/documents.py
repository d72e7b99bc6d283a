"""Jobs and items as JSON values. No name of a file, and no digest of a picture, is in them."""

from __future__ import annotations

from typing import Any

from safelight.errors import SafelightError
from safelight.server.endpoint import API
from safelight.server.front.jobs.job import Item, Job


def problem_document(error: SafelightError) -> dict[str, Any]:
    """Why an item has failed."""
    return {"code": error.code, "detail": error.message, "hint": error.hint, "status": error.status}


def item_document(item: Item) -> dict[str, Any]:
    """One item: its state, what came of it, and where that lies."""
    document: dict[str, Any] = {"index": item.index, "state": item.state}
    if item.state in ("queued", "running"):
        document["share"] = round(item.share, 3)
    if item.outcome is not None:
        document["result"] = item.outcome.document
        document["receipt"] = item.outcome.receipt_id or None
        document["asset"] = f"{API}/results/{item.result_id}" if item.result_id else None
    if item.error is not None:
        document["problem"] = problem_document(item.error)
        document["can_retry"] = item.source.is_open
    if item.has_ended:
        document["waited_s"] = round(item.waited_s, 3)
        document["worked_s"] = round(item.worked_s, 3)
    return document


def job_document(job: Job, now: float, eta_s: float | None) -> dict[str, Any]:
    """A job without its items. now is of the clock that the desk goes by."""
    end = now if job.ended is None else job.ended
    return {
        "id": job.id,
        "state": job.state,
        "recipe": job.recipe.digest,
        "items": len(job.items),
        "counts": dict(job.counts),
        "age_s": round(now - job.created, 3),
        "seconds": round(end - job.created, 3),
        "eta_s": None if eta_s is None else round(eta_s, 1),
        "links": {
            "self": f"{API}/jobs/{job.id}",
            "items": f"{API}/jobs/{job.id}/items",
            "events": f"{API}/jobs/{job.id}/events",
        },
    }


def progress_document(job: Job, item: Item) -> dict[str, Any]:
    return {
        "job": job.id, "index": item.index, "state": item.state,
        "share": round(item.share, 3), "counts": dict(job.counts),
    }  # fmt: skip


def summary_document(job: Job) -> dict[str, Any]:
    seconds = (job.ended or job.created) - job.created
    counts = dict(job.counts)
    return {"job": job.id, "state": job.state, "counts": counts, "seconds": round(seconds, 3)}
