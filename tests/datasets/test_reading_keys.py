"""Where a newer rule reads a table in another way, its run has another key; where none does, it keeps the key it had.

The key of a run is made of the resolved experiment, the digest of the cells and, only if there is any, `reading`.
So, all else being equal, it is that of the first release exactly where `reading` is empty.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from optbench.config import run_key

N = 60
RNG = np.random.default_rng(3)
X = [f"{value:.3f}" for value in RNG.normal(size=N)]
ORDER = RNG.permutation(N)


def csv_of(name, cells, labels):
    rows = zip(cells, X, (labels[row % len(labels)] for row in range(N)), strict=True)
    return f"{name},x,y\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


def key_of(dataset):
    return run_key(
        SimpleNamespace(to_plain=dict), data_digest=dataset.data_digest, code={}, versions={}, reading=dataset.reading
    )


def key_of_before(dataset):
    return run_key(SimpleNamespace(to_plain=dict), data_digest=dataset.data_digest, code={}, versions={})


SENTINEL = [("-999.0" if row % 5 == 0 else value) for row, value in enumerate(X)]
CASES = {
    "ID": (csv_of("ID", ORDER * 3, "ab"), {}),
    "CUSTOMER_ID": (csv_of("CUSTOMER_ID", ORDER * 3, "ab"), {}),
    "Unnamed: 0": (csv_of("Unnamed: 0", ORDER, "ab"), {}),
    "permutation": (csv_of("n", ORDER, "ab"), {}),
    "01 and 1": (csv_of("a", X, ["1", "01", "001"]), {}),
    "beyond 2^53": (csv_of("a", X, ["9007199254740992", "9007199254740993", "3"]), {}),
    "case": (csv_of("a", X, ["no", "No", "yes"]), {}),
    "zero width": (csv_of("a", X, ["cat", "cat\u200b", "dog"]), {}),
    "-999": (csv_of("a", SENTINEL, "ab"), {"missing": ["-999"]}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_read_differently_has_another_key(case, load_csv):
    """A finished folder of the old reading is never taken for this run."""
    content, settings = CASES[case]
    dataset = load_csv(content, **settings)
    assert dataset.reading
    assert key_of(dataset) != key_of_before(dataset)


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        (csv_of("customerID", [f"{n}-ABC" for n in ORDER], ["No", "Yes"]), {}),
        (csv_of("id", ORDER * 3, "ab"), {}),
        (csv_of("a", X, ["1", "0", "1.0"]), {}),
        (csv_of("a", [*X[1:], ""], ["a", "b", "?"]), {}),
        (csv_of("a", SENTINEL, "ab"), {"missing": ["-999.0"]}),
    ],
    ids=["texts", "id", "numbers", "missing", "sentinel as written"],
)
def test_what_is_read_as_before_keeps_its_key(content, settings, load_csv):
    """Although rules were added."""
    dataset = load_csv(content, **settings)
    assert dataset.reading == {}
    assert key_of(dataset) == key_of_before(dataset)


@pytest.mark.data
def test_reference_tables_keep_their_keys(telco, bank):
    """No newer rule applies to them."""
    assert (telco.reading, bank.reading) == ({}, {})
