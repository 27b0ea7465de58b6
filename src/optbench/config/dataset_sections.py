"""The `dataset` sections of data that is read from somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticKnownError

from optbench.catalog.datasets import DATASETS
from optbench.catalog.split_section import SplitConfig
from optbench.core.section import FunctionReference, Section
from optbench.core.text_encodings import canonical_encoding

OPENML_PATTERN = r"^openml:[1-9][0-9]{0,8}$"
IsTokens = Annotated[
    bool, Field(description="x holds token numbers, a sequence in each row, padded with 0; models embed them.")
]


def _one_spelling(name: Any) -> Any:
    """Return the name of an encoding in the one spelling that keys have; what is none is said where all rules are."""
    return (canonical_encoding(name) or name) if isinstance(name, str) else name


Encoding = Annotated[str, BeforeValidator(_one_spelling), Field(min_length=1)]


def _one_mark(mark: Any) -> Any:
    """Return the plain one of all blanks, and of all apostrophes, that stand between thousands."""
    return {"\xa0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'"}.get(mark, mark) if isinstance(mark, str) else mark


Decimal = Annotated[
    Literal[".", ","],
    Field(description="Mark before decimals; another one is found out where only one reading fits all cells."),
]
ThousandsMark = Annotated[
    Annotated[Literal[",", ".", " ", "'"], BeforeValidator(_one_mark)] | None,
    Field(description="Mark between thousands: ',', '.', ' ' or \"'\"; found out if null."),
]
DateOrder = Annotated[
    Literal["ymd", "dmy", "mdy"] | None,
    Field(
        description="Order of day, month and year where all are numbers, as in 03/07/2019; only needed if several fit."
    ),
]

if TYPE_CHECKING:
    from collections.abc import Sequence

    EmbeddedName = str
    DownloadedName = str
    TokenName = str
else:
    # the names are known when the catalogue has been read, which is after types are checked
    EmbeddedName = Literal[tuple(name for name, entry in DATASETS.items() if entry.is_embedded)]
    DownloadedName = Literal[tuple(e.name for e in DATASETS.values() if not (e.is_embedded or e.has_tokens))]
    TokenName = Literal[tuple(name for name, entry in DATASETS.items() if entry.has_tokens)]


class TextConfig(Section):
    """How texts become token sequences."""

    max_tokens: int = Field(
        default=10_000, ge=4, le=10_000_000, description="Different tokens at most; rarer words are one, 'unknown'."
    )
    length: int = Field(
        default=200,
        ge=2,
        le=100_000,
        description="Tokens kept of each text, from its beginning; short ones are padded.",
    )


class TableTextConfig(TextConfig):
    """How texts of a table become a model's input."""

    form: Literal["tokens", "words"] | None = Field(
        default=None,
        description="tokens: a sequence of them. words: a column of 0 and 1 for each of the most frequent words. null: "
        "tokens where a text is the only input or the model reads sequences, else words.",
    )
    max_words: int = Field(
        default=1000, ge=1, le=100_000, description="Words at most that have a column, with form: words."
    )


class CodedCategory(Section):
    """A category with many levels, as fewer numbers than levels."""

    kind: Literal["embedding", "hashing"] = Field(
        description="embedding: the model learns some numbers for each level. hashing: levels share columns of 0 and 1."
    )
    size: int = Field(ge=1, le=1_000_000, description="Numbers of an embedding; columns that levels are hashed to.")


_SIZES = {"embedding": 16, "hashing": 256}


def _written_out(kinds: Sequence[str]) -> BeforeValidator:
    """Give `embedding` and `hashing` the size that they have unless one is given; say all kinds of what is none."""

    def write_out(kind: Any) -> Any:
        # a tuple is asked, since what stands in a file may be a list, which no dictionary can look up
        if isinstance(kind, dict) and "size" not in kind and kind.get("kind") in tuple(_SIZES):
            kind = kind["kind"]
        if not isinstance(kind, str) or kind in kinds:
            return kind
        if kind not in _SIZES:
            *names, last = map(repr, (*kinds, *_SIZES))
            raise PydanticKnownError("literal_error", {"expected": f"{', '.join(names)} or {last}"})
        return {"kind": kind, "size": _SIZES[kind]}

    return BeforeValidator(write_out)


TypedKind = Literal["number", "category", "date"]
FeatureKind = Literal[TypedKind, "text"]
TypedFeature = Annotated[TypedKind | CodedCategory, _written_out(get_args(TypedKind))]
FeatureConfig = Annotated[FeatureKind | CodedCategory, _written_out(get_args(FeatureKind))]


class TokenDataset(Section):
    """A data set of texts, downloaded on first use as lists of word numbers."""

    name: TokenName
    text: TextConfig = Field(default=TextConfig(), description="How texts become token sequences.")
    split: SplitConfig = SplitConfig()


class NamedDataset(Section):
    """A data set that comes with scikit-learn or is downloaded on first use."""

    name: EmbeddedName | DownloadedName
    split: SplitConfig = SplitConfig()


class CsvConfig(Section):
    """A table of the user's own: CSV, or Parquet by the file's ending."""

    name: Literal["csv"]
    path: str = Field(min_length=1, description="File, relative to the experiment file.")
    target: str = Field(min_length=1, description="Column that holds the label, or the number to predict.")
    positive_class: str | None = Field(default=None, description="Label that ROC and recall speak of, for two classes.")
    drop: list[str] = Field(default=[], description="Columns to leave out.")
    separator: str = Field(default=",", min_length=1, max_length=1, description="Character between cells.")
    encoding: Encoding = Field(default="utf-8", description="Encoding of a text file, such as cp1252 or utf-16.")
    sheet: str | None = Field(
        default=None, min_length=1, description="Sheet of an Excel file; null if only one is not empty."
    )
    decimal: Decimal = "."
    thousands: ThousandsMark = None
    missing: list[str] = Field(default=["", "?", "NA"], description="Texts and numbers that mean 'no value'.")
    target_missing: Literal["class"] | None = Field(
        default=None,
        description="class: words such as NA are a class of the target; null: they are refused or missing.",
    )
    date_order: DateOrder = None
    features: dict[str, FeatureConfig] = Field(
        default={},
        description="Kinds of columns, where the inferred one is wrong: number, category, date or text; of a category "
        "with many levels {kind: embedding, size: 16} or {kind: hashing, size: 256}.",
    )
    text: TableTextConfig = Field(
        default=TableTextConfig(), description="How text columns become sequences of tokens, or columns of words."
    )
    split: SplitConfig = SplitConfig()


class OpenmlConfig(Section):
    """A table of openml.org, by its number there: openml:61."""

    name: Annotated[str, Field(pattern=OPENML_PATTERN)]
    target: str | None = Field(default=None, min_length=1, description="Column that holds the label; OpenML's if null.")
    positive_class: str | None = Field(default=None, description="Label that ROC and recall speak of, for two classes.")
    drop: list[str] = Field(default=[], description="Columns to leave out.")
    decimal: Decimal = "."
    thousands: ThousandsMark = None
    date_order: DateOrder = None
    features: dict[str, TypedFeature] = Field(
        default={},
        description="Kinds of columns, where the inferred one is wrong: number, category or date; of a category with "
        "many levels {kind: embedding, size: 16} or {kind: hashing, size: 256}.",
    )
    split: SplitConfig = SplitConfig()


class ImageFolderConfig(Section):
    """A folder with a folder of images per class, or with train and test folders of such."""

    name: Literal["image_folder"]
    path: str = Field(min_length=1, description="Folder, relative to the experiment file.")
    size: list[Annotated[int, Field(ge=1, le=10_000)]] = Field(
        min_length=2, max_length=2, description="Height and width that every image is brought to."
    )
    channels: Literal[1, 3] = Field(default=3, description="1 for grey, 3 for colour.")
    split: SplitConfig = SplitConfig()


class NpzConfig(Section):
    """Arrays of the user's own: x_train, y_train, x_test, y_test, optionally x_validation, y_validation."""

    name: Literal["npz"]
    path: str = Field(min_length=1, description="File, relative to the experiment file.")
    tokens: IsTokens = False
    split: SplitConfig = SplitConfig()


class PythonDataset(Section):
    """A function of the user's own that returns (x_train, y_train), (x_test, y_test)."""

    name: Literal["python"]
    function: FunctionReference = Field(description="file.py:function, relative to the experiment file.")
    arguments: dict[str, Any] = Field(default={}, description="Keyword arguments of the function.")
    tokens: IsTokens = False
    split: SplitConfig = SplitConfig()
