"""Call: one request and how its answer is read, told without sending anything."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, Generic, Literal, Protocol, TypeVar

from safelight.errors import InputMissing, WireBroken
from safelight.limits import MEGA

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
API = "/api/v1"
# The most of an answer that is read as a whole; pictures go to a sink, by pieces.
MAX_ANSWER_BYTES = 64 * MEGA
JSON = "application/json"
BYTES = "application/octet-stream"

Source = Path | bytes | BinaryIO


class Sink(Protocol):
    """Where the bytes of a result go, a piece at a time."""

    def write(self, data: memoryview, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is no problem. Names of headers are in lower case; content is empty where it
    went to a sink.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = b""

    def json(self) -> Any:
        """Raises WireBroken for anything but JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise WireBroken("the server's answer is no JSON") from error

    def document(self) -> dict[str, Any]:
        """The same, an object."""
        found = self.json()
        if not isinstance(found, dict):
            raise WireBroken("the server's answer is no object")
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body. A path is opened when it is sent, and its name stays here."""

    name: str
    source: Source
    media_type: str = BYTES

    @property
    def can_repeat(self) -> bool:
        return not is_stream(self.source) or self.source.seekable()  # type: ignore[union-attr]  # a stream, as just asked


def is_stream(source: Source) -> bool:
    return not isinstance(source, Path | bytes)


@dataclass(frozen=True)
class Call(Generic[T_co]):
    """One request. read makes of its answer what the caller gets; sink takes its bytes, and begin
    says whether what is about to come may go there.

    is_safe: it may be asked twice, as asking once more changes nothing. body: the bytes of the
    whole body, or its parts.
    """

    method: Literal["GET", "POST", "PUT", "DELETE", "HEAD"]
    path: str
    read: Callable[[Reply], T_co]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Source | tuple[Part, ...] | None = None
    sink: Sink | None = None
    is_safe: bool = False
    wait_s: float = 0.0

    @property
    def can_repeat(self) -> bool:
        """Whether its body can be sent once more."""
        if isinstance(self.body, tuple):
            return all(part.can_repeat for part in self.body)
        return self.body is None or Part("", self.body).can_repeat


@dataclass(frozen=True, slots=True)
class Pause:
    """So many seconds of nothing, between two calls."""

    seconds: float


# What calls do together: it yields each, gets what it read, and ends with what its caller gets.
Steps = Generator[Call[Any] | Pause, Any, T]


@contextmanager
def opened(source: Source) -> Iterator[IO[bytes]]:
    """The source as a stream that stands at its start. Raises InputMissing."""
    with ExitStack() as stack:
        if isinstance(source, bytes):
            yield io.BytesIO(source)
        elif isinstance(source, Path):
            try:
                file = stack.enter_context(source.open("rb"))
            except OSError as error:
                reason = (error.strerror or "input/output error").lower()
                raise InputMissing(f"cannot read the input: {reason}") from error
            yield file
        else:
            yield source


def once(call: Call[T]) -> Steps[T]:
    """A single call as steps."""
    found: T = yield call
    return found
