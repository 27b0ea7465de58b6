"""However a table is stored, it is the same data; what is not what it says is refused with what it is."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import lzma
import shutil
import zipfile
from types import SimpleNamespace

import pandas as pd
import pytest

from optbench.datasets.opening import Storage, open_table
from optbench.datasets.packed_files import most_unpacked
from optbench.datasets.scratch import PREFIX
from optbench.datasets.table_reading import read_table
from optbench.errors import DataError
from optbench.words import sentences

TEXT = "größe;wort;y\n" + "".join(
    f"{row * 7 % 13};{'Straße' if row % 3 else 'ü'};{'no' * (row % 2)}\n" for row in range(60)
)


@pytest.fixture
def plain(load_csv):
    """The table as UTF-8 text."""
    return load_csv(TEXT, separator=";", target="wort")


@pytest.fixture
def load(load_csv):
    def loaded(content: bytes, path: str = "data.csv", **settings):
        return load_csv(content, path=path, target="wort", **{"separator": ";", **settings})

    return loaded


def same(one, other) -> bool:
    return (one.data_digest, one.split_digest) == (other.data_digest, other.split_digest)


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def _nothing_is_left(temporary_folder):
    yield
    gc.collect()
    assert not list(temporary_folder.glob(f"{PREFIX}*"))


def refusal(load, *arguments, **settings) -> str:
    with pytest.raises(DataError) as caught:
        load(*arguments, **settings)
    return str(caught.value)


ENCODED = [
    ("cp1252", "cp1252"),
    ("Windows-1252", "cp1252"),
    ("latin-1", "latin-1"),
    ("ISO-8859-15", "iso8859-15"),
    ("utf-16", "utf-16"),
    ("utf-16-le", "utf-16-le"),
    ("utf-32", "utf-32"),
    ("mac-roman", "mac-roman"),
    ("UTF8", "utf-8"),
    ("utf-8-sig", "utf-8-sig"),
]


@pytest.mark.parametrize(("written", "encoding"), ENCODED)
def test_an_encoding_is_read_under_any_of_its_names(load, plain, written, encoding):
    """What the encoding changes is the file's own digest, nothing of the data."""
    found = load(TEXT.encode(encoding), encoding=written)
    assert same(found, plain)
    assert found.facts["files"][0]["bytes"] == len(TEXT.encode(encoding))


def test_what_is_utf8_is_read_where_it_lies(tmp_path):
    """No copy is made of a file that is plain already, with or without a byte-order mark."""
    path = tmp_path / "t.csv"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + TEXT.encode())
        with open_table(path, Storage(";"), name="t.csv") as opened:
            assert (opened.path, opened.original, opened.notes) == (path, None, ())


@pytest.mark.parametrize(
    ("content", "encoding", "told"),
    [
        (
            TEXT.encode("cp1252"),
            "utf-8",
            "byte 0xf6 in line 1 is not part of it. Write its encoding, for most files of Excel",
        ),
        ("a;y\n1;x\n2;ü\n".encode("latin-1"), "utf-8", "byte 0xfc in line 3"),
        (TEXT.encode() + b"1;\x81;no\n", "cp1252", "byte 0x81 in line 62 is not part of it. Correct dataset.encoding;"),
        (TEXT.encode(), "ascii", "is not ascii text: byte 0xc3 in line 1"),
        (TEXT.encode("utf-16"), "utf-8", "is UTF-16 text. Write dataset.encoding: utf-16"),
        (TEXT.encode("utf-16"), "cp1252", "begins with the mark of utf-16 text. Received: dataset.encoding: cp1252."),
        (TEXT.encode("utf-16"), "utf-16-be", "Write dataset.encoding: utf-16."),
        (b"\xef\xbb\xbf" + TEXT.encode(), "latin-1", "begins with the mark of utf-8 text"),
        (TEXT.encode(), "utf-16", "is not utf-16 text: it holds no zero byte."),
    ],
)
def test_a_wrong_encoding_is_told_with_byte_line_and_remedy(load, content, encoding, told):
    """A run never guesses: it says which byte of which line is none."""
    assert told in refusal(load, content, encoding=encoding)


def test_utf8_read_as_something_else_is_told(load):
    """Latin-1 reads every byte, so only a note can say that the letters are wrong."""
    codes = [note.code for note in load(TEXT.encode(), encoding="latin-1").notes]
    assert "data-encoding-doubt" in codes


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("t.csv.gz", gzip.compress),
        ("t.CSV.GZ", gzip.compress),
        ("t.csv.bz2", bz2.compress),
        ("t.csv.xz", lzma.compress),
        ("t.zip", lambda text: zipped(**{"folder/t.1.csv": text})),
    ],
)
def test_a_packed_table_is_the_same_data(load, plain, encoding, name, pack):
    """The record has the packed file's own digest, and a note says what was read."""
    content = pack(TEXT.encode(encoding))
    found = load(content, name, encoding=encoding)
    assert same(found, plain)
    assert found.facts["files"][0]["bytes"] == len(content)
    assert found.notes[0].code == "data-file-unpacked"


def test_a_zip_holds_one_file_beside_what_systems_add(load, plain):
    """Folders and the clutter of desktops are no tables; two tables are one too many, none is too few."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("folder/", "")
        file.writestr("folder/t.csv", TEXT)
        file.writestr("__MACOSX/folder/._t.csv", "x")
        file.writestr("folder/.DS_Store", "x")
    assert same(load(archive.getvalue(), "t.zip"), plain)
    told = refusal(load, zipped(a_csv=b"x", b_csv=b"y"), "t.zip")
    assert "must hold exactly one file. Received: 2 (a_csv, b_csv). Unpack it and name the table." in told
    assert "Received: 0." in refusal(load, zipped(), "t.zip")


def test_a_parquet_file_may_be_packed(load, plain, tmp_path):
    """What is in the archive decides how it is read."""
    pytest.importorskip("pyarrow")
    pd.read_csv(io.StringIO(TEXT), sep=";", dtype=str).to_parquet(tmp_path / "t.parquet")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(tmp_path / "t.parquet", "t.parquet")
    assert load(buffer.getvalue(), "t.zip").facts["rows_read"] == plain.facts["rows_read"]
    assert "dataset.encoding is for text files." in refusal(load, buffer.getvalue(), "t.zip", encoding="cp1252")


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (gzip.compress(TEXT.encode())[:-20], "t.csv.gz", "cannot be unpacked as .gz: Compressed file ended before"),
        (TEXT.encode(), "t.csv.gz", "cannot be unpacked as .gz: Not a gzipped file"),
        (TEXT.encode(), "t.csv.bz2", "cannot be unpacked as .bz2: Invalid data stream"),
        (lzma.compress(TEXT.encode())[:-20], "t.csv.xz", "cannot be unpacked as .xz"),
        (b"PK\x03\x04 and more", "t.zip", "cannot be unpacked as .zip: File is not a zip file."),
        (zipped(t_csv=TEXT.encode())[:-40], "t.zip", "cannot be unpacked as .zip"),
        (gzip.compress(TEXT.encode()), "t.csv", "is no CSV text. Received: gzip data: end its name in .gz"),
        (zipped(t_csv=b"x"), "t.csv", "a zip archive or an Excel file"),
        (b"\x28\xb5\x2f\xfd\x24", "t.csv.zst", "Zstandard data, which is not read: unpack it"),
        (b"PK\x03\x04..mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK", "t.ods", "save it as .xlsx or CSV"),
        (b"ARROW1\0\0", "t.feather", "Arrow data (Feather), which is not read: write it as Parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "t.xls", "an old Excel file (.xls), which is not read: save it as .xlsx"),
        (b"PAR1....", "t.csv", "Parquet data: end its name in .parquet"),
        (b"\n<!DOCTYPE html>\n<html>", "t.csv", "a web page"),
    ],
)
def test_damaged_and_misnamed_files_are_told(load, content, name, told):
    """A file that is cut short, or not what its name says, is refused with what it is."""
    assert told in refusal(load, content, name)


def test_a_zip_in_a_zip_and_an_encrypted_one_are_refused(load):
    """Nobody unpacks more than one level, or guesses passwords."""
    inner = zipped(t_csv=b"x")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bank.zip", inner)
    assert "holds another packed file, bank.zip." in refusal(load, buffer.getvalue(), "t.zip")
    encrypted = bytearray(zipped(t_csv=TEXT.encode()))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + offset] |= 1
    assert "is encrypted" in refusal(load, bytes(encrypted), "t.zip")


@pytest.fixture
def room(monkeypatch):
    """Let the disk of temporary files have room for so many bytes of an unpacked file."""

    def leave(n_bytes):
        usage = SimpleNamespace(free=2**50)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage)
        usage.free += n_bytes - most_unpacked(2**50)  # which keeps some of it free
        assert most_unpacked(2**50) == n_bytes

    return leave


def test_a_bomb_is_refused_by_what_it_says_and_by_what_comes_out(room, load):
    """A zip declares its size; a gzip file is counted while it is unpacked, and stopped."""
    room(10_000)
    bomb = b"a;b;wort\n" * 2_000_000
    for name, content in (("t.zip", zipped(t_csv=bomb)), ("t.csv.gz", gzip.compress(bomb))):
        assert "unpacks to more than there is room for" in refusal(load, content, name)


@pytest.mark.parametrize(
    "top",
    [
        "sep=;\n",
        "SEP=;\r\n",
        '"sep=;"\n',
        "sep=;;;\n",
        "# one\n",
        "# one; two\n#three\n\n",
        "\ufeff# a comment\n",
        "sep=;\n# one\n",
        "# one\nsep=;\n",
        "\ufeff# one\n\nsep=;\n# two\n",
    ],
)
def test_lines_above_the_header_are_told_and_left_out(load, plain, top):
    """They change no cell, and lines still count as in the file."""
    found = load((top + TEXT).encode(), separator=";" if "sep" not in top.lower() else ",")
    assert same(found, plain)
    assert found.notes[0].code in {"data-separator-line", "data-comment-lines"}
    short = refusal(load, (top + TEXT + "1;2\n").encode())
    assert f"line {(top + TEXT).count(chr(10)) + 1} has 2 fields" in short


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_header_may_begin_with_a_hash(tmp_path, separator):
    """A line with as many cells as the rows has the names, as in tables of genomes."""
    path = tmp_path / "t.csv"
    path.write_text(f"#chrom{separator}pos\n" + f"chr1{separator}5\n" * 3)
    with open_table(path, Storage(separator), name="t") as opened:
        assert read_table([opened.file]).names == ("#chrom", "pos")


def test_a_named_separator_that_contradicts_the_file_is_refused(load):
    """Neither is preferred in silence."""
    told = refusal(load, b"sep=,\na,wort\n1,x\n")
    assert "says in its first line that ',' separates its cells. Received: dataset.separator: ';'." in told


def test_two_files_may_be_stored_differently(load_csv, tmp_path, plain):
    """Test rows come from a packed file beside a plain one, each told by its name."""
    (tmp_path / "test.csv.gz").write_bytes(gzip.compress(("sep=;\n" + TEXT).encode()))
    found = load_csv(TEXT, separator=";", target="wort", split={"test_path": "test.csv.gz"})
    assert [file["name"] for file in found.facts["files"]] == ["data.csv", "test.csv.gz"]
    assert len(found.test.y) == plain.facts["rows_read"]


def test_notes_say_what_was_done(load):
    """Each step has its sentence."""
    told = sentences(load(gzip.compress(("# x\n" + TEXT).encode()), "t.csv.gz").notes)
    assert told[:2] == [
        "t.csv.gz: t.csv in it is read",
        "t.csv.gz: 1 line above the header begins with # and is left out",
    ]


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """Folders, and what has no such name, whatever form they would have."""
    (tmp_path / "folder.zip").mkdir()
    for name, told in (
        ("folder.zip", "is a folder"),
        ("absent.csv.gz", "does not exist"),
        ("absent.xlsx", "does not exist"),
    ):
        with pytest.raises(DataError, match=told), open_table(tmp_path / name, Storage(), name=name):
            pass


def test_a_sheet_belongs_to_excel(load):
    """A key that has no meaning for the file is refused."""
    assert "dataset.sheet is for Excel files. Received: data.csv." in refusal(load, TEXT.encode(), sheet="a")


@pytest.mark.parametrize(("name", "told"), [("t.parquet", "begin and end with PAR1"), ("t.csv", "zero bytes")])
def test_a_huge_file_of_another_form_is_refused_before_all_of_it_is_read(tmp_path, name, told):
    """A terabyte of zeros, as a download leaves behind that did not end: nobody waits for its digest."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DataError, match=told), open_table(path, Storage(), name=name):
        pass
