"""Methods: what a client can be asked for. Each is told once as steps; the two classes differ in
nothing but that one of them is awaited. An operation's method is its name: see verbs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from safelight.client import calls
from safelight.client.call import Sink, Source, Steps, once
from safelight.client.documents import Items, Job, Jobs, Upload
from safelight.client.running import Running, operated, ran
from safelight.client.steps import Progress
from safelight.client.verbs import AsyncVerbs, Verbs
from safelight.engine.result import Result
from safelight.recipe import Recipe

T = TypeVar("T")


class SyncMethods(Verbs, ABC):
    """Of the client of ordinary code."""

    @abstractmethod
    def carry(self, steps: Steps[T]) -> T: ...

    def _operate(
        self, name: str, source: Source, running: Running, parameters: Mapping[str, Any]
    ) -> Result:
        return self.carry(operated(name, source, running, parameters))

    def run(
        self,
        source: Source,
        recipe: Recipe | str,
        *,
        output: Path | None = None,
        into: Sink | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Have a recipe run, or the one of this name that the server has.

        source is a path, encoded bytes or a binary stream. The result comes as bytes; with output
        it is written there, its receipt beside it; with into it goes to that stream.
        """
        return self.carry(ran(recipe, source, Running(output, into, progress)))

    def upload(self, source: Source) -> Upload:
        """Have the server hold a picture for a while, for a job or as a further picture."""
        return self.carry(once(calls.upload(source)))

    def drop_upload(self, name: str) -> None:
        """Have it overwritten."""
        self.carry(once(calls.drop("uploads", name)))

    def submit(
        self, inputs: Iterable[str], recipe: Recipe | str, *, pictures: Iterable[str] = ()
    ) -> Job:
        """Begin a job of uploads, by their ids, and do not wait for it. pictures: uploads that the
        recipe names by their SHA-256.
        """
        return self.carry(once(calls.submit(calls.job_document(inputs, recipe, pictures))))

    def jobs(self, *, state: str = "", cursor: str = "") -> Jobs:
        """A page of the jobs of this token, the newest first."""
        return self.carry(once(calls.jobs(state, cursor)))

    def job(self, name: str) -> Job:
        """How a job stands."""
        return self.carry(once(calls.job(name)))

    def items(self, name: str, *, state: str = "", cursor: str = "") -> Items:
        """A page of what became of a job's pictures."""
        return self.carry(once(calls.items(name, state, cursor)))

    def retry(self, name: str) -> Job:
        """Let what failed of a job wait again."""
        return self.carry(once(calls.retry(name)))

    def drop_job(self, name: str) -> None:
        """Cancel a job, and have its results overwritten."""
        self.carry(once(calls.drop_job(name)))

    def fetch(self, asset: str, into: Sink) -> None:
        """The bytes of a result, by the link that an item of a job has."""
        self.carry(once(calls.fetch(asset, into)))

    def drop_result(self, name: str) -> None:
        """Have a result overwritten."""
        self.carry(once(calls.drop("results", name)))

    def capabilities(self) -> dict[str, Any]:
        """What the server can do: operations, formats, models, limits, and what holds its cage."""
        return self.carry(once(calls.plain("/capabilities")))

    def status(self) -> dict[str, Any]:
        """How the server is now: state, queue, memory, and how calls ended."""
        return self.carry(once(calls.plain("/status")))

    def models(self, name: str = "") -> dict[str, Any]:
        """The models of the server, or all of one."""
        return self.carry(once(calls.models(name)))

    def receipt(self, name: str) -> bytes:
        """A receipt by its id: the signed envelope as it stands in a file."""
        return self.carry(once(calls.receipt(name)))

    def verify(self, receipt: bytes, file: Source | None = None) -> dict[str, Any]:
        """What the server says of a receipt, and of the file that it is to speak of."""
        return self.carry(once(calls.verify(receipt, file)))


class AsyncMethods(AsyncVerbs, ABC):
    """The same, awaited."""

    @abstractmethod
    async def carry(self, steps: Steps[T]) -> T: ...

    async def _operate(
        self, name: str, source: Source, running: Running, parameters: Mapping[str, Any]
    ) -> Result:
        return await self.carry(operated(name, source, running, parameters))

    async def run(
        self,
        source: Source,
        recipe: Recipe | str,
        *,
        output: Path | None = None,
        into: Sink | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """See Client.run."""
        return await self.carry(ran(recipe, source, Running(output, into, progress)))

    async def upload(self, source: Source) -> Upload:
        """See Client.upload."""
        return await self.carry(once(calls.upload(source)))

    async def drop_upload(self, name: str) -> None:
        """See Client.drop_upload."""
        await self.carry(once(calls.drop("uploads", name)))

    async def submit(
        self, inputs: Iterable[str], recipe: Recipe | str, *, pictures: Iterable[str] = ()
    ) -> Job:
        """See Client.submit."""
        return await self.carry(once(calls.submit(calls.job_document(inputs, recipe, pictures))))

    async def jobs(self, *, state: str = "", cursor: str = "") -> Jobs:
        """See Client.jobs."""
        return await self.carry(once(calls.jobs(state, cursor)))

    async def job(self, name: str) -> Job:
        """See Client.job."""
        return await self.carry(once(calls.job(name)))

    async def items(self, name: str, *, state: str = "", cursor: str = "") -> Items:
        """See Client.items."""
        return await self.carry(once(calls.items(name, state, cursor)))

    async def retry(self, name: str) -> Job:
        """See Client.retry."""
        return await self.carry(once(calls.retry(name)))

    async def drop_job(self, name: str) -> None:
        """See Client.drop_job."""
        await self.carry(once(calls.drop_job(name)))

    async def fetch(self, asset: str, into: Sink) -> None:
        """See Client.fetch."""
        await self.carry(once(calls.fetch(asset, into)))

    async def drop_result(self, name: str) -> None:
        """See Client.drop_result."""
        await self.carry(once(calls.drop("results", name)))

    async def capabilities(self) -> dict[str, Any]:
        """See Client.capabilities."""
        return await self.carry(once(calls.plain("/capabilities")))

    async def status(self) -> dict[str, Any]:
        """See Client.status."""
        return await self.carry(once(calls.plain("/status")))

    async def models(self, name: str = "") -> dict[str, Any]:
        """See Client.models."""
        return await self.carry(once(calls.models(name)))

    async def receipt(self, name: str) -> bytes:
        """See Client.receipt."""
        return await self.carry(once(calls.receipt(name)))

    async def verify(self, receipt: bytes, file: Source | None = None) -> dict[str, Any]:
        """See Client.verify."""
        return await self.carry(once(calls.verify(receipt, file)))
