"""The questions of the worker, and their answers as JSON. Nothing is raised over the border but by
a fault of ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from safelight.errors import (
    LimitExceeded,
    MemoryExceeded,
    SafelightError,
    SomethingMissing,
)
from safelight_tab.limits import LIMITS
from safelight_tab.problems import told
from safelight_tab.wanting import Wanted


@dataclass(frozen=True)
class Answer:
    """Words as JSON, and the bytes of a result."""

    told: str
    bytes: bytes = b""


def warm() -> None:
    """Load what nearly every question needs."""
    import safelight_tab.looking
    import safelight_tab.working  # noqa: F401 - imported to be there


def font() -> bytes:
    """The font that letters are drawn with."""
    from safelight.ops.marking.lettering import FONT

    return FONT


def operations() -> str:
    """The JSON schema of every operation that can be done here, by its name."""
    from safelight.recipe import operations as known
    from safelight_tab.working import is_for_the_tab

    here = {name: op for name, op in known().items() if is_for_the_tab(op)}
    return json.dumps({name: op.model_json_schema() for name, op in here.items()})


def inspect(data: Any) -> str:
    """The facts of a file, or a failure."""
    from safelight_tab.looking import facts_of

    return _answered(lambda: Answer(json.dumps(facts_of(_bytes(data), LIMITS)))).told


def run(data: Any, recipe: str, extra: Any, share: Callable[[float], None]) -> Answer:
    """A recipe's result; or a failure; or, under wants, what libvips is to be loaded with first."""
    from safelight_tab.working import done

    def work() -> Answer:
        given = {name: _bytes(one) for name, one in extra.to_py().items()}
        made = done(_bytes(data), json.loads(recipe), given, LIMITS, share)
        return Answer(json.dumps(made.told), made.data)

    return _answered(work)


def _answered(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except SafelightError as error:
        return _failed(error)
    except MemoryError:
        return _failed(MemoryExceeded())
    except ModuleNotFoundError as error:
        name = (error.name or "a library").partition(".")[0]
        return _failed(SomethingMissing(f"this cannot be done in a tab: it needs {name}"))
    except Wanted as wanted:
        return Answer(json.dumps({"wants": wanted.parts}))


def _failed(error: SafelightError) -> Answer:
    return Answer(json.dumps({"failure": told(error)}))


def _bytes(given: Any) -> bytes:
    """Bytes of JavaScript as Python has them. Raises LimitExceeded before they are taken over."""
    if isinstance(given, bytes | memoryview):
        return bytes(given)
    if given.length > LIMITS.input_bytes:
        raise LimitExceeded(f"the file has {given.length} bytes, the limit is {LIMITS.input_bytes}")
    taken: bytes = given.to_bytes()
    return taken
