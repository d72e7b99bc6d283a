"""What `serve` was asked for, as the three processes hand it on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from safelight.limits import MEGA

DEFAULT_PORT = 8443
MINUTE_S = 60
# So many more pictures than workers are under way: while one is written down, another is worked on.
OVERLAP = 1


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """host and port are those that were asked for (port 0: any); names are those besides the
    loopback ones that a request's Host may have. Bytes, pixels and seconds are the limits of one
    picture; queue is how many pictures may wait, held_bytes how much may be held in memory at a
    time, keep_s how long a result waits for its first download.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    unix: str | None = None
    is_lan: bool = False
    names: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    certificate: str | None = None
    certificate_key: str | None = None
    compat: tuple[str, ...] = ()
    recipes_only: bool = False
    recipes: dict[str, str] = field(default_factory=dict)
    max_bytes: int = 64 * MEGA
    max_pixels: int = 100 * MEGA
    timeout_s: int = 30
    jobs: int = 1
    queue: int = 256
    connections: int = 512
    held_bytes: int = 512 * MEGA
    keep_s: int = 10 * MINUTE_S
    grace_s: int = 30

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The way back. Raises ValueError, TypeError: only the supervisor writes this."""
        given: dict[str, Any] = json.loads(data)
        lists = ("names", "origins", "compat")
        return cls(**{**given, **{name: tuple(given[name]) for name in lists}})
