"""Every operation in the folder keeps the contract of operations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from safelight.operation import Operation
from tests import contract

OPERATIONS = contract.samples()
CLAIMS: tuple[Callable[[Operation, bytes], None], ...] = (
    contract.does_not_change_its_input,
    contract.survives_and_says_its_size,
    contract.gives_the_same_again,
)


def named(operation: Operation) -> str:
    return " ".join(
        [operation.name, *map(str, operation.model_dump(exclude_defaults=True).values())]
    )


@pytest.mark.parametrize("picture", contract.PICTURES)
@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_keeps_the_contract_on_every_kind_of_picture(operation: Operation, picture: str) -> None:
    data = contract.PICTURES[picture]()
    for claim in CLAIMS:
        claim(operation, data)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_comes_back_from_its_recipe(operation: Operation) -> None:
    contract.comes_back_from_its_recipe(operation)


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_describes_its_fields(operation: Operation) -> None:
    contract.describes_its_fields(operation)
