"""What turns raw rows into a model's input: every kind of data says it, strictly and whole."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from optbench.config import TextConfig
from optbench.datasets import Preprocessing, load_dataset, preprocessing_schema
from optbench.datasets.token_lists import _source, token_rows
from optbench.errors import StorageError

ROOT = Path(__file__).resolve().parents[2]
ROWS = "".join(
    f"{row},{('7,5', '1.007,25', '')[row % 3]},{'uvw'[row % 3]},{1 + row % 28}.03.2021 10:30,{('no', 'yes')[row % 2]}\n"
    for row in range(60)
)
SETTINGS = {"separator": ";", "features": {"when": "date"}}


def table(load_csv):
    """Load a table with a column of each kind."""
    rows = ROWS.replace(",", ";").replace("7;5", "7,5").replace("1.007;25", "1.007,25")
    return load_csv("key;price;kind;when;y\n" + rows, **SETTINGS)


def columns_of(dataset) -> dict:
    """Return what becomes of each column, by its name."""
    return {column["name"]: column for column in dataset.preprocessing["source"]["columns"]}


def test_the_shipped_schema_is_of_today():
    """`make schema` has been run, and every key says what it is for, or is plain by its name."""
    shipped = json.loads((ROOT / "schemas" / "preprocessing.schema.json").read_text())
    assert shipped == preprocessing_schema()
    jsonschema.Draft202012Validator.check_schema(shipped)


def test_a_table_records_what_was_read_and_fitted(load_csv):
    """Spelling, levels, parts of dates, and the numbers that NumPy finds in the training rows."""
    dataset = table(load_csv)
    found = columns_of(dataset)
    assert found["key"] == {"name": "key", "kind": "id"}
    assert found["y"] == {"name": "y", "kind": "target"}
    assert found["price"]["spelling"] == {"decimal": ",", "thousands": None, "units": [""]}
    prices = np.array([(7.5, 1007.25, np.nan)[row % 3] for row in dataset.train.rows])
    fitted = found["price"]["standardized"]
    assert fitted["median"] == np.nanmedian(prices)
    assert (fitted["minimum"], fitted["maximum"]) == (7.5, 1007.25)
    filled = np.where(np.isnan(prices), fitted["median"], prices)
    assert [fitted["mean"], fitted["sd"]] == pytest.approx([filled.mean(), filled.std()], rel=1e-14)
    assert found["kind"]["levels"] == ["u", "v", "w"]
    assert [part["part"] for part in found["when"]["parts"]] == ["year", "month", "day_of_week", "hour", "days"]
    assert (found["when"]["order"], found["when"]["has_zone"]) == ("dmy", False)
    made = dataset.preprocessing["inputs"]
    assert made == [
        {
            "name": None,
            "shape": list(dataset.input_shape),
            "dtype": "float32",
            "columns": ["price", "kind", "when"],
            "features": list(dataset.feature_names),
        }
    ]
    assert dataset.preprocessing["target"]["classes"] == [
        {"name": "no", "spellings": ["no"]},
        {"name": "yes", "spellings": ["yes"]},
    ]


def test_a_number_to_predict_records_how_it_is_written(load_csv):
    """And no classes."""
    target = load_csv("a,y\n" + "".join(f'{row % 7}.5,"{row},25 kg"\n' for row in range(40)), task="regression")
    assert target.preprocessing["target"] == {
        "kind": "number",
        "name": "y",
        "spelling": {"decimal": ",", "thousands": None, "units": ["kg"]},
        "missing": ["", "?", "NA"],
    }


def test_texts_record_their_vocabulary(load_csv):
    """In the order of the tokens, as `TextVectorization.get_vocabulary` has it."""
    rows = "".join(f"{('good one', 'a bad one')[row % 2]},{'np'[row % 2]}\n" for row in range(40))
    dataset = load_csv("note,y\n" + rows, features={"note": "text"})
    (text, _) = dataset.preprocessing["source"]["columns"]
    assert (text["kind"], text["length"]) == ("text", dataset.input_shape[0])
    assert text["vocabulary"][:3] == ["", "[UNK]", "one"]
    assert len(text["vocabulary"]) == dataset.vocabulary_size


def test_arrays_record_what_they_are_divided_by(load_npz):
    """Bytes of images are; numbers that somebody has scaled are not."""
    y = np.arange(40) % 2
    for x, divide_by in ((np.zeros((40, 5, 5), np.uint8), 255.0), (np.ones((40, 5, 5), np.float64), None)):
        x[::3] = 2
        source = load_npz(x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:]).preprocessing["source"]
        assert source == {
            "kind": "arrays",
            "shape": [5, 5],
            "dtype": str(x.dtype),
            "divide_by": divide_by,
            "columns": [],
        }


def test_word_numbers_record_how_they_are_numbered():
    """The rule of `token_rows`, carried out by hand from the record alone."""
    text = TextConfig(max_tokens=8, length=4)
    words = [[1, 9, 2, 4, 7], [3]]
    rule = _source(text, token_rows(words, text))
    by_hand = []
    for each in words:
        tokens = [word + rule.first if word + rule.first < rule.max_tokens else rule.unknown for word in each]
        by_hand.append(([rule.start, *tokens] + [0] * rule.length)[: rule.length])
    assert token_rows(words, text).tolist() == by_hand


@pytest.mark.parametrize("name", ["breast_cancer", "digits", "diabetes", "two_spirals", "signals", "delayed_recall"])
def test_named_and_made_data_record_it_too(config, tmp_path, name):
    """Whatever is known: the document is whole, strict, and fits its schema."""
    task = "regression" if name == "diabetes" else "classification"
    dataset = load_dataset(config(name), base=tmp_path, data_dir=tmp_path, task=task)
    document = json.loads(json.dumps(dataset.preprocessing))
    jsonschema.validate(document, preprocessing_schema())
    assert Preprocessing.from_json(document, "it").to_json() == document
    assert tuple(document["inputs"][0]["shape"]) == dataset.input_shape
    assert [each["name"] for each in document["target"].get("classes", [])] == list(dataset.class_names)


def test_what_was_changed_by_hand_is_told(load_csv):
    """Strict: a key that is unknown or missing, a number that is a text."""
    document = table(load_csv).preprocessing
    for wrong in ({**document, "more": 1}, {**document, "task": 3}, {**document, "inputs": [{}]}):
        with pytest.raises(StorageError, match="holds no preprocessing of this version"):
            Preprocessing.from_json(wrong, "it")
