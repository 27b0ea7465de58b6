"""Text columns: tokens as Keras makes them, a vocabulary of the training rows, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from optbench.datasets.vocabulary import fit_vocabulary, words_of
from optbench.errors import DataError
from optbench.words import sentences

TEXTS = [
    "The cat sat on the mat.",
    "a CAT; a dog! and a (third) animal",
    "Zebra apple zebra apple mango",
    "don't  stop\tbelieving\nnow -- e-mail me@home_today",
    "ÄRGER über Öl, naïve café №5 ½ 'quoted' \"double\" <b>bold</b>",
    "wide\u00a0space and\u3000another\x0bline\x0cfeed\rreturn \x1c sep \x85 next",
    "{curly} [square] ^caret` ~tilde| a\\b a/b $5 100% #1 x=y+z",
    "日本語 の テキスト, emoji 🙂🙂 ok",
    "",
    "!!! ...",
]
KERAS = """
import json, sys
import keras
from optbench.words import sentences
texts, others, numbers, length = json.load(sys.stdin)
found = []
for max_tokens in numbers:
    layer = keras.layers.TextVectorization(max_tokens=max_tokens, output_sequence_length=length)
    layer.adapt(texts)
    found.append([layer.get_vocabulary(), layer(texts + others).numpy().tolist()])
json.dump(found, sys.stdout)
"""


@pytest.mark.tensorflow
def test_tokens_are_those_of_text_vectorization():
    """Vocabulary and tokens of awkward texts equal Keras' own, but for texts without a word, which get one token."""
    others, numbers = ["The unknown cat", "zebra " * 30], [12, 1000]
    given = json.dumps([TEXTS, others, numbers, 9])
    done = subprocess.run(
        [sys.executable, "-c", KERAS], input=given, capture_output=True, text=True, check=True, timeout=300
    )
    counts = Counter(word for text in TEXTS for word in words_of(text))
    for max_tokens, (words, tokens) in zip(numbers, json.loads(done.stdout), strict=True):
        vocabulary = fit_vocabulary(counts, max_tokens=max_tokens)
        assert list(vocabulary.texts) == words
        ours = vocabulary.encode([words_of(text) for text in (*TEXTS, *others)], length=9)
        keras = np.array(tokens)
        keras[~keras.any(axis=1), 0] = 1
        assert np.array_equal(ours, keras)


def test_the_most_frequent_words_are_known():
    """Two tokens have a meaning of their own; of equally frequent words the last in order are known."""
    assert fit_vocabulary({b"a": 2, b"b": 3, b"c": 2}, max_tokens=4).words == (b"b", b"c")
    assert words_of("  ") == []


@pytest.fixture
def reviews():
    """Return a CSV of texts whose words tell the label, with a word per row that occurs once."""
    lines = ["number,review,label"]
    for row in range(60):
        label = ("bad", "good")[row % 2]
        lines.append(f'{row},"a {label} film, it has word{row}",{label}')
    return "\n".join(lines)


def load_reviews(load_csv, content, **settings):
    made = {"target": "label", "features": {"review": "text"}, "drop": ["number"], **settings}
    return load_csv(content, **made)


def test_a_text_column_is_a_token_sequence(load_csv, reviews):
    """Inputs are int32 tokens of the training rows' words; words of other rows are unknown."""
    dataset = load_reviews(load_csv, reviews)
    vocabulary = dataset.facts["preprocessing"]["review"]["vocabulary"]
    assert dataset.input_shape == (6,)
    assert dataset.train.x.dtype == np.int32
    assert dataset.vocabulary_size == len(vocabulary) == 2 + 4 + 2 + len(dataset.train.y)
    assert vocabulary[:2] == ["", "[UNK]"]
    for x, row in zip(dataset.train.x, dataset.train.rows, strict=True):
        label = ("bad", "good")[row % 2]
        assert [vocabulary[token] for token in x] == ["a", label, "film", "it", "has", f"word{row}"]
    assert set(dataset.test.x[:, -1]) == {1}
    reason = {"code": "column-stated", "severity": "note", "values": {"setting": "dataset.features"}}
    assert {"name": "review", "kind": "text", "reason": reason, "used": True} in dataset.facts["columns"]


def test_options_of_texts(load_csv, reviews):
    """Fewer tokens make more words unknown; a smaller length keeps the beginning, and a note says so."""
    dataset = load_reviews(load_csv, reviews, text={"max_tokens": 8, "length": 3})
    assert dataset.vocabulary_size == 8
    assert dataset.input_shape == (3,)
    assert "review: 60 of 60 texts are longer than 3 words and cut" in sentences(dataset.notes)


def test_the_vocabulary_knows_training_rows_only(load_csv, reviews):
    """Other words in a test row change the data, and no training row nor the vocabulary."""
    first = load_reviews(load_csv, reviews)
    row = int(first.test.rows[0])
    other = load_reviews(load_csv, reviews.replace(f'word{row}"', 'something new entirely here"'))
    assert other.facts["preprocessing"] == first.facts["preprocessing"]
    assert np.array_equal(other.train.x, first.train.x)
    assert other.data_digest != first.data_digest


def test_missing_texts_are_one_unknown_word(load_csv, reviews):
    """A text that is missing keeps its row."""
    lines = reviews.splitlines()
    lines[5] = "4,NA,bad"
    dataset = load_reviews(load_csv, "\n".join(lines))
    assert "review: 1 of 60 texts has no word and counts as one unknown word" in sentences(dataset.notes)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"features": {"reviw": "text"}}, "Did you mean 'review'"),
    ],
)
def test_what_is_refused(load_csv, reviews, settings, sentence):
    """A column that there is not."""
    with pytest.raises(DataError, match=sentence):
        load_reviews(load_csv, reviews, **settings)
