"""Course: a server is put through ways, one after the other, and their ends are remembered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from safelight.errors import SafelightError
from safelight.proof.remanence.canary import Mark
from safelight.proof.serving.talk import Talk
from safelight.proof.serving.ways import Shot, Way


@dataclass
class Course:
    """wrong tells, by the name of a way, how it ended in place of how it must."""

    talk: Talk
    mark: Mark
    jobs: int = 0
    wrong: list[str] = field(default_factory=list)

    def run(self, way: Way) -> None:
        """Once, with a picture of its own."""
        self.jobs += 1
        try:
            code = way.go(self.talk, Shot(self.mark, self.jobs))
        except SafelightError as error:
            code = error.code
        except (KeyError, TypeError, ValueError, IndexError):
            code = "an answer that nobody expects"
        if code != way.code:
            self.wrong.append(f"{way.name}: {code} in place of {way.code}")

    def run_all(self, ways: Sequence[Way], *, seed: int = 0) -> None:
        """Each once, in an order of chance."""
        for way in random.Random(seed).sample(list(ways), len(ways)):
            self.run(way)
