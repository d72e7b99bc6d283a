"""Records: the jobs of a desk, who may see them, what they told, and when they are forgotten."""

from __future__ import annotations

import time
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
from safelight.server.front.jobs.telling import Bell, Document, Story, Told, Type
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
        # Who told last is last, and who ended last.
        self._stories: dict[str, Story] = {}
        self._ended: dict[str, Job] = {}
        self._bells: dict[str, Bell] = {}
        self._failed: dict[Item, None] = {}
        self._failed_bytes = 0
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
        self._stories.pop(job.id, None)
        self._ended.pop(job.id, None)
        job.let_go(job.items, is_over=True)
        for item in job.items:
            self._no_longer_failed(item)
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
        while self._ended:
            first = next(iter(self._ended.values()))
            if now - (first.ended or now) <= self._keep_s and len(self) <= MOST_JOBS:
                break
            self.remove(first)

    def after(self, owner: str, number: int, job: Job | None = None) -> list[Told]:
        """What was told since, by one job or by all of this owner."""
        if job is None:
            stories = list(self._newer(owner, number))
        else:
            stories = [self._stories[job.id]] if job.id in self._stories else []
        return sorted(
            (told for story in stories for told in story.after(number)),
            key=lambda told: told.number,
        )

    def bell(self, key: str) -> Bell:
        """The one that rings when the job with this name, or anything of this owner, tells."""
        return self._bells.setdefault(key, Bell())

    def changed(self, job: Job, item: Item) -> None:
        """An item began, or ended."""
        if not self.knows(job):
            return
        index = item.index
        if not item.has_ended:
            document = progress_document(job, item)
            self._tell(job, "progress", lambda: document, index=index)
        else:
            self._tell(job, "item", lambda: item_document(job, item), index=index)
            if item.known is not None and item.known.has_loss:
                self._tell(job, "warning", lambda: loss_document(job, item), index=index)
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
        if self.knows(job):
            self._ended[job.id] = job
            summary = summary_document(job)
            self._tell(job, "summary", lambda: summary)
            self._ring(job)

    def began(self, job: Job) -> None:
        """Items that had failed wait again."""
        self._ended.pop(job.id, None)
        for item in job.items:
            if not item.has_ended:
                self._no_longer_failed(item)
                self.changed(job, item)

    def listed(self, job: Job) -> None:
        """It was not, and is now."""
        self._ring(job)

    def wake(self) -> None:
        """Let everyone who waits for events look again."""
        for key in list(self._bells):
            self._bells.pop(key).ring()

    def _next(self) -> int:
        self.newest += 1
        return self.newest

    def _keep_failed(self, item: Item) -> None:
        self._failed[item] = None
        self._failed_bytes += item.source.blob.size_bytes
        while self._failed_bytes > self._most_kept_bytes:
            oldest = next(iter(self._failed))
            self._no_longer_failed(oldest)
            oldest.source.close()

    def _no_longer_failed(self, item: Item) -> None:
        if item in self._failed:
            del self._failed[item]
            self._failed_bytes -= item.source.blob.size_bytes

    def _tell(self, job: Job, type: Type, document: Document, *, index: int | None = None) -> None:
        story = self._stories.pop(job.id, None) or Story(self._next)
        self._stories[job.id] = story
        story.tell(type, document, index=index)

    def _newer(self, owner: str, number: int) -> Iterator[Story]:
        """The stories of an owner's listed jobs that tell anything newer."""
        for name, story in reversed(self._stories.items()):
            if story.newest <= number:
                return
            job = self._jobs[name]
            if job.owner == owner and job.is_listed:
                yield story

    def _ring(self, job: Job) -> None:
        for key in (job.id, job.owner):
            if key in self._bells:
                self._bells.pop(key).ring()
