"""What libvips hangs on a picture: fields, each of one kind."""

from __future__ import annotations

from typing import Any, ClassVar

from pyvips.bridge import invoked, inward, libvips, outward


class GValue:
    """Kinds of fields, by the names that they have in GLib."""

    gint_type: ClassVar[str] = "gint"
    gdouble_type: ClassVar[str] = "gdouble"
    gstr_type: ClassVar[str] = "VipsRefString"
    blob_type: ClassVar[str] = "VipsBlob"
    array_int_type: ClassVar[str] = "VipsArrayInt"
    array_double_type: ClassVar[str] = "VipsArrayDouble"


# What reads and writes a field of each kind.
WAYS = {
    "gint": "Int",
    "gdouble": "Double",
    "gchararray": "String",
    "VipsRefString": "String",
    "VipsBlob": "Blob",
    "VipsArrayInt": "ArrayInt",
    "VipsArrayDouble": "ArrayDouble",
}


def kind_of(number: int) -> str:
    """The name of a kind by its number. Raises KeyError for one that no field of ours has."""
    types = libvips().Utils
    return next(name for name in WAYS if types.typeFromName(name) == number)


def read(picture: Any, name: str) -> Any:
    """A field of a picture of wasm-vips."""
    way = WAYS[kind_of(picture.getTypeof(name))]
    return inward(invoked(picture, f"get{way}", name))


def write(picture: Any, kind: str | int, name: str, value: Any) -> None:
    """Set a field of a picture of wasm-vips."""
    way = WAYS[kind if isinstance(kind, str) else kind_of(kind)]
    if way == "Int":
        value = int(value)
    invoked(picture, f"set{way}", name, outward(value))
