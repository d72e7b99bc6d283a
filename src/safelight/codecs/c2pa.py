"""C2PA manifests as they tell a picture's story: which software, which steps, who, from what.

Read, never believed: signatures are not checked here, so a finding says what is claimed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from safelight.codecs.blocks import Block
from safelight.codecs.cbor import read_cbor
from safelight.codecs.exif_names import GPS_TAGS, TAGS
from safelight.codecs.reading import decoded, printable
from safelight.errors import ContainerBroken
from safelight.image import Finding, Risk

MAX_BOXES = 4_000
MAX_DEPTH = 12
MAX_SHOWN = 60
SEGMENT_HEAD = 6
THUMBNAILS = "c2pa.thumbnail"
# Assertions that hold the field's own names: EXIF, IPTC and XMP as JSON-LD.
DESCRIBING = ("stds.exif", "stds.iptc", "c2pa.metadata", "cawg.metadata", "stds.metadata")
BINDINGS = ("c2pa.hash", "c2pa.soft-binding", "c2pa.certificate-status", "c2pa.time-stamp")
EXIF_RISKS: dict[str, Risk] = dict(TAGS.values()) | dict.fromkeys(GPS_TAGS, Risk.PLACE)


def joined(blocks: Iterable[Block]) -> list[memoryview]:
    """The manifest stores that lie in these blocks; a JPEG cuts one into segments of 64 kB."""
    whole: list[memoryview] = []
    cut: dict[bytes, list[tuple[int, memoryview]]] = {}
    for block in blocks:
        data = block.data
        if block.name == "APP11" and len(data) > SEGMENT_HEAD + 8:
            number = int.from_bytes(data[2:SEGMENT_HEAD], "big")
            cut.setdefault(bytes(data[:2]), []).append((number, data[SEGMENT_HEAD:]))
        else:
            whole.append(data)
    for parts in cut.values():
        parts.sort(key=lambda part: part[0])
        # Each segment repeats the head of the box that was cut.
        pieces = [parts[0][1], *(data[8:] for _, data in parts[1:])]
        whole.append(memoryview(b"".join(pieces)))
    return whole


def c2pa_findings(store: memoryview) -> Iterator[Finding]:
    """What the manifests of a store claim. Raises ContainerBroken for what cannot be walked."""
    shown = 0
    for label, kind, body in contents(store):
        for finding in _of(label, kind, body):
            shown += 1
            if shown > MAX_SHOWN:
                yield Finding(Risk.PROVENANCE, "C2PA manifest", f"more than {MAX_SHOWN} claims")
                return
            yield finding


def contents(store: memoryview) -> Iterator[tuple[str, bytes, memoryview]]:
    """Label, type and bytes of every content box, in order; the label is of the box around it."""
    left = MAX_BOXES
    stack: list[tuple[str, memoryview]] = [("", store)]
    while stack:
        label, rest = stack.pop()
        if len(rest) < 8:
            continue
        kind, body, following = _box(rest)
        left -= 1
        if left < 0 or len(stack) > MAX_DEPTH:
            raise ContainerBroken("the manifest has too many boxes")
        stack.append((label, following))
        if kind == b"jumb":
            described, description, inner = _box(body)
            name = _label(description) if described == b"jumd" else ""
            stack.append((name or label, inner))
        elif kind != b"jumd":
            yield label, kind, body


def _box(data: memoryview) -> tuple[bytes, memoryview, memoryview]:
    """Type and body of the first box, and what follows it."""
    size, kind = struct.unpack_from(">I4s", data)
    head = 8
    if size == 1:
        size, head = int.from_bytes(data[8:16], "big"), 16
    size = size or len(data)
    if not head <= size <= len(data):
        raise ContainerBroken("the manifest ends before its own structure does")
    return kind, data[head:size], data[size:]


def _label(description: memoryview) -> str:
    """The label of a superbox: behind the type and one byte of switches, up to a zero."""
    if len(description) < 18 or not description[16] & 2:
        return ""
    return decoded(bytes(description[17:]).partition(b"\0")[0], 100)


def _of(label: str, kind: bytes, body: memoryview) -> Iterator[Finding]:
    if label.startswith(THUMBNAILS):
        if kind == b"bidb":
            yield Finding(Risk.THUMBNAIL, "C2PA thumbnail", f"{len(body)} bytes")
    elif (
        kind not in (b"cbor", b"json") or label.startswith(BINDINGS) or label.endswith("signature")
    ):
        return
    else:
        yield from _claimed(label, _value(kind, body), len(body))


def _value(kind: bytes, body: memoryview) -> Any:
    if kind == b"cbor":
        return read_cbor(body)
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise ContainerBroken("the manifest has an impossible structure") from None


def _claimed(label: str, value: Any, size: int) -> Iterator[Finding]:
    if not isinstance(value, dict):
        return
    if label.startswith("c2pa.claim"):
        yield from _generator(value)
    elif label.startswith("c2pa.actions"):
        yield from _actions(value)
    elif label.startswith("c2pa.ingredient"):
        title = _text(value.get("dc:title") or value.get("title"))
        if title:
            yield Finding(Risk.IDENTITY, "C2PA ingredient", title)
    elif label.startswith("stds.schema-org"):
        yield from _work(value)
    elif label.startswith(DESCRIBING):
        yield from _described(value)
    elif label:
        yield Finding(Risk.OTHER, f"C2PA {label}"[:60], f"{size} bytes")


def _generator(claim: dict[str, Any]) -> Iterator[Finding]:
    infos = claim.get("claim_generator_info")
    infos = infos if isinstance(infos, list) else [infos]
    names = [_software(info) for info in infos if isinstance(info, dict)]
    names = [name for name in names if name] or [_text(claim.get("claim_generator"))]
    for name in dict.fromkeys(filter(None, names)):
        yield Finding(Risk.HISTORY, "C2PA claim generator", name)
    title = _text(claim.get("dc:title"))
    if title:
        yield Finding(Risk.IDENTITY, "C2PA title", title)


def _actions(value: dict[str, Any]) -> Iterator[Finding]:
    actions, agents = value.get("actions"), dict[str, None]()
    for action in actions if isinstance(actions, list) else ():
        if not isinstance(action, dict):
            continue
        source = _text(action.get("digitalSourceType")).rpartition("/")[2]
        parts = [_text(action.get("action")), _software(action.get("softwareAgent")), source]
        parts.append(_text(action.get("when")))
        yield Finding(Risk.HISTORY, "C2PA action", printable("; ".join(filter(None, parts))))
        if parts[1]:
            agents[parts[1]] = None
    for agent in agents:
        yield Finding(Risk.HISTORY, "C2PA softwareAgent", agent)


def _work(value: dict[str, Any]) -> Iterator[Finding]:
    authors = value.get("author")
    for author in authors if isinstance(authors, list) else ():
        name = _text(author.get("name")) if isinstance(author, dict) else ""
        if name:
            yield Finding(Risk.IDENTITY, "C2PA author", name)


def _described(value: dict[str, Any]) -> Iterator[Finding]:
    for key, inner in value.items():
        if key.startswith("@") or isinstance(inner, dict | list):
            continue
        name = key.rpartition(":")[2]
        yield Finding(EXIF_RISKS.get(name, Risk.OTHER), f"C2PA {name}"[:60], _text(inner))


def _software(value: Any) -> str:
    """A name and its version, however it is told."""
    if isinstance(value, dict):
        return printable(
            " ".join(filter(None, map(_text, (value.get("name"), value.get("version")))))
        )
    return _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return printable(value)
    return printable(str(value)) if isinstance(value, int | float) else ""
