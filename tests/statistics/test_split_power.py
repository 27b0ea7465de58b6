"""What is promised about new rows is what the table in the documentation says, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from optbench.statistics import SIMULATED_SEEDS, new_rows_power

PAGE = Path(__file__).resolve().parents[2] / "docs" / "statistics.md"


def simulated(test, splits):
    """Power of a test with so many splits, of every ratio of split to seed spread."""
    table = PAGE.read_text().partition("**Read as a claim about new rows.**")[2].partition("The same on")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("| ")]
    return [float(row[4].split()[0]) / 100 for row in rows if row[1:3] == [str(splits), test]]


@pytest.mark.parametrize("splits", [10, 20, 30])
@pytest.mark.parametrize(
    ("seeds", "test"), [(0, "Nadeau-Bengio"), (5, "corrected, 5 seeds"), (10, "corrected, 10 seeds")]
)
def test_the_numbers_are_those_of_the_documentation(splits, seeds, test):
    """Smallest and largest over four ratios."""
    rates = simulated(test, splits)
    assert len(rates) == 4
    found = new_rows_power(splits, seeds)
    assert (found.low, found.high) == pytest.approx((min(rates), max(rates)))


def test_between_two_simulated_numbers_the_smaller_one_counts():
    """Neither more splits nor more seeds are promised than were seen; below the first nothing is."""
    assert new_rows_power(19, 0) == new_rows_power(10, 0)
    assert new_rows_power(100, 0) == new_rows_power(30, 0)
    assert new_rows_power(10, SIMULATED_SEEDS - 1) == new_rows_power(10, 5)
    assert new_rows_power(10, 50) == new_rows_power(10, SIMULATED_SEEDS)
    assert new_rows_power(9, 50) is None
