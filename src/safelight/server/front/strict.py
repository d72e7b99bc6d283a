"""Strict: HTTP as h11 reads it, with limits to what reading it may cost.

A few bytes can take long to read: chunks of one byte each, a thousand headers of four. Nobody sends
such to be understood, so the connection ends; so it does where two could disagree on the length of
a body.
"""

from __future__ import annotations

import h11

# Of a request's head, all of it.
HEAD_BYTES, MOST_HEADERS = 16_384, 100
# Chunks of a body that may be of any size; all of them together then have this many bytes each.
FREE_CHUNKS, LEAST_CHUNK_BYTES = 256, 128
Event = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class Strict(h11.Connection):
    """The server's side of one connection."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER, HEAD_BYTES)
        self._chunks = self._bytes = 0

    def receive_data(self, data: bytes) -> None:
        """Raises h11.RemoteProtocolError where a head is too long, before it is read."""
        if data and self.their_state is h11.IDLE:
            head = self.trailing_data[0][:HEAD_BYTES] + data[:HEAD_BYTES]
            if len(head) >= HEAD_BYTES and head.find(b"\r\n\r\n", 0, HEAD_BYTES) < 0:
                raise h11.RemoteProtocolError("the head is too long", 431)
        super().receive_data(data)

    def next_event(self) -> Event:
        """Raises h11.RemoteProtocolError."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = self._bytes = 0
            if len(event.headers) > MOST_HEADERS:
                raise h11.RemoteProtocolError("there are too many headers", 431)
            _require_one_length(event)
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            self._bytes += len(event.data)
            too_many = self._chunks - FREE_CHUNKS
            if too_many > 0 and self._bytes < too_many * LEAST_CHUNK_BYTES:
                raise h11.RemoteProtocolError("the chunks are too small", 400)
        return event


def _require_one_length(request: h11.Request) -> None:
    """Whoever stands between may have read the other one (RFC 9112, 6.1)."""
    names = {name for name, _ in request.headers}
    is_chunked = b"transfer-encoding" in names
    if is_chunked and (b"content-length" in names or request.http_version < b"1.1"):
        raise h11.RemoteProtocolError("the body has two lengths", 400)
