"""Devices: what can run a model, how onnxruntime calls it, and what must be here for it.

A provider is always named; what onnxruntime took in its place is refused. Nothing here imports a
runtime: whether a device is here is told by what is installed and by the system's own files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from safelight.errors import RuntimeMissing, SomethingMissing

CPU_PROVIDER = "CPUExecutionProvider"
DEV = Path("/dev")
MAX_NUMBER = 15


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to run models: its provider, the package that brings it, the extra that installs the
    package, the systems that have it, and whether one of several cards is chosen by a number.
    """

    provider: str
    package: str
    extra: str
    systems: tuple[str, ...]
    is_numbered: bool = False


KINDS: Mapping[str, Kind] = {
    "cpu": Kind(CPU_PROVIDER, "", "cpu", ("linux", "darwin", "win32")),
    "cuda": Kind("CUDAExecutionProvider", "onnxruntime-gpu", "cuda", ("linux", "win32"), True),
    "directml": Kind("DmlExecutionProvider", "onnxruntime-directml", "directml", ("win32",), True),
    "coreml": Kind("CoreMLExecutionProvider", "onnxruntime", "cpu", ("darwin",)),
}
SHARED = "cpu:shared"
# Where there is a cage for a worker that others ask.
ASKED_ON = ("linux",)


@dataclass(frozen=True, slots=True)
class Device:
    """What runs a model: a kind, and which one of several. is_shared: the processor, by one
    process that many workers ask.
    """

    kind: str = "cpu"
    number: int = 0
    is_shared: bool = False

    @classmethod
    def named(cls, name: str) -> Device:
        """From the name that a setting has; raises ValueError for any other."""
        if name == SHARED:
            return cls(is_shared=True)
        kind, colon, number = name.partition(":")
        known = KINDS.get(kind)
        if known is None or (colon and not (known.is_numbered and _is_number(number))):
            raise ValueError(f"{name!r} is no device")
        return cls(kind, int(number or 0))

    @property
    def name(self) -> str:
        if self.is_shared:
            return SHARED
        return f"{self.kind}:{self.number}" if KINDS[self.kind].is_numbered else self.kind

    @property
    def provider(self) -> str:
        """The name that onnxruntime has for it."""
        return KINDS[self.kind].provider

    @property
    def names(self) -> list[str]:
        """The providers of its sessions: its own, and the processor's for what it cannot do."""
        return list(dict.fromkeys((self.provider, CPU_PROVIDER)))

    @property
    def is_asked(self) -> bool:
        """Whether its models run in a process of their own, which workers ask for answers."""
        return (self.is_shared or self.kind == "cuda") and sys.platform in ASKED_ON

    @property
    def nodes(self) -> tuple[str, ...]:
        """The files by which the system hands it out; none for the processor."""
        if self.kind != "cuda":
            return ()
        names = (f"nvidia{self.number}", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")
        return tuple(str(DEV / name) for name in names if (DEV / name).exists())

    def providers(self, options: Mapping[str, str]) -> list[Any]:
        """As a session is told them."""
        if self.kind == "cpu":
            return [CPU_PROVIDER]
        number = {"device_id": str(self.number)} if KINDS[self.kind].is_numbered else {}
        return [(self.provider, {**number, **options}), CPU_PROVIDER]

    def require(self) -> None:
        """Raises RuntimeMissing where the package for it is not installed, SomethingMissing where
        the system has no such device.
        """
        kind = KINDS[self.kind]
        if sys.platform not in (ASKED_ON if self.is_shared else kind.systems):
            name = self.name if self.is_shared else self.kind
            raise SomethingMissing(
                f"this system has no {name}", hint="--device cpu, or --device auto"
            )
        if kind.package and not _installed(kind.package):
            raise RuntimeMissing(
                f"the runtime for {self.name} is not installed",
                hint=f"pip uninstall onnxruntime; pip install 'safelight[{kind.extra}]'",
            )
        if self.kind == "cuda" and sys.platform == "linux" and not self._has_card():
            raise SomethingMissing(
                f"there is no card for {self.name}: its driver shows none",
                hint="nvidia-smi lists the cards; --device cpu does without",
            )

    def _has_card(self) -> bool:
        return {f"{DEV}/nvidia{self.number}", f"{DEV}/nvidiactl"} <= set(self.nodes)


CPU = Device()


def chosen(name: str, *, is_allowed: Callable[[Device], bool] = lambda _: True) -> Device:
    """The device that a setting means. auto: the first card that is here and allowed, else the
    processor. Raises what Device.require raises for one that is named and not here.
    """
    if name != "auto":
        device = Device.named(name)
        device.require()
        return device
    return next((device for device in present() if is_allowed(device)), CPU)


def present() -> tuple[Device, ...]:
    """Every device that is here, the fastest kinds first, the processor last."""
    found = []
    for kind, facts in KINDS.items():
        for number in range(MAX_NUMBER + 1 if kind == "cuda" else 1):
            device = Device(kind, number)
            if kind != "cpu" and sys.platform in facts.systems and _is_here(device):
                found.append(device)
    return (*found, CPU)


def _is_here(device: Device) -> bool:
    try:
        device.require()
    except SomethingMissing:
        return False
    return True


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= MAX_NUMBER


@cache
def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True
