"""Where bytes come from and go to, and what interpolates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from pyvips.bridge import Error, invoked, libvips, outward


class Source:
    """Bytes held in memory."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __del__(self) -> None:
        self.inner.delete()

    @classmethod
    def new_from_memory(cls, data: bytes | memoryview) -> Self:
        """libvips has a copy of its own of these bytes."""
        return cls(invoked(libvips().Source, "newFromMemory", outward(data)))


class SourceCustom:
    """Bytes by a callback: nothing that runs in the tab reads so."""

    def __init__(self) -> None:
        raise Error("a source of one's own: not supported by this libvips")


class Region:
    """A part of a picture: nothing that runs in the tab asks so."""

    @classmethod
    def new(cls, _picture: Any) -> Self:
        raise Error("a region: not supported by this libvips")


class TargetCustom:
    """What a saver writes, kept in memory and handed on in one piece."""

    def __init__(self) -> None:
        self.inner = libvips().Target.newToMemory()
        self._take: Callable[[bytes], int] | None = None

    def __del__(self) -> None:
        self.inner.delete()

    def on_write(self, take: Callable[[bytes], int]) -> None:
        """take says how many bytes it took."""
        self._take = take

    def hand_on(self) -> None:
        """Give what was written. Raises Error where less was taken."""
        data = self.inner.getBlob().to_bytes()
        if self._take is not None and self._take(data) < len(data):
            raise Error("the target did not take all")


class Interpolate:
    """A way to say what lies between pixels."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __del__(self) -> None:
        self.inner.delete()

    @classmethod
    def new(cls, name: str) -> Self:
        """By its name, as bicubic."""
        return cls(libvips().Interpolate.newFromName(name))
