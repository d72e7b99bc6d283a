"""A body that cannot be imported."""

from __future__ import annotations

from safelight.no_such_module import perform  # type: ignore[import-not-found]  # that is the point

__all__ = ["perform"]
