"""A body that opens models, where the extra for TFLite is not installed."""

from __future__ import annotations

import sys
from importlib import import_module

sys.modules["ai_edge_litert.interpreter"] = None  # type: ignore[assignment]  # as Python has it
opening = import_module("opening")
perform, rehearsal = opening.perform, opening.rehearsal
