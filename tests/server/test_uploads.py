"""Uploads: pictures that wait in memory for whoever sent them."""

from __future__ import annotations

import hashlib

from tests.server.acting import looped
from tests.server.asked import asked


@looped
async def test_an_upload_is_told_by_size_and_digest_and_for_how_long() -> None:
    async with asked(keep_s=60) as server:
        sent = await server.call("POST", "/uploads", content=b"a picture")
        facts = sent.json()
        assert sent.status_code == 201
        assert sent.headers["location"] == f"/api/v1/uploads/{facts['id']}"
        assert facts["bytes"] == 9
        assert facts["sha256"] == hashlib.sha256(b"a picture").hexdigest()
        assert 55 < facts["expires_s"] <= 60
        again = await server.call("GET", f"/uploads/{facts['id']}")
        assert again.json() == {**facts, "expires_s": again.json()["expires_s"]}


@looped
async def test_it_is_there_for_its_owner_alone_and_gone_once_dropped() -> None:
    async with asked() as server:
        name = await server.upload()
        assert (await server.call("GET", f"/uploads/{name}", by="bert")).status_code == 404
        assert (await server.call("DELETE", f"/uploads/{name}", by="bert")).status_code == 404
        assert (await server.call("DELETE", f"/uploads/{name}")).status_code == 204
        gone = await server.call("GET", f"/uploads/{name}")
        assert (gone.status_code, gone.json()["code"]) == (410, "gone")
        assert gone.json()["hint"]


@looped
async def test_one_of_another_start_is_gone_and_what_is_no_name_is_unknown() -> None:
    async with asked() as server:
        name = "0" * 8 + (await server.upload())[8:]
        assert (await server.call("GET", f"/uploads/{name}")).status_code == 410
        assert (await server.call("GET", "/uploads/anything")).status_code == 404


@looped
async def test_a_picture_above_the_limit_is_refused_and_holds_nothing() -> None:
    async with asked(max_bytes=100) as server:
        refused = await server.call("POST", "/uploads", content=b"x" * 101)
        assert (refused.status_code, refused.json()["code"]) == (413, "body-too-large")
        assert server.scene.memory.left_bytes == server.scene.memory.most_bytes
        assert (await server.call("POST", "/uploads", content=b"")).status_code == 400


@looped
async def test_nobody_fills_the_memory_alone() -> None:
    async with asked(held_bytes=1000) as server:
        await server.upload("x" * 500)
        refused = await server.call("POST", "/uploads", content=b"more")
        assert (refused.status_code, refused.json()["code"]) == (429, "busy")
        await server.upload("more", by="bert")


@looped
async def test_there_are_only_so_many() -> None:
    from safelight.server.front.routes import uploads

    before, uploads.MOST_UPLOADS = uploads.MOST_UPLOADS, 1
    try:
        async with asked() as server:
            await server.upload()
            refused = await server.call("POST", "/uploads", content=b"more")
            assert refused.status_code == 429
            assert int(refused.headers["retry-after"]) >= 1
    finally:
        uploads.MOST_UPLOADS = before
