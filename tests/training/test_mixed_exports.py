"""Exports of tables whose model takes several arrays: texts, embedded and hashed categories beside numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from exported_models import READERS
from selection import mostly_long

from optbench.errors import ModelError
from optbench.runner.export import FORMATS, ExportOptions, export
from optbench.runner.run import RunOptions, run_experiments
from optbench.runs.new_data import rows_of_object
from optbench.runs.predictor import open_run

pytestmark = pytest.mark.tensorflow
LARGEST = 1e-5
HEAD = (
    "dataset: {{name: csv, path: t.csv, target: y, drop: {drop}, features: {{{features}}}, text: {text}}}\n"
    "model: {model}\n"
)
MLP = "{name: mlp, hidden_units: [5]}"
ATTENTION = "{name: transformer, embedding_dimension: 4, num_heads: 1, blocks: 1}"
EXPERIMENTS = {
    "words": ("note: text, town: {kind: embedding, size: 2}", "{max_words: 6}", MLP),
    "tokens": ("note: text, town: {kind: embedding, size: 2}", "{max_tokens: 6, length: 5}", ATTENTION),
    "hashed": ("note: category, town: {kind: hashing, size: 4}", "{}", MLP),
    "alone": ("town: {kind: embedding, size: 2}", "{}", MLP, "[price, two, note]"),
}
WORDS = ("late", "It's", "broken", "nice", "paid", "box")


def table(n=80):
    """Numbers, a category of two levels, one of many, running text: some missing, some unseen in training."""
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, random.integers(1, 8))) + "!" for _ in range(n)]
    return pd.DataFrame(
        {
            "price": np.where(np.arange(n) % 9 == 0, np.nan, random.normal(40, 9, n).astype(np.float32).astype(float)),
            "two": random.choice(["m", "w"], n),
            "town": [f"town {row % 7}" if row % 8 else "" for row in range(n)],
            "note": [text if row % 10 else "" for row, text in enumerate(texts)],
            "y": np.resize(["no", "yes"], n),
        }
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory, warm_workers):
    """A run of each kind; folders by name."""
    place = tmp_path_factory.mktemp("mixed")
    table().to_csv(place / "t.csv", index=False)
    for name, (features, text, model, *drop) in EXPERIMENTS.items():
        head = HEAD.format(features=features, text=text, model=model, drop=drop[0] if drop else "[]")
        (place / f"{name}.yaml").write_text(
            f"name: {name}\n{head}optimizer: {{name: adam}}\ntraining: {{epochs: 1}}\nreport: {{figures: false}}\n"
        )
    files = tuple(place / f"{name}.yaml" for name in EXPERIMENTS)
    options = RunOptions(files, runs_dir=place / "runs", quiet=True, jobs=1)
    ends = run_experiments(options, say=lambda _: None, executor_for=warm_workers.executor_for)
    assert {end.outcome for end in ends} == {"completed"}
    return {end.planned.config.name: end.planned.paths.folder for end in ends}


CASES = [(name, to) for name in EXPERIMENTS for to in FORMATS]


@pytest.mark.parametrize(
    ("name", "to"),
    mostly_long(
        CASES, short=[], ci=[("words", "keras"), ("hashed", "keras"), ("alone", "keras"), ("tokens", "savedmodel")]
    ),
)
def test_every_column_goes_through_the_export_as_through_predict(trained, name, to, tmp_path):
    """Raw columns in Keras and TensorFlow; one array of the model's own numbers in the others; no layer hashes so."""
    options = ExportOptions(str(trained[name]), to, tmp_path, tmp_path / f"out{FORMATS[to].suffix}")
    if name == "hashed" and FORMATS[to].takes_raw:
        with pytest.raises(ModelError, match=r"SHA-256 of a text.*Received: town.*kind: embedding"):
            export(options)
        assert not list(tmp_path.iterdir())
        return
    frame = table().drop(columns="y").assign(town=lambda t: t["town"].replace("town 3", "a new town"))
    frame.loc[1, "note"] = "unheard of words"
    predictor = open_run(trained[name])
    (found,) = predictor.predict(rows_of_object(frame, predictor.preprocessing).parts)
    answered = READERS[to](export(options).path, frame, found.rows.x)
    assert np.abs(answered - found.scores).max() < LARGEST
