"""Read in chunks of any size, a CSV file has the cells and lines that Python's strict reader finds."""

from __future__ import annotations

from contextlib import ExitStack
from unittest import mock

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optbench.datasets import csv_blocks, csv_chunks
from optbench.datasets.cell_digests import table_digest
from optbench.datasets.csv_chunks import open_csv
from optbench.datasets.csv_files import read_csv
from optbench.datasets.stored_columns import ColumnWriter
from optbench.errors import DataError

# what one of the two readers may treat in a way of its own
PARTS = ["a", "1", ".", '"', '""', ",", " ", "\t", "é", "\u3000", "\x1c", "\x0b", "\u2028", "\x85", "\\", "\ufeff"]
ENDS = ["\n", "\r\n", "\r"]
PLAIN = [part for part in PARTS if part not in ('"', '""', ",")]
CELLS = st.one_of(
    st.lists(st.sampled_from(PLAIN), max_size=4).map("".join),
    st.lists(st.sampled_from([*PLAIN, ",", '""', *ENDS]), max_size=4).map(lambda parts: f'"{"".join(parts)}"'),
    st.lists(st.sampled_from(PARTS), max_size=4).map("".join),
)


@st.composite
def texts(draw):
    """Return a CSV text: often well formed, of one to three columns."""
    width, end = draw(st.integers(1, 3)), draw(st.sampled_from(ENDS))
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12))
    lines = [",".join("hgf"[:width]), *(",".join(row) for row in rows)]
    return draw(st.sampled_from(["", "\ufeff", "\n"])) + end.join(lines) + draw(st.sampled_from(["", end]))


@given(text=texts(), chunk_bytes=st.sampled_from([1, 7, 40, 1000]), longest=st.sampled_from([15, 10**6]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_both_readers_find_the_same_cells(tmp_path, text, chunk_bytes, longest):
    """Quotes, blanks, marks and line ends of every kind: the same digest and lines, or an error from both."""
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    blocks = mock.patch.multiple(csv_blocks, BLOCK_BYTES=chunk_bytes, LONGEST_PART=longest)
    with blocks, mock.patch.object(csv_chunks, "CHUNK_ROWS", 3):
        try:
            held = read_csv(path, separator=",", name="t")
        except DataError:
            held = None
        try:
            found = in_chunks(path, tmp_path)
        except DataError:
            found = None
    assert found == (None if held is None else (held.digest(), held.lines.tolist()))


def in_chunks(path, folder):
    """Return digest and lines of a file that is read in chunks."""
    table = open_csv(path, separator=",", name="t")
    lines = []
    with ExitStack() as stack:
        writers = [stack.enter_context(ColumnWriter(folder / name)) for name in table.names]
        for chunk in table.chunks:
            lines.append(chunk.lines)
            for writer, cells in zip(writers, chunk.columns, strict=True):
                writer.add(cells)
    n_rows = sum(map(len, lines))
    stored = {name: writer.stored(name).digest for name, writer in zip(table.names, writers, strict=True)}
    return table_digest([n_rows], stored), np.concatenate(lines).tolist()
