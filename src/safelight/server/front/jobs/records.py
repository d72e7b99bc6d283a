"""Records: the jobs of a desk, who may see them, what they told, and when they are forgotten."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count

from safelight.errors import Gone, PathUnknown
from safelight.server.front.jobs.documents import (
    item_document,
    loss_document,
    progress_document,
    summary_document,
)
from safelight.server.front.jobs.job import Item, Job
from safelight.server.front.jobs.telling import Bell, Story, Told
from safelight.server.front.shelf import MOST_GONE, Shelf, missing, new_name

# Of all owners together; the oldest of those that have ended goes first.
MOST_JOBS = 4096
# An item tells of its progress when it has come so much further.
LEAST_SHARE = 0.01


class Records:
    """Of jobs that have ended, for keep_s; of sources of what failed, most_kept_bytes."""

    def __init__(
        self,
        results: Shelf,
        keep_s: float,
        most_kept_bytes: int,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._results, self._keep_s, self._clock = results, keep_s, clock
        self._most_kept_bytes = most_kept_bytes
        self._jobs: dict[str, Job] = {}
        self._gone: dict[str, str] = {}
        self._stories: dict[str, Story] = {}
        self._bells: dict[str, Bell] = {}
        self._failed: deque[Item] = deque()
        self._made = count(1)
        self.newest = 0

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def __len__(self) -> int:
        return len(self._jobs)

    def new_name(self) -> str:
        return new_name(self._results.epoch)

    @property
    def epoch(self) -> str:
        return self._results.epoch

    def add(self, job: Job) -> None:
        if len(self) >= MOST_JOBS:
            self.sweep()
        job.number = next(self._made)
        self._jobs[job.id] = job
        self._stories[job.id] = Story(self._next)
        self._ring(job)

    def get(self, owner: str, name: str) -> Job:
        """Raises Gone for what was here or is of another start, PathUnknown for what never was, or
        is another's.
        """
        self.sweep()
        job = self._jobs.get(name)
        if job is not None and job.owner == owner:
            return job
        if self._gone.get(name) == owner:
            raise Gone("the job was here and is no longer")
        raise missing(name, self.epoch)

    def knows(self, job: Job) -> bool:
        return job.id in self._jobs

    def of(self, owner: str) -> list[Job]:
        """Those that are listed, the newest first."""
        self.sweep()
        mine = (job for job in reversed(self._jobs.values()) if job.owner == owner)
        return [job for job in mine if job.is_listed]

    def remove(self, job: Job) -> None:
        """Let go of its sources, but those that are still worked on, and of what it told."""
        if self._jobs.pop(job.id, None) is None:
            return
        del self._stories[job.id]
        job.let_go(is_over=True)
        for item in job.items:
            if item.room is not None:
                item.room.give()
        self._gone[job.id] = job.owner
        if len(self._gone) > MOST_GONE:
            del self._gone[next(iter(self._gone))]
        self._ring(job)

    def purge(self, job: Job) -> None:
        """Remove it, and overwrite its results."""
        self.remove(job)
        for item in job.items:
            if item.result_id:
                try:
                    self._results.drop(job.owner, item.result_id)
                except (Gone, PathUnknown):
                    continue  # taken, or expired

    def sweep(self) -> None:
        """Forget what has ended long enough ago, and the oldest where there are too many."""
        now = self._clock()
        over = [job for job in self if job.ended is not None]
        late = [job for job in over if now - (job.ended or now) > self._keep_s]
        for job in late or over[: max(0, len(self) - MOST_JOBS)]:
            self.remove(job)

    def after(self, owner: str, number: int, job: Job | None = None) -> list[Told]:
        """What was told since, by one job or by all of this owner."""
        jobs = self.of(owner) if job is None else [job]
        stories = [self._stories[one.id] for one in jobs if one.id in self._stories]
        return sorted(
            (told for story in stories for told in story.after(number)),
            key=lambda told: told.number,
        )

    def bell(self, key: str) -> Bell:
        """The one that rings when the job with this name, or anything of this owner, tells."""
        return self._bells.setdefault(key, Bell())

    def changed(self, job: Job, item: Item) -> None:
        """An item began, or ended."""
        story = self._stories.get(job.id)
        if story is None:
            return
        index = item.index
        if not item.has_ended:
            document = progress_document(job, item)
            story.tell("progress", lambda: document, index=index)
        else:
            story.tell("item", lambda: item_document(job, item), index=index)
            if item.outcome is not None and item.outcome.document.get("lost"):
                story.tell("warning", lambda: loss_document(job, item), index=index)
        if item.error is not None and item.source.is_open:
            self._keep_failed(item)
        self._ring(job)

    def progressed(self, job: Job, item: Item) -> None:
        """An item came further."""
        if item.share - item.told_share < LEAST_SHARE:
            return
        item.told_share = item.share
        self.changed(job, item)

    def ended(self, job: Job) -> None:
        if job.id in self._stories:
            summary = summary_document(job)
            self._stories[job.id].tell("summary", lambda: summary)
            self._ring(job)

    def began(self, job: Job) -> None:
        """Items that had failed wait again."""
        for item in job.items:
            if not item.has_ended:
                self.changed(job, item)

    def wake(self) -> None:
        """Let everyone who waits for events look again."""
        for key in list(self._bells):
            self._bells.pop(key).ring()

    def _next(self) -> int:
        self.newest += 1
        return self.newest

    def _keep_failed(self, item: Item) -> None:
        self._failed = deque(
            one for one in self._failed if one.source.is_open and one.error is not None
        )
        if item not in self._failed:
            self._failed.append(item)
        kept = sum(one.source.blob.size_bytes for one in self._failed)
        while kept > self._most_kept_bytes:
            oldest = self._failed.popleft()
            kept -= oldest.source.blob.size_bytes
            oldest.source.close()

    def _ring(self, job: Job) -> None:
        for key in (job.id, job.owner):
            if key in self._bells:
                self._bells.pop(key).ring()
