"""Fairness of a server: what one caller's small pictures take beside what others ask for.

python -m bench.serve_fair

Beside nothing; beside a batch of another token; beside a crowd of callers who share another token;
beside pictures of another token whose work may outlast its time. Milliseconds; queue is how long
the server says that the picture waited.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

from bench.serving import client, serving
from safelight.proof.serving.served import Served
from tests.codecs.making import in_format, picture

SAMPLES = 100
CROWD = 20
BATCH = 180
QUEUE = re.compile(r"queue;dur=([0-9.]+)")
Row = tuple[str, list[float], list[float]]


def small_ones(asks: httpx.Client, name: str) -> Row:
    """So many small pictures, one after the other: how long each took and waited."""
    data, took, waited = in_format(picture(480, 360), "png"), [], []
    for _ in range(SAMPLES):
        started = time.perf_counter()
        answer = asks.post("/api/v1/resize?width=24", content=data, headers=kind("png"))
        took.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
        found = QUEUE.search(answer.headers["server-timing"])
        waited.append(float(found[1]) if found else 0.0)
    return name, took, waited


def kind(name: str) -> dict[str, str]:
    return {"Content-Type": f"image/{name}"}


@contextmanager
def batch(other: httpx.Client, data: bytes, **more: int) -> Iterator[None]:
    """A job of the other token, until it is wanted no more."""
    upload = other.post("/api/v1/uploads", content=data).json()["id"]
    wish = {"inputs": [upload] * BATCH, "steps": [{"op": "resize", "fit": "2000x2000"}], **more}
    job = other.post("/api/v1/jobs", json=wish).raise_for_status().json()
    time.sleep(1)
    yield
    other.delete(job["links"]["self"])


@contextmanager
def crowd(served: Served, token: str, data: bytes) -> Iterator[None]:
    """Callers of the other token, each with the next picture as soon as one has ended."""
    is_over = threading.Event()

    def call() -> None:
        with client(served, token=token) as asks:
            while not is_over.is_set():
                path = "/api/v1/resize?fit=2000x2000"
                asks.post(path, content=data, headers=kind("jpeg"))

    callers = [threading.Thread(target=call) for _ in range(CROWD)]
    for one in callers:
        one.start()
    time.sleep(1)
    yield
    is_over.set()
    for one in callers:
        one.join()


def measured(served: Served) -> Iterator[Row]:
    large, huge = (in_format(picture(*size), "jpeg") for size in ((3000, 2000), (12000, 8000)))
    with client(served) as asks:
        made = asks.post("/api/v1/tokens", json={"name": "other", "scopes": ["tools"]})
        token = made.raise_for_status().json()["token"]
        small_ones(asks, "")
        yield small_ones(asks, "nothing else")
        with client(served, token=token) as other:
            with batch(other, large):
                yield small_ones(asks, f"a batch of {BATCH} with 6 MP")
            with crowd(served, token, large):
                yield small_ones(asks, f"{CROWD} callers with 6 MP")
            with batch(other, huge, timeout_s=1):
                yield small_ones(asks, f"{BATCH} of 96 MP that have 1 s each")


def main(tell: Callable[[str], None] = print) -> None:
    tell(f"{'beside':36}{'median':>8}{'p99':>8}{'queue, median':>15}{'queue, p99':>12}")
    with tempfile.TemporaryDirectory(prefix="fair-") as name, serving(Path(name)) as served:
        for beside, took, waited in measured(served):
            worst = [sorted(some)[int(len(some) * 0.99) - 1] for some in (took, waited)]
            tell(
                f"{beside:36}{median(took):8.1f}{worst[0]:8.1f}"
                f"{median(waited):15.1f}{worst[1]:12.1f}"
            )


if __name__ == "__main__":
    main()
