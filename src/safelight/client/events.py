"""Events: what happens on a server, as it happens, and where one goes on after a broken line."""

from __future__ import annotations

import json
from collections.abc import Iterator

from safelight.client.call import API, Call, Reply
from safelight.client.calls import named
from safelight.client.documents import ServerEvent, checked
from safelight.errors import WireBroken
from safelight.limits import MEGA

MAX_LINE_BYTES = MEGA
STREAM = "text/event-stream"
# The last event of a job.
SUMMARY = "summary"


def stream(job: str = "", after: str = "") -> Call[None]:
    """The events of one job, or of all; those after the one with this id."""
    path = f"/jobs/{named(job)}/events" if job else "/events"
    headers = {"Accept": STREAM}
    if after:
        headers["Last-Event-ID"] = after
    return Call("GET", API + path, _nothing, headers=headers, is_safe=True)


def _nothing(_reply: Reply) -> None:
    return None


class Reading:
    """Makes events of the bytes of a stream, as they come; last is the id of the last one."""

    def __init__(self, last: str = "") -> None:
        self.last = last
        self._rest = b""
        self._fields: dict[str, str] = {}

    def begin(self) -> None:
        """A new stream: what the last one left half said is forgotten."""
        self._rest, self._fields = b"", {}

    def take(self, piece: bytes) -> Iterator[ServerEvent]:
        """The events that end in this piece. Raises WireBroken for lines that never end."""
        self._rest += piece
        *lines, self._rest = self._rest.split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise WireBroken("the server's events have a line that does not end")
        for line in lines:
            event = self._line(line.rstrip(b"\r").decode("utf-8", "replace"))
            if event is not None:
                yield event

    def _line(self, line: str) -> ServerEvent | None:
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data" and "data" in self._fields:
                value = f"{self._fields['data']}\n{value}"
            if name:  # else a comment: the line is alive
                self._fields[name] = value
            return None
        fields, self._fields = self._fields, {}
        if "data" not in fields:
            return None
        try:
            document = json.loads(fields["data"])
        except (ValueError, RecursionError) as error:
            raise WireBroken("the server's events are no JSON") from error
        name = fields.get("id", self.last)
        known = {"id": name, "type": fields.get("event", "message"), "document": document}
        event = checked(ServerEvent, known)
        self.last = event.id
        return event
