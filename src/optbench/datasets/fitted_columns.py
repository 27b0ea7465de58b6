"""What was fitted to each column of a table, as `preprocessing.json` has it: a kind of column is a class here."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from optbench.core.section import Section

Texts = Annotated[tuple[str, ...], Field(strict=False)]


class NumberSpelling(Section):
    """How the numbers of a column are written, where that is not plain."""

    decimal: Literal[".", ","] = Field(description="Mark before the decimals.")
    thousands: Literal[",", ".", " ", "'"] | None = Field(
        description="The only mark between thousands; null takes any that `decimal` leaves."
    )
    units: Texts = Field(description="What may stand beside a number, a name for all its spellings; '' for nothing.")


class Standardized(Section):
    """What a number becomes: missing ones the median, then float32((number - mean) / sd), computed in float64."""

    median: float = Field(description="Of the training rows that have a number; 0 if none has.")
    mean: float = Field(description="Of the training rows, missing ones filled.")
    sd: float = Field(gt=0, description="Of the training rows, missing ones filled, divisor n; 1 if all are equal.")
    minimum: float | None = Field(description="Smallest number of the training rows; null if none has one.")
    maximum: float | None = Field(description="Largest number of the training rows; null if none has one.")


class NumberFit(Section):
    """A column of numbers: one feature."""

    name: str
    kind: Literal["number"] = "number"
    spelling: NumberSpelling | None = Field(description="null: plain decimal numbers.")
    standardized: Standardized

    @property
    def width(self) -> int:
        """Numbers of a model's input that the column becomes."""
        return 1


class CategoryFit(Section):
    """A column of categories: a feature per level (of exactly two the second alone) and one for all other texts."""

    name: str
    kind: Literal["category"] = "category"
    encoding: Literal["one_hot"] = "one_hot"
    levels: Texts = Field(description="Stripped texts, in the order of their features.")

    @property
    def width(self) -> int:
        """As for `NumberFit`."""
        return len(self.levels) + (len(self.levels) != 2)  # noqa: PLR2004 - of two the second alone


class DatePart(Section):
    """One number that is made of a date."""

    part: Literal["year", "month", "day_of_week", "days", "hour"] = Field(
        description="Of the calendar; month 1 to 12; day_of_week 1 (Monday) to 7; whole days since 1970-01-01; hour "
        "with minutes and seconds as its fraction."
    )
    standardized: Standardized


class DateFit(Section):
    """A column of dates or times: a feature per part. Times with a zone are those of UTC."""

    name: str
    kind: Literal["date"] = "date"
    order: Literal["ymd", "dmy", "mdy"] | None = Field(
        description="Of day, month and year where all are numbers; null if no training cell needs one."
    )
    has_zone: bool = Field(description="Every cell names its time zone, or none does.")
    parts: Annotated[tuple[DatePart, ...], Field(strict=False)]

    @property
    def width(self) -> int:
        """As for `NumberFit`."""
        return len(self.parts)


class TextFit(Section):
    """A column of running text: tokens, as Keras' TextVectorization makes them with its defaults."""

    name: str
    kind: Literal["text"] = "text"
    length: int = Field(ge=1, description="Tokens of each text; shorter ones are padded behind with 0.")
    vocabulary: Texts = Field(description="What each token stands for: '' for 0, '[UNK]' for 1, then words.")

    @property
    def n_tokens(self) -> int:
        """Number of different tokens, padding included."""
        return len(self.vocabulary)

    @property
    def width(self) -> int:
        """As for `NumberFit`."""
        return self.length


class WordsFit(Section):
    """A column of running text: a feature for each of some words, 1 where a text has it, else 0."""

    name: str
    kind: Literal["words"] = "words"
    words: Texts = Field(description="In the order of their features.")

    @property
    def width(self) -> int:
        """As for `NumberFit`."""
        return len(self.words)


class HashedFit(Section):
    """A column of categories whose levels share features; one more is 1 where a cell is missing.

    The feature of a level is the number that the first eight bytes of the SHA-256 of its UTF-8 text are, highest first,
    modulo `size`.
    """

    name: str
    kind: Literal["hashing"] = "hashing"
    size: int = Field(ge=1, description="Features that levels share.")
    are_whole: bool = Field(description="The training levels are whole numbers, so that a typed 5.0 is the level 5.")

    @property
    def width(self) -> int:
        """As for `NumberFit`."""
        return self.size + 1


class EmbeddedFit(Section):
    """A column of categories as one number: 1 for the first level, 0 for any other text and for missing cells."""

    name: str
    kind: Literal["embedding"] = "embedding"
    levels: Texts = Field(description="Stripped texts, in the order of their numbers.")

    @property
    def n_tokens(self) -> int:
        """Number of different numbers."""
        return len(self.levels) + 1

    @property
    def width(self) -> int:
        """As for `NumberFit`."""
        return 1


class UnusedColumn(Section):
    """A column that the model does not see; the target is described under `target`."""

    name: str
    kind: Literal["target", "id", "constant", "dropped", "split"]


FittedInput = NumberFit | CategoryFit | DateFit | TextFit | WordsFit | HashedFit | EmbeddedFit
TableColumn = FittedInput | UnusedColumn
APART: Final = (TextFit, EmbeddedFit)
"""Columns that are an input of the model's own where it takes several."""
