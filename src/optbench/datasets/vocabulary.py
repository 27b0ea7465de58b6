"""Texts into tokens, exactly as `keras.layers.TextVectorization` does with its defaults, without TensorFlow.

Lower case (of ASCII letters, as TensorFlow does it), punctuation removed, split at blanks; the vocabulary is learned
from the training texts: the most frequent words, of equally frequent ones the last in the order of their bytes. A test
compares with Keras.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

PADDING, UNKNOWN = 0, 1
SPECIAL = ("", "[UNK]")
_PUNCTUATION = b"!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"


def words_of(text: str) -> list[bytes]:
    """Return the words of a text as UTF-8 bytes.

    Examples
    --------
    >>> words_of("It's GOOD - isn't it?")
    [b'its', b'good', b'isnt', b'it']
    """
    return text.encode().lower().translate(None, _PUNCTUATION).split()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words and their tokens: position + 2; 0 is padding and 1 any other word."""

    words: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Number of different tokens, padding and unknown included."""
        return len(self.words) + len(SPECIAL)

    @property
    def texts(self) -> tuple[str, ...]:
        """What each token stands for, in the order of the tokens, as `TextVectorization.get_vocabulary` gives it."""
        return (*SPECIAL, *(word.decode() for word in self.words))

    def encode(self, texts: Sequence[Sequence[bytes]], *, length: int) -> NDArray[np.int32]:
        """Return (texts, length) int32 tokens: the first of each text, padded behind.

        A text without a word is one unknown word: a model that leaves padding out would have nothing to average.

        Parameters
        ----------
        texts : the words of each, from `words_of`
        """
        token_of = {word: token for token, word in enumerate(self.words, start=len(SPECIAL))}
        rows = np.full((len(texts), length), PADDING, dtype=np.int32)
        for row, words in zip(rows, texts, strict=True):
            tokens = [token_of.get(word, UNKNOWN) for word in words[:length]] or [UNKNOWN]
            row[: len(tokens)] = tokens
        return rows


def fit_vocabulary(counts: Mapping[bytes, int], *, max_tokens: int) -> Vocabulary:
    """Return the most frequent words of texts, at most `max_tokens` - 2 of them.

    Parameters
    ----------
    counts : how often each word occurs in the training texts
    """
    # Keras takes the words in ascending order of (count, word), from the end
    ordered = sorted(counts, key=lambda word: (counts[word], word), reverse=True)
    return Vocabulary(tuple(ordered[: max_tokens - len(SPECIAL)]))
