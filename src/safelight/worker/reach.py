"""Reach: what the worker of a device may touch beyond a picture's worker, and why.

    nodes     files by which the kernel hands a device out: opened, mapped, spoken to
    folders   program folders, to read alone: drivers bring in more of themselves while they work
    calls     system calls that a driver makes

    ioctl     only requests of the driver: every other one, of terminals, sockets and disks, is
              refused by its number
    openat    what Landlock leaves: the nodes and the program folders
    poll      a driver waits for its device

The processor needs none of it: its worker stands behind the very filter of a picture's worker, in
an empty root. A worker that has nodes has no empty root, and its level says so: 2 at most.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from safelight.models.providers import Device
from safelight.worker.launch import folders

DRIVER_CALLS = ("ioctl", "openat", "poll", "ppoll")
# Where drivers and the libraries of a runtime lie, and what they ask of the system about itself.
SYSTEM_FOLDERS = (
    *("/usr/lib", "/usr/lib64", "/usr/local", "/lib", "/lib64", "/opt"),
    *("/etc/ld.so.cache", "/etc/nvidia", "/usr/share/nvidia"),
    *("/proc/driver", "/proc/devices", "/proc/modules", "/proc/cpuinfo", "/proc/meminfo"),
    *("/sys/devices", "/sys/bus/pci", "/sys/module"),
)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one device's worker may touch; nothing for the processor."""

    nodes: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def is_wide(self) -> bool:
        return bool(self.nodes)

    def sentences(self) -> tuple[str, ...]:
        """What this reach leaves uncovered."""
        if not self.is_wide:
            return ()
        return (
            "the device's worker may speak to its driver, which is a part of the kernel",
            "the device's worker may read program folders, though nothing of yours",
            "a card has memory that its driver alone sees: what we took of it is overwritten",
        )


NOTHING = Reach()


def reach_of(device: Device) -> Reach:
    """What a device needs, as far as it is here."""
    nodes = device.nodes
    if not nodes:
        return NOTHING
    places = (*SYSTEM_FOLDERS, sys.prefix, sys.base_prefix, *folders())
    here = tuple(dict.fromkeys(place for place in places if Path(place).exists()))
    return Reach(nodes, (*here, os.path.realpath("/proc/self")), DRIVER_CALLS)
