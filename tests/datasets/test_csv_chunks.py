"""Read in blocks of any size, a CSV file has the cells and lines that Python's strict reader finds."""

from __future__ import annotations

import csv
import io
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optbench.datasets import csv_blocks, csv_reading, table_reading
from optbench.datasets.table_reading import TableFile, read_table
from optbench.datasets.table_storage import TableStorage
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


def oracle(text):
    """Return the rows that Python's reader finds and their lines, or None if it refuses, or they are no table."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(lines, newline="\n"), strict=True)
    found, line = [], 1
    try:
        for row in reader:
            if row:
                found.append((line, [cell.strip() for cell in row]))
            line = reader.line_num + 1
    except csv.Error:
        return None
    if len(found) < 2 or any(len(row) != len(found[0][1]) for _, row in found):
        return None
    return found[1:]


@given(
    text=texts(),
    block_bytes=st.sampled_from([1, 7, 40, 1000]),
    longest=st.sampled_from([15, 10**6]),
    workers=st.sampled_from([1, 2]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=250, deadline=None)
def test_blocks_of_any_size_hold_the_same_cells(tmp_path, text, block_bytes, longest, workers):
    """Quotes, blanks, marks and line ends of every kind: the cells and lines of Python's reader, or an error too."""
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode())
    blocks = mock.patch.multiple(csv_blocks, BLOCK_BYTES=block_bytes, LONGEST_PART=longest)
    threads = mock.patch.multiple(table_reading, ONE_BLOCK=0, n_workers=lambda: workers)
    with blocks, threads, mock.patch.object(csv_reading, "CHUNK_ROWS", 3):
        try:
            table = read_table([TableFile("t", path)], storage=TableStorage(1e9))
        except DataError:
            table = None
    expected = oracle(text)
    if table is None:
        assert expected is None
        return
    columns = [[text for chunk in column.texts() for text in chunk.to_pylist()] for column in table.columns]
    lines = [table.lines.line(row) for row in range(table.n_rows)]
    assert [(line, list(cells)) for line, *cells in zip(lines, *columns, strict=True)] == expected


@pytest.mark.parametrize(
    "text",
    [
        'a,b\n"x ""y""",1\n',
        'a,b\n"[""x"",""y""]",1\n',
        'a,b\n"two\nlines","a, ""b"""\n3,4\n',
        'a,b\n5" pipe,6" pipe\n"7",8\n',
        'a,b\n"",""""\n"""","x"\n',
    ],
)
def test_quotes_within_texts_are_read_by_the_fast_reader(tmp_path, text):
    """Doubled quotes, line ends and quotes in the middle of a text need no reader in Python."""
    (tmp_path / "t.csv").write_text(text)
    with mock.patch.object(csv_reading.CsvSource, "strict", side_effect=AssertionError):
        table = read_table([TableFile("t", tmp_path / "t.csv")])
    columns = [[text for chunk in column.texts() for text in chunk.to_pylist()] for column in table.columns]
    assert [list(cells) for cells in zip(*columns, strict=True)] == [row for _, row in oracle(text)]
