"""CSV files are read strictly, with the line of what is wrong."""

from __future__ import annotations

import io
import re

import pytest

from optbench.datasets import inspect_table
from optbench.datasets.csv_files import separator_of
from optbench.datasets.table_reading import TableFile, read_table
from optbench.errors import DataError
from optbench.words import sentences


def read_csv(path, *, separator, name=None):
    return read_table([TableFile(name or str(path), path, separator=separator)])


@pytest.fixture
def write(tmp_path):
    def written(content):
        path = tmp_path / "t.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


def refused(path, sentence, separator=","):
    with pytest.raises(DataError, match=re.escape(sentence)):
        read_csv(path, separator=separator, name="t.csv")


def cells(table, name):
    column = table.column(name)
    return [column.levels[code] for code in column.codes]


def test_cells_are_stripped_texts_in_file_order(write):
    """Nothing is guessed: words that other readers take for missing or true stay texts."""
    table = read_csv(write("a, b \n None ,NA\nnan,true\n1.0,\n"), separator=",")
    assert table.names == ("a", "b")
    assert cells(table, "a") == ["None", "nan", "1.0"]
    assert cells(table, "b") == ["NA", "true", ""]


@pytest.mark.parametrize(
    "same",
    [
        b"a,b\r\n1,x\r\n2,y z\r\n",
        b"\xef\xbb\xbfa,b\n1,x\n2,y z\n",
        b'"a","b"\n"1","x"\n2,"y z"',
        b"a , b\n 1,x \n\n2,y z\n\n",
        b"a,b\r1,x\r2,y z\r",
    ],
)
def test_digest_is_of_the_content(write, same):
    """Line ends, byte-order mark, quotes, blanks and the path leave the digest as it is."""
    plain = read_csv(write("a,b\n1,x\n2,y z\n"), separator=",", name="one").digest()
    assert read_csv(write(same), separator=",", name="other").digest() == plain
    assert read_csv(write(same.replace(b",", b";")), separator=";").digest() == plain


@pytest.mark.parametrize("other", ["a,b\n1,x\n2,yz\n", "a,c\n1,x\n2,y z\n", "a,b\n2,y z\n1,x\n", "b,a\nx,1\ny z,2\n"])
def test_digest_sees_every_change(write, other):
    """Another cell, name, row order or column order is other data."""
    plain = read_csv(write("a,b\n1,x\n2,y z\n"), separator=",").digest()
    assert read_csv(write(other), separator=",").digest() != plain


def test_quoted_separators_and_line_ends_belong_to_the_cell(write):
    """A quoted cell may hold the separator and line ends; lines are still counted right."""
    table = read_csv(write('a,b\n"1,5","x\ny"\n2,z\n'), separator=",")
    assert cells(table, "a") == ["1,5", "2"]
    assert [table.lines.line(row) for row in range(2)] == [2, 4]
    assert table.place(1) == f"row 2 (line 4 of {table.shown_name})"


def test_missing_file_is_named(tmp_path):
    """A path that leads nowhere is an error that says from where it starts."""
    with pytest.raises(DataError, match="does not exist. A path in an experiment file is relative to the folder"):
        read_csv(tmp_path / "absent.csv", separator=",")


def test_folder_is_no_table(tmp_path):
    """A folder in place of a file is an error, not a traceback."""
    with pytest.raises(DataError, match=r"is a folder\. Name the file in it"):
        read_csv(tmp_path, separator=",")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_empty_file_is_refused(write, content):
    """A file without a line says so."""
    refused(write(content), "t.csv is empty: a table needs a header line and rows.")


def test_header_only_is_refused(write):
    """A header without rows says so."""
    refused(write("a,b\n"), "t.csv holds a header line and no rows. Name a file with rows.")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,\x00\n", "t.csv is a binary file, not CSV text: it holds a zero byte in line 2."),
        (b"a,b\n1,\xe9\n", "t.csv is not UTF-8 text: byte 0xe9 in line 2 is not part of it."),
        ("a,b\n1,2\n".encode("utf-16"), "t.csv is UTF-16 text. Write dataset.encoding: utf-16, or save it as UTF-8."),
    ],
)
def test_what_is_no_utf8_text_is_refused(write, content, sentence):
    """Binary files and other encodings are told apart from text, with the line."""
    refused(write(content), sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b\n1,2\n1,2,3\n", "t.csv: line 3 has 3 fields, the header has 2. Every row needs 2 fields (a , inside"),
        ("a,b\n0,1,2\n1,1,2\n", "does the header lack the name of the first column, as R writes row names? Put one in"),
        ("a,b\n1,2,\n1,2,\n", "every line ends in a separator, the header does not"),
        ('a,b\n1,"2\n', "A quote that begins a text there is never closed: close it"),
        ("a,b\n1,2\n\n1\n", "t.csv: line 4 has 1 field, the header has 2. Every row needs 2 fields. The line begins"),
        ('a,b\n1,"2\n3,4\n', "t.csv: line 2 cannot be read as CSV: unexpected end of data."),
        ('a,b\n1,"2"x\n', "t.csv: line 2 cannot be read as CSV: ',' expected after '\"'."),
        ('a,b\n1,"say \\"x\\" twice"\n', """Write a quote inside a text as "", not as \\"."""),
        ("Report,,\na,b,c\n1,2,3\n", "or the line is a title: remove what stands above the names)"),
    ],
)
def test_ragged_rows_and_open_quotes_are_refused_with_their_line(write, content, sentence):
    """Rows are neither filled nor cut in silence."""
    refused(write(content), sentence)


def test_huge_field_is_refused(write):
    """A cell beyond Python's limit is an error with a line number."""
    refused(write('a,b\n1,"' + "x" * 200_000 + '"\n'), "t.csv: line 2 cannot be read as CSV: field larger than")


def test_repeated_and_unnamed_columns_are_refused(write):
    """Each column has a name of its own."""
    refused(write("a,b,a\n1,2,3\n"), "line 1: the header names the column 'a' twice. Rename one of them.")
    refused(write("a,,b\n0,1,2\n"), "line 1: column 2 has no name. Give it one in the header line (pandas writes")
    refused(write(",,a,b\n0,1,2,3\n"), "line 1: column 1 has no name.")


def test_repeated_numbers_in_the_header_hint_at_a_missing_header(write):
    """A first line of data is suspected where two of its numbers are equal."""
    refused(write("5.1,5.1,x\n4.9,3.0,y\n"), "Is the first line a row of data? Put a header line on top.")


def test_single_column_with_another_separator_is_a_wrong_separator(write):
    """Reading a semicolon file with commas says which separator to set."""
    refused(
        write("age;job;y\n30;x;no\n"),
        "t.csv has a single column, named 'age;job;y'. The only column contains ';': the separator is wrong, "
        'set dataset.separator: ";".',
    )
    refused(write("a,b\n1,2\n"), 'the separator is wrong, set dataset.separator: ",".', separator=";")


@pytest.mark.parametrize("separator", ["", ",,", '"', "\n"])
def test_separator_is_one_usable_character(write, separator):
    """A separator that cannot separate is refused before the file is read."""
    refused(write("a,b\n1,2\n"), "dataset.separator must be one character. Received:", separator=separator)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_sniffing_finds_the_separator(separator):
    """The separator is the one that gives every row the same, largest number of columns."""
    content = "\n".join(separator.join(row) for row in (["a x", "b", "c"], ["1", '"2,5;|"', "3"], ["4", "5", "6"]))
    assert separator_of(io.StringIO(content)) == separator


@pytest.mark.parametrize("lines", [1, 49, 50, 51, 500])
def test_sniffing_reads_rows_that_run_over_many_lines(lines):
    """A quoted cell with line ends, wherever it stands, and however many separators it holds."""
    content = "a;b;y\n" + "1;2;x\n" * 30 + '3;"' + "one, two\n" * lines + '";y\n' + "1;2;x\n" * 100
    assert separator_of(io.StringIO(content)) == ";"


def test_one_wrong_row_does_not_hide_the_separator():
    """The reader is to say which row is wrong, not that the separator is."""
    assert separator_of(io.StringIO("a;b;y\n" + "1;2;x\n" * 20 + "1;2\n" + "1;2;x\n" * 20)) == ";"


def test_a_file_without_a_line_of_names_is_told(load_csv, tmp_path):
    """Its first row would be the names; years as names, and one name that is a value, are no reason."""
    rows = "".join(f"{i * 0.37:.3f},{'uvw'[i % 3]},{'ab'[i % 2]}\n" for i in range(60))
    dataset = load_csv(rows, target="a")
    (note,) = [note for note in sentences(dataset.notes) if "put a line of names above it" in note]
    assert "'0.000', 'u', 'a'" in note
    assert note in sentences(inspect_table(tmp_path / "data.csv", "a").notes)
    for header in ("x,kind,y", "2019,2020,y", "x,u,y"):
        assert not [note for note in sentences(load_csv(f"{header}\n{rows}").notes) if "line of names" in note]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("Report of 2019\n\nx,c,y\n1,u,a\n2,v,b\n", "is the first line a title? Remove what stands above the header"),
        ("x,y,\n1,a,\n2,b,\n", "or the lines end in a separator: remove it"),
        ('[{"x": 1, "y": "a"}, {"x": 2, "y": "b"}]', "JSON: write its records as rows of a CSV or Parquet file"),
        ('{"x": 1, "y": "a"}\n{"x": 2, "y": "b"}\n', "JSON: write its records"),
    ],
)
def test_other_forms_and_odd_lines_are_told_with_what_helps(load_csv, content, told):
    """What the file probably is, in words for it."""
    with pytest.raises(DataError) as caught:
        load_csv(content)
    assert told in str(caught.value)


def test_a_few_wrong_bytes_are_no_other_encoding(tmp_path):
    """A UTF-8 text that is damaged in places is said to be that; one in Latin-1 is guessed."""
    text = "stadt,y\n" + "".join(f"K{'öäü'[i % 3]}ln,{'ab'[i % 2]}\n" for i in range(60))
    (tmp_path / "my.csv").write_bytes(text.encode().replace("äl".encode(), b"\xe4l", 1))
    with pytest.raises(DataError, match=r"UTF-8 text but for 1 place, the first in line 3 \(byte 0xe4\)"):
        inspect_table(tmp_path / "my.csv", "y")
    half = text[: len(text) // 2].rindex("\n") + 1
    (tmp_path / "my.csv").write_bytes(text[:half].encode() + text[half:].encode("cp1252"))
    with pytest.raises(DataError, match="UTF-8 text but for 31 places"):
        inspect_table(tmp_path / "my.csv", "y")
    (tmp_path / "my.csv").write_bytes(text.encode("cp1252"))
    assert inspect_table(tmp_path / "my.csv", "y").storage.encoding == "cp1252"


def test_names_that_stand_among_the_rows_are_refused(load_csv, table):
    """Two files one behind the other: the second header is no row, and is told before columns become categories."""
    lines = table(40).splitlines(keepends=True)
    with pytest.raises(DataError, match=r"row 31 \(line 32 of data.csv\) holds the names of the columns again. Remove"):
        load_csv("".join([*lines[:31], lines[0], *lines[31:]]))
    assert len(load_csv("".join([*lines, "1,2,c,no\n"])).train.y)  # one name is a cell like others
