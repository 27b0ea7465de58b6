"""A table that lies on the disk in small chunks is the one held in memory: every digest, fact, note and bit."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack, nullcontext
from pathlib import Path
from unittest import mock

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from optbench.datasets import open_staged_dataset, stage_dataset, table_reading
from optbench.datasets.memory import LARGE_TABLE as VARIABLE
from optbench.datasets.memory import large_table_bytes
from optbench.datasets.parquet_files import text_of, texts_of_values
from optbench.datasets.scratch import PREFIX
from optbench.errors import DataError, MachineError, OptbenchError, UsageError

ROWS = 2000
pytestmark = pytest.mark.usefixtures("temporary_folder")


def columns(seed: int = 0, n: int = ROWS) -> dict[str, list[str]]:
    """Return columns of every kind, with more different texts than are held where that matters."""
    rng = np.random.default_rng(seed)
    numbers = [f"{value:.6f}" for value in rng.lognormal(size=n)]
    spelled = [f" {value:+.3e} " for value in rng.normal(size=n)]
    words = [f"w{value}" for value in rng.zipf(1.3, size=n).clip(max=10**6)]
    codes = [f"{value:07d}" for value in rng.integers(0, 400, n)]
    holes = ["?" if hole else text for hole, text in zip(rng.random(n) < 0.1, numbers, strict=True)]
    return {
        "float": numbers,
        "spelled": spelled,
        "holes": holes,
        "whole": [str(value) for value in rng.integers(0, 10**6, n)],
        "few": [str(value) for value in rng.integers(0, 3, n)],
        "row_id": [str(7 * row) for row in range(n)],
        "counter": [str(row + 5) for row in range(n)],
        "key": [f"k-{row:x}" for row in range(n)],
        "words": words,
        "padded": codes,
        "small": ["uvw"[value] for value in rng.integers(0, 3, n)],
        "dates": [f"2020-{1 + row % 12:02d}-{1 + row % 28:02d}" for row in range(n)],
        "same": ["x"] * n,
        "blank": [""] * n,
        "y": [("no", "yes")[value] for value in rng.integers(0, 2, n)],
    }


def csv_text(table: dict[str, list[str]], *, separator: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    """Return a table as CSV."""
    target = io.StringIO()
    writer = csv.writer(target, delimiter=separator, lineterminator="\n", quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([table.keys(), *zip(*table.values(), strict=True)])
    return target.getvalue()


@pytest.fixture(params=[(24, 1), (24, 3), (1 << 15, 3)], ids=["few codes", "few codes, threads", "codes, threads"])
def small_chunks(request):
    """Read small blocks, with one or several threads, and keep few or many different texts of a column as codes."""
    levels, workers = request.param

    sizes = {
        "columns.MOST_LEVELS": levels,
        "csv_blocks.BLOCK_BYTES": 40_000,
        "csv_reading.CHUNK_ROWS": 100,
        "parquet_files.CHUNK_ROWS": 900,
        "table_inputs.BLOCK_VALUES": 5000,
        "table_inputs.n_workers": lambda: workers,
        "table_reading.ONE_BLOCK": 0,
        "table_reading.n_workers": lambda: workers,
    }

    def patch():
        stack = ExitStack()
        for name, size in sizes.items():
            stack.enter_context(mock.patch(f"optbench.datasets.{name}", size))
        return stack

    return patch


@pytest.fixture
def both(load_csv, monkeypatch):
    """Load a table in memory and from the disk; an error stands for a data set that there is not."""

    def load(content, *, chunks=nullcontext, **settings):
        found = []
        for megabytes, context in (("1000", nullcontext), ("0", chunks)):
            monkeypatch.setenv(VARIABLE, megabytes)
            try:
                with context():
                    found.append(load_csv(content, **settings))
            except OptbenchError as error:
                found.append((type(error), str(error)))
        return found

    return load


def require_equal(held, mapped):
    """Require two data sets that differ in nothing but where their arrays lie."""
    assert not isinstance(held, tuple), held
    assert not isinstance(mapped, tuple), mapped
    for name in ("data_digest", "split_digest", "feature_names", "class_names", "positive_class", "notes", "facts"):
        assert getattr(mapped, name) == getattr(held, name), name
    assert list(mapped.splits) == list(held.splits)
    for name, split in held.splits.items():
        for part in ("x", "y", "rows"):
            ours, theirs = getattr(mapped.splits[name], part), getattr(split, part)
            assert isinstance(ours, np.memmap)
            assert (ours.dtype, ours.shape, ours.tobytes()) == (theirs.dtype, theirs.shape, theirs.tobytes())


SETTINGS = {
    "as inferred": {},
    "another separator": {"separator": ";"},
    "missing words": {"missing": ["?", "x", "0000007"]},
    "forced kinds": {"features": {"row_id": "category", "key": "category", "padded": "category", "whole": "category"}},
    "forced numbers": {"features": {"padded": "number", "few": "category"}, "drop": ["words", "float"]},
    "by a column": {"split": {"column": "part", "validation": 0.1}},
    "no strata": {"split": {"stratify": False, "validation": 0.0, "seed": 3}},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_in_chunks_a_csv_is_the_same_data_set(both, small_chunks, settings):
    """Kinds, reasons, statistics, splits, digests, notes and the bytes of every array are equal."""
    table = columns()
    table["part"] = ["test" if row % 5 == 0 else "train" for row in range(ROWS)]
    text = csv_text(table, separator=settings.get("separator", ","))
    require_equal(*both(text, chunks=small_chunks, **{"missing": ["?"], **settings}))


@pytest.mark.long
@pytest.mark.ci
@pytest.mark.parametrize(
    "change",
    ["quotes", "some quotes", "quotes inside", "CRLF", "CR", "blank lines", "byte-order mark", "no last line end"],
)
def test_line_ends_and_quotes_are_read_alike(both, small_chunks, change):
    """What a CSV file can look like does not matter, whichever reader takes it."""
    table = columns()
    text = csv_text(table, quoting=csv.QUOTE_ALL if change == "quotes" else csv.QUOTE_MINIMAL)
    changed = {
        "quotes": text.replace("k-5", 'k, ""5""\r\nand more'),
        "some quotes": csv_text(
            table | {"key": [f'a "{row}",\n' if row % 97 == 0 else f"k{row}" for row in range(ROWS)]}
        ),
        "quotes inside": text.replace("k-5", 'k"5', 31),
        "CRLF": text.replace("\n", "\r\n"),
        "CR": text.replace("\n", "\r"),
        "blank lines": "\n\n" + text.replace("\n", "\n\n", 400),
        "byte-order mark": "\ufeff" + text,
        "no last line end": text.rstrip("\n"),
    }[change]
    require_equal(*both(changed.encode(), chunks=small_chunks, missing=["?"]))


def test_a_second_file_holds_the_test_rows(both, small_chunks, tmp_path):
    """Two files are one table, whatever the order of their columns."""
    second = columns(seed=1, n=400)
    (tmp_path / "test.csv").write_text(csv_text(dict(reversed(second.items()))))
    split = {"test_path": "test.csv", "validation": 0.2}
    require_equal(*both(csv_text(columns()), chunks=small_chunks, missing=["?"], split=split))


def test_in_chunks_a_parquet_file_is_the_same_data_set(both, small_chunks, tmp_path):
    """Numbers, integers, nulls, dictionaries and truth values have the same texts."""
    rng = np.random.default_rng(0)
    values = {
        "float": rng.lognormal(sigma=8, size=ROWS),
        "small": rng.normal(size=ROWS).astype(np.float32),
        "holes": pa.array([None if row % 7 == 0 else float(row % 90) for row in range(ROWS)]),
        "whole": rng.integers(-5, 10**9, ROWS),
        "words": pa.array([f" w{row % 150}" for row in range(ROWS)]).dictionary_encode(),
        "truth": pa.array([None if row % 11 == 0 else row % 3 == 0 for row in range(ROWS)]),
        "y": [f"class {row % 4}" for row in range(ROWS)],
    }
    parquet.write_table(pa.table(values), tmp_path / "given.parquet", row_group_size=1000)
    content = (tmp_path / "given.parquet").read_bytes()
    require_equal(*both(content, chunks=small_chunks, path="data.parquet"))


def test_numbers_to_predict_are_the_same(both, small_chunks):
    """A regression target with a hole is read alike; a word in it is refused alike."""
    table = columns()
    table["y"] = ["" if row % 50 == 7 else f"{value:.3f}" for row, value in enumerate(map(float, table["float"]))]
    require_equal(*both(csv_text(table), chunks=small_chunks, missing=["?"], task="regression"))
    table["y"][1500] = "high"
    held, mapped = both(csv_text(table), chunks=small_chunks, missing=["?"], task="regression")
    assert held == mapped
    assert "'high'" in held[1]


def test_a_column_of_texts_is_the_same_in_chunks(both, small_chunks):
    """Vocabulary, tokens and notes of texts that lie on the disk, some of them missing."""
    table = columns()
    words = [f"{a} {b}, {a}" for a, b in zip(table["words"], table["small"], strict=True)]
    words[::17] = ["?"] * len(words[::17])
    texts = {"text": words, "y": table["y"]}
    settings = {"missing": ["?"], "features": {"text": "text"}, "text": {"max_tokens": 40, "length": 3}}
    require_equal(*both(csv_text(texts), chunks=small_chunks, **settings))


@pytest.mark.parametrize("form", ["words", "tokens"])
def test_a_mixed_table_is_the_same_in_chunks(both, small_chunks, form):
    """Texts, hashed and embedded categories beside numbers: every byte, and the parts that a model takes."""
    table = columns()
    words = [f"{a} {b}, {a}" for a, b in zip(table["words"], table["small"], strict=True)]
    words[::17] = ["?"] * len(words[::17])
    mixed = {"text": words, **{name: table[name] for name in ("float", "words", "few", "y")}}
    features = {"text": "text", "words": {"kind": "embedding", "size": 3}, "few": {"kind": "hashing", "size": 4}}
    text = {"form": form, "max_words": 30, "length": 3}
    held, mapped = both(csv_text(mixed), chunks=small_chunks, missing=["?"], features=features, text=text)
    require_equal(held, mapped)
    assert held.parts == mapped.parts != ()


WRONG = {
    "short row": ("a,y\n1,no\n2\n" * 1, {}),
    "short row behind many": ("a,y\n" + "1,no\n" * 900 + "2\n", {}),
    "long row": ("a,y\n1,no\n2,yes,3\n", {}),
    "not closed": ('a,y\n1,no\n"2,yes\n', {}),
    "not closed far down": ("a,y\n" + "1,no\n" * 20_000 + '"2,yes\n' + "1,no\n" * 20_000, {}),
    "text behind a quote": ("a,y\n" + "1,no\n" * 20_000 + '"2"2,yes\n' + "1,no\n" * 20_000, {}),
    "zero byte": (b"a,y\n1,no\n\0,yes\n", {}),
    "no UTF-8": (b"a,y\n1,no\n\xff,yes\n", {}),
    "cut UTF-8": (b"a,y\n1,no\n2,\xc3", {}),
    "UTF-16": ("a,y\n1,no\n".encode("utf-16"), {}),
    "empty": ("", {}),
    "blank": ("\n\n", {}),
    "header only": ("a,y\n", {}),
    "two of one name": ("a,a,y\n1,2,no\n", {}),
    "wrong separator": ("a;y\n1;no\n", {}),
    "no such target": ("a,b\n1,no\n", {}),
    "no such column": (csv_text(columns()), {"drop": ["no"]}),
    "word among numbers": (
        "a,y\n" + "".join(f"{n},{'no' if n % 2 else 'yes'}\n" for n in range(900)) + "oops,no\n",
        {},
    ),
    "word in a number": (csv_text(columns()), {"features": {"words": "number"}}),
    "too large": ("a,y\n" + "".join(f"{n}e300,{'no' if n % 2 else 'yes'}\n" for n in range(900)) + "1e999,no\n", {}),
    "nothing to learn": ("a,y\n" + "1,no\n1,yes\n" * 50, {}),
    "labels are all different": ("a,y\n" + "".join(f"{n % 7},{n}\n" for n in range(900)), {}),
}


@pytest.mark.parametrize(("content", "settings"), WRONG.values(), ids=WRONG)
def test_errors_are_the_same_sentences(both, small_chunks, content, settings):
    """What is refused in memory is refused in chunks, in the same words, and leaves no temporary file."""
    held, mapped = both(content, chunks=small_chunks, **settings)
    assert held == mapped
    assert held[0] is DataError
    assert scratch_folders() == set()


def scratch_folders() -> set[Path]:
    """Return the temporary folders for data that exist."""
    return set(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))


def test_temporary_files_live_as_long_as_the_data(both, table, tmp_path):
    """They are removed with the data set; what was staged from it stays."""
    held, mapped = both(table(200))
    assert len(scratch_folders()) == 1
    stage_dataset(mapped, tmp_path / "staged")
    del mapped
    gc.collect()
    assert scratch_folders() == set()
    staged = open_staged_dataset(tmp_path / "staged")
    require_equal(held, staged)


def test_a_full_disk_is_said_in_a_sentence(both, table, monkeypatch):
    """A temporary folder without room is named, with the way out."""
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]
    _, (kind, message) = both(table(200))
    assert kind is MachineError
    assert "temporary disk space" in message
    assert "TMPDIR" in message


def test_what_is_large_is_said_by_a_variable():
    """A variable that is no number is refused."""
    assert large_table_bytes({VARIABLE: "1.5"}) == 1_500_000
    assert large_table_bytes({}) == 64_000_000
    for wrong in ("many", "-1", "nan"):
        with pytest.raises(UsageError, match=VARIABLE):
            large_table_bytes({VARIABLE: wrong})


def test_a_small_table_of_many_inputs_goes_to_the_disk(load_csv, monkeypatch):
    """What is held is counted, not the size of the file: the matrix may be much larger."""
    table = {"c": [f"level {row % 90}" for row in range(900)], "y": ["no", "yes"] * 450}
    monkeypatch.setenv(VARIABLE, "0.1")
    dataset = load_csv(csv_text(table))
    assert isinstance(dataset.train.x, np.memmap)
    monkeypatch.setenv(VARIABLE, "1")
    assert load_csv(csv_text(table)).split_digest == dataset.split_digest


def test_a_file_that_changes_meanwhile_is_refused(load_csv, tmp_path, table, monkeypatch):
    """What was read would be neither the one table nor the other."""
    original = table_reading.in_order

    def changing(*arguments, **settings):
        for item in original(*arguments, **settings):
            (tmp_path / "data.csv").write_text(table(80))
            yield item

    monkeypatch.setattr(table_reading, "in_order", changing)
    with pytest.raises(DataError, match=r"data\.csv changed while it was read"):
        load_csv(table(60))


def test_texts_of_parquet_numbers_are_pythons():
    """Floats of every size and bit pattern become what `repr` makes of them."""
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**63, 30_000, dtype=np.uint64).view(np.float64)
    sizes = 10.0 ** rng.uniform(-8, 20, 30_000)
    special = [0.0, -0.0, 1e-4, 9.9999e-5, 1e9, 1e15, 1e16, 1e17, 5e-324, np.inf, -np.inf, np.nan]
    values = np.concatenate([bits, -bits, sizes, np.round(sizes), np.round(sizes, 2), special])
    assert texts_of_values(pa.array(values)).to_pylist() == [text_of(value) for value in values.tolist()]


LOAD = """\
import json, re, sys
from pathlib import Path
from pydantic import TypeAdapter
from optbench.config import DatasetConfig
from optbench.datasets import csv_blocks, load_dataset
csv_blocks.BLOCK_BYTES = 1 << 20
section = TypeAdapter(DatasetConfig).validate_python({"name": "csv", "path": sys.argv[1], "target": "y"})
import pyarrow.csv, pyarrow.compute, psutil
# of this program alone: getrusage would tell the size of the process it was forked from
peak_kb = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak_kb()
dataset = load_dataset(section, base=Path(), data_dir=Path())
peak = peak_kb() - before
print(json.dumps([dataset.data_digest, dataset.split_digest, peak / 1024]))
"""


@pytest.mark.long
@pytest.mark.ci
def test_memory_is_not_that_of_the_table(tmp_path):
    """In chunks it is less than where all is held, of a table so small already; the bits are equal."""
    n = 500_000
    rng = np.random.default_rng(0)
    numbers = np.char.mod("%.6f", rng.normal(size=(n, 10)))
    rows = [",".join(row) + f",{'uvw'[i % 3]},{'no' if i % 2 else 'yes'}" for i, row in enumerate(numbers.tolist())]
    path = tmp_path / "table.csv"
    path.write_text("\n".join([",".join([*"abcdefghij", "kind", "y"]), *rows]))
    del numbers, rows
    found = []
    for megabytes in ("1000", "1"):
        variables = {**os.environ, VARIABLE: megabytes, "TMPDIR": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", LOAD, str(path)], env=variables, capture_output=True, text=True, check=True
        )
        found.append(json.loads(done.stdout))
    (*held, held_mb), (*mapped, mapped_mb) = found
    assert mapped == held
    assert mapped_mb < 0.9 * held_mb  # 0.6 where threads get their turn as they want it
