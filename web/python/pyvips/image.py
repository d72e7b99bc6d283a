"""A picture: lazy, frozen, and with the operators of pyvips."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Self

from pyvips import values
from pyvips.bridge import called, invoked, inward, libvips, outward

PLAIN = ("width", "height", "bands", "format", "coding", "interpretation")
NUMBERS = ("xoffset", "yoffset", "xres", "yres")
# Named in pyvips and not as such in wasm-vips, with what they are.
TURNS = {"rot90": ("rot", "d90"), "rot180": ("rot", "d180"), "rot270": ("rot", "d270")}
FLIPS = {"fliphor": ("flip", "horizontal"), "flipver": ("flip", "vertical")}
SHORT = {**TURNS, **FLIPS}
STATIC = ("black", "arrayjoin", "xyz", "mask_ideal", "identity", "gaussnoise")
DEEP = ("grey16", "rgb16")
FULL, FULL_DEEP = 255, 65_535
KINDS = {
    "uchar": "Uint8Array",
    "char": "Int8Array",
    "ushort": "Uint16Array",
    "short": "Int16Array",
    "uint": "Uint32Array",
    "int": "Int32Array",
    "float": "Float32Array",
    "double": "Float64Array",
}


def wrapped(answer: Any) -> Any:
    """What an operation gave: a picture, bytes, numbers."""
    if hasattr(answer, "interpretation"):
        return Image(answer)
    return inward(answer)


class _Loaders(type):
    """Loaders and makers are found by their names."""

    def __getattr__(cls, name: str) -> Callable[..., Any]:
        if name.startswith("_") or not ("load" in name or name in STATIC):
            raise AttributeError(name)

        def call(*arguments: Any, **options: Any) -> Any:
            return wrapped(called(libvips().Image, name, arguments, options))

        return call


class Image(metaclass=_Loaders):
    """One picture of wasm-vips, freed with this object."""

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self._references: list[Any] = []

    def __del__(self) -> None:
        self.inner.delete()

    @classmethod
    def new_from_memory(cls, data: Any, width: int, height: int, bands: int, format: str) -> Self:
        """A picture of samples in rows, in the order of the machine."""
        import js

        samples = outward(memoryview(data))
        typed = getattr(js, KINDS[format]).new(samples.buffer)
        return cls(invoked(libvips().Image, "newFromMemory", typed, width, height, bands, format))

    @classmethod
    def new_from_array(cls, array: Any, scale: float = 1.0, offset: float = 0.0) -> Self:
        """A matrix of one channel."""
        return cls(libvips().Image.newFromArray(outward(array), scale, offset))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "inner":
            raise AttributeError(name)
        if name in PLAIN or name in NUMBERS:
            return getattr(self.inner, name)
        return partial(self._call, name)

    def _call(self, name: str, *arguments: Any, **options: Any) -> Any:
        if name in SHORT:
            name, way = SHORT[name]
            arguments = (way, *arguments)
        answer = wrapped(called(self.inner, name, arguments, options))
        if name.endswith("_target"):
            arguments[0].hand_on()
        return float(answer) if isinstance(answer, int) else answer

    def ifthenelse(self, one: Any, other: Any, **options: Any) -> Image:
        """Pixels of one where this is not 0, else of the other; numbers are pictures of them."""
        like = next((image for image in (one, other, self) if isinstance(image, Image)), self)
        chosen = [self._like(like, choice) for choice in (one, other)]
        return Image(called(self.inner, "ifthenelse", tuple(chosen), options))

    @staticmethod
    def _like(like: Image, value: Any) -> Image:
        if isinstance(value, Image):
            return value
        return Image(like.inner.newFromImage(outward(value)))

    def copy_memory(self) -> Image:
        """The picture, worked out into memory."""
        return Image(called(self.inner, "copy_memory", (), {}))

    def write_to_memory(self) -> bytes:
        """Every sample, in rows."""
        return bytes(inward(called(self.inner, "write_to_memory", (), {})))

    def numpy(self) -> Any:
        """The samples as an array: there is no numpy in the tab. Raises ModuleNotFoundError."""
        import numpy as np

        return np.frombuffer(self.write_to_memory())

    def find_trim(self, **options: Any) -> list[int]:
        """left, top, width, height of what is not the background."""
        box = called(self.inner, "find_trim", (), options)
        return [int(getattr(box, side)) for side in ("left", "top", "width", "height")]

    def get_typeof(self, name: str) -> int:
        """The number of the field's kind, 0 without the field."""
        return int(self.inner.getTypeof(name))

    def get(self, name: str) -> Any:
        """The field's value."""
        return values.read(self.inner, name)

    def set(self, name: str, value: Any) -> None:
        """Change a field that is there."""
        values.write(self.inner, self.get_typeof(name), name, value)

    def set_type(self, kind: str | int, name: str, value: Any) -> None:
        """Set a field of this kind."""
        values.write(self.inner, kind, name, value)

    def get_fields(self) -> list[str]:
        """The names of all fields."""
        return inward(self.inner.getFields())

    def remove(self, name: str) -> bool:
        """True if there was such a field."""
        return bool(self.inner.remove(name))

    def get_page_height(self) -> int:
        """The height of one frame."""
        return int(self.inner.pageHeight)

    def pagesplit(self) -> list[Image]:
        """Each frame."""
        down = self.get_page_height()
        return [self.crop(0, top, self.width, down) for top in range(0, self.height, down)]

    def pagejoin(self, others: list[Image]) -> Image:
        """Frames one below the other, the first and these; alike in size."""
        pages = others if isinstance(others, list) else [others]
        joined = Image.arrayjoin([self, *pages], across=1).copy()
        joined.set_type(values.GValue.gint_type, "page-height", joined.height // (1 + len(pages)))
        return joined

    def hasalpha(self) -> bool:
        """Whether the last channel is transparency."""
        return bool(self.inner.hasAlpha())

    def addalpha(self) -> Image:
        """With a last channel that hides nothing."""
        return self.bandjoin(FULL_DEEP if self.interpretation in DEEP else FULL)

    def bandsplit(self) -> list[Image]:
        """Each channel."""
        return [self[band] for band in range(self.bands)]

    def bandjoin(self, others: Any) -> Image:
        """These channels, or numbers, behind the last."""
        others = others if isinstance(others, list) else [others]
        return Image(called(self.inner, "bandjoin", (others,), {})) if others else self

    def __getitem__(self, asked: int | slice) -> Image:
        bands = range(self.bands)[asked]
        if isinstance(bands, int):
            return self.extract_band(bands)
        if bands.step == 1:
            return self.extract_band(bands[0], n=len(bands))
        return self[bands[0]].bandjoin([self[band] for band in bands[1:]])

    def __call__(self, x: int, y: int) -> list[float]:
        return self._call("getpoint", x, y)

    def _mixed(self, operation: str, other: Any) -> Any:
        return self._call(operation, other)

    def __add__(self, other: Any) -> Any:
        return self._mixed("add", other) if isinstance(other, Image) else self.linear(1, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Image):
            return self._mixed("subtract", other)
        return self.linear(1, _each(lambda one: -one, other))

    def __rsub__(self, other: Any) -> Any:
        return self.linear(-1, other)

    def __mul__(self, other: Any) -> Any:
        return self._mixed("multiply", other) if isinstance(other, Image) else self.linear(other, 0)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Image):
            return self._mixed("divide", other)
        return self.linear(_each(lambda one: 1.0 / one, other), 0)

    def __rtruediv__(self, other: Any) -> Any:
        return (self**-1) * other

    def __floordiv__(self, other: Any) -> Any:
        return (self / other).floor()

    def __mod__(self, other: Any) -> Any:
        return self._mixed("remainder", other)

    def __pow__(self, other: Any) -> Any:
        return self._mixed("pow", other)

    def __and__(self, other: Any) -> Any:
        return self._mixed("and", other)

    __rand__ = __and__

    def __or__(self, other: Any) -> Any:
        return self._mixed("or", other)

    __ror__ = __or__

    def __xor__(self, other: Any) -> Any:
        return self._mixed("eor", other)

    def __lshift__(self, other: Any) -> Any:
        return self._mixed("lshift", other)

    def __rshift__(self, other: Any) -> Any:
        return self._mixed("rshift", other)

    def __neg__(self) -> Any:
        return self.linear(-1, 0)

    def __invert__(self) -> Any:
        return self ^ -1

    def __gt__(self, other: Any) -> Any:
        return self._mixed("more", other)

    def __ge__(self, other: Any) -> Any:
        return self._mixed("more_eq", other)

    def __lt__(self, other: Any) -> Any:
        return self._mixed("less", other)

    def __le__(self, other: Any) -> Any:
        return self._mixed("less_eq", other)

    def __eq__(self, other: object) -> Any:
        return other is not None and self._mixed("equal", other)

    def __ne__(self, other: object) -> Any:
        return other is None or self._mixed("not_eq", other)


def _each(change: Callable[[float], float], value: Any) -> Any:
    return [change(one) for one in value] if isinstance(value, list | tuple) else change(value)
