"""Numbers, categories, dates and texts of one table: what each becomes, held to scikit-learn and to the cells."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import jsonschema
import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from optbench.datasets import Preprocessing, preprocessing_schema
from optbench.datasets.coded_columns import hash_place
from optbench.datasets.new_tables import frame_rows
from optbench.errors import DataError
from optbench.words import sentences

N = 90
WORDS = ["late", "early", "broken", "nice", "paid", "refund", "box", "agent"]
TOWNS = [f"town {number}" for number in range(12)]


@pytest.fixture(scope="module")
def rows():
    """Return the cells of a table of every kind of column; a few texts, towns and numbers are missing."""
    rng = np.random.default_rng(5)
    made = []
    for row in range(N):
        words = rng.choice(WORDS, size=rng.integers(1, 7)).tolist()
        made.append(
            {
                "price": "" if row % 17 == 3 else f"{rng.normal(40, 9):.2f}",
                "note": "NA" if row % 19 == 5 else " ".join(words).capitalize() + f" no{row % 4}!",
                "town": "?" if row % 13 == 7 else TOWNS[int(rng.zipf(1.5)) % 12],
                "signed": f"2024-03-{1 + row % 28:02d}",
                "tier": "abc"[row % 3],
                "reply": " ".join(rng.choice(WORDS, size=3)),
                "y": ("no", "yes")[row % 2],
            }
        )
    return made


@pytest.fixture
def load(load_csv, rows):
    """Load some columns of the table; of all of them dates are said to be such."""

    def loaded(features, *, columns=None, **settings):
        columns = list(rows[0]) if columns is None else [*columns, "y"]
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        dates = {"signed": "date"} if "signed" in columns else {}
        return load_csv(text.getvalue(), target="y", features={**dates, **features}, **settings)

    return loaded


def texts_of(rows, split, column):
    return ["" if rows[row][column] in ("NA", "?", "") else rows[row][column] for row in split.rows]


def part_of(dataset, name, split="train"):
    (part,) = [part for part in dataset.parts if part.name == name]
    return dataset.splits[split].x[:, part.first : part.after]


def plain(text):
    return text.lower().replace("!", "")


@pytest.mark.parametrize("max_words", [1000, 4])
def test_words_are_columns_as_scikit_learn_counts_them(load, rows, max_words):
    """Of the training rows' most frequent words, 1 where a text has it; beside the matrix without the text."""
    dataset = load({"note": "text", "reply": "category"}, text={"form": "words", "max_words": max_words})
    words = [name.partition(":")[2] for name in dataset.feature_names if name.startswith("note:")]
    assert dataset.facts["preprocessing"]["note"]["words"] == words
    train = texts_of(rows, dataset.train, "note")
    counted = CountVectorizer(token_pattern=None, tokenizer=str.split, preprocessor=plain)
    counts = np.asarray(counted.fit_transform(train).sum(axis=0))[0]
    found = counted.get_feature_names_out()
    assert sorted(words) == sorted(sorted(found, key=lambda word: (counts[found == word][0], word))[-max_words:])
    has = counted.set_params(binary=True, vocabulary=words)
    places = [dataset.feature_names.index(f"note:{word}") for word in words]
    for split in dataset.splits.values():
        expected = has.fit_transform(texts_of(rows, split, "note")).toarray()
        assert np.array_equal(split.x[:, places], expected)
    without = load({"note": "category", "reply": "category"}, drop=[])
    others = [name for name in without.feature_names if not name.startswith("note=")]
    assert [name for name in dataset.feature_names if not name.startswith("note:")] == others
    columns = [without.feature_names.index(name) for name in others]
    kept = [dataset.feature_names.index(name) for name in others]
    assert np.array_equal(dataset.test.x[:, kept], without.test.x[:, columns])


def test_tokens_stand_beside_the_other_columns(load):
    """As a part of its own for each text, with the tokens that the text has where it is the only input."""
    features = {"note": "text", "reply": "text"}
    dataset = load(features, text={"form": "tokens"})
    assert [part.name for part in dataset.parts] == ["table", "note", "reply"]
    words = load(features, text={"form": "words"})
    numbers = [name for name in words.feature_names if ":" not in name]
    assert dataset.feature_names == tuple(numbers)
    columns = [words.feature_names.index(name) for name in numbers]
    assert np.array_equal(part_of(dataset, "table"), words.train.x[:, columns])
    for name in features:
        lone = load({name: "text"}, columns=[name])
        assert lone.parts == ()
        assert np.array_equal(part_of(dataset, name), lone.train.x)
        part = next(part for part in dataset.parts if part.name == name)
        assert (part.vocabulary_size, part.dtype) == (lone.vocabulary_size, "int32")
        assert dataset.facts["preprocessing"][name] == lone.facts["preprocessing"][name]


def test_several_texts_need_no_other_column(load):
    """Two texts are two sequences, and no matrix stands beside them."""
    dataset = load({"note": "text", "reply": "text"}, columns=["note", "reply"], text={"form": "tokens"})
    assert [part.name for part in dataset.parts] == ["note", "reply"]
    assert dataset.feature_names == ()


def test_what_texts_become_follows_from_the_table(load):
    """Tokens where one is the only input, else words, unless the model (`texts`) or the file says otherwise."""
    lone, beside = {"columns": ["note"]}, {"columns": ["note", "tier"]}
    note = {"note": "text"}
    assert load(note, **lone).vocabulary_size is not None
    assert load(note, **lone).facts.get("text_form") is None
    assert load(note, **lone, text={"form": "words"}).feature_names[0].startswith("note:")
    assert load(note, **beside).facts["text_form"] == "words"
    assert load(note, **beside, text={"form": "tokens"}).facts["text_form"] == "tokens"


def test_an_embedded_category_has_a_number_per_level(load, rows):
    """Of the levels with two training rows or more, in order; 0 for others and for missing cells."""
    dataset = load({"town": {"kind": "embedding", "size": 3}}, columns=["town", "price"])
    train = [rows[row]["town"] for row in dataset.train.rows]
    levels = sorted(town for town in set(train) - {"?"} if train.count(town) >= 2)
    assert dataset.facts["preprocessing"]["town"]["levels"] == levels
    part = dataset.parts[-1]
    assert (part.name, part.vocabulary_size, part.embedding_size) == ("town", len(levels) + 1, 3)
    for name, split in dataset.splits.items():
        towns = [rows[row]["town"] for row in split.rows]
        numbers = [levels.index(town) + 1 if town in levels else 0 for town in towns]
        assert part_of(dataset, "town", name)[:, 0].tolist() == numbers


def test_a_hashed_category_has_the_column_of_its_texts_hash(load, rows):
    """Whatever the training rows are; one more column is 1 for a missing cell."""
    dataset = load({"town": {"kind": "hashing", "size": 5}}, columns=["town", "price"])
    assert dataset.parts == ()
    first = dataset.feature_names.index("town#0")
    for split in dataset.splits.values():
        hot = split.x[:, first : first + 6]
        assert (hot.sum(axis=1) == 1).all()
        towns = [rows[row]["town"] for row in split.rows]
        expected = [5 if town == "?" else int(hashlib.sha256(town.encode()).hexdigest()[:16], 16) % 5 for town in towns]
        assert hot.argmax(axis=1).tolist() == expected


def test_hashes_spread_levels_evenly():
    """Chi squared of 20,000 names in 100 columns is that of draws."""
    counts = np.bincount([hash_place(f"customer {number}", 100) for number in range(20_000)], minlength=100)
    assert 60 < ((counts - 200) ** 2 / 200).sum() < 150


def test_nothing_is_learned_from_other_rows(load, rows):
    """Another word and another town in a test row change no training row and nothing that is recorded as learned."""
    features = {"note": "text", "town": {"kind": "embedding", "size": 2}}
    before = load(features, text={"form": "tokens"})
    row = int(before.test.rows[0])
    kept = dict(rows[row])
    rows[row] |= {"note": "entirely new words", "town": "elsewhere"}
    try:
        after = load(features, text={"form": "tokens"})
    finally:
        rows[row].update(kept)
    assert np.array_equal(after.train.x, before.train.x)
    for name in ("note", "town"):
        learned = {**after.facts["preprocessing"][name], "others": 0}
        assert learned == {**before.facts["preprocessing"][name], "others": 0}


def test_a_text_without_a_word_is_refused(load, rows):
    """Of the training rows: there would be no input."""
    features = {"price": "text"}
    missing = sorted({row["price"] for row in rows})
    with pytest.raises(DataError, match="no word in any training row"):
        load(features, columns=["price", "tier"], missing=missing)


def test_notes_say_what_became_of_columns(load):
    """How many words, levels and cells."""
    features = {"note": "text", "town": {"kind": "embedding", "size": 2}, "tier": {"kind": "hashing", "size": 2}}
    said = " | ".join(sentences(load(features, text={"max_words": 5}).notes))
    assert "note: an input of 0 or 1 for each of 5 words, the most frequent of 12" in said
    assert "town: 2 numbers are learned for each of" in said
    assert "tier: 3 levels share 2 inputs" in said


FEATURES = {
    "note": "text",
    "reply": "text",
    "town": {"kind": "embedding", "size": 3},
    "tier": {"kind": "hashing", "size": 2},
}


@pytest.mark.parametrize(
    ("features", "settings"),
    [
        (FEATURES, {"text": {"form": "tokens"}}),
        (FEATURES, {"text": {"form": "words", "max_words": 6}}),
        ({"note": "text"}, {"columns": ["note"]}),
        ({"note": "text"}, {"columns": ["note"], "text": {"form": "words"}}),
    ],
    ids=["tokens", "words", "a text alone", "words alone"],
)
def test_shipped_preprocessing_makes_the_same_input_of_raw_rows(load, rows, features, settings):
    """From `preprocessing.json` and the cells alone, in every bit, side by side and by name."""
    dataset = load(features, **settings)
    document = json.loads(json.dumps(dataset.preprocessing))
    jsonschema.validate(document, preprocessing_schema())
    shipped = Preprocessing.from_json(document, "it")
    names = settings.get("columns", [name for name in rows[0] if name != "y"])
    cells = {name: [row[name] for row in rows] for name in names}
    (made,) = frame_rows(cells, shipped).parts
    for split in dataset.splits.values():
        assert made.x[split.rows].tobytes() == split.x.tobytes()
        assert made.x.dtype == split.x.dtype
    shapes = [(part.name, part.first, part.width, part.dtype) for part in dataset.parts]
    assert [(part.name, part.first, part.width, part.dtype) for part in shipped.parts] == shapes
    matrix = [
        column["name"]
        for column in document["source"]["columns"]
        if column["kind"] not in ("text", "embedding", "target")
    ]
    apart = [part.name for part in dataset.parts[1:]]
    expected = [matrix, *([name] for name in apart)] if apart else [names]
    assert [each["columns"] for each in document["inputs"]] == expected


def test_new_rows_with_other_levels_and_words_are_counted(load):
    """A town that training has not, a note without a known word; another tier hashes like any."""
    shipped = Preprocessing.from_json(load(FEATURES, text={"form": "tokens"}).preprocessing, "it")
    cells = {
        "price": ["40"],
        "signed": ["2024-03-02"],
        "tier": ["z"],
        "town": ["Paris"],
        "note": ["xyz"],
        "reply": [""],
    }
    (made,) = frame_rows(cells, shipped).parts
    assert made.unusual.counts == {("note", "unknown-words"): 1, ("town", "unseen"): 1, ("reply", "missing"): 1}
    town = next(part for part in shipped.parts if part.name == "town")
    assert made.x[0, town.first] == 0
