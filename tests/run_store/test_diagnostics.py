"""Diagnostics as CSV: an exact round trip; what is damaged is refused in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optbench.errors import StorageError
from optbench.records import LayerDiagnostics
from optbench.run_store import read_diagnostics, write_diagnostics

FLOAT = st.floats()
ROW = st.builds(
    LayerDiagnostics, st.integers(1, 99), st.text(max_size=9), st.integers(0, 99), FLOAT, FLOAT, FLOAT, FLOAT
)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(ROW, max_size=5))
def test_round_trip(tmp_path, rows):
    """Layer names and numbers, NaN and infinity included, come back; equal rows are equal bytes."""
    path = tmp_path / "diagnostics.csv"
    write_diagnostics(path, rows)
    first = path.read_bytes()
    found = read_diagnostics(path)
    assert repr(found) == repr(tuple(rows))
    write_diagnostics(path, found)
    assert path.read_bytes() == first


@pytest.mark.parametrize("text", ["", "epoch,layer\n", "epoch,layer,measured_steps\n1,a\n", "\x00", None])
def test_damage_is_told(tmp_path, text):
    """Another table, a short line, a missing file: a StorageError that names the file."""
    path = tmp_path / "diagnostics.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(StorageError, match="diagnostics.csv"):
        read_diagnostics(path)


def test_a_cell_that_is_no_number_is_told(tmp_path):
    """A damaged cell is not read as something else."""
    path = tmp_path / "diagnostics.csv"
    write_diagnostics(path, [LayerDiagnostics(1, "a", 2, 0.1, 0.2, 0.3, 0.4)])
    path.write_text(path.read_text().replace("0.3", "o.3"))
    with pytest.raises(StorageError, match="is damaged"):
        read_diagnostics(path)
