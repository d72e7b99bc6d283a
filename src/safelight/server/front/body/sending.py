"""Sending: an answer of blobs and words, in pieces; none lies in the heap as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from safelight.server.blob import Blob

PIECE_BYTES = 1 << 17
Part = bytes | Blob
# Told when the answer has ended: whether all of it was sent.
AtEnd = Callable[[bool], None]


class Parts(Response):
    """Blobs and words one after the other. at_end is called once, also when the client left; until
    then the blobs must stay.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        headers: Mapping[str, str],
        *,
        media_type: str,
        at_end: AtEnd,
    ) -> None:
        self._parts, self._at_end = parts, at_end
        size_bytes = sum(len(one) if isinstance(one, bytes) else one.size_bytes for one in parts)
        super().__init__(
            headers={**headers, "Content-Length": str(size_bytes)}, media_type=media_type
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = asyncio.ensure_future(departure(receive))
        is_whole = False
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                with closing(self._pieces()) as pieces:
                    for piece in pieces:
                        if left.done():
                            return
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
            is_whole = not left.done() and scope["method"] != "HEAD"
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            left.cancel()
            self._at_end(is_whole)

    def _pieces(self) -> Generator[bytes, None, None]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            with part.view() as view:
                for start in range(0, part.size_bytes, PIECE_BYTES):
                    yield bytes(view[start : start + PIECE_BYTES])


async def departure(receive: Receive) -> None:
    """Ends when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
