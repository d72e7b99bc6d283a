"""Finding: what can be found, as data, and how a check says that it found it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from safelight.proof.reports.page import SEVERITIES, Fact, Finding, Severity


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding; setting and weak where a value of a setting is what weakens."""

    id: str
    severity: Severity
    words: str
    fix: str
    setting: str = ""
    weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What one check saw: facts for the page, and findings."""

    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its id, in the order of the file."""
    text = files(__package__).joinpath("findings.toml").read_text("utf-8")
    return {
        id: Kind(id=id, **{**fields, "weak": tuple(fields.get("weak", ()))})
        for id, fields in tomllib.loads(text).items()
    }


def found(id: str, evidence: str) -> Finding:
    """The finding of this kind, with what was seen."""
    kind = kinds()[id]
    return Finding(id=id, severity=kind.severity, words=kind.words, evidence=evidence, fix=kind.fix)


def joined(seen: Iterator[Fact | Finding]) -> Seen:
    """What checks gave one after the other, in two heaps; the gravest findings first."""
    every = tuple(seen)
    findings = [one for one in every if isinstance(one, Finding)]
    findings.sort(key=lambda one: -SEVERITIES.index(one.severity))
    return Seen(tuple(one for one in every if isinstance(one, Fact)), tuple(findings))
