"""A plain server that resizes by libvips, as one is quickly written: no cage, no receipts.

Not started by hand: bench/serve_peers.py does, with the number of a port.
"""

from __future__ import annotations

import sys

import pyvips
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

QUALITY = 80


def small(data: bytes, width: int) -> bytes:
    """Reduced while it is decoded."""
    picture = pyvips.Image.thumbnail_buffer(data, width, size="down")
    return bytes(picture.jpegsave_buffer(Q=QUALITY, strip=True))


async def resize(request: Request) -> Response:
    data = await request.body()
    made = await run_in_threadpool(small, data, int(request.query_params["width"]))
    return Response(made, media_type="image/jpeg")


async def live(_request: Request) -> Response:
    return PlainTextResponse("live")


if __name__ == "__main__":
    routes = [Route("/resize", resize, methods=["POST"]), Route("/", live)]
    uvicorn.run(
        Starlette(routes=routes), host="127.0.0.1", port=int(sys.argv[1]), log_level="error"
    )
