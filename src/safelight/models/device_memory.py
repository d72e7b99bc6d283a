"""Memory of a card that we hand to a runtime ourselves, so that all of it can be overwritten.

A runtime keeps what it freed for the next answer, with the last picture in it. Here every piece
that it takes comes from us, and every piece that it gave back is overwritten when a job has left.
"""

from __future__ import annotations

import ctypes
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

from safelight.errors import RuntimeMissing

# Pieces are so many bytes, or twice as many, and so on in eighths: so that they fit again.
LEAST_BYTES = 512
EIGHTHS = 8
CUDA_LIBRARIES = ("libcudart.so.13", "libcudart.so.12", "cudart64_13.dll", "cudart64_12.dll")

_Taking = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)
_Giving = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_Emptying = ctypes.CFUNCTYPE(None)


class Driver(Protocol):
    """What a card's memory is taken from. Addresses are numbers; 0 is none."""

    def take(self, size_bytes: int) -> int: ...

    def give(self, address: int) -> None: ...

    def clear(self, address: int, size_bytes: int) -> None:
        """Zeros over every byte; done on return."""


class Pieces:
    """Pieces of a card's memory, handed out and taken back. For one thread at a time."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._out: dict[int, int] = {}
        self._back: defaultdict[int, list[int]] = defaultdict(list)
        # The runtime holds bare addresses of these.
        self._calls = (_Taking(self.take), _Giving(self.give_back), _Emptying(self.give_all))

    def options(self) -> Mapping[str, str]:
        """As a provider is told of them."""
        names = ("gpu_external_alloc", "gpu_external_free", "gpu_external_empty_cache")
        addresses = (ctypes.cast(call, ctypes.c_void_p).value for call in self._calls)
        return {name: str(address) for name, address in zip(names, addresses, strict=True)}

    def take(self, size_bytes: int) -> int:
        """The address of a piece of at least so many bytes; 0 where there is none."""
        size = rounded(size_bytes)
        if self._back[size]:
            address = self._back[size].pop()
        else:
            address = self._driver.take(size) or self._taken_anew(size)
        if address:
            self._out[address] = size
        return address

    def give_back(self, address: int | None) -> None:
        size = self._out.pop(address or 0, 0)
        if address and size:
            self._back[size].append(address)

    def give_all(self) -> None:
        """Back to the driver with all that nobody uses, overwritten."""
        for size, addresses in self._back.items():
            for address in addresses:
                self._driver.clear(address, size)
                self._driver.give(address)
        self._back.clear()

    def wipe(self) -> None:
        """Overwrite all that nobody uses."""
        for size, addresses in self._back.items():
            for address in addresses:
                self._driver.clear(address, size)

    def _taken_anew(self, size: int) -> int:
        self.give_all()
        return self._driver.take(size)


def rounded(size_bytes: int) -> int:
    """The size of the piece for so many bytes: at most an eighth more, and a bit."""
    size = max(size_bytes, LEAST_BYTES)
    step = max(LEAST_BYTES, 1 << max(0, size.bit_length() - 1 - EIGHTHS.bit_length() + 1))
    return -(-size // step) * step


class Cuda:
    """The driver of NVIDIA's cards, through its runtime library, on one card."""

    def __init__(self, number: int, library: Any = None) -> None:
        """Raises RuntimeMissing where the library cannot be loaded or the card not be used."""
        self._library = library or _cuda_library()
        if self._library.cudaSetDevice(number):
            raise RuntimeMissing("the card cannot be used: nvidia-smi says more")
        self._number = number

    def take(self, size_bytes: int) -> int:
        address = ctypes.c_void_p()
        self._library.cudaSetDevice(self._number)
        failed = self._library.cudaMalloc(ctypes.byref(address), ctypes.c_size_t(size_bytes))
        return 0 if failed else int(address.value or 0)

    def give(self, address: int) -> None:
        self._library.cudaFree(ctypes.c_void_p(address))

    def clear(self, address: int, size_bytes: int) -> None:
        self._library.cudaMemset(ctypes.c_void_p(address), 0, ctypes.c_size_t(size_bytes))
        self._library.cudaDeviceSynchronize()


def _cuda_library() -> Any:
    for name in CUDA_LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise RuntimeMissing(
        "the libraries of CUDA are not installed", hint="pip install 'onnxruntime-gpu[cuda,cudnn]'"
    )
