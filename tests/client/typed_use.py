"""Read by the type checker and by nothing else: what users of the client may and may not write.

Each line with a mistake says which one the checker finds; were it not found, the note itself would
be one. So the types of verbs.pyi are held, for both clients.
"""

from __future__ import annotations

from pathlib import Path

import safelight


def of_ordinary_code(client: safelight.Client) -> None:
    result: safelight.Result = client.resize(Path("a.jpg"), fit="640x640", format="webp")
    client.upscale(b"picture", scale=2, output=Path("b.png"))
    client.redact(b"picture", box=[(0, 0, 8, 8)])
    client.watermark(b"picture", image=Path("mark.png"), progress=print)
    client.resize("a.jpg", fit="640x640")  # type: ignore[arg-type]  # a path is a Path
    client.resize(b"picture", fit=640)  # type: ignore[arg-type]  # it is WIDTHxHEIGHT
    client.resize(b"picture", sharp=True)  # type: ignore[call-arg]  # there is no such parameter
    client.convert(b"picture", to="jpg2000")  # type: ignore[arg-type]  # no format that is written
    client.compare(b"picture")  # type: ignore[call-arg]  # with what?
    client.enhance(b"picture")  # type: ignore[attr-defined]  # there is no such operation
    result.data = b""  # type: ignore[misc]  # a result does not change


async def of_asyncio(client: safelight.AsyncClient) -> None:
    result: safelight.Result = await client.scrub(b"picture", profile="strict")
    forgotten: safelight.Result = client.scrub(b"picture")  # type: ignore[assignment]  # not awaited
    await client.scrub(b"picture", profile="lax")  # type: ignore[arg-type]  # there is no such one
    assert result is not forgotten
