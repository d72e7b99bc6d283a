"""What a file says: the same findings, words and groups as `safelight inspect`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from safelight.engine.plain import Position, plain, position_of, services_of
from safelight.formats import TABLE, media_type
from safelight.image import Finding, Image
from safelight.limits import Limits
from safelight.places.towns import around, nearest
from safelight_tab.opening import opened


def facts_of(data: bytes, limits: Limits) -> dict[str, Any]:
    """Facts of the container and all metadata. Raises what opened raises."""
    image = opened(data, limits).with_findings()
    found = sorted(image.findings, key=lambda finding: (finding.group, finding.name))
    return {
        **_of_container(image),
        "bytes": len(data),
        "metadata": [finding_told(finding) for finding in found],
        "meanings": {group.name.lower(): words for group, words in plain(found).items()},
        "services": list(services_of(found)),
        "place": _place(position_of(found)),
    }


def _place(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    town = nearest(*position)
    return {
        "latitude": position[0],
        "longitude": position[1],
        "town": town.name if town else "",
        "country": town.country if town else "",
        "distance_km": town.distance_km if town else 0.0,
        "around": [asdict(one) for one in around(*position)],
    }


def _of_container(image: Image) -> dict[str, Any]:
    header = image.header
    table = TABLE[header.format]
    return {
        "format": header.format,
        "title": table.title,
        "kind": table.kind,
        "mime": media_type(header.format),
        "width": image.width,
        "height": image.height,
        "frames": header.frames,
        "frames_opened": header.frames_opened,
        "bits": header.bits,
        "has_alpha": header.has_alpha,
        "colour": header.colour,
        "orientation": header.orientation,
        "quality": header.quality,
        "reads": table.reads,
        "scrubs": table.scrubs,
    }


def finding_told(finding: Finding) -> dict[str, str]:
    """One piece of metadata."""
    return {"group": finding.group.name.lower(), "name": finding.name, "value": finding.value}
