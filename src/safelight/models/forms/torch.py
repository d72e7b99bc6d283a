"""Form torch: weights that torch saved, put into the network that the entry names."""

from __future__ import annotations

from safelight.models.entry import Entry
from safelight.models.forms.faults import unfit
from safelight.models.forms.files import Files
from safelight.models.forms.graph import Graph
from safelight.models.forms.networks import NETWORKS
from safelight.models.forms.state import state_of


def build(entry: Entry, files: Files, graph: Graph) -> dict[str, str]:
    """The network's answer under the entry's name for it. A second file of weights is mixed in by
    the parameter share.

    Raises PolicyRefused for an architecture that is not known, or for weights of another one.
    """
    if entry.network is None or entry.network.name not in NETWORKS:
        raise unfit()
    state = state_of(files.first)
    for further in files.weights:
        state = state.mixed(state_of(further), entry.network.parameters.get("share", 0.5))
    out = NETWORKS[entry.network.name](graph, entry.input.name, state)
    state.require_all_asked()
    return {entry.output.name: out}
