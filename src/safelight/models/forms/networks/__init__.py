"""Networks: one architecture a file, each a function that puts its nodes into a graph.

`build(graph, value, state)` gives the name of the answer to the picture of that name. How many
blocks there are, and how wide they are, is what the weights say. Known by the file's name.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module

from safelight.models.forms.graph import Graph
from safelight.models.forms.state import State

Network = Callable[[Graph, str, State], str]
NETWORKS: dict[str, Network] = {
    found.name.replace("_", "-"): import_module(f"{__name__}.{found.name}").build
    for found in pkgutil.iter_modules(__path__)
}
