"""Weights that torch saved give what torch gives with them, for each architecture that we build."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from safelight.errors import PolicyRefused
from safelight.models.forms.networks import NETWORKS
from tests.models.forms import entry_of, session_of

SEEN = 7
NETS = (
    *("bsrn-x4", "dncnn-grey", "dncnn-rgb", "edsr-x3", "edsr-x4", "rrdb-x2", "rrdb-x4"),
    *("safmn-light-x2", "safmn-light-x4", "span-x2", "span-x4", "srvgg-x2", "srvgg-x4"),
    *("swinir-light-x2", "swinir-light-x4"),
)


@pytest.fixture(scope="module")
def vectors(root: Path) -> Path:
    return root / "tests/vectors/forms-v1"


def network_of(net: str) -> str:
    return net.rpartition("-")[0]


def channels_of(net: str) -> int:
    return 1 if net.endswith("grey") else 3


@pytest.mark.parametrize("net", NETS)
def test_a_graph_of_saved_weights_answers_as_torch_does(vectors: Path, net: str) -> None:
    data = (vectors / f"{net}.pth").read_bytes()
    with np.load(vectors / f"{net}.npz") as answers:
        given, shape, wanted = answers["given"], tuple(answers["shape"]), answers["wanted"]
    entry = entry_of("torch", data, network=network_of(net), channels=channels_of(net))
    answer = session_of(entry, data).run(given)
    assert answer.shape == shape
    spread = float(np.ptp(wanted))
    assert spread > 0.1
    np.testing.assert_allclose(answer.ravel()[::SEEN], wanted, rtol=1e-4, atol=1e-5 * spread)


def test_every_architecture_has_its_vector(vectors: Path) -> None:
    assert {path.stem for path in vectors.glob("*.pth")} == set(NETS)
    assert {network_of(net) for net in NETS} == set(NETWORKS)


@pytest.mark.parametrize("net", NETS)
def test_weights_of_another_architecture_are_refused(vectors: Path, net: str) -> None:
    data = (vectors / f"{net}.pth").read_bytes()
    for other in set(NETWORKS) - {network_of(net)}:
        entry = entry_of("torch", data, network=other, channels=channels_of(net))
        with pytest.raises(PolicyRefused, match="not those of the network"):
            session_of(entry, data)


def test_two_files_of_weights_are_mixed(vectors: Path) -> None:
    """The net is not linear, so the mix is of the weights, not of the answers."""
    data = (vectors / "dncnn-rgb.pth").read_bytes()
    with np.load(vectors / "dncnn-rgb.npz") as answers:
        given = answers["given"]
    alone = session_of(entry_of("torch", data, network="dncnn", channels=3), data).run(given)
    both = entry_of("torch", data, data, network="dncnn", channels=3)
    np.testing.assert_allclose(session_of(both, data, data).run(given), alone, atol=1e-6)
    grey = (vectors / "dncnn-grey.pth").read_bytes()
    other = entry_of("torch", data, grey, network="dncnn", channels=3)
    with pytest.raises(PolicyRefused, match="not those of the network"):
        session_of(other, data, grey)


def test_an_architecture_that_is_not_known_is_refused(vectors: Path) -> None:
    data = (vectors / "dncnn-rgb.pth").read_bytes()
    for network in ("", "vgg"):
        with pytest.raises(PolicyRefused, match="not those of the network"):
            session_of(entry_of("torch", data, network=network), data)
