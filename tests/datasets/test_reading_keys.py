"""Where a newer rule reads a table in another way, its run has another key; where none does, it keeps the key it had.

The key of a run is made of the resolved experiment, the digest of the cells and, only if there is any, `reading`.
So, all else being equal, it is that of the first release exactly where `reading` is empty.
"""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

import first_release
import numpy as np
import pytest
import yaml

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
    "money": (csv_of("a", [f'"${1 + row % 9},{row:03}.00"' for row in range(N)], "ab"), {}),
    "decimal comma": (csv_of("a", [f'"{row % 7},{row % 90}5"' for row in range(N)], "ab"), {}),
    "parentheses": (csv_of("a", [f"({row % 11})" if row % 3 else f"{row % 13}" for row in range(N)], "ab"), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_read_differently_has_another_key(case, load_csv):
    """A finished folder of the old reading is never taken for this run."""
    content, settings = CASES[case]
    dataset = load_csv(content, **settings)
    assert dataset.reading
    assert key_of(dataset) != key_of_before(dataset)


AS_BEFORE = {
    "texts": (csv_of("customerID", [f"{n}-ABC" for n in ORDER], ["No", "Yes"]), {}),
    "id": (csv_of("id", ORDER * 3, "ab"), {}),
    "numbers": (csv_of("a", X, ["1", "0", "1.0"]), {}),
    "missing": (csv_of("a", [*X[1:], ""], ["a", "b", "?"]), {}),
    "sentinel as written": (csv_of("a", SENTINEL, "ab"), {"missing": ["-999.0"]}),
}


@pytest.mark.parametrize("case", AS_BEFORE)
def test_what_is_read_as_before_keeps_its_key(case, load_csv):
    """Although rules were added."""
    content, settings = AS_BEFORE[case]
    dataset = load_csv(content, **settings)
    assert dataset.reading == {}
    assert key_of(dataset) == key_of_before(dataset)


PLAN = """
import json, sys
from pathlib import Path
from optbench.errors import InvalidError
from optbench.runner.plan import load_experiments, plan_runs

keys = {}
for path in map(Path, sys.argv[2:]):
    try:
        (run,) = plan_runs(load_experiments([path], []), seeds=None, runs_dir=Path("runs"), data_dir=Path(sys.argv[1]))
        keys[path.stem] = run.key
    except InvalidError:
        keys[path.stem] = None
print(json.dumps(keys))
"""


def keys_of(files, data_dir, folder, environment=None):
    """The run key of each experiment, None for one that is refused, from a process of its own."""
    command = [sys.executable, "-c", PLAN, str(data_dir), *map(str, files)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.data
def test_run_keys_differ_from_those_of_the_first_release_where_reading_does(first_release_tree, data_dir, tmp_path):
    """Whole run keys, computed by both programs: another one for each case read in another way, the same elsewhere."""
    named = {"telco": ("", {"name": "telco_churn"})}
    tables = {f"case{number}": case for number, case in enumerate([*CASES.values(), *AS_BEFORE.values()])}
    files = []
    for name, (content, settings) in {**tables, **named}.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        table = {"name": "csv", "path": f"{name}.csv", "target": "y"} if content else {}
        experiment = {
            "name": name,
            "dataset": {**table, **settings},
            "model": {"name": "mlp"},
            "optimizer": {"name": "adam"},
        }
        files.append(tmp_path / f"{name}.yaml")
        files[-1].write_text(yaml.safe_dump(experiment, allow_unicode=True), encoding="utf-8")
    old = keys_of(files, data_dir, tmp_path, first_release.environment_of(first_release_tree))
    new = keys_of(files, data_dir, tmp_path)
    assert None not in new.values()
    same = {name for name in new if new[name] == old[name]}
    assert same == {"telco", *(f"case{len(CASES) + number}" for number in range(len(AS_BEFORE)))}


@pytest.mark.data
def test_reference_tables_keep_their_keys(telco, bank):
    """No newer rule applies to them."""
    assert (telco.reading, bank.reading) == ({}, {})
