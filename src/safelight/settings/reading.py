"""Read every source once and settle who wins."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safelight.errors import PolicyRefused, SettingInvalid
from safelight.settings.fields import Settings, field_named, rules
from safelight.settings.rules import Origin, Source

MAX_FILE_BYTES = 64_000
PREFIX = "SAFELIGHT_"
PROJECT_FILE = "safelight.toml"


@dataclass(frozen=True, slots=True)
class Places:
    """The files that settings are read from. The policy must belong to the user policy_owner."""

    policy: Path
    user: Path
    system: Path
    policy_owner: int = 0

    @classmethod
    def usual(cls) -> Places:
        """The places of this system."""
        from platformdirs import site_config_path, user_config_path

        return cls(
            policy=Path("/etc/safelight/policy.toml"),
            user=user_config_path("safelight", appauthor=False) / "config.toml",
            system=site_config_path("safelight", appauthor=False) / "config.toml",
        )


@dataclass
class _Reading:
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def take(self, source: Source, place: str, found: Mapping[str, Any]) -> None:
        """Let every key of a source win over what was read before."""
        for key, raw in found.items():
            self._put(source, place, key, _parsed(key, raw, place))

    def take_project(self, place: str, found: Mapping[str, Any]) -> None:
        """Let a key of the project's file win where it tightens; warn about the others."""
        for key, raw in found.items():
            if key not in rules():
                self.warnings.append(f"{place}: {key!r} is no setting; ignored")
                continue
            value, tighter = _parsed(key, raw, place), rules()[key].is_tighter
            if tighter is None or not tighter(value, self._now(key)):
                self.warnings.append(f"{place}: {key} is ignored, a project may only tighten")
            else:
                self._put("project", place, key, value)

    def _now(self, key: str) -> Any:
        return self.values.get(key, getattr(Settings(), field_named(key)))

    def _put(self, source: Source, place: str, key: str, value: Any) -> None:
        self.values[key] = value
        self.origins[key] = Origin(source, place)

    def lock(self, place: str, found: Mapping[str, Any]) -> None:
        """Let the policy win; refuse a flag that asks for something else."""
        for key, raw in found.items():
            value, before = _parsed(key, raw, place), self.origins.get(key)
            if before and self.values[key] != value:
                if before.source == "flag":
                    raise PolicyRefused(
                        f"{before.place} is locked by the policy of this computer",
                        hint="safelight config show --origin",
                    )
                self.warnings.append(f"{before.place}: {key} is ignored, the policy locks it")
            self.values[key] = value
            self.origins[key] = Origin("policy", place, is_locked=True)


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    *,
    places: Places | None = None,
) -> Settings:
    """Read all sources and settle them. A flag that was not typed is None or absent.

    Raises SettingInvalid for a value out of its range, PolicyRefused for a flag against a locked
    key or for a policy file that others than its owner may write.
    """
    places = places or Places.usual()
    reading = _Reading()
    sources: tuple[tuple[Source, Path], ...] = (("system", places.system), ("user", places.user))
    for source, path in sources:
        reading.take(source, str(path), _checked(_file(path), str(path)))
    project = (cwd or Path.cwd()) / PROJECT_FILE
    reading.take_project(str(project), _file(project))
    for key, text in _variables(os.environ if environ is None else environ, reading).items():
        reading.take("environment", PREFIX + key.upper(), {key: text})
    for key, value in (flags or {}).items():
        if value is not None:
            reading.take("flag", "--" + key.replace("_", "-"), {key: value})
    policy = _policy(places)
    reading.lock(str(places.policy), policy)
    origins = {key: reading.origins.get(key, Origin("default")) for key in rules()}
    values = {field_named(key): value for key, value in reading.values.items()}
    return Settings(**values, origins=origins, warnings=tuple(reading.warnings))


def _parsed(key: str, raw: Any, place: str) -> Any:
    if key not in rules():
        raise SettingInvalid(f"{place}: there is no setting {key!r}")
    try:
        return rules()[key].parse(raw)
    except ValueError as error:
        name = place if place.startswith(("--", PREFIX)) else f"{place}: {key}"
        raise SettingInvalid(f"{name} {error}") from error


def _checked(found: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    for key in found:
        if key not in rules():
            raise SettingInvalid(f"{place}: there is no setting {key!r}")
    return found


def _variables(environ: Mapping[str, str], reading: _Reading) -> dict[str, str]:
    found = {}
    for name, text in environ.items():
        if name.startswith(PREFIX) and text:
            key = name.removeprefix(PREFIX).lower()
            if key in rules():
                found[key] = text
            else:
                reading.warnings.append(f"{name} is no setting; ignored")
    return found


def _policy(places: Places) -> Mapping[str, Any]:
    try:
        facts = places.policy.stat()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        reason = f"the policy {places.policy} cannot be read: {error.strerror}"
        raise PolicyRefused(reason) from error
    others_write = stat.S_IWGRP | stat.S_IWOTH
    if facts.st_uid != places.policy_owner or facts.st_mode & others_write:
        raise PolicyRefused(
            f"the policy {places.policy} can be changed by others than its owner",
            hint=f"chown root {places.policy} && chmod 644 {places.policy}",
        )
    return _checked(_file(places.policy), str(places.policy))


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingInvalid(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise SettingInvalid(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise SettingInvalid(f"{path} is no TOML: {error}") from error
