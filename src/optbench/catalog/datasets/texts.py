"""Texts as Keras distributes them: lists of word numbers."""

from __future__ import annotations

from optbench.catalog.dataset import KERAS_FILES, DataFile, DatasetEntry, Family

FAMILY = Family(
    order=40,
    entries=(
        DatasetEntry(
            name="imdb",
            form="token_lists",
            rows=50_000,
            shape=(200,),
            classes=2,
            official_test=True,
            licence="none stated",
            citation="Maas, Daly, Pham, Huang, Ng, Potts (2011): Learning Word Vectors for Sentiment Analysis. ACL",
            files=(
                DataFile(
                    name="imdb/imdb.npz",
                    size_bytes=17_464_789,
                    sha256={"69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f": "original"},
                    urls=(KERAS_FILES + "imdb.npz",),
                ),
            ),
            labels=("negative", "positive"),
            positive_class="positive",
            pitfalls=("words_of_all_texts",),
        ),
        DatasetEntry(
            name="reuters",
            form="token_lists",
            rows=11_228,
            shape=(200,),
            classes=46,
            official_test=False,
            licence="(c) Reuters, for research",
            citation="Lewis (1997): Reuters-21578, Distribution 1.0",
            files=(
                DataFile(
                    name="reuters/reuters.npz",
                    size_bytes=2_110_848,
                    sha256={"d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916": "original"},
                    urls=(KERAS_FILES + "reuters.npz",),
                ),
            ),
            pitfalls=(
                "rare_topics",
                "no_test_set",
            ),
        ),
    ),
)
