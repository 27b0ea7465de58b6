"""Which cases of the contract a Ray cluster takes in CI."""

from __future__ import annotations

import pytest

# Of tests with many cases: the others differ in what happens inside a process, which `local` and `spool` hold.
CASES_ON_RAY = {
    "test_each_way_to_fail_has_its_kind": ("invalid", "broken", "killed"),
    "test_a_process_that_leaves_has_not_ended_its_task_well": (7,),
    "test_nothing_is_imported_from_the_working_directory": ("random",),
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the other cases to `make nightly`: each costs three seconds of processor there."""
    for item in items:
        values = getattr(item, "callspec", None) and list(item.callspec.params.values())
        cases = CASES_ON_RAY.get(item.name.partition("[")[0])
        if values and cases and "ray" in values and not set(cases) & set(values):
            item.add_marker(pytest.mark.long)
