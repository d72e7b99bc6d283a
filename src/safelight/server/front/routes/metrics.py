"""Metrics: counts and times for who watches many machines. No name, no address, no digest."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response

from safelight import __version__
from safelight.server.endpoint import Call, Endpoint
from safelight.server.front.tally import BOUNDS_S, Durations
from safelight.server.house import House


class Figures(Collector):
    """What one front end has counted since it started, and how it stands now."""

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> Iterator[Metric]:
        house = self._house
        yield from _calls(house)
        schedule = house.desk.schedule
        uptime_s = time.monotonic() - house.started
        gauges = (
            ("waiting", "pictures that wait", schedule.waiting),
            ("working", "pictures that are worked on", len(schedule.running)),
            ("slots", "pictures that are worked on at most", schedule.slots),
            ("jobs", "jobs that are remembered", sum(1 for _ in house.desk.records)),
            ("uploads", "pictures that wait to be named", len(house.uploads)),
            ("results", "results that wait to be fetched", len(house.results)),
            ("memory_bytes", "bytes for pictures at most", house.memory.most_bytes),
            ("memory_free_bytes", "of these, free", house.memory.left_bytes),
            ("uptime_seconds", "seconds since the front end started", uptime_s),
        )
        for name, words, value in gauges:
            yield GaugeMetricFamily(f"safelight_{name}", words, value=float(value))
        version = GaugeMetricFamily("safelight_version", "what runs", labels=["version"])
        version.add_metric([__version__], 1.0)
        yield version


async def metrics(call: Call) -> Response:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(call.house))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def _calls(house: House) -> Iterator[Metric]:
    tally = house.tally
    calls = CounterMetricFamily("safelight_calls", "calls that ended", labels=["what", "code"])
    for (what, code), count in sorted(tally.calls.items()):
        calls.add_metric([what, code], count)
    yield calls
    durations = HistogramMetricFamily(
        "safelight_call_seconds", "seconds that calls took", labels=["what"]
    )
    for what, found in sorted(tally.durations.items()):
        durations.add_metric([what], _buckets(found), found.total_s)
    yield durations
    for name, words, value in (
        ("received_bytes", "bytes that came as bodies", tally.received_bytes),
        ("sent_bytes", "bytes that went as answers", tally.sent_bytes),
    ):
        yield CounterMetricFamily(f"safelight_{name}", words, value=value)


def _buckets(durations: Durations) -> list[tuple[str, float]]:
    below, found = 0, []
    for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), durations.counts, strict=True):
        below += count
        found.append((bound, float(below)))
    return found


endpoints = (
    Endpoint(
        "GET", "/metrics", metrics, "Counts and times, in the text form of Prometheus",
        scope="auditor", tag="server", answer="text",
    ),
)  # fmt: skip
