"""The list that comes with an outcome: what metadata was found, removed, kept and added.

Records of one size, in a memfd that the host made. As on the wire, every name that starts with
`untrusted_` is hostile, and a record that breaks a rule raises WireBroken.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from safelight.image import Change, Finding, Risk
from safelight.limits import MAX_RECORDS, bounded
from safelight.worker.text import cut, parsed
from safelight.worker.wire import Rules

_RECORD = struct.Struct("<BB64s256s")
RECORD_BYTES = _RECORD.size
REPORT_BYTES = MAX_RECORDS * RECORD_BYTES
What = Literal["removed", "kept", "added"]
_CHANGES: tuple[What, ...] = get_args(What)


def pack_records(
    findings: Sequence[Finding], changes: Sequence[Change], *, most: int = MAX_RECORDS
) -> tuple[int, bytes]:
    """The number of records and their bytes. What does not fit is cut, and the last record says
    how much.
    """
    rows = [(0, finding) for finding in findings]
    rows += [(_CHANGES.index(change.what) + 1, change.finding) for change in changes]
    if len(rows) > most:
        more = len(rows) - most + 1
        rows[most - 1 :] = [(0, Finding(Risk.OTHER, "not listed", f"{more} more"))]
    return len(rows), b"".join(_record(kind, finding) for kind, finding in rows)


def parse_records(untrusted: memoryview) -> tuple[tuple[Finding, ...], tuple[Change, ...]]:
    """Findings and changes of exactly these bytes. Raises WireBroken."""
    findings: list[Finding] = []
    changes: list[Change] = []
    with Rules("record"):
        for untrusted_kind, finding in _records(untrusted):
            if bounded(untrusted_kind, 0, len(_CHANGES)):
                changes.append(Change(_CHANGES[untrusted_kind - 1], finding))
            else:
                findings.append(finding)
    return tuple(findings), tuple(changes)


def _records(untrusted: memoryview) -> Iterator[tuple[int, Finding]]:
    for kind, group, name, value in _RECORD.iter_unpack(untrusted):
        yield kind, Finding(Risk(group), parsed(name), parsed(value))


def _record(kind: int, finding: Finding) -> bytes:
    return _RECORD.pack(kind, finding.group, cut(finding.name, 64), cut(finding.value, 256))
