"""What a job wants before it can go on."""

from __future__ import annotations


class Wanted(BaseException):  # it asks, and nothing on its way may swallow it
    """The worker is to bring these parts, and then to do the job again."""

    def __init__(self, *parts: str) -> None:
        self.parts = [*parts]
        super().__init__(*parts)
