"""The client that is awaited: one test for each way in which it could differ from the other."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from safelight.client.asynchronous import AsyncClient
from safelight.errors import FormatUnknown, Unavailable
from tests.client.served import Near
from tests.client.test_client import SMALL, jpeg


def test_pictures_side_by_side(near: Near, tmp_path: Path) -> None:
    async def every() -> list[tuple[int, int]]:
        async with AsyncClient(near.url, token=near.token) as client:
            (tmp_path / "in.jpg").write_bytes(jpeg())
            results = await asyncio.gather(
                client.resize(jpeg(), fit="8x8"),
                client.run(tmp_path / "in.jpg", SMALL, output=tmp_path / "out.jpg"),
                client.run(io.BytesIO(jpeg(48)), "small", into=io.BytesIO()),
            )
            with pytest.raises(FormatUnknown):
                await client.resize(b"nothing", fit="8x8")
            assert await client.capabilities()
            return [(result.width, result.height) for result in results]

    assert asyncio.run(every()) == [(8, 5)] * 3
    assert (tmp_path / "out.jpg").is_file()


def test_a_job_and_its_events(near: Near) -> None:
    async def look() -> None:
        async with AsyncClient(near.url, token=near.token) as client:
            upload = await client.upload(io.BytesIO(jpeg()))
            job = await client.submit([upload.id], SMALL)
            told = [event async for event in client.events(job.id)]
            assert told[-1].type == "summary"
            (item,) = (await client.items(job.id)).items
            into = io.BytesIO()
            await client.fetch(str(item.asset), into)
            assert into.getvalue()[:2] == b"\xff\xd8"
            receipt = await client.receipt(str(item.receipt))
            assert await client.verify(receipt, into.getvalue())
            assert (await client.job(job.id)).has_ended
            assert (await client.jobs(state="done")).jobs
            await client.drop_job(job.id)
            assert await client.models()
            other = await client.upload(jpeg())
            await client.drop_upload(other.id)

    asyncio.run(look())


def test_nobody_there_is_told(tmp_path: Path) -> None:
    async def ask() -> None:
        async with AsyncClient(f"unix:{tmp_path}/nothing", patience_s=0.3) as client:
            await client.capabilities()

    with pytest.raises(Unavailable, match="cannot be reached"):
        asyncio.run(ask())
