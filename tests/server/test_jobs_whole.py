"""Jobs of a server as it is started: real pictures, real workers."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import time
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from bench.serving import client, serving
from safelight.proof.serving.served import Served
from tests.codecs.making import in_format, picture
from tests.server.asked import told

PNG = in_format(picture(96, 64), "png")
STEPS = [{"op": "resize", "width": 24}]


@pytest.fixture
def uploaded(asks: httpx.Client) -> str:
    return str(asks.post("/api/v1/uploads", content=PNG).json()["id"])


def begin(asks: httpx.Client, inputs: list[str]) -> dict[str, Any]:
    taken = asks.post("/api/v1/jobs", json={"inputs": inputs, "steps": STEPS})
    assert taken.status_code == 202, taken.text
    return cast(dict[str, Any], taken.json())


def test_from_uploads_to_results_that_are_given_once(asks: httpx.Client, uploaded: str) -> None:
    broken = asks.post("/api/v1/uploads", content=b"GIF89a and no more").json()["id"]
    job = begin(asks, [uploaded, broken, uploaded])
    heard = told(asks.get(f"/api/v1/jobs/{job['id']}/events").content)
    assert heard[-1][1] == "summary"
    assert heard[-1][2]["state"] == "partial"
    items = asks.get(f"/api/v1/jobs/{job['id']}/items").json()["items"]
    assert [item["state"] for item in items] == ["done", "failed", "done"]
    for item in (items[0], items[2]):
        given = asks.get(item["asset"])
        assert given.status_code == 200
        digest = base64.b64encode(hashlib.sha256(given.content).digest()).decode()
        assert given.headers["repr-digest"] == f"sha-256=:{digest}:"
        assert given.headers["safelight-receipt"] == item["receipt"]
        assert item["result"]["width"] == 24
        assert asks.get(item["asset"]).status_code == 410
    assert asks.delete(f"/api/v1/jobs/{job['id']}").status_code == 204
    assert asks.get(f"/api/v1/jobs/{job['id']}").status_code == 410


def test_a_picture_that_is_waited_for_does_not_wait_for_a_batch(
    asks: httpx.Client, uploaded: str
) -> None:
    job = begin(asks, [uploaded] * 100)
    kind = {"Content-Type": "image/png"}
    answer = asks.post("/api/v1/resize?width=24", content=PNG, headers=kind)
    assert answer.status_code == 200
    after = asks.get(f"/api/v1/jobs/{job['id']}").json()
    assert after["state"] == "running"
    assert after["counts"]["queued"] > 0
    asks.delete(f"/api/v1/jobs/{job['id']}")


def child(served: Served, part: str) -> int:
    """The process that is this part of the server."""
    listed = Path(f"/proc/{served.pid}/task/{served.pid}/children").read_text().split()
    named = f"safelight.server.{part}.main".encode()
    (found,) = [pid for pid in listed if named in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return int(found)


def ended(asks: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """The job, once it has ended."""
    for _ in range(2000):
        facts = cast(dict[str, Any], asks.get(f"/api/v1/jobs/{job['id']}").json())
        if facts["state"] not in ("queued", "running"):
            return facts
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def asked_again(served: Served, path: str) -> httpx.Response:
    """The answer of whoever listens now; a connection to who has just ended is lost."""
    for _ in range(500):
        with client(served) as asks:
            try:
                return asks.get(path)
            except httpx.TransportError:
                time.sleep(0.02)
    raise AssertionError("nobody answered")


def test_a_job_outlives_the_back_end_and_is_said_to_be_gone_with_the_front_end(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as served:
        with client(served) as asks:
            upload = str(asks.post("/api/v1/uploads", content=PNG).json()["id"])
            job = begin(asks, [upload] * 20)
            os.kill(child(served, "back"), signal.SIGKILL)
            assert ended(asks, job)["counts"]["done"] == 20
        os.kill(child(served, "front"), signal.SIGKILL)
        gone = asked_again(served, f"/api/v1/jobs/{job['id']}")
        assert (gone.status_code, gone.json()["code"]) == (410, "gone")
        assert "started again" in gone.json()["detail"]
