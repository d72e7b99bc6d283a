"""The worker of a device that has a node, though it is the processor's."""

from __future__ import annotations

from unittest.mock import patch

from safelight.models.providers import Device
from safelight.worker import device_worker
from safelight.worker.reach import DRIVER_CALLS, Reach, reach_of

NODE = "/dev/zero"


def reach(device: Device) -> Reach:
    """As that of a card, but for the node."""
    with patch.object(Device, "nodes", (NODE,)):
        given = reach_of(device)
    assert given.calls == DRIVER_CALLS
    return given


def main(words: list[str]) -> None:
    with patch.object(device_worker, "reach_of", reach):
        device_worker.main(words)
