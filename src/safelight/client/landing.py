"""Landing: where the bytes of a result go, and the Result once they have all come."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Self

from safelight.batch.telling import result_of
from safelight.client.call import Sink
from safelight.client.steps import Done
from safelight.engine.result import Result
from safelight.errors import ParameterInvalid


class _Gathered:
    """Everything, as bytes in the end."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: memoryview, /) -> None:
        self.data += data


class Landing:
    """One result on its way in: into a file with its receipt beside it, into a stream, or into
    bytes. A file gets its name only when all of it has come and was compared.
    """

    def __init__(self, output: Path | None, into: Sink | None) -> None:
        if output is not None and into is not None:
            raise ParameterInvalid("output and into exclude each other")
        self._output, self._into, self._gathered = output, into, _Gathered()
        self._stack = ExitStack()
        if output is not None:
            from safelight.engine.holding import Held, unbounded

            self._held = self._stack.enter_context(Held(unbounded()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    @property
    def sink(self) -> Sink:
        if self._output is not None:
            return self._held
        return self._into if self._into is not None else self._gathered

    def finish(self, done: Done) -> Result:
        """Raises OutputExists, OutputFailed, DiskFull."""
        if done.told.format is None:
            return result_of(done.told, receipt=done.receipt)
        if self._output is not None:
            return self._filed(done, self._output)
        data = bytes(self._gathered.data) if self._into is None else None
        return result_of(done.told, receipt=done.receipt, data=data)

    def _filed(self, done: Done, output: Path) -> Result:
        from safelight.audit.receipt import path_for
        from safelight.engine.output import delivery
        from safelight.worker.memory import read_only

        place = path_for(output)
        with (
            self._held.sealed() as fd,
            read_only(fd, self._held.size_bytes) as view,
            delivery(output, [view]) as parcel,
        ):
            parcel.commit(done.receipt, place.name, replace=False)
        found = result_of(done.told, receipt=done.receipt)
        return replace(found, path=output, receipt_path=place)
