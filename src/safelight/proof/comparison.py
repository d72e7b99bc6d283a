"""Side by side: what an attack met in the cage, and what the same attack met without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from errno import (
    EACCES,
    EAFNOSUPPORT,
    EINVAL,
    ENOPROTOOPT,
    ENOSPC,
    ENOSYS,
    EOPNOTSUPP,
    EPERM,
    EPROTONOSUPPORT,
    errorcode,
)

from safelight.worker.attacks import GROUPS
from safelight.worker.job import Attempt

# How a system says that it has no such thing, or not for this user; any other errno of a control
# means that the attack itself is broken.
REFUSALS = frozenset(
    (EPERM, EACCES, ENOSYS, EAFNOSUPPORT, EPROTONOSUPPORT, ENOPROTOOPT, EOPNOTSUPP)
)
# Refusals that mean one only for one attack: a container whose limit of user namespaces is zero,
# and one that maps a single id, so that no file can be given to another.
OWN_REFUSALS = frozenset({("new-user-namespace", ENOSPC), ("change-owner", EINVAL)})


@dataclass(frozen=True, slots=True)
class Pair:
    """One attack, caged and not. A control that was refused, too, makes the pair no evidence."""

    caged: Attempt
    control: Attempt

    @property
    def name(self) -> str:
        return self.caged.name

    @property
    def is_contained(self) -> bool:
        return self.caged.contained

    @property
    def is_live(self) -> bool:
        """The attack really works here: without a cage it got through."""
        return self.control.errno == 0

    @property
    def is_blind(self) -> bool:
        """The attack fails without a cage for a reason of its own, so it shows nothing."""
        errno = self.control.errno
        is_refused = errno in REFUSALS or (self.name, errno) in OWN_REFUSALS
        return not self.is_live and not is_refused

    def document(self) -> dict[str, object]:
        return {
            "name": self.name,
            "group": self.caged.group,
            "caged": said(self.caged.errno),
            "control": said(self.control.errno),
            "contained": self.is_contained,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """All attacks by one mechanism."""

    group: str
    pairs: tuple[Pair, ...]

    @property
    def attempted(self) -> int:
        return len(self.pairs)

    @property
    def contained(self) -> int:
        return sum(pair.is_contained for pair in self.pairs)

    @property
    def control(self) -> int:
        """How many got through without a cage."""
        return sum(pair.is_live for pair in self.pairs)

    @property
    def possible(self) -> int:
        """How many this system does not refuse to this user anyway."""
        return sum(pair.is_live or pair.is_blind for pair in self.pairs)

    @property
    def answers(self) -> str:
        """What the cage answered, each kind once."""
        return ", ".join(sorted({said(pair.caged.errno) for pair in self.pairs}))

    @property
    def is_ok(self) -> bool:
        """Everything was contained, something of it works otherwise, and nothing is blind."""
        is_blind = any(pair.is_blind for pair in self.pairs)
        return 0 < self.attempted == self.contained and self.control > 0 and not is_blind

    def document(self) -> dict[str, object]:
        return {
            "group": self.group,
            "attempted": self.attempted,
            "contained": self.contained,
            "control": self.control,
        }


def rows(caged: Sequence[Attempt], control: Sequence[Attempt]) -> tuple[Row, ...]:
    """One row per mechanism. An attack that only one side made is left out on both."""
    uncaged = {attempt.name: attempt for attempt in control}
    pairs = [Pair(one, uncaged[one.name]) for one in caged if one.name in uncaged]
    return tuple(
        Row(group, tuple(pair for pair in pairs if pair.caged.group == group)) for group in GROUPS
    )


def said(errno: int) -> str:
    """An errno by its name; "got through" for none."""
    return errorcode.get(errno, str(errno)) if errno else "got through"
