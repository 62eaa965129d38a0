"""docs/sagas.md is what the sagas declare, and what a step says it undoes is undone by somebody."""

from carewire import saga
from carewire.contract.declarations import discover_product
from tests.sagas import PAGE


def test_the_page_says_what_is_declared() -> None:
    discover_product()
    assert PAGE.read_text("utf-8") == saga.render(), "run `make contract` and commit it"


def test_every_step_that_is_undone_says_how() -> None:
    discover_product()
    assert {name: found for name, one in saga.REGISTRY.items() if (found := one.incomplete)} == {}
