"""Small data of every kind as files, and the experiments that train a model of one epoch on each."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np

from optbench.catalog.dataset import DatasetEntry
from optbench.catalog.datasets import DATASETS

ROWS = 120
MLP = "model: {name: mlp, hidden_units: [4]}\noptimizer: {name: adam, learning_rate: 0.01}\ntraining: {epochs: 1}\n"
ATTENTION = (
    "model: {name: transformer, embedding_dimension: 4, num_heads: 1, blocks: 1}\n"
    "optimizer: {name: adam}\ntraining: {epochs: 1}\n"
)
TABLE = "dataset: {name: csv, path: table.csv, target: y, separator: ';', features: {when: date}, drop: [z]}\n"
EXPERIMENTS = {
    "table": TABLE + MLP + "evaluation: {threshold: f1, calibration: temperature}\n",
    "number": "task: regression\ndataset: {name: csv, path: number.csv, target: price}\n" + MLP,
    "parquet": "dataset: {name: csv, path: typed.parquet, target: y}\n" + MLP,
    "texts": "dataset: {name: csv, path: texts.csv, target: y, features: {note: text}}\n" + ATTENTION,
    "bytes": "dataset: {name: npz, path: bytes.npz}\n" + MLP,
    "tokens": "dataset: {name: npz, path: tokens.npz, tokens: true}\n" + ATTENTION,
    "mixed": "dataset: {name: csv, path: mixed.csv, target: y, text: {max_words: 4}, features: {note: text, "
    "town: {kind: embedding, size: 2}, shop: {kind: hashing, size: 3}}}\n" + MLP,
    "word_numbers": "dataset: {name: imdb, text: {max_tokens: 30, length: 6}}\n" + ATTENTION,
    "images": "dataset: {name: image_folder, path: images, size: [6, 5], channels: 3}\n" + MLP,
    "function": "dataset: {name: python, function: 'made.py:load'}\n" + MLP,
    "digits": "dataset: {name: digits}\n" + MLP,
    "cancer": "dataset: {name: breast_cancer}\n" + MLP,
    "made": "dataset: {name: two_spirals, rows: 100}\n" + MLP,
}


WORD_NUMBERS = [[1 + (row * step) % 50 for step in range(1, 2 + row % 9)] for row in range(ROWS)]
"""Texts as word numbers: some longer than the model takes, some with words that it does not know."""


def written_in_place_of(name: str, content: bytes, data_dir: Path) -> DatasetEntry:
    """Write what stands for the file of a named data set; returns the data set that takes it for its own."""
    file = DATASETS[name].files[0]
    path = data_dir / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return replace(DATASETS[name], files=(replace(file, sha256={hashlib.sha256(content).hexdigest(): "made here"}),))


def word_number_file() -> bytes:
    """Return a file in the form of imdb's, the last texts to test on."""
    texts = np.empty(ROWS, dtype=object)
    texts[:] = WORD_NUMBERS
    y, stream, cut = np.arange(ROWS) % 2, io.BytesIO(), ROWS - 30
    np.savez(stream, x_train=texts[:cut], y_train=y[:cut], x_test=texts[cut:], y_test=y[cut:])
    return stream.getvalue()


def write_data(folder: Path) -> None:
    """Write the files that the experiments read."""
    random = np.random.default_rng(0)
    y = np.arange(ROWS) % 2
    _write_tables(folder, random, y)
    bytes_ = random.integers(0, 256, (ROWS, 5, 4), dtype=np.uint8)
    for name, x in (
        ("bytes", bytes_),
        ("floats", random.normal(size=(ROWS, 3))),
        ("tokens", 1 + random.integers(0, 9, (ROWS, 6))),
    ):
        cut = ROWS - 30
        np.savez(folder / f"{name}.npz", x_train=x[:cut], y_train=y[:cut], x_test=x[cut:], y_test=y[cut:])
    _write_images(folder / "images", random)
    (folder / "made.py").write_text(
        "from pathlib import Path\nimport numpy as np\n\ndef load():\n"
        "    with np.load(Path(__file__).parent / 'floats.npz') as file:\n"
        "        return (file['x_train'], file['y_train']), (file['x_test'], file['y_test'])\n"
    )


def write_experiments(folder: Path, names: tuple[str, ...]) -> list[Path]:
    """Write the experiments of these names; returns their files."""
    files = []
    for name in names:
        (folder / f"{name}.yaml").write_text(f"name: {name}\n{EXPERIMENTS[name]}")
        files.append(folder / f"{name}.yaml")
    return files


def _write_tables(folder: Path, random: np.random.Generator, y: np.ndarray) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    lines = ["key;amount;count;kind;when;z;y"]
    for row in range(ROWS):
        amount = ("", "1.234,5 EUR", "7 EUR")[row % 3] if row % 11 else "12,25 EUR"
        kind = ("", "blue", "red", "green")[row % 4]
        when = f"{1 + row % 28:02}.{1 + row % 12:02}.2021 {row % 24:02}:30"
        lines.append(f"k{row};{amount};{random.integers(9) or '?'};{kind};{when};{row};{('no', 'yes')[y[row]]}")
    (folder / "table.csv").write_text("\n".join(lines) + "\n")
    lines = [f'{random.normal():.4f},{"uv"[row % 2]},"{1000 + 13 * row:,} kg"' for row in range(ROWS)]
    (folder / "number.csv").write_text("\n".join(["a,b,price", *lines]) + "\n")
    columns = {
        "a": pa.array(random.normal(size=ROWS).astype(np.float32)),
        "n": pa.array([None if row % 7 == 0 else row % 5 for row in range(ROWS)], pa.int64()),
        "flag": pa.array([row % 3 == 0 for row in range(ROWS)]),
        "word": pa.array([("u", "v", None)[row % 3] for row in range(ROWS)]),
        "y": pa.array(y),
    }
    parquet.write_table(pa.table(columns), folder / "typed.parquet")
    words = ("good", "bad", "fine", "It's", "poor", "odd-one")
    texts = [" ".join(random.choice(words, random.integers(1, 6))) for _ in range(ROWS)]
    lines = [f'"{text}",{"np"[row % 2]}' for row, text in enumerate(texts)]
    (folder / "texts.csv").write_text("\n".join(["note,y", *lines]) + "\n")
    lines = [
        f'{random.normal():.4f},"{text if row % 9 else ""}",{"" if row % 8 == 0 else f"town {row % 7}"},shop {row % 6},'
        f"{'np'[row % 2]}"
        for row, text in enumerate(texts)
    ]
    (folder / "mixed.csv").write_text("\n".join(["size,note,town,shop,y", *lines]) + "\n")


def _write_images(folder: Path, random: np.random.Generator) -> None:
    from PIL import Image

    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(20):
            pixels = random.integers(0, 256, (9, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
